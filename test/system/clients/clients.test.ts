// Tests real clients against the Bedrock emulator: those without the AWS SDK with `tracker.fetch`, LangChain
// with `tracker.instrument`, and Strands with `tracker.strands`.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { ModelAnswer } from '../../../local/emulators/bedrock/wire-shapes';
import { Bedrock, KeepingTracker, read } from '../../lambda/instrument/support';
import { until } from '../../support/held-clock';
import { REPOSITORY, run } from '../../support/run';

const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const GPT = 'openai.gpt-oss-120b-1:0';
const TITAN = 'amazon.titan-embed-text-v2:0';
const NODE_22 = path.join(REPOSITORY, 'test/system/bundles/node_modules/node22/bin/node');

/** Calls of the AWS SDK with the same model and the same tokens as an API of a client. */
interface Equivalent {
  readonly modelId: string;
  readonly invoke: (tracker: KeepingTracker) => Promise<unknown>;
  readonly stream: (tracker: KeepingTracker) => Promise<unknown>;
  /** Operations that are recorded for a call and for its stream. */
  readonly operations: readonly [invoke: string, stream: string];
  /** Recorded answer in which the model calls a tool. It is an array of events if each call is a stream. */
  readonly toolAnswer: object;
}

const streamConverse = (modelId: string) => async (tracker: KeepingTracker) =>
  read(await bedrock.converseStream(tracker.instrument(bedrock.newClient()), modelId));
const converse = (modelId: string, operation?: string) => ({
  modelId,
  invoke: (tracker: KeepingTracker) => bedrock.converse(tracker.instrument(bedrock.newClient()), modelId),
  stream: streamConverse(modelId),
  operations: [operation ?? 'Converse', operation ?? 'ConverseStream'] as const,
});

const TOOL_INPUT = { name: 'checkout' };
const TOOL_USAGE = { inputTokens: 91, outputTokens: 23, totalTokens: 114 };
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: SONNET,
  content: [{ type: 'tool_use', id: 'tool_1', name: 'find_service', input: TOOL_INPUT }],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 91, output_tokens: 23 },
};

const APIS: Readonly<Record<string, Equivalent>> = {
  Converse: {
    ...converse(SONNET),
    toolAnswer: {
      metrics: { latencyMs: 1 },
      output: {
        message: {
          role: 'assistant',
          content: [{ toolUse: { toolUseId: 'tool_1', name: 'find_service', input: TOOL_INPUT } }],
        },
      },
      stopReason: 'tool_use',
      usage: TOOL_USAGE,
    },
  },
  // Strands streams each call.
  ConverseStream: {
    ...converse(SONNET),
    invoke: streamConverse(SONNET),
    operations: ['ConverseStream', 'ConverseStream'],
    toolAnswer: [
      { messageStart: { role: 'assistant' } },
      {
        contentBlockStart: {
          contentBlockIndex: 0,
          start: { toolUse: { toolUseId: 'tool_1', name: 'find_service' } },
        },
      },
      {
        contentBlockDelta: {
          contentBlockIndex: 0,
          delta: { toolUse: { input: JSON.stringify(TOOL_INPUT) } },
        },
      },
      { contentBlockStop: { contentBlockIndex: 0 } },
      { messageStop: { stopReason: 'tool_use' } },
      { metadata: { usage: TOOL_USAGE, metrics: { latencyMs: 1 } } },
    ],
  },
  InvokeModel: {
    modelId: SONNET,
    invoke: tracker => bedrock.invoke(tracker.instrument(bedrock.newClient()), SONNET),
    stream: async tracker =>
      read(await bedrock.invokeStream(tracker.instrument(bedrock.newClient()), SONNET)),
    operations: ['InvokeModel', 'InvokeModelWithResponseStream'],
    toolAnswer: MESSAGE,
  },
  Messages: { ...converse(SONNET, 'Messages'), toolAnswer: MESSAGE },
  ChatCompletions: {
    ...converse(GPT, 'ChatCompletions'),
    toolAnswer: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: GPT,
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: null,
            tool_calls: [
              {
                id: 'call_1',
                type: 'function',
                function: { name: 'find_service', arguments: JSON.stringify(TOOL_INPUT) },
              },
            ],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 91, completion_tokens: 23, total_tokens: 114 },
    },
  },
  Responses: {
    ...converse(GPT, 'Responses'),
    toolAnswer: {
      id: 'resp_1',
      object: 'response',
      created_at: 1,
      status: 'completed',
      model: GPT,
      error: null,
      output: [
        {
          id: 'fc_1',
          type: 'function_call',
          status: 'completed',
          call_id: 'call_1',
          name: 'find_service',
          arguments: JSON.stringify(TOOL_INPUT),
        },
      ],
      usage: {
        input_tokens: 91,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 23,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 114,
      },
    },
  },
};

