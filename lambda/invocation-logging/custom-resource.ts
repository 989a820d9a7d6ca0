const PREFIX = 'bedrock-model-invocation-logging/';

/**
 * Physical id of a resource after a successful creation. The id contains no data, because later requests with
 * this id can be forged.
 */
export const CREATED_ID = `${PREFIX}created`;
/** Physical id of a resource whose creation failed, possibly after the setting was written. */
export const FAILED_ID = `${PREFIX}failed`;
/** Physical id of a resource whose creation wrote nothing, so that its deletion changes nothing. */
export const UNTOUCHED_ID = `${PREFIX}untouched`;

type Members = Readonly<Record<string, unknown>>;

/**
 * Members of CloudFormation's event that the response must repeat: `StackId`, `RequestId` and
 * `LogicalResourceId`.
 */
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
/** Maximum bytes, as JSON, of each member of {@link Echo}. CloudFormation sends shorter values. */
const MAX_ECHO = 512;
/** Maximum bytes of a physical id (CloudFormation User Guide, "Custom resource response objects"). */
const MAX_ID = 1024;
/** Maximum characters of a request type. A longer type is shortened. */
const MAX_TYPE = 20;

/**
 * Parses an event from CloudFormation. `echo` contains the members that the response must repeat.
 *
 * @throws if a member of `echo` is missing or too long
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

/**
 * Returns the response to CloudFormation as JSON. With a `reason`, its status is `FAILED`. A long reason is
 * shortened.
 */
export function responseText(echo: Echo, id: string, reason?: string): string {
  const response = {
    Status: reason === undefined ? 'SUCCESS' : 'FAILED',
    PhysicalResourceId: id,
    ...echo,
  };
  if (reason === undefined) return JSON.stringify(response);
  // Shortens the reason until the JSON is short enough. Some characters take two bytes in JSON.
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
 * First part of the name of the S3 bucket for responses to CloudFormation. An example of a complete name is
 * `cloudformation-custom-resource-response-useast1`.
 */
const BUCKET = 'cloudformation-custom-resource-response-';
/** Maximum characters of a URL in an error message. */
const MAX_SHOWN = 100;

/**
 * Parses the URL for the response to CloudFormation, and checks its bucket.
 *
 * @param suffix domain of AWS services in the partition, such as `amazonaws.com`
 * @throws if the URL is not in CloudFormation's bucket of the region. The error message omits the path and
 * the signature of the URL
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
