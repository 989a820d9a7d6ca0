import fc from 'fast-check';
import { EVENT_READERS, type EventForm } from '../../../lambda/instrument/answer-events.late';
import { codec } from '../../../local/emulators/bedrock/event-stream';
import { SERVER_SENT_EVENTS } from '../../../local/emulators/bedrock/text-apis';
import { chunkEvent, type WireEvent } from '../../../local/emulators/bedrock/wire-shapes';
import { fuzz } from '../../support/fuzz';

const MAX = 10_000;

/** Reads bytes in chunks of the given sizes. Returns what the reader has found, in its order. */
function readAll(form: EventForm, bytes: Uint8Array, sizes: readonly number[] = [bytes.length]): unknown[] {
  const found: unknown[] = [];
  const read = EVENT_READERS[form]({
    maxBytes: MAX,
    onEvent: event => found.push(event),
    onError: error => found.push({ error: error.name }),
    onTooLarge: () => found.push('too large'),
  });
  let start = 0;
  for (let index = 0; start < bytes.length; index += 1) {
    const end = start + (sizes[index % sizes.length] ?? bytes.length);
    // A copy whose memory is overwritten, because consumers can take over the memory of a chunk.
    const chunk = bytes.slice(start, end);
    read(chunk);
    chunk.fill(0);
    start = end;
  }
  return found;
}

function frame({ type, body }: WireEvent, headers: Readonly<Record<string, string>> = {}): Uint8Array {
  const all = { ':message-type': 'event', ':event-type': type, ...headers };
  return codec.encode({
    headers: Object.fromEntries(
      Object.entries(all).map(([name, value]) => [name, { type: 'string' as const, value }]),
    ),
    body: Buffer.from(JSON.stringify(body)),
  });
}

const sse = (event: WireEvent) => SERVER_SENT_EVENTS.event(event);
const texts = fc.array(fc.string({ unit: 'binary', maxLength: 200 }), { maxLength: 20 });
const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 });

describe('readers of streams', () => {
  test('frames that are split anywhere have the same events', () => {
    fuzz(
      fc.property(texts, sizes, (parts, cuts) => {
        const events = parts.map(text => ({ type: 'contentBlockDelta', body: { delta: { text } } }));

        expect(readAll('frames', Buffer.concat(events.map(event => frame(event))), cuts)).toEqual(
          events.map(({ body }) => ({ contentBlockDelta: body })),
        );
      }),
    );
  });

  test('server-sent events that are split anywhere have the same data', () => {
    fuzz(
      fc.property(texts, sizes, (parts, cuts) => {
        const events = parts.map(text => ({ type: 'message', body: { type: 'message', text } }));

        expect(readAll('sse', Buffer.concat(events.map(sse)), cuts)).toEqual(events.map(({ body }) => body));
      }),
    );
  });

  test('bytes that are neither frames nor events do not throw', () => {
    fuzz(
      fc.property(fc.uint8Array({ maxLength: 2000 }), sizes, (bytes, cuts) => {
        readAll('frames', bytes, cuts);
        readAll('sse', bytes, cuts);
      }),
    );
  });

  test('a chunk of InvokeModel has the form of the AWS SDK', () => {
    const bytes = frame(chunkEvent({ type: 'message_stop' }));

    expect(readAll('frames', bytes)).toEqual([{ chunk: { bytes: Buffer.from('{"type":"message_stop"}') } }]);
  });

  test.each([
    [{ ':message-type': 'exception', ':exception-type': 'throttlingException' }, 'ThrottlingException'],
    [{ ':message-type': 'error', ':error-code': 'InternalFailure' }, 'InternalFailure'],
  ])('a frame with the headers %j is an error', (headers, error) => {
    expect(readAll('frames', frame({ type: 'any', body: {} }, headers))).toEqual([{ error }]);
  });

  test.each([
    [{ type: 'error', error: { type: 'overloaded_error' } }, 'overloaded_error'],
    [{ error: { message: 'no', code: 'rate_limit' } }, 'rate_limit'],
    [{ type: 'error', code: 'server_error' }, 'server_error'],
    [{ type: 'response.failed', response: { error: { code: 'server_error' } } }, 'server_error'],
    [{ type: 'response.failed', response: {} }, 'Error'],
  ])('the data %j is an error', (body, error) => {
    expect(readAll('sse', sse({ type: 'error', body }))).toEqual([body, { error }]);
  });

  test.each([1, 7, 100_000])('a frame above the limit is skipped in chunks of %s bytes', size => {
    const large = { type: 'contentBlockDelta', body: { text: 'x'.repeat(MAX) } };
    const last = { type: 'metadata', body: { usage: {} } };
    const bytes = Buffer.concat([frame(large), frame(last)]);

    expect(readAll('frames', bytes, [size])).toEqual(['too large', { metadata: { usage: {} } }]);
  });

  test('server-sent events after a line above the limit are not read', () => {
    const large = Buffer.from(`data: ${'x'.repeat(MAX)}`);
    const bytes = Buffer.concat([large, large, sse({ type: '', body: {} })]);

    expect(readAll('sse', bytes, [1000])).toEqual(['too large']);
  });
});
