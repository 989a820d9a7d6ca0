import { randomUUID } from 'node:crypto';
import * as agents from '@aws-sdk/client-bedrock-agent-runtime';
import * as core from '@aws-sdk/client-bedrock-agentcore';
import * as runtime from '@aws-sdk/client-bedrock-runtime';
import { KeepingTracker } from './support';
import { findCallOfCommand, UNREAD_CALLS } from '../../../lambda/usage/model-calls';
import { streamEvents } from '../../../local/emulators/bedrock/event-stream';
import type { WireEvent } from '../../../local/emulators/bedrock/wire-shapes';
import {
  end,
  listenOnLoopback,
  type LoopbackServer,
  readBody,
  write,
} from '../../../local/emulators/http-server';

const GUARDED = {
  topicPolicyUnits: 2,
  contentPolicyUnits: 2,
  wordPolicyUnits: 2,
  sensitiveInformationPolicyUnits: 3,
  sensitiveInformationPolicyFreeUnits: 4,
  contextualGroundingPolicyUnits: 1,
  contentPolicyImageUnits: 1,
  automatedReasoningPolicyUnits: 2,
  automatedReasoningPolicies: 3,
};
/** 2 × 0.00015 + 2 × 0.00015 + 3 × 0.0001 + 0.0001 + 0.00075 + 2 × 3 × 0.00017, in pico-dollars. */
const GUARDED_PICO = 2_770_000_000n;
const ARN = 'arn:aws:bedrock:us-east-1::foundation-model/';
const SONNET = 'anthropic.claude-3-sonnet-20240229-v1:0';
const RERANK = 'amazon.rerank-v1:0';

/** Operation that is not read for tokens: its request, its response and the invocation that is recorded. */
interface Billed {
  readonly input: Readonly<Record<string, unknown>>;
  readonly answer?: object;
  readonly model: string;
  readonly picoUsd?: bigint;
  readonly units?: Readonly<Record<string, number>>;
}

const knowledgeBase = (modelArn?: string) => ({
  input: { text: 'secret' },
  retrieveAndGenerateConfiguration: {
    type: 'KNOWLEDGE_BASE',
    knowledgeBaseConfiguration: { knowledgeBaseId: 'KB', modelArn },
  },
});
const documents = (count: number) =>
  Array.from({ length: count }, () => ({
    type: 'INLINE',
    inlineDocumentSource: { type: 'TEXT', textDocument: { text: 'secret' } },
  }));

