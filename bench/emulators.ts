import { startBedrock } from '../local/emulators/bedrock/server';
import { type FaultyTable, startFaultyTable } from '../test/support/faulty-table';

/**
 * Faults of the fake DynamoDB tables, by name. For example, the table `errors500` answers each request with
 * status 500.
 */
const FAULTS: Readonly<Record<string, FaultyTable['fault']>> = {
  none: () => ({}),
  errors500: () => ({ status: 500 }),
  hangs: () => ({ hangs: true }),
  throttled30: request =>
    request % 10 < 3 ? { status: 400, type: 'ProvisionedThroughputExceededException' } : {},
  unprocessed30: () => ({ unprocessed: () => Math.random() < 0.3 }),
  halfOfABatch: () => ({ unprocessed: sk => sk.charCodeAt(sk.length - 1) % 2 === 0 }),
};

/** Response time of the emulated model, in milliseconds. */
const MODEL_MS = 4;

/**
 * Starts a Bedrock emulator, and one fake table for each entry of `FAULTS`. Sends the endpoints to the parent
 * process. The servers run in their own process, so that their CPU time is not measured.
 */
async function main(): Promise<void> {
  const bedrock = await startBedrock({
    answer: () => ({
      text: 'Done.',
      usage: { inputTokens: 3702, outputTokens: 1701 },
      pace: { delayMs: MODEL_MS },
    }),
  });
  const tables = await Promise.all(
    Object.entries(FAULTS).map(
      async ([name, fault]) => [name, (await startFaultyTable(fault)).endpoint] as const,
    ),
  );
  process.send?.({ bedrock: bedrock.endpoint, tables: Object.fromEntries(tables) });
}

void main();
