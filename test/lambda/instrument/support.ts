import * as agentRuntime from '@aws-sdk/client-bedrock-agent-runtime';
import * as bedrockRuntime from '@aws-sdk/client-bedrock-runtime';
import * as oldestAgentRuntime from 'client-bedrock-agent-runtime-oldest';
import * as oldestBedrockRuntime from 'client-bedrock-runtime-oldest';
import type { Run } from '../../../lambda/tracker/delivery';
import { type BedrockEmulator, startBedrock } from '../../../local/emulators/bedrock/server';
import type { ModelAnswer, ModelRequest } from '../../../local/emulators/bedrock/wire-shapes';
import {
  type Invocation,
  type RecordInput,
  TokenTracker,
  type TokenTrackerOptions,
} from 'cdk-token-analytics/runtime';

export const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
export const NOVA = 'amazon.nova-micro-v1:0';
export const SECRET = 'the patient is called';
export const ANSWER: ModelAnswer = {
  text: `${SECRET} Ada Lovelace`,
  usage: { inputTokens: 3702, outputTokens: 1701 },
};
export const messages = [{ role: 'user' as const, content: [{ text: SECRET }] }];

/** Bedrock client modules of one version of the AWS SDK. The types are always those of the newest version. */
export interface Sdk {
  readonly runtime: typeof bedrockRuntime;
  readonly agents: typeof agentRuntime;
}

/** Tested SDK versions: the newest version, and the oldest supported version from 18 months ago. */
export const SDKS: readonly (readonly [version: string, sdk: Sdk])[] = [
  ['the newest SDK', { runtime: bedrockRuntime, agents: agentRuntime }],
  [
    'the SDK of 18 months ago',
    {
      runtime: oldestBedrockRuntime as unknown as typeof bedrockRuntime,
      agents: oldestAgentRuntime as unknown as typeof agentRuntime,
    },
  ],
];

/** Tracker that keeps recorded invocations in memory, and sends no metrics or traces. */
export class KeepingTracker extends TokenTracker {
  private readonly kept: Invocation[] = [];

  constructor(options: TokenTrackerOptions = {}) {
    super({ sink: 'emf', ...options });
    const keep = this as unknown as {
      delivery: { take(invocation: Invocation, run: Run): void };
    };
    keep.delivery.take = (invocation, run) => {
      this.kept.push(invocation);
      run.sum(invocation);
    };
  }

  /**
   * Invocations that the tracker has recorded. Calls `summary()` first, so that the tracker also records
   * responses whose bodies it has not parsed yet.
   */
  get invocations(): readonly Invocation[] {
    this.summary();
    return this.kept;
  }
}

interface ClientOptions {
  readonly maxAttempts?: number;
  readonly cacheMiddleware?: boolean;
}

/** Bedrock emulator with SDK clients that call it. Tests set `answer` to the response of the next calls. */
export class Bedrock {
  static async start(sdk: Sdk = SDKS[0][1], options: ClientOptions = {}): Promise<Bedrock> {
    const requests: ModelRequest[] = [];
    const bedrock: { current?: Bedrock } = {};
    const server = await startBedrock({
      answer: request => {
        requests.push(request);
        const { answer } = bedrock.current as Bedrock;
        return typeof answer === 'function' ? answer(request, requests.length) : answer;
      },
    });
    bedrock.current = new Bedrock(sdk, server, requests, options);
    return bedrock.current;
  }

  answer: ModelAnswer | ((request: ModelRequest, number: number) => ModelAnswer) = ANSWER;
  readonly client: bedrockRuntime.BedrockRuntimeClient;
  readonly agentClient: agentRuntime.BedrockAgentRuntimeClient;
  private readonly clients: { destroy(): void }[] = [];

  private constructor(
    readonly sdk: Sdk,
    private readonly server: BedrockEmulator,
    readonly requests: readonly ModelRequest[],
    private readonly options: ClientOptions,
  ) {
    this.client = this.newClient();
    this.agentClient = new sdk.agents.BedrockAgentRuntimeClient(this.config());
    this.clients.push(this.agentClient);
  }

  get endpoint(): string {
    return this.server.endpoint;
  }

  newClient(): bedrockRuntime.BedrockRuntimeClient {
    const client = new this.sdk.runtime.BedrockRuntimeClient(this.config());
    this.clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.destroy();
    await this.server.close();
  }

  converse(client = this.client, modelId = NOVA) {
    return client.send(new this.sdk.runtime.ConverseCommand({ modelId, messages }));
  }

  async converseStream(client = this.client, modelId = NOVA) {
    const { stream } = await client.send(new this.sdk.runtime.ConverseStreamCommand({ modelId, messages }));
    return stream as AsyncIterable<bedrockRuntime.ConverseStreamOutput>;
  }

  invoke(client = this.client, modelId = HAIKU) {
    return client.send(
      new this.sdk.runtime.InvokeModelCommand({ modelId, body: JSON.stringify({ prompt: SECRET }) }),
    );
  }

  async invokeStream(client = this.client, modelId = HAIKU) {
    const { body } = await client.send(
      new this.sdk.runtime.InvokeModelWithResponseStreamCommand({
        modelId,
        body: JSON.stringify({ messages: [{ role: 'user', content: SECRET }] }),
      }),
    );
    return body as AsyncIterable<bedrockRuntime.ResponseStream>;
  }

  async invokeAgent(client = this.agentClient, input: { enableTrace?: boolean } = { enableTrace: true }) {
    const { completion } = await client.send(
      new this.sdk.agents.InvokeAgentCommand({
        agentId: 'AGENT1',
        agentAliasId: 'ALIAS1',
        sessionId: 'session-7',
        inputText: SECRET,
        ...input,
      }),
    );
    return completion as AsyncIterable<agentRuntime.ResponseStream>;
  }

  async invokeInlineAgent(client = this.agentClient) {
    const { completion } = await client.send(
      new this.sdk.agents.InvokeInlineAgentCommand({
        foundationModel: HAIKU,
        instruction: 'Do as you are told, whatever that is.',
        sessionId: 'session-8',
        inputText: SECRET,
      }),
    );
    return completion as AsyncIterable<agentRuntime.InlineAgentResponseStream>;
  }

  private config() {
    const { maxAttempts = 1, cacheMiddleware } = this.options;
    return { endpoint: this.server.endpoint, region: 'us-east-1', maxAttempts, cacheMiddleware };
  }
}

export async function read<Event>(stream: AsyncIterable<Event>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** Returns token counts in this order: uncached input, cache read, 5-minute write, 1-hour write, output. */
export function tokensOf({ usage }: Pick<Invocation | RecordInput, 'usage'>): number[] | undefined {
  return (
    usage && [
      usage.uncachedInputTokens,
      usage.cacheReadTokens,
      usage.cacheWrite5mTokens,
      usage.cacheWrite1hTokens,
      usage.outputTokens,
    ]
  );
}
