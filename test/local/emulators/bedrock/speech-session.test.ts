import * as bedrockRuntime from '@aws-sdk/client-bedrock-runtime';
import * as oldestBedrockRuntime from 'client-bedrock-runtime-oldest';
import { type BedrockEmulator, startBedrock } from '../../../../local/emulators/bedrock/server';
import type { SpeechInput } from '../../../../local/emulators/bedrock/speech-session';
import {
  spokenEvents,
  transcriptEvents,
  usageEvent,
} from '../../../../local/emulators/bedrock/speech-shapes';
import type { ModelAnswer, ModelRequest } from '../../../../local/emulators/bedrock/wire-shapes';

const SONIC = 'amazon.nova-2-sonic-v1:0';
const SDKS: readonly (readonly [version: string, sdk: typeof bedrockRuntime])[] = [
  ['the newest client', bedrockRuntime],
  ['the client of 18 months ago', oldestBedrockRuntime as unknown as typeof bedrockRuntime],
];
const tokens = (speechTokens: number, textTokens: number) => ({ speechTokens, textTokens });
const total = { input: tokens(410, 290), output: tokens(880, 120) };

/** Returns an input event as a client sends it: `bytes` contains the event as JSON. */
const chunkOf = (event: unknown) => ({ chunk: { bytes: Buffer.from(JSON.stringify({ event })) } });

/** Parses an output event and returns its name, such as `textOutput`. */
const nameOf = (event: { chunk?: { bytes?: Uint8Array } }) =>
  Object.keys(
    (JSON.parse(Buffer.from(event.chunk?.bytes ?? []).toString()) as { readonly event: object }).event,
  )[0];

