import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Bedrock, KeepingTracker, read } from './lambda/instrument/support';
import { REPOSITORY } from './support/run';
import { extractAgentCalls, readUsage, type TokenUsage, type UsageSource } from 'cdk-token-analytics/runtime';

type Counted = Readonly<
  Record<
    'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens' | 'cacheWrite1hTokens',
    number | null
  >
>;

interface Fixture {
  readonly id: string;
  readonly operation: UsageSource['operation'];
  readonly modelId: string | null;
  readonly responseHeaders: Record<string, string>;
  readonly response: unknown;
  readonly expected: Counted & {
    readonly source: string;
    readonly alternatives?: readonly { readonly outputTokens: number }[];
    readonly breakdown?: readonly {
      readonly model: string;
      readonly inputTokens: number;
      readonly outputTokens: number;
    }[];
  };
}

const FOLDER = path.join(REPOSITORY, '..', 'shared', 'fixtures');
const present = existsSync(FOLDER);
if (!present) {
  process.stderr.write(
    'SKIPPED: recorded responses are not beside the repository, so the conformance test does not run\n',
  );
}

const fixtures = present
  ? readdirSync(FOLDER)
      .filter(file => file.endsWith('.json'))
      .map(file => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Fixture)
  : [];
const named = fixtures.map(fixture => [fixture.id, fixture] as const);

(present ? describe : describe.skip)('recorded responses', () => {
  test('are there, of every operation but one', () => {
    expect(fixtures.length).toBeGreaterThan(70);
    expect(new Set(fixtures.map(({ operation }) => operation)).size).toBe(6);
  });

  test.each(named)('%s', (_id, { operation, modelId, response, responseHeaders, expected }) => {
    const reading = readUsage({ operation, modelId: modelId ?? '', response, headers: responseHeaders });

    if (expected.inputTokens === null) {
      expect(reading).toBeUndefined();
      return;
    }
    // What the payload does not tell is 0, where a stream ended before its output was told.
    const partial = expected.outputTokens === null;
    expect(reading?.usage).toEqual(
      expect.objectContaining({
        uncachedInputTokens: expected.inputTokens,
        cacheReadTokens: expected.cacheReadTokens ?? 0,
        cacheWrite5mTokens: (expected.cacheWriteTokens ?? 0) - (expected.cacheWrite1hTokens ?? 0),
        cacheWrite1hTokens: expected.cacheWrite1hTokens ?? 0,
        outputTokens: partial ? (expect.any(Number) as number) : expected.outputTokens,
        partial,
      }),
    );
    const [other] = expected.alternatives ?? [];
    expect(reading?.outputDifference).toBe(other && (expected.outputTokens ?? 0) - other.outputTokens);
  });

  test.each(named.filter(([, { operation }]) => operation === 'InvokeAgent'))(
    '%s, call by call',
    (_id, { response, expected }) => {
      const calls = extractAgentCalls(response as unknown[]);

      expect(
        calls.map(({ modelId, usage }) => [modelId, usage.uncachedInputTokens, usage.outputTokens]),
      ).toEqual(
        (expected.breakdown ?? []).map(({ model, inputTokens, outputTokens }) => [
          model,
          inputTokens,
          outputTokens,
        ]),
      );
    },
  );
});

/** What the unmodified client makes of a recorded response, and the tracker of that. */
async function replay({ operation, modelId, response, responseHeaders: headers }: Fixture) {
  const tracker = new KeepingTracker();
  const bedrock = await Bedrock.start();
  bedrock.answer = { response, headers };
  tracker.instrument(bedrock.client);
  tracker.instrument(bedrock.agentClient);
  const model = modelId ?? undefined;
  try {
    switch (operation) {
      case 'Converse':
        await bedrock.converse(undefined, model);
        break;
      case 'InvokeModel':
        await bedrock.invoke(undefined, model);
        break;
      case 'ConverseStream':
        await read(await bedrock.converseStream(undefined, model));
        break;
      case 'InvokeModelWithResponseStream':
        await read(await bedrock.invokeStream(undefined, model));
        break;
      default:
        await read(await bedrock.invokeAgent());
    }
  } finally {
    await bedrock.close();
  }
  return tracker.invocations;
}

const REPLAYED: readonly string[] = [
  'Converse',
  'InvokeModel',
  'ConverseStream',
  'InvokeModelWithResponseStream',
  'InvokeAgent',
];
/** Values that were cut in the recording, and are no base64 any more, are not what the service sends. */
const isWhole = ({ response }: Fixture) =>
  !/"(?:redactedContent|bytes)":"[^"]*[^A-Za-z0-9+/="]/.test(JSON.stringify(response));
const replayed = named.filter(
  ([, fixture]) =>
    REPLAYED.includes(fixture.operation) && fixture.expected.inputTokens !== null && isWhole(fixture),
);

(present ? describe : describe.skip)('recorded responses, through an instrumented client', () => {
  test('are most of them', () => {
    expect(replayed.length).toBeGreaterThan(60);
  });

  test.each(replayed)('%s', async (_id, fixture) => {
    const { expected } = fixture;
    const invocations = await replay(fixture);

    const sum = (count: (usage: TokenUsage) => number) =>
      invocations.reduce((total, { usage }) => total + (usage ? count(usage) : NaN), 0);
    expect(sum(usage => usage.uncachedInputTokens)).toBe(expected.inputTokens);
    expect(sum(usage => usage.cacheReadTokens)).toBe(expected.cacheReadTokens ?? 0);
    expect(sum(usage => usage.cacheWrite5mTokens + usage.cacheWrite1hTokens)).toBe(
      expected.cacheWriteTokens ?? 0,
    );
    if (expected.outputTokens === null) expect(invocations[0].usage?.partial).toBe(true);
    else expect(sum(usage => usage.outputTokens)).toBe(expected.outputTokens);
    if (fixture.operation !== 'InvokeAgent') expect(invocations).toHaveLength(1);
  });
});