/** Clients: the folder with their packages, and the APIs of Bedrock that they call. */
const CLIENTS = [
  ['ai-sdk', ['Converse', 'InvokeModel', 'ChatCompletions', 'Responses']],
  ['ai-sdk-node22', ['Converse', 'InvokeModel', 'ChatCompletions', 'Responses']],
  ['anthropic', ['InvokeModel', 'Messages']],
  ['langchain', ['Converse']],
  ['openai', ['ChatCompletions', 'Responses']],
  ['openai-node22', ['ChatCompletions', 'Responses']],
  ['strands', ['ConverseStream']],
] as const;
/** Members of the usage that Strands cannot report: it drops the time to live of cache writes. */
const STRANDS_USAGE = { cacheWriteTtlUnknown: true };

const USAGE = { inputTokens: 210, outputTokens: 150 };
const ANSWER: ModelAnswer = { text: 'The checkout service has failed.', usage: USAGE };
/** Answer with cached tokens. Only prices of Anthropic's models are known for them. */
const CACHED: ModelAnswer = {
  ...ANSWER,
  usage: { ...USAGE, cacheReadTokens: 4000, cacheWrite5mTokens: 600 },
};

/** Result of a call in the process of a client. */
interface Made {
  readonly outcome: unknown;
  readonly invocations: readonly Readonly<Record<string, unknown>>[];
}

let bedrock: Bedrock;
beforeAll(async () => {
  bedrock = await Bedrock.start();
});
afterAll(() => bedrock.close());

