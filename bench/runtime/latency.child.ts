// Measures the latency of model calls. The arguments are a key of `WAYS`, the endpoint of Bedrock, and the
// endpoint of the table.
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { TokenTracker } from 'cdk-token-analytics/runtime';

const [, , way, bedrockEndpoint, tableEndpoint] = process.argv;
const CALLS = 120;
const WARM_CALLS = 40;
const CONCURRENCY = 1;
const CALLS_PER_RUN = 40;

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
  let remaining = count;
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (remaining > 0) {
        remaining -= 1;
        await call();
      }
    }),
  );
}

const WAYS: Readonly<Record<string, (count: number) => Promise<void>>> = {
  plain: calls,
  /**
   * Runs the calls in a handler, as in Lambda. The handler delivers metrics and traces at the end of each
   * run.
   */
  handler: async count => {
    const run = tracker.handler(() => calls(CALLS_PER_RUN));
    for (let done = 0; done < count; done += CALLS_PER_RUN) await run();
  },
  /**
   * Runs the calls without a handler, as in a server. Metrics are printed with each call, and traces are
   * written in the background.
   */
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
