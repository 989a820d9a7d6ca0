/** Problem of a value that does not match its schema. The texts do not quote the value. */
export interface SchemaError {
  /** Path of the member, such as `/usage/outputTokens`; empty for the value itself. */
  readonly instancePath: string;
  readonly message?: string;
}

/** Function that returns true if a value matches a schema. */
interface Validator {
  (value: unknown): boolean;
  /** Problems of the value that was checked last. Null if there are none. */
  readonly errors?: readonly SchemaError[] | null;
}

/** Validator for the `detail` of a `TokenUsage` event. */
export const detail: Validator;

/** Validators for the members of a refused event that are copied to its dead-letter message. */
export const requestId: Validator;
export const agentId: Validator;
export const modelId: Validator;
export const timestamp: Validator;
export const operation: Validator;
export const incidentId: Validator;
export const usage: Validator;