describe.each(CLIENTS)('%s', (folder, apis) => {
  const home = path.join(REPOSITORY, 'test/clients', folder);
  const isStrands = folder === 'strands';
  const node = isStrands || folder.endsWith('node22') ? NODE_22 : process.execPath;
  const missing = [
    ...(existsSync(path.join(home, 'node_modules')) ? [] : [`test/clients/${folder}`]),
    ...(existsSync(node) ? [] : ['test/system/bundles']),
  ];
  if (missing.length > 0) {
    const commands = missing.map(name => `npm ci --prefix ${name}`).join(', ');
    process.stderr.write(`SKIPPED: run ${commands} to test the tracker with ${folder}\n`);
    test.skip('a client that is not installed', () => undefined);
    return;
  }

  let client: ChildProcess;
  beforeAll(async () => {
    client = spawn(node, [path.join(home, 'run.mjs')], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', AWS_REGION: 'us-east-1' },
    });
    await once(client, 'message');
  });
  afterAll(() => client.kill('SIGKILL'));

  const ask = async (api: string, call: string, isRecorded: boolean): Promise<Made> => {
    const answered = once(client, 'message');
    client.send({ api, call, endpoint: bedrock.endpoint, isRecorded });
    return ((await answered) as [Made])[0];
  };

  /**
   * Makes a call with and without the tracker. Checks that the client has the same result, and that the call
   * is recorded as `count` invocations.
   */
  const make = async (api: string, call: string, count = 1) => {
    const plain = await ask(api, call, false);
    const recorded = await ask(api, call, true);
    expect(recorded.outcome).toEqual(plain.outcome);
    expect(recorded.invocations).toHaveLength(count);
    return { ...recorded, invocation: recorded.invocations[0] };
  };

  /** Makes a call with the AWS SDK. Returns the tokens and the cost of its invocation. */
  const figuresOfSdk = async (call: (tracker: KeepingTracker) => Promise<unknown>) => {
    const tracker = new KeepingTracker();
    await call(tracker);
    await until(() => tracker.invocations.length === 1);
    return figuresOf(JSON.parse(JSON.stringify(tracker.invocations[0], bigintsAsText)) as never);
  };

  if (folder.startsWith('ai-sdk') || folder === 'langchain') {
    test('an embedding is recorded with the tokens and the cost of the AWS SDK', async () => {
      bedrock.answer = { response: { embedding: [0.5, 0.25], inputTextTokenCount: 7 } };
      const { outcome, invocation } = await make('Converse', 'embed');

      expect(outcome).toMatchObject({ embedding: [0.5, 0.25] });
      expect(invocation).toMatchObject({ operation: 'InvokeModel', modelId: TITAN });
      expect(figuresOf(invocation)).toEqual(
        await figuresOfSdk(tracker => bedrock.invoke(tracker.instrument(bedrock.newClient()), TITAN)),
      );
      expect(figuresOf(invocation).tokens).toMatchObject({ uncachedInputTokens: 7, outputTokens: 0 });
    });
  }

  if (folder === 'langchain') {
    test('each model call of a LangGraph agent is an invocation', async () => {
      const { toolAnswer } = APIS.Converse;
      bedrock.answer = ({ body }) => (hasToolResult(body) ? CACHED : { response: toolAnswer });
      const { outcome, invocations } = await make('Converse', 'agent', 2);

      expect(JSON.stringify(outcome)).toContain('It has failed.');
      expect(invocations).toMatchObject([
        { operation: 'Converse', modelId: SONNET, usage: { uncachedInputTokens: 91, outputTokens: 23 } },
        { operation: 'Converse', modelId: SONNET, usage: { cacheReadTokens: 4000, outputTokens: 150 } },
      ]);
    });
  }

  if (isStrands) {
    test('a cost with cache writes is a lower bound, because Strands drops their time to live', async () => {
      bedrock.answer = CACHED;
      const { invocation } = await make('ConverseStream', 'invoke');

      expect(invocation).toMatchObject({ cost: { lowerBound: ['cacheWriteTtl'] }, latencyMs: 500 });
    });

    test('the service tier that the model requests decides the price', async () => {
      bedrock.answer = { ...ANSWER, serviceTier: 'flex' };
      const { invocation } = await make('Flex', 'invoke');

      expect(invocation).toMatchObject({ serviceTier: 'flex' });
      expect(figuresOf(invocation)).toEqual(await figuresOfSdk(streamConverse(SONNET)));
    });

    test('a call without a stream is recorded with the tokens and the cost of the AWS SDK', async () => {
      bedrock.answer = ANSWER;
      const { invocation } = await make('Converse', 'invoke');

      expect(invocation).toMatchObject({ operation: 'Converse', stopReason: 'end_turn' });
      expect(invocation.timeToFirstTokenMs).toBeUndefined();
      expect(figuresOf(invocation)).toEqual(await figuresOfSdk(converse(SONNET).invoke));
    });

    test('without a stream, the cached tokens count as cache reads, and the usage is partial', async () => {
      bedrock.answer = CACHED;
      const { invocation } = await make('Converse', 'invoke');

      expect(invocation.usage).toMatchObject({
        ...{ uncachedInputTokens: 210, cacheReadTokens: 4600, cacheWrite5mTokens: 0, outputTokens: 150 },
        partial: true,
      });
    });

    test('a stream that the reader leaves is recorded as partial', async () => {
      bedrock.answer = ANSWER;
      const { invocation } = await make('ConverseStream', 'leave');

      expect(invocation).toMatchObject({ operation: 'ConverseStream', usage: { partial: true } });
      expect(invocation.error).toBeUndefined();
    });

    test('an answer that is too long for Strands is recorded as an answered call', async () => {
      bedrock.answer = { ...ANSWER, stopReason: 'max_tokens' };
      const { outcome, invocation } = await make('ConverseStream', 'invoke');

      expect(outcome).toMatchObject({ error: 'MaxTokensError' });
      expect(invocation).toMatchObject({ stopReason: 'max_tokens', usage: { partial: false } });
      expect(invocation.error).toBeUndefined();
      expect(figuresOf(invocation)).toEqual(await figuresOfSdk(streamConverse(SONNET)));
    });

    test.each(['ChatCompletions', 'Responses'])(
      'a call of an OpenAI model on Bedrock is recorded (%s)',
      async api => {
        bedrock.answer = ANSWER;
        const { invocation } = await make(api, 'invoke');

        expect(invocation).toMatchObject({ operation: api, modelId: GPT });
        expect(figuresOf(invocation)).toEqual(await figuresOfSdk(streamConverse(GPT)));
      },
    );

    test('a call that tracker.fetch also sees is recorded once', async () => {
      bedrock.answer = ANSWER;
      const { invocation } = await make('Fetch', 'invoke');

      expect(invocation).toMatchObject({ operation: 'ChatCompletions', modelId: GPT });
      expect(figuresOf(invocation)).toEqual(await figuresOfSdk(streamConverse(GPT)));
    });

    test('a call of a model that is not a Bedrock model is not recorded', async () => {
      bedrock.answer = ANSWER;

      await make('OpenAI', 'invoke', 0);
    });
  }

  describe.each(apis)('%s', api => {
    const { modelId, operations, toolAnswer, ...sdk } = APIS[api];
    const answer = modelId === SONNET ? CACHED : ANSWER;

    test.each([
      ['invoke', operations[0]],
      ['stream', operations[1]],
    ] as const)('%s is recorded with the tokens and the cost of the AWS SDK', async (call, operation) => {
      bedrock.answer = answer;
      const { outcome, invocation } = await make(api, call);

      expect(JSON.stringify(outcome)).toContain('checkout');
      expect(invocation).toMatchObject({ operation, modelId, agentId: 'client' });
      const { tokens, picoUsd } = await figuresOfSdk(sdk[call]);
      expect(figuresOf(invocation)).toEqual({
        tokens: { ...tokens, ...(isStrands ? STRANDS_USAGE : {}) },
        picoUsd,
      });
      expect(figuresOf(invocation).picoUsd).toBeDefined();
    });

    test('a call with a tool is recorded with its tokens', async () => {
      bedrock.answer = ({ body }) => (hasToolResult(body) ? ANSWER : { response: toolAnswer });
      // An agent of Strands calls the tool, and then calls the model again.
      const { outcome, invocation } = await make(api, 'tools', isStrands ? 2 : 1);

      expect(JSON.stringify(outcome)).toContain('find_service');
      expect(invocation).toMatchObject({
        operation: operations[0],
        modelId,
        usage: { uncachedInputTokens: 91, outputTokens: 23, partial: false },
      });
    });

    test('an aborted stream is recorded as partial', async () => {
      bedrock.answer = { ...ANSWER, pace: { betweenMs: 5, stopAfter: { events: 7, how: 'silence' } } };
      const { invocation } = await make(api, 'abort');

      expect(invocation).toMatchObject({ operation: operations[1], modelId, usage: { partial: true } });
      expect(invocation.error).toBeUndefined();
    });

    test('a refused call is recorded with the name of the error', async () => {
      const error = { status: 429, type: 'ThrottlingException', message: 'Too many requests' };
      bedrock.answer = { error };
      const { outcome, invocation } = await make(api, 'error');

      expect(outcome).toMatchObject({ status: 429 });
      expect(invocation).toMatchObject({ operation: operations[0], modelId, error: 'ThrottlingException' });
    });
  });
});

