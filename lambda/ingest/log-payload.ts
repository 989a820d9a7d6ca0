import { gunzipSync } from 'node:zlib';
import { hasMoreValues, MAX_VALUES } from './json-values';
import { errorName } from '../process/warn-once';
import { asObject, validText } from '../usage/counts';

/** One line of a log group. */
export interface LogLine {
  readonly id?: string;
  /** Epoch milliseconds at which it was written. */
  readonly timestamp?: number;
  /** Undefined where there is none: the payload is not the service's. */
  readonly message?: string;
}

/** What a subscription hands over. */
export type LogPayload =
  { readonly logGroup: string; readonly lines: readonly LogLine[] } | { readonly refused: string };

/**
 * So much is decompressed and no more. Lambda takes 1 MB of an asynchronous event (Lambda quotas), and gzip
 * can make a thousand times as much of that, which would end the process; log records of text are some ten
 * times as large as they are sent.
 */
const MAX_PAYLOAD_BYTES = 48 * 1024 * 1024;

/**
 * Maximum log events of a payload. CloudWatch Logs states none, but 1 MB holds no more than some 20,000
 * records of failed calls, which are the shortest. Each event of a payload can become a message of its own.
 */
const MAX_LINES = 25_000;

/** The service's probe of whether the function can be reached. */
const CONTROL = 'CONTROL_MESSAGE';

/**
 * Reads the payload of a CloudWatch Logs subscription. It
 * never throws: what it cannot read it says in a word.
 */
export function readPayload(
  event: unknown,
  { maxBytes = MAX_PAYLOAD_BYTES, maxValues = MAX_VALUES, maxLines = MAX_LINES } = {},
): LogPayload {
  const data = asObject(asObject(event)?.awslogs)?.data;
  if (typeof data !== 'string') {
    return { refused: 'the event is no payload of a CloudWatch Logs subscription' };
  }
  let payload: ReturnType<typeof asObject>;
  try {
    const json = gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: maxBytes }).toString('utf8');
    if (hasMoreValues(json, maxValues)) {
      return { refused: `the payload has more than ${maxValues} JSON values` };
    }
    payload = asObject(JSON.parse(json));
  } catch (error) {
    // An error of the parser quotes what it could not parse.
    return {
      refused:
        codeOf(error) === 'ERR_BUFFER_TOO_LARGE'
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
  return { logGroup: validText(payload.logGroup) ?? '', lines: payload.logEvents.map(lineOf) };
}

function lineOf(value: unknown): LogLine {
  const { id, timestamp, message } = asObject(value) ?? {};
  return {
    id: typeof id === 'string' ? id : undefined,
    timestamp: typeof timestamp === 'number' ? timestamp : undefined,
    message: typeof message === 'string' ? message : undefined,
  };
}

function codeOf(error: unknown): unknown {
  return asObject(error)?.code;
}
