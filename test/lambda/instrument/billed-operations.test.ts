import { randomUUID } from 'node:crypto';
import * as agents from '@aws-sdk/client-bedrock-agent-runtime';
import * as runtime from '@aws-sdk/client-bedrock-runtime';
import { KeepingTracker } from './support';
import { findCallOfCommand } from '../../../lambda/usage/model-calls';
import { listenOnLoopback, type LoopbackServer, readBody } from '../../../local/emulators/http-server';

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

/** Operations whose tokens are read. Other tests send them. */
const READ = [
  'Converse',
  'ConverseStream',
  'InvokeModel',
  'InvokeModelWithResponseStream',
  'InvokeModelWithBidirectionalStream',
  'InvokeAgent',
  'InvokeInlineAgent',
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
let tracker: KeepingTracker;
let clients: { readonly runtime: SdkClient; readonly agents: SdkClient };

beforeAll(async () => {
  server = await listenOnLoopback(async (request, response) => {
    await readBody(request);
    // Without an answer, the response is an event stream that ends at once.
    const type = answer ? 'application/json' : 'application/vnd.amazon.eventstream';
    response.setHeader('content-type', type);
    response.setHeader('x-amzn-requestid', randomUUID());
    (response as { end(body?: string): void }).end(answer && JSON.stringify(answer));
  });
});
afterAll(() => server.close());

beforeEach(() => {
  const options = {
    region: 'us-east-1',
    endpoint: server.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  tracker = new KeepingTracker({ agentId: 'triage' });
  clients = {
    runtime: tracker.instrument(new runtime.BedrockRuntimeClient(options)) as unknown as SdkClient,
    agents: tracker.instrument(new agents.BedrockAgentRuntimeClient(options)) as unknown as SdkClient,
  };
});
afterEach(() => Object.values(clients).forEach(client => client.destroy()));

function commandOf(operation: string, input: object): unknown {
  const commands = { ...agents, ...runtime } as unknown as Readonly<
    Record<string, new (input: object) => unknown>
  >;
  return new commands[`${operation}Command`](input);
}

test.each([
  ...Object.entries(RUNTIME).map(([operation, billed]) => ['runtime', operation, billed] as const),
  ...Object.entries(AGENTS).map(([operation, billed]) => ['agents', operation, billed] as const),
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

test.each(Object.entries(FREE))('%s is free and is not recorded', async (operation, input) => {
  answer = { inputTokens: 5, retrievalResults: [], asyncInvokeSummaries: [] };
  const client = operation === 'Retrieve' ? clients.agents : clients.runtime;
  await client.send(commandOf(operation, input));

  expect(tracker.invocations).toEqual([]);
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

test('each operation of the two clients is read, billed or free', () => {
  const known = [...READ, ...Object.keys(RUNTIME), ...Object.keys(AGENTS), ...Object.keys(FREE)];
  const operations = Object.keys({ ...runtime, ...agents })
    .filter(name => name.endsWith('Command') && name !== '$Command')
    .map(name => name.replace(/Command$/, ''));

  expect(operations.filter(name => !known.includes(name) && !MANAGING.test(name))).toEqual([]);
});
