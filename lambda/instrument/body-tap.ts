import { ignoringErrors, whenSettled } from '../process/promises';

/** Observer of the body of an HTTP response. It is notified while a consumer reads the body. */
export interface BodyTap {
  /**
   * Called with each chunk, just before the consumer gets it. The bytes must be copied, because the consumer
   * can take over their memory.
   */
  readonly onChunk: (chunk: Uint8Array) => void;
  /** Called after the last chunk. */
  readonly onEnd: () => void;
  /** Called if the body breaks, e.g. because the connection is lost or the request is aborted. */
  readonly onError: (error: unknown) => void;
  /** Called if the consumer stops early, or if the response is garbage-collected before its end. */
  readonly onLeft: () => void;
}

/** State of a tapped body. It is shared by the new stream and the observer of the end of its source. */
interface Reading {
  readonly tap: BodyTap;
  /** True while a chunk is requested from the source. */
  isReading: boolean;
  /** True if the source has no further chunk. */
  isClosed: boolean;
  /** True if the tap was notified of the end. */
  isOver: boolean;
}

type Body = ReadableStream<Uint8Array>;
/** Source of a stream. Only the types of browsers have a name for it. */
type Source = NonNullable<ConstructorParameters<typeof ReadableStream<Uint8Array>>[0]>;
type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Controller = Pick<ReadableByteStreamController, 'close' | 'error'> & {
  readonly byobRequest?: ReadableStreamBYOBRequest | null;
  enqueue(chunk: Uint8Array): void;
};

/** Methods of a response that read its body. `bytes` needs Node.js 22. */
const READING_METHODS = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const;
/** Members of a response that a new response with the same body does not have. */
const FACTS = ['url', 'redirected', 'type', 'status', 'statusText', 'ok'] as const;

/**
 * Registry that calls `onLeft` when a body is garbage-collected. A tap must not reference its response,
 * because this would prevent the garbage collection.
 */
const forgotten = new FinalizationRegistry<Reading>(reading => over(reading, tap => tap.onLeft()));

/**
 * Calls the functions of `tap` while a consumer reads the body of a response. The response object stays the
 * same. Only its members that read the body are replaced. The chunks, the end, errors and back-pressure do
 * not change.
 *
 * @returns false if the body cannot be observed: it is missing, already read or not a web stream
 */
export function tapBody(response: Response, tap: BodyTap): boolean {
  return ignoringErrors(() => replaceBody(response, tap)) ?? false;
}

function replaceBody(response: Response, tap: BodyTap): boolean {
  const source = response.body as Body | null;
  if (typeof source?.getReader !== 'function' || source.locked || response.bodyUsed) return false;
  const reading: Reading = { tap, isReading: false, isClosed: false, isOver: false };
  const stream = tappedStream(source, response, reading);
  const readable = new Response(stream, { headers: response.headers });
  const replaced: PropertyDescriptorMap = {
    body: { get: () => readable.body },
    bodyUsed: { get: () => readable.bodyUsed },
    clone: { value: () => withFacts(readable.clone(), response), writable: true },
  };
  for (const name of READING_METHODS) {
    if (name in readable) {
      replaced[name] = { value: () => (readable as unknown as Readers)[name](), writable: true };
    }
  }
  for (const descriptor of Object.values(replaced)) descriptor.configurable = true;
  Object.defineProperties(response, replaced);
  forgotten.register(stream, reading, reading);
  return true;
}

type Readers = Readonly<Record<(typeof READING_METHODS)[number], () => unknown>>;

/**
 * Copies members such as the URL and the status from a response to its clone. Clones of the clone get them,
 * too.
 */
function withFacts(copy: Response, response: Response): Response {
  const clone = copy.clone.bind(copy);
  const facts = FACTS.map(name => [name, { value: response[name], configurable: true }] as const);
  return Object.defineProperties(copy, {
    ...Object.fromEntries(facts),
    clone: { value: () => withFacts(clone(), response), configurable: true },
  });
}

/**
 * Returns a stream with the chunks of `source`. It requests a chunk only when its consumer requests one.
 *
 * @param response owner of the body. It must live as long as the stream, because Node.js cancels the body of
 * a garbage-collected response
 */
function tappedStream(source: Body, response: Response, reading: Reading): Body {
  let reader: Reader | undefined;
  const members = {
    response,
    pull: async (controller: Controller) => {
      reader ??= openReader(source, controller, reading);
      reading.isReading = true;
      try {
        await passChunk(reader, controller, reading);
      } catch (error) {
        over(reading, tap => tap.onError(error));
        throw error;
      } finally {
        reading.isReading = false;
      }
      if (reading.isClosed) close(controller, reading);
    },
    cancel: (reason: unknown) => {
      over(reading, tap => tap.onLeft());
      return (reader ?? source).cancel(reason);
    },
  };
  return isByteStream(source)
    ? new ReadableStream({ ...members, type: 'bytes' } as unknown as Source)
    : new ReadableStream(members as unknown as Source, { highWaterMark: 0 });
}

async function passChunk(reader: Reader, controller: Controller, reading: Reading): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read();
    // The consumer has cancelled the stream while the chunk was requested.
    if (reading.isOver) return;
    if (done) {
      reading.isClosed = true;
      return;
    }
    if (value instanceof Uint8Array) ignoringErrors(() => reading.tap.onChunk(value));
    // A stream of bytes does not accept an empty chunk.
    if (value.byteLength === 0 && 'byobRequest' in controller) continue;
    controller.enqueue(value);
    return;
  }
}

function openReader(source: Body, controller: Controller, reading: Reading): Reader {
  const reader = source.getReader();
  // A weak reference, because an open connection would otherwise keep an abandoned stream in memory.
  watchEnd(reader, new WeakRef(controller), reading);
  return reader;
}

/** Passes on the end or the error of a source even if the consumer does not request a chunk at this time. */
function watchEnd({ closed }: Reader, target: WeakRef<Controller>, reading: Reading): void {
  whenSettled(closed, {
    fulfilled: () => {
      reading.isClosed = true;
      const controller = target.deref();
      // The source can close before it returns its last chunk. `pull` then ends the stream.
      if (controller && !reading.isReading) close(controller, reading);
    },
    rejected: error => {
      if (reading.isReading) return;
      over(reading, tap => tap.onError(error));
      target.deref()?.error(error);
    },
  });
}

function close(controller: Controller, reading: Reading): void {
  if (!over(reading, tap => tap.onEnd())) return;
  controller.close();
  // Completes a pending read into the consumer's own buffer.
  controller.byobRequest?.respond(0);
}

/** Notifies the tap of the end, if it was not notified yet. Returns false if it was notified before. */
function over(reading: Reading, notify: (tap: BodyTap) => void): boolean {
  if (reading.isOver) return false;
  reading.isOver = true;
  forgotten.unregister(reading);
  ignoringErrors(() => notify(reading.tap));
  return true;
}

/** Returns true if consumers can read the stream into their own buffers, as from the body of `fetch`. */
function isByteStream(stream: Body): boolean {
  try {
    stream.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}
