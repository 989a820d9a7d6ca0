import { type BedrockEmulator, startBedrock } from '../../../../local/emulators/bedrock/server';
import type { ModelAnswer, ModelRequest } from '../../../../local/emulators/bedrock/wire-shapes';

const MODEL = 'openai.gpt-oss-120b-1:0';
const CLAUDE = 'anthropic.claude-3-haiku-20240307-v1:0';
const USAGE = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 3, cacheWrite5mTokens: 2 };

let answer: ModelAnswer;
let requests: ModelRequest[];
let emulator: BedrockEmulator;
beforeEach(async () => {
  answer = { text: 'Two words', usage: USAGE };
  requests = [];
  emulator = await startBedrock({
    answer: request => {
      requests.push(request);
      return answer;
    },
  });
});
afterEach(() => emulator.close());

const post = (path: string, body: object) =>
  fetch(emulator.endpoint + path, { method: 'POST', body: JSON.stringify(body) });

/** Returns the name and the data of each server-sent event. */
async function eventsOf(response: Response): Promise<(readonly [string, string])[]> {
  const text = await response.text();
  return text
    .split('\n\n')
    .filter(event => event !== '')
    .map(event => [/^event: (.*)$/m.exec(event)?.[1] ?? '', /^data: (.*)$/m.exec(event)?.[1] ?? '']);
}

describe('APIs of OpenAI and Anthropic in the Bedrock emulator', () => {
  test.each([
    ['/openai/v1/chat/completions', 'ChatCompletions'],
    ['/v1/chat/completions', 'ChatCompletions'],
    ['/openai/v1/responses', 'Responses'],
    ['/v1/responses?beta=true', 'Responses'],
    ['/anthropic/v1/messages', 'Messages'],
  ])('%s is the operation %s, with the model in the body', async (path, operation) => {
    await post(path, { model: CLAUDE, messages: [] });

    expect(requests).toMatchObject([{ operation, modelId: CLAUDE, body: { messages: [] } }]);
    expect(emulator.requests()).toBe(1);
  });

  test('Chat Completions reports input tokens with the cache tokens', async () => {
    const response = await post('/v1/chat/completions', { model: MODEL });

    expect(await response.json()).toMatchObject({
      model: MODEL,
      choices: [{ message: { content: 'Two words' }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 15,
        completion_tokens: 5,
        prompt_tokens_details: { cached_tokens: 3, cache_write_tokens: 2 },
      },
    });
  });

  test('Chat Completions streams its usage only on request, and ends with [DONE]', async () => {
    const without = await eventsOf(await post('/v1/chat/completions', { model: MODEL, stream: true }));
    const options = { stream_options: { include_usage: true } };
    const response = await post('/v1/chat/completions', { model: MODEL, stream: true, ...options });
    const events = await eventsOf(response);

    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(without.some(([, data]) => data.includes('usage'))).toBe(false);
    expect(events.map(([name]) => name).join('')).toBe('');
    expect(events.at(-1)?.[1]).toBe('[DONE]');
    expect(JSON.parse(String(events.at(-2)?.[1]))).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 15 },
    });
  });

  test('Responses streams its usage in the last event', async () => {
    const events = await eventsOf(await post('/v1/responses', { model: MODEL, stream: true }));

    expect(events.map(([name]) => name)).toEqual([
      'response.created',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(JSON.parse(String(events.at(-1)?.[1]))).toMatchObject({
      sequence_number: 8,
      response: { status: 'completed', usage: { input_tokens: 15, output_tokens: 5 } },
    });
  });

  test("Messages streams Anthropic's events without Bedrock's own counts", async () => {
    const events = await eventsOf(await post('/anthropic/v1/messages', { model: CLAUDE, stream: true }));

    expect(events.map(([name]) => name)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events.some(([, data]) => data.includes('invocationMetrics'))).toBe(false);
  });

  test('a refused call has the error in its body only', async () => {
    answer = { error: { status: 429, type: 'rate_limit_error', message: 'slow down' } };
    const response = await post('/v1/responses', { model: MODEL });

    expect(response.status).toBe(429);
    expect(response.headers.get('x-amzn-errortype')).toBeNull();
    expect(await response.json()).toMatchObject({
      error: { type: 'rate_limit_error', message: 'slow down' },
    });
  });

  test('a stream can end with an error', async () => {
    answer = { ...answer, pace: { stopAfter: { events: 2, how: 'error' } } } as ModelAnswer;
    const events = await eventsOf(await post('/v1/responses', { model: MODEL, stream: true }));

    expect(events.map(([name]) => name)).toEqual(['response.created', 'response.output_item.added', 'error']);
  });
});
