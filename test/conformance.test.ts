import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY } from './support/run';
import { extractUsage, type UsageSource } from 'cdk-token-analytics/runtime';

interface Fixture {
  readonly id: string;
  readonly operation: UsageSource['operation'];
  readonly modelId: string | null;
  readonly responseHeaders: Record<string, string>;
  readonly response: unknown;
  readonly expected: Readonly<Record<'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens' | 'cacheWrite1hTokens', number | null>> & { readonly source: string };
}

const FOLDER = path.join(REPOSITORY, '..', 'shared', 'fixtures');
const present = existsSync(FOLDER);
if (!present) process.stderr.write('SKIPPED: recorded responses are not beside the repository, so the conformance test does not run\n');

/** The kinds of response that are read so far. */
const isRead = ({ operation, modelId }: Fixture) =>
  operation === 'Converse' || operation === 'ConverseStream' || (operation === 'InvokeModel' && /anthropic\.claude-(?!v|instant)|amazon\.nova/.test(modelId ?? ''));
const fixtures = present
  ? readdirSync(FOLDER).filter(file => file.endsWith('.json')).map(file => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Fixture).filter(isRead)
  : [];

(present ? describe : describe.skip)('recorded responses', () => {
  test('are there', () => expect(fixtures.length).toBeGreaterThan(30));

  test.each(fixtures.map(fixture => [fixture.id, fixture] as const))('%s', (_id, { operation, modelId, response, responseHeaders, expected }) => {
    const usage = extractUsage({ operation, modelId: modelId ?? '', response, headers: responseHeaders });

    const wanted = expected.inputTokens === null || expected.outputTokens === null ? undefined : expected;
    expect(usage && {
      inputTokens: usage.uncachedInputTokens,
      outputTokens: usage.outputTokens,
      cacheReadTokens: usage.cacheReadTokens,
      cacheWriteTokens: usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
    }).toEqual(wanted && {
      inputTokens: wanted.inputTokens, outputTokens: wanted.outputTokens, cacheReadTokens: wanted.cacheReadTokens ?? 0, cacheWriteTokens: wanted.cacheWriteTokens ?? 0,
    });
  });
});
