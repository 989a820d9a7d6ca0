import type { EVENT_READERS, EventForm, EventListener, EventReader } from './answer-events.late';
import type { BodyTap } from './body-tap';
import type { HttpAnswer, ObservedCall } from './observed-call';
import { ignoringErrors } from '../process/promises';
import { errorName, warnOnce } from '../process/warn-once';
import { asObject, type Json, parseJson, validText } from '../usage/counts';

/** Maximum bytes of a JSON body, a frame or a line that are held in memory. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Maximum bytes of the body of an error. Error bodies of Bedrock have a few hundred bytes. */
const MAX_ERROR_BYTES = 64 * 1024;

const END_OF_EVENT = Buffer.from('\n\n');

type EventReaders = typeof EVENT_READERS;
let loading: Promise<EventReaders | undefined> | undefined;
let loaded: EventReaders | undefined;

/**
 * Loads the readers of streams, once in a process. They are loaded late, so that programs without a
 * recording `fetch` do not load them.
 */
export function loadEventReaders(): Promise<EventReaders | undefined> {
  loading ??= import('./answer-events.late').then(
    module => (loaded = module.EVENT_READERS),
    (error: unknown) => {
      warnOnce(
        'fetch:load',
        `The reader of streams could not be loaded (${errorName(error)}). The usage of streams is estimated.`,
      );
      return undefined;
    },
  );
  return loading;
}

/** Returns the form of a stream, or undefined if the response is not a stream. */
export function formOfStream(contentType: string | undefined): EventForm | undefined {
  if (contentType?.startsWith('application/vnd.amazon.eventstream')) return 'frames';
  return contentType?.startsWith('text/event-stream') ? 'sse' : undefined;
}

/**
 * Returns a tap that collects a JSON body, and records the call with it.
 *
 * @param toCause returns the error to record for an error of the body
 */
export function jsonTap(
  observed: ObservedCall,
  { headers }: HttpAnswer,
  toCause: (error: unknown) => unknown,
): BodyTap {
  const body = new CollectedBody(MAX_BYTES);
  return {
    onChunk: chunk => {
      if (!body.add(chunk)) warnTooLarge();
    },
    onEnd: () => observed.received(body.read(), headers),
    onError: error => observed.failed(toCause(error)),
    onLeft: () => observed.received(undefined, headers),
  };
}

/**
 * Returns a tap that records a failed call with the name of the error in its JSON body.
 *
 * @param fail records the call. Called once, with the name in the body if there is one
 */
export function errorTap(fail: (name: string | undefined) => void): BodyTap {
  const body = new CollectedBody(MAX_ERROR_BYTES);
  return {
    onChunk: chunk => body.add(chunk),
    onEnd: () => fail(nameInBody(asObject(parseJson(body.read())) ?? {})),
    onError: () => fail(undefined),
    onLeft: () => fail(undefined),
  };
}

/** Returns the name of the error in the JSON body of an error. */
function nameInBody(body: Json): string | undefined {
  const { type, code } = asObject(body.error) ?? {};
  return validText(type) ?? validText(code) ?? validText(body.__type) ?? validText(body.code);
}

/**
 * Returns a tap that reads the events of a stream, and records the call at its end.
 *
 * @param toCause returns the error to record for an error of the body
 */
export function streamTap(
  observed: ObservedCall,
  form: EventForm,
  toCause: (error: unknown) => unknown,
): BodyTap {
  const queue = eventQueue(form, {
    maxBytes: MAX_BYTES,
    onEvent: event => {
      const model = modelInEvent(event);
      if (model !== undefined) observed.nameModel(model);
      observed.event(event);
    },
    onError: error => observed.endStream({ whole: false, error }),
    onTooLarge: warnTooLarge,
  });
  return {
    onChunk: queue.add,
    onEnd: () => {
      // Completes the last event if the service has not sent the empty line after it.
      if (form === 'sse') queue.add(END_OF_EVENT);
      queue.then(() => observed.endStream({ whole: true }));
    },
    onError: error => queue.then(() => observed.endStream({ whole: false, error: toCause(error) })),
    onLeft: () => queue.then(() => observed.leaveStream()),
  };
}

/** Reads the model in an event of OpenAI's or Anthropic's formats. */
function modelInEvent(event: Json): string | undefined {
  return validText(event.model ?? asObject(event.message)?.model ?? asObject(event.response)?.model);
}

/** Passes the bytes of a stream to its reader. Keeps them until the reader is loaded. */
function eventQueue(form: EventForm, listener: EventListener) {
  let read: EventReader | undefined = loaded?.[form](listener);
  let isLoading = read === undefined;
  const waiting = new CollectedBody(MAX_BYTES);
  const actions: (() => void)[] = [];
  if (isLoading) {
    void loadEventReaders().then(readers => {
      isLoading = false;
      read = readers?.[form](listener);
      const bytes = waiting.read();
      if (bytes && bytes.length > 0) ignoringErrors(() => read?.(bytes));
      for (const action of actions) ignoringErrors(action);
    });
  }
  return {
    add: (chunk: Uint8Array): void => {
      if (!isLoading) read?.(chunk);
      else if (!waiting.add(chunk)) listener.onTooLarge();
    },
    /** Runs an action when all bytes were read. */
    then: (action: () => void): void => {
      if (isLoading) actions.push(action);
      else action();
    },
  };
}

/** Bytes of a body up to a limit. */
class CollectedBody {
  private chunks: Buffer[] = [];
  private size = 0;

  constructor(private readonly maxBytes: number) {}

  /** Adds a copy of a chunk. Returns false if the body is larger than the limit. */
  add(chunk: Uint8Array): boolean {
    this.size += chunk.byteLength;
    if (this.size > this.maxBytes) {
      this.chunks = [];
      return false;
    }
    this.chunks.push(Buffer.from(chunk));
    return true;
  }

  /** Returns the body, and forgets it. Returns undefined if the body was larger than the limit. */
  read(): Buffer | undefined {
    const { chunks } = this;
    this.chunks = [];
    return this.size > this.maxBytes ? undefined : Buffer.concat(chunks);
  }
}

function warnTooLarge(): void {
  warnOnce(
    'fetch:large',
    `An answer has more than ${MAX_BYTES} bytes in one part. It is passed on, but its usage may be unknown.`,
  );
}
