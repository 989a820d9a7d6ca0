/** Problem of a value that does not match its schema. The texts do not quote the value. */
export interface SchemaError {
  /** Path of the member, such as `/usage/outputTokens`; empty for the value itself. */
  readonly instancePath: string;
  readonly message?: string;
}

/** Returns true if a value matches its schema. */
interface Validator {
  (value: unknown): boolean;
  /** Problems of the last value; null if there are none. */
  readonly errors?: readonly SchemaError[] | null;
}

/** Validator of a `TokenUsage` event's detail. */
export const detail: Validator;

/** Validators of members that a message on a refused event contains. */
export const requestId: Validator;
export const agentId: Validator;
export const modelId: Validator;
export const timestamp: Validator;
export const operation: Validator;
export const incidentId: Validator;
export const usage: Validator;
