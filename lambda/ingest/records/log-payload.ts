import { gunzipSync } from 'node:zlib';
import { errorName } from '../../process/warn-once';
import { asObject, validText } from '../../usage/counts';

/** Maximum number of values in a JSON text. A million empty objects take 64 MB of memory. */
export const MAX_VALUES = 1_000_000;

const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACE] = [...'"\\,[{'].map(character => character.charCodeAt(0));

/** Line of a log group. */
export interface LogLine {
  readonly id?: string;
  /** Time at which the line was written, in epoch milliseconds. */
  readonly timestamp?: number;
  /** Text of the line. Undefined if the payload does not come from CloudWatch Logs. */
  readonly message?: string;
}

/** Parsed payload of a CloudWatch Logs subscription. An invalid payload has only the reason in `refused`. */
export type LogPayload =
  { readonly logGroup: string; readonly lines: readonly LogLine[] } | { readonly refused: string };

/**
 * Maximum bytes of a payload after decompression. Without this limit, an extremely compressed payload could
 * end the process.
 */
const MAX_PAYLOAD_BYTES = 48 * 1024 * 1024;

/** Maximum number of log events in a payload. A payload of 1 MB has at most about 20,000. */
const MAX_LINES = 25_000;

/** Type of a test message. CloudWatch Logs sends it to check that the function can be invoked. */
const CONTROL = 'CONTROL_MESSAGE';

/** Parses the payload of a CloudWatch Logs subscription. It never throws. */
export function readPayload(
  event: unknown,
  { maxBytes = MAX_PAYLOAD_BYTES, maxValues = MAX_VALUES, maxLines = MAX_LINES } = {},
): LogPayload {
  const data = asObject(asObject(event)?.awslogs)?.data;
  if (typeof data !== 'string') {
    return { refused: 'the event is not the payload of a CloudWatch Logs subscription' };
  }
  let payload: ReturnType<typeof asObject>;
  try {
    const json = gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: maxBytes }).toString('utf8');
    if (hasMoreValues(json, maxValues)) {
      return { refused: `the payload has more than ${maxValues} JSON values` };
    }
    payload = asObject(JSON.parse(json));
  } catch (error) {
    // The message of the error is not used, because it may quote the payload.
    return {
      refused:
        readCode(error) === 'ERR_BUFFER_TOO_LARGE'
          ? `the payload is larger than ${maxBytes} bytes`
          : `the payload cannot be read (${errorName(error)})`,
    };
  }
  if (payload?.messageType === CONTROL) return { logGroup: '', lines: [] };
  if (payload?.messageType !== 'DATA_MESSAGE' || !Array.isArray(payload.logEvents)) {
    return { refused: 'the payload has no log events' };
  }
  if (payload.logEvents.length > maxLines) {
    return { refused: `the payload has more than ${maxLines} log events` };
  }
  return { logGroup: validText(payload.logGroup) ?? '', lines: payload.logEvents.map(parseLine) };
}

function parseLine(value: unknown): LogLine {
  const { id, timestamp, message } = asObject(value) ?? {};
  return {
    id: typeof id === 'string' ? id : undefined,
    timestamp: typeof timestamp === 'number' ? timestamp : undefined,
    message: typeof message === 'string' ? message : undefined,
  };
}

function readCode(error: unknown): unknown {
  return asObject(error)?.code;
}

/**
 * Returns true if a JSON text contains more than `most` values. Counts commas and opening brackets outside of
 * strings, without parsing.
 */
export function hasMoreValues(json: string, most = MAX_VALUES): boolean {
  let values = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfString(json, at);
    else if (code === COMMA || code === BRACKET || code === BRACE) values += 1;
    if (values > most) return true;
  }
  return false;
}

/** Returns the index of the quote that ends the string. `start` is the index of its first quote. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  for (let code = json.charCodeAt(at); at < json.length && code !== QUOTE; code = json.charCodeAt(at)) {
    at += code === BACKSLASH ? 2 : 1;
  }
  return at;
}
