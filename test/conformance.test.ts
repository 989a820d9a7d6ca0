import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY } from './support/run';
import { extractAgentCalls, readUsage, type UsageSource } from 'cdk-token-analytics/runtime';

type Counted = Readonly<Record<'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens' | 'cacheWrite1hTokens', number | null>>;

interface Fixture {
  readonly id: string;
  readonly operation: UsageSource['operation'];
  readonly modelId: string | null;
  readonly responseHeaders: Record<string, string>;
  readonly response: unknown;
  readonly expected: Counted & {
    readonly source: string;
    readonly alternatives?: readonly { readonly outputTokens: number }[];
    readonly breakdown?: readonly { readonly model: string; readonly inputTokens: number; readonly outputTokens: number }[];
  };
}

const FOLDER = path.join(REPOSITORY, '..', 'shared', 'fixtures');
const present = existsSync(FOLDER);
if (!present) process.stderr.write('SKIPPED: recorded responses are not beside the repository, so the conformance test does not run\n');

const fixtures = present
  ? readdirSync(FOLDER).filter(file => file.endsWith('.json')).map(file => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Fixture)
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
    expect(reading?.usage).toEqual(expect.objectContaining({
      uncachedInputTokens: expected.inputTokens,
      cacheReadTokens: expected.cacheReadTokens ?? 0,
      cacheWrite5mTokens: (expected.cacheWriteTokens ?? 0) - (expected.cacheWrite1hTokens ?? 0),
      cacheWrite1hTokens: expected.cacheWrite1hTokens ?? 0,
      outputTokens: partial ? expect.any(Number) as number : expected.outputTokens,
      partial,
    }));
    const [other] = expected.alternatives ?? [];
    expect(reading?.outputDifference).toBe(other && (expected.outputTokens ?? 0) - other.outputTokens);
  });

  test.each(named.filter(([, { operation }]) => operation === 'InvokeAgent'))('%s, call by call', (_id, { response, expected }) => {
    const calls = extractAgentCalls(response as unknown[]);

    expect(calls.map(({ modelId, usage }) => [modelId, usage.uncachedInputTokens, usage.outputTokens]))
      .toEqual((expected.breakdown ?? []).map(({ model, inputTokens, outputTokens }) => [model, inputTokens, outputTokens]));
  });
});