test('the examples in docs/set-ups.md compile with the types of the installed clients', async () => {
  const page = readFileSync(path.join(REPOSITORY, 'docs/set-ups.md'), 'utf8');
  const examples = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
  const files = CLIENTS.map(([folder]) => path.join(REPOSITORY, 'test/clients', folder)).flatMap(home => {
    if (!existsSync(path.join(home, 'node_modules'))) return [];
    const { dependencies } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const example = Object.keys(dependencies).flatMap(name =>
      examples.filter(code => code.includes(`from '${name}'`)),
    )[0];
    // Below the packages of the client, so that the compiler finds them.
    const file = path.join(home, 'node_modules', '.examples', 'example.mts');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, example);
    return [file];
  });
  const folder = path.join(REPOSITORY, 'build', 'clients');
  mkdirSync(folder, { recursive: true });
  const configuration = path.join(folder, 'tsconfig.json');
  const compilerOptions = {
    ...{ rootDir: REPOSITORY, module: 'preserve', noEmit: true, noImplicitAny: false, skipLibCheck: true },
    typeRoots: [path.join(REPOSITORY, 'node_modules/@types')],
    paths: { 'cdk-token-analytics/runtime': [path.join(REPOSITORY, 'lambda/index.ts')] },
  };
  const parent = path.join(REPOSITORY, 'test/tsconfig.json');
  writeFileSync(
    configuration,
    JSON.stringify({ extends: parent, compilerOptions, files, include: [], exclude: [] }),
  );
  const tsc = path.join(REPOSITORY, 'node_modules/typescript/bin/tsc');
  const { code, stdout } = await run(process.execPath, [tsc, '-p', configuration]);
  rmSync(folder, { recursive: true });

  expect(examples).toHaveLength(5);
  if (files.length > 0) expect([code, stdout]).toEqual([0, '']);
});

/** Returns true if a Converse request contains the result of a tool. */
function hasToolResult(body: unknown): boolean {
  return JSON.stringify(body).includes('"toolResult"');
}

function figuresOf({ usage, cost }: Readonly<Record<string, unknown>>) {
  const { source: _, ...tokens } = usage as Readonly<Record<string, unknown>>;
  return { tokens, picoUsd: (cost as { readonly picoUsd?: string } | undefined)?.picoUsd };
}

function bigintsAsText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
