type Members = Readonly<Record<string, unknown>>;

/** Members of an event that go back to CloudFormation in its answer. */
export type Echo = Readonly<Record<(typeof ECHOED)[number], string>>;

/** Request of CloudFormation. Whoever may invoke the function can send any. */
export interface LoggingRequest {
  readonly type: string;
  /** Physical id. Undefined if it is missing or too long. */
  readonly id?: string;
  readonly properties: Members;
  readonly oldProperties: Members;
}

const ECHOED = ['StackId', 'RequestId', 'LogicalResourceId'] as const;
/** Largest bytes of each in JSON. Real ones are shorter, and all of them leave room for a reason. */
const MAX_ECHO = 512;
/** Largest bytes of a physical id (CloudFormation User Guide, "Custom resource response objects"). */
const MAX_ID = 1024;
const MAX_TYPE = 20;

/**
 * Reads an event.
 *
 * @throws if it cannot be answered
 */
export function readEvent(event: unknown): { readonly echo: Echo; readonly request: LoggingRequest } {
  const { RequestType, PhysicalResourceId, ResourceProperties, OldResourceProperties, ...rest } =
    membersOf(event);
  const bad = ECHOED.filter(member => !isText(rest[member], MAX_ECHO));
  if (bad.length > 0) {
    throw new Error(
      `${bad.join(', ')} must be given, in 1 to ${MAX_ECHO} bytes each. Only CloudFormation may invoke this function.`,
    );
  }
  return {
    echo: Object.fromEntries(ECHOED.map(member => [member, rest[member]])) as Echo,
    request: {
      type: typeof RequestType === 'string' ? RequestType.slice(0, MAX_TYPE) : typeof RequestType,
      ...(isText(PhysicalResourceId, MAX_ID) && { id: PhysicalResourceId }),
      properties: membersOf(ResourceProperties),
      oldProperties: membersOf(OldResourceProperties),
    },
  };
}

/** Returns a value that has members; one without has none. */
export function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}

function isText(value: unknown, maxBytes: number): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(JSON.stringify(value)) <= maxBytes;
}
