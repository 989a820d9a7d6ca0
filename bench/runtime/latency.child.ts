import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { TokenTracker } from 'cdk-token-analytics/runtime';

/**
 * How long a model call takes its caller, in a process of its own: how
 * it is instrumented, and where the servers are, are the arguments.
 */
const [, , way, bedrockEndpoint, tableEndpoint] = process.argv;
const CALLS = 250;
const WARM_CALLS = 80;
const AT_ONCE = 1;
const CALLS_A_RUN = 40;

const client = new BedrockRuntimeClient({ endpoint: bedrockEndpoint, region: 'us-east-1' });
const tracker = new TokenTracker({
  sink: 'emf',
  agentId: 'signal-intelligence',
  tableName: 'Traces',
  endpoint: tableEndpoint,
  flushTimeoutMs: 200,
});
const latencies: number[] = [];

async function call(): Promise<void> {
  const start = performance.now();
  await client.send(
    new ConverseCommand({
      modelId: 'amazon.nova-micro-v1:0',
      messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
    }),
  );
  latencies.push(performance.now() - start);
}

async function calls(count: number): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left > 0) {
        left -= 1;
        await call();
      }
    }),
  );
}

const WAYS: Readonly<Record<string, (count: number) => Promise<void>>> = {
  plain: calls,
  /** As in Lambda: the calls of a run, and at its end what is due. */
  handler: async count => {
    const run = tracker.handler(() => calls(CALLS_A_RUN));
    for (let done = 0; done < count; done += CALLS_A_RUN) await run();
  },
  /** As in a server: metrics are printed with each call, traces are written beside the calls. */
  server: calls,
};

async function main(): Promise<void> {
  if (way !== 'plain') tracker.instrument(client);
  await WAYS[way](WARM_CALLS);
  latencies.length = 0;
  await WAYS[way](CALLS);
  process.send?.({ latencies }, () => process.exit(0));
}

void main();
