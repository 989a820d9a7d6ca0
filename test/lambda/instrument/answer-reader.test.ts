import type { ObservedCall } from '../../../lambda/instrument/observed-call';
import { until } from '../../support/held-clock';

/** Event of Anthropic's Messages API. */
const EVENT = { type: 'message_start', message: { model: 'm', usage: { input_tokens: 5 } } };
const BYTES = Buffer.from(`data: ${JSON.stringify(EVENT)}\n\n`);

/** Returns a fake of a call, and the list of what its methods were called with. */
function newCall() {
  const seen: unknown[] = [];
  const call = {
    nameModel: (modelId: string) => seen.push({ modelId }),
    event: (event: unknown) => seen.push({ event }),
    endStream: (end: unknown) => seen.push({ end }),
    leaveStream: () => seen.push('left'),
  };
  return { seen, call: call as unknown as ObservedCall };
}

/** Loads the module again in a fresh registry, and returns a tap whose readers of streams are not loaded. */
async function newTap(call: ObservedCall, mockReaders?: () => unknown) {
  jest.resetModules();
  if (mockReaders) jest.doMock('../../../lambda/instrument/answer-events.late', mockReaders);
  const { streamTap } = await import('../../../lambda/instrument/answer-reader');
  return streamTap(call, 'sse', error => error);
}
afterEach(() => {
  jest.dontMock('../../../lambda/instrument/answer-events.late');
  jest.restoreAllMocks();
});

describe('streamTap', () => {
  test.each([
    ['ends', 'onEnd', { end: { whole: true } }],
    ['is left early', 'onLeft', 'left'],
    ['breaks', 'onError', { end: { whole: false, error: undefined } }],
  ] as const)('a stream that %s before its readers are loaded keeps its events', async (_name, how, end) => {
    const { seen, call } = newCall();
    const tap = await newTap(call);
    const chunk = Uint8Array.from(BYTES);
    tap.onChunk(chunk);
    chunk.fill(0);
    tap[how](undefined);
    expect(seen).toEqual([]);
    await until(() => seen.length > 0);

    expect(seen).toEqual([{ modelId: 'm' }, { event: EVENT }, end]);
  });

  test('a stream ends without events, and with one warning, if its readers cannot be loaded', async () => {
    const write = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const { seen, call } = newCall();
    const tap = await newTap(call, () => {
      throw new TypeError('no file');
    });
    tap.onChunk(Uint8Array.from(BYTES));
    tap.onEnd();
    await until(() => seen.length > 0);

    expect(seen).toEqual([{ end: { whole: true } }]);
    expect(write.mock.calls.join()).toContain('The reader of streams could not be loaded (TypeError)');
  });

  test('an error in a stream ends the call before the end of the stream', async () => {
    const { seen, call } = newCall();
    const tap = await newTap(call);
    tap.onChunk(Buffer.from('data: {"error":{"type":"overloaded_error"}}\n\n'));
    tap.onEnd();
    await until(() => seen.length > 1);

    expect(seen[1]).toEqual({ end: { whole: false, error: { name: 'overloaded_error' } } });
  });
});