const RUNTIME: Readonly<Record<string, Billed>> = {
  ApplyGuardrail: {
    input: {
      guardrailIdentifier: 'gr',
      guardrailVersion: '1',
      source: 'INPUT',
      content: [{ text: { text: 'secret' } }],
    },
    answer: {
      usage: GUARDED,
      action: 'NONE',
      outputs: [],
      // Bedrock repeats the counters here.
      assessments: [{ invocationMetrics: { usage: GUARDED } }],
    },
    model: 'bedrock-guardrails',
    picoUsd: GUARDED_PICO,
    units: {
      guardrailContent: 2,
      guardrailContentImages: 1,
      guardrailTopics: 2,
      guardrailSensitiveInformation: 3,
      guardrailGrounding: 1,
      guardrailReasoning: 6,
    },
  },
  InvokeGuardrailChecks: {
    input: { messages: [{ role: 'user', content: [{ text: 'secret' }] }], checks: {} },
    answer: {
      results: {},
      usage: {
        contentFilter: { textUnits: 3 },
        promptAttack: { textUnits: 2 },
        sensitiveInformation: { textUnits: 1 },
      },
    },
    model: 'bedrock-guardrails',
    picoUsd: 470_000_000n,
    units: { checkContent: 3, checkPromptAttack: 2, checkSensitiveInformation: 1 },
  },
  StartAsyncInvoke: {
    input: {
      modelId: 'amazon.nova-reel-v1:0',
      modelInput: { taskType: 'TEXT_VIDEO', videoGenerationConfig: { durationSeconds: 6 } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://videos' } },
    },
    answer: { invocationArn: `${ARN}x` },
    model: 'amazon.nova-reel-v1:0',
    picoUsd: 480_000_000_000n,
    units: { videoSeconds: 6 },
  },
};
const AGENTS: Readonly<Record<string, Billed>> = {
  Rerank: {
    input: {
      queries: [{ type: 'TEXT', textQuery: { text: 'secret' } }],
      sources: documents(101),
      rerankingConfiguration: {
        type: 'BEDROCK_RERANKING_MODEL',
        bedrockRerankingConfiguration: { modelConfiguration: { modelArn: `${ARN}${RERANK}` } },
      },
    },
    answer: { results: [] },
    model: RERANK,
    picoUsd: 2_000_000_000n,
    units: { searches: 2 },
  },
  RetrieveAndGenerate: {
    input: knowledgeBase(`${ARN}${SONNET}`),
    answer: { sessionId: 's', output: { text: 'secret' } },
    model: SONNET,
  },
  RetrieveAndGenerateStream: { input: knowledgeBase(), model: 'bedrock-knowledge-bases' },
  AgenticRetrieveStream: { input: { messages: [], retrievers: [] }, model: 'bedrock-knowledge-bases' },
  GenerateQuery: {
    input: {
      queryGenerationInput: { type: 'TEXT', text: 'secret' },
      transformationConfiguration: { mode: 'TEXT_TO_SQL' },
    },
    answer: { queries: [] },
    model: 'bedrock-knowledge-bases',
  },
  OptimizePrompt: {
    input: { input: { textPrompt: { text: 'secret' } }, targetModelId: SONNET },
    model: SONNET,
  },
  InvokeFlow: {
    input: { flowIdentifier: 'F', flowAliasIdentifier: 'A', inputs: [] },
    model: 'bedrock-flows',
  },
  StartFlowExecution: {
    input: { flowIdentifier: 'F', flowAliasIdentifier: 'A', inputs: [] },
    answer: { executionArn: 'x' },
    model: 'bedrock-flows',
  },
};

const SESSION = { runtimeSessionId: 'session-of-this-test-with-at-least-33-characters' };
/** Operations of AgentCore that name no model. They are recorded only with `recordAgentCore`. */
const CORE: Readonly<Record<string, Billed>> = {
  InvokeAgentRuntime: {
    input: { agentRuntimeArn: ARN, payload: Buffer.from('secret'), ...SESSION },
    answer: { text: 'secret' },
    model: 'agentcore',
  },
  InvokeAgentRuntimeCommand: {
    input: { agentRuntimeArn: ARN, body: { command: 'secret' }, ...SESSION },
    model: 'agentcore',
  },
  InvokeBrowser: {
    input: { browserIdentifier: 'b', sessionId: 's', action: { screenshot: {} } },
    answer: {},
    model: 'agentcore',
  },
  Evaluate: {
    input: { evaluatorId: 'Builtin.Helpfulness', evaluationInput: { sessionSpans: [] } },
    answer: { evaluationResults: [] },
    model: 'agentcore',
  },
  InvokeCodeInterpreter: {
    input: { codeInterpreterIdentifier: 'c', name: 'executeCode', arguments: { code: 'secret' } },
    model: 'agentcore',
  },
};

/** Operations whose tokens are read. Other tests send them. */
const READ = [
  'Converse',
  'ConverseStream',
  'InvokeModel',
  'InvokeModelWithResponseStream',
  'InvokeModelWithBidirectionalStream',
  'InvokeAgent',
  'InvokeInlineAgent',
  'InvokeHarness',
];
/** Operations that Bedrock does not bill, or bills as a part of another operation. */
const FREE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  CountTokens: { modelId: SONNET, input: { converse: { messages: [] } } },
  GetAsyncInvoke: { invocationArn: 'x' },
  ListAsyncInvokes: {},
  Retrieve: { knowledgeBaseId: 'KB', retrievalQuery: { text: 'secret' } },
};

interface SdkClient {
  readonly middlewareStack: runtime.BedrockRuntimeClient['middlewareStack'];
  send(command: unknown): Promise<unknown>;
  destroy(): void;
}

let server: LoopbackServer;
let answer: object | undefined;
let events: readonly WireEvent[];
let tracker: KeepingTracker;
let clients: { readonly runtime: SdkClient; readonly agents: SdkClient; readonly core: SdkClient };

beforeAll(async () => {
  server = await listenOnLoopback(async (request, response) => {
    await readBody(request);
    response.setHeader('x-amzn-requestid', randomUUID());
    if (!answer) return streamEvents(response, events, {});
    response.setHeader('content-type', 'application/json');
    write(response, Buffer.from(JSON.stringify(answer)));
    return end(response);
  });
});
afterAll(() => server.close());

