import { EventStreamCodec } from '@smithy/core/event-streams';
import { createParser } from 'eventsource-parser';
import { ignoringErrors } from '../process/promises';
import { asObject, type Json, parseJson, validText } from '../usage/counts';

/** Encoding of a stream: `frames` is the event-stream encoding of AWS, `sse` are server-sent events. */
export type EventForm = 'frames' | 'sse';

/** Functions that a reader of a stream calls. */
export interface EventListener {
  /** Maximum bytes of one event. A larger event is not read. */
  readonly maxBytes: number;
  readonly onEvent: (event: Json) => void;
  /** Called if the service reports an error in the stream. */
  readonly onError: (error: { readonly name: string }) => void;
  readonly onTooLarge: () => void;
}

/** Reads the next bytes of a stream. */
export type EventReader = (chunk: Uint8Array) => void;

/** Bytes of the length at the start of each event-stream frame (Amazon Transcribe Developer Guide). */
const LENGTH_BYTES = 4;
/** Bytes of the smallest event-stream frame: two lengths and two checksums. */
const MIN_FRAME = 16;

const codec = new EventStreamCodec(
  bytes => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
  text => Buffer.from(text, 'utf8'),
);

/** Functions that create a reader for each form of a stream. */
export const EVENT_READERS: Readonly<Record<EventForm, (listener: EventListener) => EventReader>> = {
  frames: readFrames,
  sse: readServerSentEvents,
};

/**
 * Returns a reader of the event-stream encoding of AWS. A frame above the limit is skipped, and the frames
 * after it are read.
 */
function readFrames(listener: EventListener): EventReader {
  let pending: Buffer[] = [];
  let size = 0;
  /** Bytes of a too large frame that still have to be skipped. */
  let skipped = 0;
  /** True after a frame that cannot be decoded. The start of the next frame is then unknown. */
  let isBroken = false;

  const take = (bytes: Buffer): void => {
    let rest = bytes;
    while (rest.length >= LENGTH_BYTES) {
      const length = rest.readUInt32BE(0);
      if (length < MIN_FRAME) throw new Error('invalid frame');
      if (length > listener.maxBytes) {
        listener.onTooLarge();
        skipped = Math.max(0, length - rest.length);
        rest = rest.subarray(length);
      } else if (rest.length < length) {
        break;
      } else {
        readFrame(rest.subarray(0, length), listener);
        rest = rest.subarray(length);
      }
    }
    pending = rest.length > 0 ? [Buffer.from(rest)] : [];
    size = rest.length;
  };

  return chunk => {
    if (isBroken) return;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const start = Math.min(skipped, bytes.length);
    skipped -= start;
    if (start === bytes.length) return;
    pending.push(Buffer.from(bytes.subarray(start)));
    size += bytes.length - start;
    // Small chunks are collected, because joining them for each chunk would take quadratic time.
    const length = lengthOf(pending);
    if (size < length && length <= listener.maxBytes) return;
    try {
      take(pending.length === 1 ? pending[0] : Buffer.concat(pending));
    } catch {
      isBroken = true;
      pending = [];
    }
  };
}

/** Returns the length of the first frame. Returns 4 if not all bytes of the length are known. */
function lengthOf(buffers: readonly Buffer[]): number {
  if (buffers[0].length >= LENGTH_BYTES) return buffers[0].readUInt32BE(0);
  const start = Buffer.concat(buffers.slice(0, LENGTH_BYTES));
  return start.length < LENGTH_BYTES ? LENGTH_BYTES : start.readUInt32BE(0);
}

function readFrame(frame: Buffer, listener: EventListener): void {
  const { headers, body } = codec.decode(frame);
  const text = (name: string) => validText(headers[name]?.value);
  switch (text(':message-type')) {
    case 'event': {
      const type = text(':event-type');
      const payload = asObject(parseJson(body));
      if (type && payload) listener.onEvent(toEvent(type, payload));
      return;
    }
    case 'exception':
      listener.onError({ name: upperFirst(text(':exception-type') ?? 'Error') });
      return;
    case 'error':
      listener.onError({ name: text(':error-code') ?? 'Error' });
  }
}

/** Returns an event in the form in which the AWS SDK returns it. */
function toEvent(type: string, payload: Json): Json {
  return type === 'chunk' && typeof payload.bytes === 'string'
    ? { chunk: { bytes: Buffer.from(payload.bytes, 'base64') } }
    : { [type]: payload };
}

/** Returns the name of the SDK's error class for an exception such as `throttlingException`. */
function upperFirst(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function readServerSentEvents(listener: EventListener): EventReader {
  const decoder = new TextDecoder();
  /** True after a line above the limit. The rest of the stream is then not read. */
  let isTooLarge = false;
  const parser = createParser({
    maxBufferSize: listener.maxBytes,
    onEvent: ({ data }) => {
      const event = asObject(parseJson(data));
      if (!event) return;
      listener.onEvent(event);
      const error = findError(event);
      if (error) listener.onError(error);
    },
    onError: ({ type }) => {
      if (type !== 'max-buffer-size-exceeded') return;
      isTooLarge = true;
      listener.onTooLarge();
    },
  });
  return chunk => {
    if (isTooLarge) return;
    const text = decoder.decode(chunk, { stream: true });
    ignoringErrors(() => parser.feed(text));
  };
}

/**
 * Finds the error in an event of a stream. OpenAI's Chat Completions and Anthropic's Messages have it in the
 * member `error`, OpenAI's Responses in an event of the type `error` or `response.failed`.
 */
function findError(event: Json): { readonly name: string } | undefined {
  const error = asObject(event.error) ?? asObject(asObject(event.response)?.error);
  if (!error && event.type !== 'error' && event.type !== 'response.failed') return undefined;
  const { type, code } = error ?? { type: undefined, code: event.code };
  return { name: validText(type) ?? validText(code) ?? 'Error' };
}
