import { extractUsage, type UsageSource } from 'cdk-token-analytics/runtime';

const CLAUDE = 'anthropic.claude-3-haiku-20240307-v1:0';
const TITAN = 'amazon.titan-text-express-v1';
const NOVA = 'amazon.nova-lite-v1:0';
const LLAMA = 'meta.llama3-70b-instruct-v1:0';
const ACTION = { 'amazon-bedrock-guardrailAction': 'INTERVENED' };
const SORRY = 'Sorry, this cannot be answered.';

const policies = (action: string) => ({ topicPolicy: { topics: [{ name: 'x', type: 'DENY', action }] } });
const trace = (guardrail: object) => ({ 'amazon-bedrock-trace': { guardrail } });
const BLOCKED = trace({ actionReason: 'Guardrail blocked.', input: { g: policies('BLOCKED') } });
const MASKED = trace({
  actionReason: 'Guardrail masked.',
  outputs: [{ g: { sensitiveInformationPolicy: { piiEntities: [{ type: 'NAME', action: 'ANONYMIZED' }] } } }],
});

const claude = { type: 'message', role: 'assistant', content: [{ type: 'text', text: SORRY }] };
const titan = {
  inputTextTokenCount: 11,
  results: [{ tokenCount: 9, outputText: SORRY, completionReason: 'FINISH' }],
};
const llama = { generation: SORRY, prompt_token_count: 11, generation_token_count: 9, stop_reason: 'stop' };

const tokens = (
  operation: UsageSource['operation'],
  modelId: string,
  response: unknown,
  headers?: Record<string, string>,
) => {
  const usage = extractUsage({ operation, modelId, response, headers });
  return usage && [usage.uncachedInputTokens, usage.outputTokens];
};
const headers = (input: number, output: number) => ({
  'x-amzn-bedrock-input-token-count': String(input),
  'x-amzn-bedrock-output-token-count': String(output),
});

describe('a guardrail that blocks a call of InvokeModel', () => {
  test.each([
    ['Claude, without usage', CLAUDE, claude],
    ['Titan, with counts of the guardrail text in the body', TITAN, titan],
    ['Llama, with counts of the guardrail text in the body', LLAMA, llama],
  ])('a blocked call has no tokens if only its body has counts: %s', (_what, modelId, body) => {
    for (const members of [BLOCKED, {}, trace({ outputs: [{ g: policies('BLOCKED') }] })]) {
      const response = { ...body, ...ACTION, ...members };
      expect(tokens('InvokeModel', modelId, response)).toEqual([0, 0]);
      expect(tokens('InvokeModel', modelId, response, headers(0, 0))).toEqual([0, 0]);
      expect(tokens('BatchOutput', modelId, { recordId: 'r', modelOutput: response })).toEqual([0, 0]);
      expect(
        tokens('ModelInvocationLog', modelId, {
          schemaType: 'ModelInvocationLog',
          operation: 'InvokeModel',
          modelId,
          input: {},
          output: { outputBodyJson: response },
        }),
      ).toEqual([0, 0]);
    }
  });

  test.each([
    ['Claude', CLAUDE, { ...claude, usage: { input_tokens: 5, output_tokens: 3 } }],
    ['Nova', NOVA, { usage: { inputTokens: 5, outputTokens: 3, totalTokens: 8 } }],
  ])('a blocked call has the tokens in its `usage`: %s', (_what, modelId, body) => {
    expect(tokens('InvokeModel', modelId, { ...body, ...ACTION, ...BLOCKED })).toEqual([5, 3]);
  });

  test("a blocked call has the tokens in Bedrock's headers", () => {
    expect(tokens('InvokeModel', TITAN, { ...titan, ...ACTION, ...BLOCKED }, headers(7, 0))).toEqual([7, 0]);
  });
});

describe('a guardrail that masks an answer', () => {
  test.each([
    ['shown by the reason', MASKED],
    [
      'shown by the policies',
      trace({ outputAssessments: { g: [{ wordPolicy: { customWords: [{ action: 'ANONYMIZED' }] } }] } }),
    ],
  ])('a masked answer has the tokens in its body: %s', (_what, members) => {
    expect(tokens('InvokeModel', TITAN, { ...titan, ...ACTION, ...members })).toEqual([11, 9]);
  });
});

describe('a guardrail that blocks a stream', () => {
  const chunks = [
    { outputText: SORRY, totalOutputTextTokenCount: 9, inputTextTokenCount: 11, ...ACTION, ...BLOCKED },
  ];

  test('a blocked stream has no tokens if only its chunks have counts', () => {
    expect(tokens('InvokeModelWithResponseStream', TITAN, chunks)).toEqual([0, 0]);
  });

  test("a blocked stream has the tokens in Bedrock's metrics", () => {
    const metrics = { 'amazon-bedrock-invocationMetrics': { inputTokenCount: 4, outputTokenCount: 0 } };

    expect(tokens('InvokeModelWithResponseStream', TITAN, [...chunks, metrics])).toEqual([4, 0]);
  });

  test('a blocked stream has the tokens in its `usage`', () => {
    expect(
      tokens('InvokeModelWithResponseStream', CLAUDE, [
        { type: 'message_start', message: { usage: { input_tokens: 5, output_tokens: 0 } } },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } },
        { type: 'message_stop', ...ACTION, ...BLOCKED },
      ]),
    ).toEqual([5, 3]);
  });
});

test('an invalid trace of a guardrail does not throw', () => {
  for (const guardrail of [
    null,
    7,
    [],
    { input: 7, outputs: [null, { g: 3 }] },
    { actionReason: { toString: 1 } },
  ]) {
    expect(
      tokens('InvokeModel', CLAUDE, { ...claude, ...ACTION, 'amazon-bedrock-trace': { guardrail } }),
    ).toEqual([0, 0]);
  }
  const odd = {
    ...claude,
    'usage': { input_tokens: 1, output_tokens: 2 },
    'amazon-bedrock-guardrailAction': { toString: 1 },
  };
  expect(tokens('InvokeModel', CLAUDE, odd)).toEqual([1, 2]);
});