describe.each(SDKS)('speech session of the Bedrock emulator with %s', (_version, sdk) => {
  let emulator: BedrockEmulator;
  let client: bedrockRuntime.BedrockRuntimeClient;
  let seen: ModelRequest[];
  let answer: ModelAnswer;
  beforeEach(async () => {
    seen = [];
    emulator = await startBedrock({
      answer: request => {
        seen.push(request);
        return answer;
      },
    });
    client = new sdk.BedrockRuntimeClient({
      endpoint: emulator.endpoint,
      region: 'us-east-1',
      maxAttempts: 1,
    });
  });
  afterEach(async () => {
    client.destroy();
    await emulator.close();
  });

  const open = async (body: AsyncIterable<{ chunk: { bytes: Uint8Array } }>) => {
    const response = await client.send(
      new sdk.InvokeModelWithBidirectionalStreamCommand({ modelId: SONIC, body }),
    );
    return response.body as AsyncIterable<bedrockRuntime.InvokeModelWithBidirectionalStreamOutput>;
  };

  test('answers input while more input arrives, and ends when the input ends', async () => {
    answer = {
      turns: [
        { after: 'promptStart', events: [{ completionStart: {} }] },
        { after: 'contentEnd', events: [...transcriptEvents('hello'), ...spokenEvents('Good day')] },
        { after: 'contentEnd', events: [usageEvent(total, total)] },
        { after: 'sessionEnd', events: [{ completionEnd: { stopReason: 'END_TURN' } }] },
      ],
    };
    const heard: string[] = [];
    const said: string[] = [];
    let hears: (() => void) | undefined;
    const untilHeard = async (name: string) => {
      while (!heard.includes(name)) await new Promise<void>(resolve => (hears = resolve));
    };
    async function* speak() {
      const say = (event: Record<string, unknown>) => {
        said.push(Object.keys(event)[0]);
        return chunkOf(event);
      };
      yield say({ sessionStart: {} });
      yield say({ promptStart: { promptName: 'prompt-1' } });
      await untilHeard('completionStart');
      yield say({ audioInput: { content: 'AAAA' } });
      yield say({ contentEnd: {} });
      await untilHeard('audioOutput');
      yield say({ contentEnd: {} });
      await untilHeard('usageEvent');
      yield say({ sessionEnd: {} });
    }

    for await (const event of await open(speak())) {
      heard.push(nameOf(event));
      hears?.();
    }

    expect(said).toHaveLength(6);
    expect(heard).toEqual([
      'completionStart',
      ...['contentStart', 'textOutput', 'contentEnd'],
      ...['contentStart', 'textOutput', 'contentEnd'],
      ...['contentStart', 'audioOutput', 'audioOutput', 'contentEnd'],
      'usageEvent',
      'completionEnd',
    ]);
    expect(emulator.requests()).toBe(1);
  });

  test('extracts the exact input bytes from signed envelopes', async () => {
    answer = { turns: [{ after: 'sessionEnd', events: [{ completionEnd: {} }] }] };
    const chunks = [
      chunkOf({ sessionStart: { text: 'ü — 漢字' } }),
      // This event is larger than an HTTP/2 frame and than the flow-control window, so it is sent in parts.
      chunkOf({ audioInput: { content: Buffer.alloc(100_000, 7).toString('base64') } }),
      chunkOf({ sessionEnd: {} }),
    ];
    const before = Date.now();
    async function* speak() {
      yield* chunks;
      await Promise.resolve();
    }

    for await (const _event of await open(speak()));

    const [{ operation, modelId, body }] = seen;
    const inputs = body as readonly SpeechInput[];
    expect([operation, modelId]).toEqual(['InvokeModelWithBidirectionalStream', SONIC]);
    expect(inputs.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).toEqual(
      chunks.map(({ chunk }) => chunk.bytes.toString('hex')),
    );
    expect(inputs.map(({ event }) => Object.keys(event))).toEqual([
      ['sessionStart'],
      ['audioInput'],
      ['sessionEnd'],
    ]);
    expect(new Set(inputs.map(({ signature }) => Buffer.from(signature).toString('hex'))).size).toBe(3);
    for (const { signature, signedAt } of inputs) {
      expect(signature).toHaveLength(32);
      expect(Math.abs(signedAt.getTime() - before)).toBeLessThan(60_000);
    }
  });

  test('omits the turns that wait for more input if the input ends', async () => {
    answer = {
      turns: [{ events: [{ completionStart: {} }] }, { after: 'contentEnd', events: [{ never: {} }] }],
    };
    async function* speak() {
      yield chunkOf({ sessionStart: {} });
      await Promise.resolve();
    }

    const heard: string[] = [];
    for await (const event of await open(speak())) heard.push(nameOf(event));

    expect(heard).toEqual(['completionStart']);
  });

  /** Returns an input stream with one event. The stream stays open until `release` is called. */
  const speakOnce = (bytes: Uint8Array) => {
    let release = () => {};
    const held = new Promise<void>(resolve => (release = resolve));
    async function* speak() {
      yield { chunk: { bytes } };
      await held;
    }
    return { input: speak(), release };
  };
  const heardUntilEnd = async (bytes = chunkOf({ sessionStart: {} }).chunk.bytes) => {
    const { input, release } = speakOnce(bytes);
    const heard: string[] = [];
    try {
      for await (const event of await open(input)) heard.push(nameOf(event));
      return { heard, error: undefined };
    } catch (error) {
      return { heard, error: error as Error };
    } finally {
      release();
    }
  };

  test('a session whose connection is reset ends without an error for its reader', async () => {
    answer = {
      turns: [{ events: [{ completionStart: {} }, ...spokenEvents('never heard')] }],
      pace: { stopAfter: { events: 2, how: 'cut' } },
    };

    expect(await heardUntilEnd()).toEqual({ heard: ['completionStart', 'contentStart'], error: undefined });
  });

  test('a session that fails while streaming throws the error of the service', async () => {
    answer = {
      turns: [{ events: [{ completionStart: {} }, ...spokenEvents('never heard')] }],
      pace: { stopAfter: { events: 2, how: 'error' } },
    };

    const { heard, error } = await heardUntilEnd();

    expect(heard).toEqual(['completionStart', 'contentStart']);
    expect(error).toEqual(
      expect.objectContaining({ name: 'ModelStreamErrorException', message: 'The model stopped.' }),
    );
  });

  test('a session with malformed input fails', async () => {
    answer = { turns: [{ events: [{ completionStart: {} }] }, { after: 'sessionEnd', events: [] }] };

    const { heard, error } = await heardUntilEnd(Buffer.from('{"event":'));

    expect(heard).toEqual(['completionStart']);
    expect(error?.name).toBe('ValidationException');
    expect(seen[0].body).toEqual([]);
  });

  test('a refused session does not start', async () => {
    answer = { error: { status: 403, type: 'AccessDeniedException', message: 'refused' } };
    // Hides the SDK's warning that it cannot retry a request with a stream.
    const warn = jest.spyOn(console, 'warn').mockImplementation();

    // Uses an input that stays open. After the error, the older client cannot end the input itself.
    const { input } = speakOnce(chunkOf({ sessionStart: {} }).chunk.bytes);
    await expect(open(input)).rejects.toMatchObject({ name: 'AccessDeniedException', message: 'refused' });

    warn.mockRestore();
  });

  test('a session generated from a text reports text tokens and speech tokens', async () => {
    answer = {
      text: 'Good day',
      usage: { inputTokens: 700, outputTokens: 1000, speechInputTokens: 410, speechOutputTokens: 880 },
    };
    const events: unknown[] = [];
    async function* speak() {
      yield* [chunkOf({ contentEnd: {} }), chunkOf({ sessionEnd: {} })];
      await Promise.resolve();
    }

    for await (const { chunk } of await open(speak())) {
      events.push((JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()) as { event: unknown }).event);
    }

    expect(events).toContainEqual(usageEvent(total, total));
    expect(events.at(-1)).toEqual({
      completionEnd: expect.objectContaining({ stopReason: 'END_TURN' }) as unknown,
    });
  });

  test('a recorded session is sent unchanged', async () => {
    const response = [
      { event: { completionStart: { completionId: 'x' } } },
      { event: { completionEnd: {} } },
    ];
    answer = { response };

    const { input, release } = speakOnce(chunkOf({ sessionStart: {} }).chunk.bytes);
    const events: unknown[] = [];
    for await (const { chunk } of await open(input)) {
      events.push(JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()));
      if (events.length === response.length) break;
    }
    release();

    expect(events).toEqual(response);
  });
});

test('a speech session requires HTTP/2', async () => {
  const emulator = await startBedrock({ answer: () => ({ turns: [] }) });

  const { status } = await fetch(`${emulator.endpoint}/model/${SONIC}/invoke-with-bidirectional-stream`, {
    method: 'POST',
    body: '{}',
  });
  await emulator.close();

  expect(status).toBe(404);
  expect(emulator.requests()).toBe(0);
});
