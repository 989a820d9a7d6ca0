const PREFIX = 'bedrock-model-invocation-logging/';

/**
 * Physical id of a created resource. It contains no state, because anyone who may invoke the function can
 * send any id.
 */
export const CREATED_ID = `${PREFIX}created`;
/** Physical id of a resource whose creation failed, possibly after the setting was written. */
export const FAILED_ID = `${PREFIX}failed`;
/** Physical id of a resource whose creation wrote nothing, so that its deletion changes nothing. */
export const UNTOUCHED_ID = `${PREFIX}untouched`;

type Members = Readonly<Record<string, unknown>>;

/** Members of an event that the response must repeat. */
export type Echo = Readonly<Record<(typeof ECHOED)[number], string>>;

/** Request from CloudFormation. It can be forged by anyone with permission to invoke the function. */
export interface LoggingRequest {
  readonly type: string;
  /** Physical id of the resource. Undefined if the id is missing or too long. */
  readonly id?: string;
  readonly properties: Members;
  readonly oldProperties: Members;
}

const ECHOED = ['StackId', 'RequestId', 'LogicalResourceId'] as const;
/**
 * Maximum bytes, in JSON, of each member in `ECHOED`, which the response repeats. The values that
 * CloudFormation sends are shorter. The limit leaves room in the response for the reason of a failure.
 */
const MAX_ECHO = 512;
/** Maximum bytes of a physical id (CloudFormation User Guide, "Custom resource response objects"). */
const MAX_ID = 1024;
/** Maximum characters of a request type. A longer type is shortened. */
const MAX_TYPE = 20;

/**
 * Parses an event.
 *
 * @throws if a member that the response must repeat is missing or too long
 */
export function parseEvent(event: unknown): { readonly echo: Echo; readonly request: LoggingRequest } {
  const { RequestType, PhysicalResourceId, ResourceProperties, OldResourceProperties, ...rest } =
    asMembers(event);
  const bad = ECHOED.filter(member => !isText(rest[member], MAX_ECHO));
  if (bad.length > 0) {
    throw new Error(
      `${bad.join(', ')} must be given, with 1 to ${MAX_ECHO} bytes each. Only CloudFormation may invoke this function.`,
    );
  }
  return {
    echo: Object.fromEntries(ECHOED.map(member => [member, rest[member]])) as Echo,
    request: {
      type: typeof RequestType === 'string' ? RequestType.slice(0, MAX_TYPE) : typeof RequestType,
      ...(isText(PhysicalResourceId, MAX_ID) && { id: PhysicalResourceId }),
      properties: asMembers(ResourceProperties),
      oldProperties: asMembers(OldResourceProperties),
    },
  };
}

/** Returns an object unchanged. Returns an empty object for any other value. */
export function asMembers(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}

function isText(value: unknown, maxBytes: number): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(JSON.stringify(value)) <= maxBytes;
}

/** Maximum bytes of a response (CloudFormation User Guide, "Custom resource response objects"). */
const MAX_RESPONSE = 4096;
/** Maximum characters of the reason for a failure, in the response. */
const MAX_REASON = 2000;

/** Returns a response as JSON. A reason that is too long for CloudFormation is shortened. */
export function responseText(echo: Echo, id: string, reason?: string): string {
  const response = {
    Status: reason === undefined ? 'SUCCESS' : 'FAILED',
    PhysicalResourceId: id,
    ...echo,
  };
  if (reason === undefined) return JSON.stringify(response);
  // In JSON, a character of the reason takes one byte, or two bytes if it is escaped.
  for (let length = reason.length; ; length -= 1) {
    const text = JSON.stringify({ ...response, Reason: reason.slice(0, length) });
    if (length === 0 || Buffer.byteLength(text) <= MAX_RESPONSE) return text;
  }
}

/** Returns the message of an error, shortened and in ASCII. */
export function toReason(error: unknown): string {
  if (error instanceof Error && error.name === 'AbortError') return 'A service did not respond in time.';
  return String(error instanceof Error ? error.message : error)
    .slice(0, MAX_REASON)
    .replaceAll(/[^\x20-\x7e]/g, '?');
}

/**
 * Returns the name and the code of an error, such as `TypeError ECONNRESET`. The message is omitted, because
 * it could contain the signed URL.
 */
export function errorNameAndCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { code } = (error.cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code) ? `${error.name} ${code}` : error.name;
}

/**
 * Prefix of the name of an S3 bucket for responses to CloudFormation. The name ends with the region, without
 * dashes.
 */
const BUCKET = 'cloudformation-custom-resource-response-';
/** Maximum characters of a URL in an error message. */
const MAX_SHOWN = 100;

/**
 * Parses the URL for the response to CloudFormation, and checks its bucket.
 *
 * @param suffix domain of AWS services in the partition, such as `amazonaws.com`
 * @throws if the URL is not in the bucket that CloudFormation has in the region. The error message contains
 * only the protocol and the host of the URL, because the rest of the URL contains a signature
 */
export function parseResponseUrl(text: unknown, region: string, suffix: string): URL {
  const bucket = BUCKET + region.replaceAll('-', '');
  const hosts = [`s3.${suffix}`, `s3-${region}.${suffix}`, `s3.${region}.${suffix}`].map(
    host => `${bucket}.${host}`,
  );
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && hosts.includes(url.host) && url.username === '' && url.password === '') {
    return url;
  }
  throw new Error(
    `ResponseURL must be an https URL on ${hosts.join(', ')}, got: ` +
      `${url ? `${url.protocol}//${url.host}`.slice(0, MAX_SHOWN) : 'no URL'}. Only CloudFormation may invoke this function.`,
  );
}
