/** Problem that a validator found in a value. The `message` does not quote the value. */
export interface SchemaError {
  /** Path of the invalid member, e.g. `/usage/outputTokens`. Empty if the value as a whole is invalid. */
  readonly instancePath: string;
  /** Path in the schema to the violated rule, e.g. `#/properties/outputTokens/type`. */
  readonly schemaPath: string;
  readonly message?: string;
}

/** Function that returns true if a value matches a schema. */
interface Validator {
  (value: unknown): boolean;
  /** Problems of the last validated value. Null if the value was valid. */
  readonly errors?: readonly SchemaError[] | null;
}

/** Validator for the `detail` of a `TokenUsage` event. */
export const detail: Validator;

/** Validator for `requestId`. Each of the following constants validates one member of `detail`. */
export const requestId: Validator;
export const agentId: Validator;
export const modelId: Validator;
export const timestamp: Validator;
export const operation: Validator;
export const incidentId: Validator;
export const usage: Validator;
export const units: Validator;
export const uncounted: Validator;
