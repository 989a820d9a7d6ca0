import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { type BedrockEmulator, startBedrock } from '../../../../local/emulators/bedrock/server';
import type { ModelAnswer, ModelRequest } from '../../../../local/emulators/bedrock/wire-shapes';

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const NOVA = 'amazon.nova-lite-v1:0';
const ANSWER: ModelAnswer = {
  text: 'Two words',
  latencyMs: 321,
  usage: {
    inputTokens: 3,
    outputTokens: 52,
    cacheReadTokens: 1712,
    cacheWrite5mTokens: 236,
    cacheWrite1hTokens: 100,
  },
};
const messages = [{ role: 'user' as const, content: [{ text: 'hello' }] }];

describe('Bedrock emulator with the unmodified client', () => {
  let emulator: BedrockEmulator;
  let client: BedrockRuntimeClient;
  let seen: ModelRequest[];
  let answer: ModelAnswer;
  beforeEach(async () => {
    seen = [];
    answer = ANSWER;
    emulator = await startBedrock({
      answer: request => {
        seen.push(request);
        return answer;
      },
    });
    client = new BedrockRuntimeClient({ endpoint: emulator.endpoint, region: 'us-east-1', maxAttempts: 1 });
  });
  afterEach(async () => {
    client.destroy();
    await emulator.close();
  });

  test('answers Converse with cache tokens in the total but not in the input', async () => {
    const response = await client.send(new ConverseCommand({ modelId: CLAUDE, messages }));

    expect(response.usage).toEqual({
      inputTokens: 3,
      outputTokens: 52,
      totalTokens: 2103,
      cacheReadInputTokens: 1712,
      cacheWriteInputTokens: 336,
      cacheDetails: [
        { ttl: '1h', inputTokens: 100 },
        { ttl: '5m', inputTokens: 236 },
      ],
    });
    expect(response.metrics).toEqual({ latencyMs: 321 });
    expect(response.output?.message?.content).toEqual([{ text: 'Two words' }]);
    expect(response.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen).toEqual([
      { operation: 'Converse', modelId: CLAUDE, body: expect.objectContaining({ messages }) as unknown },
    ]);
    expect(emulator.requests()).toBe(1);
  });

  test('streams Converse events in order with usage last', async () => {
    const { stream } = await client.send(new ConverseStreamCommand({ modelId: NOVA, messages }));

    const events = [];
    for await (const event of stream ?? []) events.push(event);

    expect(events.map(event => Object.keys(event)[0])).toEqual([
      'messageStart',
      'contentBlockDelta',
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
    expect(events.map(event => event.contentBlockDelta?.delta?.text ?? '').join('')).toBe('Two words');
    expect(events.at(-1)?.metadata?.usage).toEqual(
      expect.objectContaining({ inputTokens: 3, outputTokens: 52, totalTokens: 2103 }),
    );
  });

  test.each([
    [
      CLAUDE,
      {
        input_tokens: 3,
        output_tokens: 52,
        cache_creation_input_tokens: 336,
        cache_read_input_tokens: 1712,
        cache_creation: { ephemeral_5m_input_tokens: 236, ephemeral_1h_input_tokens: 100 },
      },
    ],
    [
      NOVA,
      {
        inputTokens: 3,
        outputTokens: 52,
        totalTokens: 2103,
        cacheReadInputTokenCount: 1712,
        cacheWriteInputTokenCount: 336,
      },
    ],
  ])("answers InvokeModel of %s in the vendor's format with token headers", async (modelId, usage) => {
    const headers: Record<string, string> = {};
    client.middlewareStack.add(
      next => async args => {
        const result = await next(args);
        Object.assign(headers, (result.response as { headers: Record<string, string> }).headers);
        return result;
      },
      { step: 'deserialize' },
    );

    const { body } = await client.send(new InvokeModelCommand({ modelId, body: '{}' }));

    expect((JSON.parse(Buffer.from(body).toString()) as { usage: unknown }).usage).toEqual(usage);
    expect(headers).toEqual(
      expect.objectContaining({
        'x-amzn-bedrock-input-token-count': '3',
        'x-amzn-bedrock-output-token-count': '52',
        'x-amzn-bedrock-cache-read-input-token-count': '1712',
        'x-amzn-bedrock-cache-write-input-token-count': '336',
      }),
    );
  });

  test.each([CLAUDE, NOVA])(
    'streams InvokeModel chunks of %s with the vendor-neutral counts last',
    async modelId => {
      const { body } = await client.send(new InvokeModelWithResponseStreamCommand({ modelId, body: '{}' }));

      const chunks: Record<string, unknown>[] = [];
      for await (const event of body ?? []) {
        chunks.push(JSON.parse(Buffer.from(event.chunk?.bytes ?? []).toString()) as Record<string, unknown>);
      }

      expect(chunks.length).toBeGreaterThan(3);
      expect(chunks.slice(0, -1).some(chunk => 'amazon-bedrock-invocationMetrics' in chunk)).toBe(false);
      expect(chunks.at(-1)?.['amazon-bedrock-invocationMetrics']).toEqual(
        expect.objectContaining({ inputTokenCount: 3, outputTokenCount: 52 }),
      );
    },
  );

  test.each([
    [400, 'ValidationException'],
    [403, 'AccessDeniedException'],
    [429, 'ThrottlingException'],
    [503, 'ServiceUnavailableException'],
  ])('refuses a call with status %d, which the client throws as %s', async (status, type) => {
    answer = { error: { status, type, message: 'refused' } };

    await expect(client.send(new ConverseCommand({ modelId: NOVA, messages }))).rejects.toMatchObject({
      name: type,
      message: 'refused',
      $metadata: expect.objectContaining({ httpStatusCode: status }) as unknown,
    });
  });
});
