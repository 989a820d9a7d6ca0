/** Problem of a value. The texts are the schema's and the validator's, and hold nothing of the value. */
export interface SchemaError {
  /** Path of the member, such as `/usage/outputTokens`; empty for the value itself. */
  readonly instancePath: string;
  readonly message?: string;
}

/** Tells if a value is as its schema says. */
interface Validator {
  (value: unknown): boolean;
  /** Problems of the last value; null if there are none. */
  readonly errors?: readonly SchemaError[] | null;
}

/** Validator of a `TokenUsage` event's detail. */
export const detail: Validator;

/** Validators of members that are told of a refused event. */
export const requestId: Validator;
export const agentId: Validator;
export const modelId: Validator;
export const timestamp: Validator;
export const operation: Validator;
export const incidentId: Validator;
export const usage: Validator;