beforeEach(() => {
  const options = {
    region: 'us-east-1',
    endpoint: server.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  events = [];
  tracker = new KeepingTracker({ agentId: 'triage' });
  clients = {
    runtime: tracker.instrument(new runtime.BedrockRuntimeClient(options)) as unknown as SdkClient,
    agents: tracker.instrument(new agents.BedrockAgentRuntimeClient(options)) as unknown as SdkClient,
    core: tracker.instrument(new core.BedrockAgentCoreClient(options), {
      recordAgentCore: true,
    }) as unknown as SdkClient,
  };
});
afterEach(() => Object.values(clients).forEach(client => client.destroy()));

function commandOf(operation: string, input: object): unknown {
  const commands = { ...core, ...agents, ...runtime } as unknown as Readonly<
    Record<string, new (input: object) => unknown>
  >;
  return new commands[`${operation}Command`](input);
}

test.each([
  ...Object.entries(RUNTIME).map(([operation, billed]) => ['runtime', operation, billed] as const),
  ...Object.entries(AGENTS).map(([operation, billed]) => ['agents', operation, billed] as const),
  ...Object.entries(CORE).map(([operation, billed]) => ['core', operation, billed] as const),
])(
  '%s: %s is recorded with its units, and as unpriced if its cost is not known',
  async (client, operation, billed) => {
    answer = billed.answer;
    await clients[client].send(commandOf(operation, billed.input));

    expect(tracker.invocations).toHaveLength(1);
    const [invocation] = tracker.invocations;
    expect([invocation.operation, invocation.model, invocation.usage]).toEqual([
      operation,
      billed.model,
      undefined,
    ]);
    expect(invocation.units).toEqual(billed.units);
    expect(invocation.cost?.picoUsd).toBe(billed.picoUsd);
    expect(JSON.stringify(invocation)).not.toContain('secret');
  },
);

test('ApplyGuardrail with free policies alone costs nothing', async () => {
  answer = { usage: { wordPolicyUnits: 2, sensitiveInformationPolicyFreeUnits: 2 }, outputs: [] };
  await clients.runtime.send(commandOf('ApplyGuardrail', RUNTIME.ApplyGuardrail.input));

  const [{ units, cost }] = tracker.invocations;
  expect([units, cost?.picoUsd, cost?.lowerBound]).toEqual([undefined, 0n, undefined]);
  expect(tracker.summary()).toMatchObject({ answered: 1, unpriced: 0 });
});

test('units are read from the request as it was sent, even if the caller uses its object again', async () => {
  answer = { images: ['aGk='] };
  const body = (quality: string) =>
    JSON.stringify({ imageGenerationConfig: { width: 2048, height: 2048, quality } });
  const input = { modelId: 'amazon.nova-canvas-v1:0', body: body('premium') };
  for (const quality of ['standard', 'standard']) {
    await clients.runtime.send(commandOf('InvokeModel', input));
    input.body = body(quality);
  }

  expect(tracker.invocations.map(({ units }) => units)).toEqual([
    { imagesLargePremium: 1 },
    { imagesLarge: 1 },
  ]);
});

describe('InvokeFlow with `enableTrace`', () => {
  const step = (traceId: string, output?: object) => ({
    type: 'flowTraceEvent',
    body: {
      trace: {
        nodeDependencyTrace: {
          nodeName: 'agent',
          timestamp: '2026-11-20T10:00:00Z',
          traceElements: {
            agentTraces: [
              {
                agentId: 'A',
                trace: {
                  orchestrationTrace: output
                    ? { modelInvocationOutput: { traceId, metadata: output } }
                    : { modelInvocationInput: { traceId, foundationModel: SONNET, text: 'secret' } },
                },
              },
            ],
          },
        },
      },
    },
  });
  const usage = (requestId: string, inputTokens: number, outputTokens: number) => ({
    usage: { inputTokens, outputTokens },
    clientRequestId: requestId,
  });
  const invoke = async (): Promise<void> => {
    answer = undefined;
    const input = { ...AGENTS.InvokeFlow.input, enableTrace: true };
    const { responseStream } = (await clients.agents.send(commandOf('InvokeFlow', input))) as {
      readonly responseStream: AsyncIterable<unknown>;
    };
    for await (const event of responseStream) expect(event).toBeDefined();
  };

  test('is recorded with the model calls of its agents, and as a flow without a price', async () => {
    events = [
      step('t1'),
      step('t1', usage('r1', 1000, 100)),
      step('t2'),
      step('t2', usage('r2', 2000, 50)),
      { type: 'flowCompletionEvent', body: { completionReason: 'SUCCESS' } },
    ];
    await invoke();

    expect(
      tracker.invocations.map(({ operation, model, usage: read, cost }) => [
        operation,
        model,
        read?.uncachedInputTokens,
        cost?.picoUsd,
      ]),
    ).toEqual([
      ['InvokeFlow', SONNET, 1000, 4_500_000_000n],
      ['InvokeFlow', SONNET, 2000, 6_750_000_000n],
      ['InvokeFlow', 'bedrock-flows', undefined, undefined],
    ]);
    expect(JSON.stringify(tracker.invocations)).not.toContain('secret');
  });

  test('is recorded as a flow without a price if it has no agents', async () => {
    events = [{ type: 'flowCompletionEvent', body: { completionReason: 'SUCCESS' } }];
    await invoke();

    expect(tracker.invocations.map(({ operation, model }) => [operation, model])).toEqual([
      ['InvokeFlow', 'bedrock-flows'],
    ]);
  });
});

test('Evaluate of AgentCore is recorded with the tokens of all its results', async () => {
  const result = (inputTokens: number, outputTokens: number) => ({
    evaluatorId: 'e',
    tokenUsage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
  });
  answer = { evaluationResults: [result(5000, 500), result(1000, 10)] };
  await clients.core.send(commandOf('Evaluate', CORE.Evaluate.input));

  const [{ model, usage, cost }] = tracker.invocations;
  expect([model, usage?.uncachedInputTokens, usage?.outputTokens, cost]).toEqual([
    'agentcore',
    6000,
    510,
    undefined,
  ]);
});

test('InvokeModel of a rerank model is recorded with its queries', async () => {
  answer = { results: [{ index: 0, relevance_score: 0.9 }] };
  const body = JSON.stringify({ query: 'secret', documents: ['a', 'b'], api_version: 2 });
  await clients.runtime.send(commandOf('InvokeModel', { modelId: 'cohere.rerank-v3-5:0', body }));

  const [{ units, cost, usage }] = tracker.invocations;
  expect([units, cost?.picoUsd, cost?.lowerBound, usage]).toEqual([
    { searches: 1 },
    2_000_000_000n,
    undefined,
    undefined,
  ]);
});

test('Rerank with documents that may count several times has a lower bound as its cost', async () => {
  const { input, answer: ranking } = AGENTS.Rerank;
  answer = ranking;
  const long = { type: 'TEXT', textDocument: { text: 'secret '.repeat(10_000) } };
  const sources = [{ type: 'INLINE', inlineDocumentSource: long }];
  await clients.agents.send(commandOf('Rerank', { ...input, sources }));

  const [{ units, cost }] = tracker.invocations;
  expect([units, cost?.picoUsd, cost?.lowerBound]).toEqual([
    { searches: 1 },
    1_000_000_000n,
    ['searchUnits'],
  ]);
});

test.each(Object.entries(FREE))('%s is free and is not recorded', async (operation, input) => {
  answer = { inputTokens: 5, retrievalResults: [], asyncInvokeSummaries: [] };
  const client = operation === 'Retrieve' ? clients.agents : clients.runtime;
  await client.send(commandOf(operation, input));

  expect(tracker.invocations).toEqual([]);
});

describe('AgentCore', () => {
  const harness = (model?: object): Readonly<Record<string, unknown>> => ({
    harnessArn: ARN,
    messages: [{ role: 'user', content: [{ text: 'secret' }] }],
    model,
    ...SESSION,
  });
  const sendHarness = async (input: object, turns = 1): Promise<void> => {
    const usage = {
      inputTokens: 1000,
      outputTokens: 100,
      totalTokens: 1350,
      cacheReadInputTokens: 200,
      cacheWriteInputTokens: 50,
    };
    const turn = [
      { type: 'messageStart', body: { role: 'assistant' } },
      { type: 'contentBlockDelta', body: { contentBlockIndex: 0, delta: { text: 'secret' } } },
      { type: 'messageStop', body: { stopReason: 'end_turn' } },
      { type: 'metadata', body: { usage, metrics: { latencyMs: 7 } } },
    ];
    events = Array.from({ length: turns }, () => turn).flat();
    answer = undefined;
    const { stream } = (await clients.core.send(commandOf('InvokeHarness', input))) as {
      readonly stream: AsyncIterable<unknown>;
    };
    for await (const event of stream) expect(event).toBeDefined();
  };

  test('a harness with a Bedrock model in its request is recorded with its tokens and its cost', async () => {
    await sendHarness(harness({ bedrockModelConfig: { modelId: 'us.amazon.nova-micro-v1:0' } }));

    expect(tracker.invocations).toEqual([
      expect.objectContaining({
        operation: 'InvokeHarness',
        model: 'amazon.nova-micro-v1:0',
        usage: expect.objectContaining({
          uncachedInputTokens: 1000,
          cacheReadTokens: 200,
          outputTokens: 100,
        }) as unknown,
      }),
    ]);
    // 1000 × 0.035 + 200 × 0.00875 + 100 × 0.14 US dollars per million. Cache writes of Nova cost nothing.
    expect(tracker.invocations[0].cost?.picoUsd).toBe(50_750_000n);
  });

  test('the tokens of all turns of a harness are added up', async () => {
    await sendHarness(harness({ bedrockModelConfig: { modelId: 'amazon.nova-micro-v1:0' } }), 3);

    expect(tracker.invocations[0].cost?.picoUsd).toBe(3n * 50_750_000n);
    expect(tracker.invocations[0].usage).toMatchObject({ outputTokens: 300, partial: false });
  });

  test('a harness that is left in its second turn has the tokens so far, marked as partial', async () => {
    answer = undefined;
    const usage = { inputTokens: 1000, outputTokens: 100, totalTokens: 1100 };
    events = [
      { type: 'messageStart', body: { role: 'assistant' } },
      { type: 'metadata', body: { usage, metrics: { latencyMs: 7 } } },
      { type: 'messageStart', body: { role: 'assistant' } },
    ];
    const { stream } = (await clients.core.send(commandOf('InvokeHarness', harness()))) as {
      readonly stream: AsyncIterable<unknown>;
    };
    for await (const event of stream) expect(event).toBeDefined();

    expect(tracker.invocations[0].usage).toMatchObject({
      uncachedInputTokens: 1000,
      outputTokens: 100,
      partial: true,
    });
  });

  test('a harness without a model in its request is recorded with its tokens and without a cost', async () => {
    tracker.instrument(clients.core);
    await sendHarness(harness());

    const [{ model, usage, cost }] = tracker.invocations;
    expect([model, usage?.outputTokens, cost]).toEqual(['agentcore', 100, undefined]);
  });

  test('without `recordAgentCore`, calls that name no model are only counted', async () => {
    tracker.instrument(clients.core);
    for (const [operation, billed] of Object.entries(CORE)) {
      answer = billed.answer;
      await clients.core.send(commandOf(operation, billed.input));
    }
    await sendHarness(harness({ bedrockModelConfig: { modelId: 'amazon.nova-micro-v1:0' } }));

    expect(tracker.invocations.map(({ operation }) => operation)).toEqual(['InvokeHarness']);
    const { agentCoreCalls, answered, unpriced } = tracker.summary();
    expect([agentCoreCalls, answered, unpriced]).toEqual([Object.keys(CORE).length, 1, 0]);
  });

  test('each `Invoke…` operation of the client is read or recorded on request', () => {
    const operations = Object.keys(core)
      .filter(name => name.startsWith('Invoke') && name.endsWith('Command'))
      .map(name => name.replace(/Command$/, ''));

    expect(operations.filter(name => ![...READ, ...Object.keys(CORE)].includes(name))).toEqual([]);
    expect(findCallOfCommand('InvokeTomorrowCommand', 'BedrockAgentCoreClient', {})).toMatchObject({
      operation: 'InvokeTomorrow',
      service: 'agentcore',
    });
    expect(findCallOfCommand('GetEventCommand', 'BedrockAgentCoreClient', {})).toBeUndefined();
  });
});

describe('a tracked call with a call of an instrumented client that is billed by units', () => {
  const { input } = RUNTIME.ApplyGuardrail;
  const guarded = () => clients.runtime.send(commandOf('ApplyGuardrail', input));
  const operations = () => tracker.invocations.map(({ operation, model }) => operation ?? model);
  beforeEach(() => {
    answer = RUNTIME.ApplyGuardrail.answer;
  });

  test('is recorded, too, if it has tokens', async () => {
    await tracker.track({ modelId: SONNET }, async () => {
      await guarded();
      return { usage: { inputTokens: 5, outputTokens: 1 }, output: {}, stopReason: 'end_turn' };
    });

    expect(operations()).toEqual(['ApplyGuardrail', 'Converse']);
    expect(tracker.summary()).toMatchObject({ answered: 2, unpriced: 0, inputTokens: 5 });
  });

  test.each([{}, { modelId: 'other' }])(
    'is recorded, too, if a call tracked with %j inside it has only this call',
    async context => {
      await tracker.track({ modelId: SONNET }, async () => {
        await tracker.track(context, guarded);
        return { usage: { inputTokens: 5, outputTokens: 1 }, output: {}, stopReason: 'end_turn' };
      });

      expect(operations()).toEqual(['ApplyGuardrail', 'Converse']);
    },
  );

  test('is recorded, too, beside another operation without tokens', async () => {
    const flow = AGENTS.GenerateQuery;
    answer = flow.answer;
    await tracker.track({ modelId: SONNET }, async () => {
      await clients.agents.send(commandOf('GenerateQuery', flow.input));
      return { usage: { inputTokens: 5, outputTokens: 1 }, output: {}, stopReason: 'end_turn' };
    });

    expect(operations()).toEqual(['GenerateQuery', 'Converse']);
  });

  test('is recorded as unpriced if it names a model, and its response has no readable tokens', async () => {
    await tracker.track({ modelId: SONNET }, async () => {
      await guarded();
      return { text: 'secret' };
    });

    expect(operations()).toEqual(['ApplyGuardrail', 'Converse']);
    expect(tracker.summary()).toMatchObject({ answered: 2, unpriced: 1 });
  });

  test('is recorded as failed if it fails with another error than this call', async () => {
    answer = { usage: 'not an object' };
    const failing = async (): Promise<void> => {
      await clients.runtime.send(commandOf('ApplyGuardrail', {})).catch(() => undefined);
      throw new RangeError('secret');
    };
    await expect(tracker.track({}, failing)).rejects.toThrow(RangeError);

    expect(tracker.invocations.at(-1)?.error).toBe('RangeError');
  });

  test('is not recorded if it has no tokens', async () => {
    const { invocation } = await tracker.track({}, guarded);

    expect(operations()).toEqual(['ApplyGuardrail']);
    expect(invocation).toBe(tracker.invocations[0]);
  });

  test('is recorded as failed if it fails afterwards', async () => {
    const failing = async (): Promise<void> => {
      await guarded();
      throw new RangeError('secret');
    };
    await expect(tracker.track({ modelId: SONNET }, failing)).rejects.toThrow(RangeError);

    expect(tracker.invocations.map(({ error }) => error)).toEqual([undefined, 'RangeError']);
  });
});

test('an operation of a later SDK is recorded as unpriced if its request has a model id', () => {
  const find = (client: string, input: object) =>
    findCallOfCommand('InvokeModelTomorrowCommand', client, input as Readonly<Record<string, unknown>>)
      ?.operation;

  expect(find('BedrockRuntimeClient', { modelId: SONNET })).toBe('InvokeModelTomorrow');
  expect(find('BedrockRuntimeClient', {})).toBeUndefined();
  expect(find('S3Client', { modelId: SONNET })).toBeUndefined();
});

/** Beginnings of operations that manage resources. Bedrock does not bill them by call. */
const MANAGING = /^(?:Get|List|Create|Delete|Put|Update|End|Stop|Tag|Untag|Check)/;

test('each billed operation without tokens is sent by a test', () => {
  const sent = [...Object.keys(RUNTIME), ...Object.keys(AGENTS)];

  expect(UNREAD_CALLS.map(({ operation }) => operation).sort()).toEqual(sent.sort());
});

test('each operation of the two clients is read, billed or free', () => {
  const known = [...READ, ...Object.keys(RUNTIME), ...Object.keys(AGENTS), ...Object.keys(FREE)];
  const operations = Object.keys({ ...runtime, ...agents })
    .filter(name => name.endsWith('Command') && name !== '$Command')
    .map(name => name.replace(/Command$/, ''));

  expect(operations.filter(name => !known.includes(name) && !MANAGING.test(name))).toEqual([]);
});
