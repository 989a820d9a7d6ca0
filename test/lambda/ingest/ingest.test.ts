import { HAIKU, NOVA } from './support';
import { deadLetter, type DeadLetter } from '../../../lambda/ingest/dead-letter';
import { batchesOf } from '../../../lambda/ingest/dead-letter-queue.aws';
import { ingest, type IngestTools } from '../../../lambda/ingest/ingest';
import { KnownProfiles } from '../../../lambda/ingest/known-profiles';
import type { IngestRecord } from '../../../lambda/ingest/records/ingest-record';
import { writeInvocations } from '../../../lambda/ingest/write-invocations';
import { toInvocation, type RecordInput } from '../../../lambda/invocation/record-input';
import { AnalyticsEmitter } from '../../../lambda/metrics/analytics-emitter';
import { CostCalculator } from '../../../lambda/pricing/cost-calculator';
import type { Item } from '../../../lambda/traces/attributes';

const FAULTY_MODEL = 'a model whose price throws';

class FaultyCalculator extends CostCalculator {
  override calculate(...[usage, priced]: Parameters<CostCalculator['calculate']>) {
    if (priced.modelId === FAULTY_MODEL) throw new RangeError(FAULTY_MODEL);
    return super.calculate(usage, priced);
  }
}

function call(changes: Partial<RecordInput>): IngestRecord {
  return {
    source: 'logs',
    position: 0,
    id: `event-${changes.requestId}`,
    reading: {
      kind: 'call',
      call: {
        agentId: 'triage',
        modelId: NOVA,
        timestamp: new Date(),
        usage: {
          uncachedInputTokens: 1000,
          cacheReadTokens: 0,
          cacheWrite5mTokens: 0,
          cacheWrite1hTokens: 0,
          outputTokens: 200,
          source: 'log',
          partial: false,
        },
        ...changes,
      },
    },
  };
}

async function ingested(candidates: readonly IngestRecord[]) {
  const items: Item[] = [];
  const letters: DeadLetter[] = [];
  const profiles = new KnownProfiles(undefined);
  const tools: IngestTools = {
    table: {
      put: () => Promise.resolve(),
      putOnce: item => Promise.resolve(items.push(item) > 0),
      claim: () => Promise.resolve(true),
      readNotes: () => Promise.resolve([]),
    },
    items: { writeShards: 1, ttlDays: 90 },
    indexedPartitions: new Set(),
    emitter: new AnalyticsEmitter({ enabled: false }),
    calculator: new FaultyCalculator({}, profiles),
    profiles,
    sendLetters: sent => {
      letters.push(...sent);
      return Promise.resolve(0);
    },
    claimCalls: false,
    logger: { warn: () => undefined, info: () => undefined },
  };
  const tally = await ingest(candidates, tools, { remainingMs: 60_000 });
  return { tally, letters, written: items.map(({ requestId }) => requestId) };
}

test('an invocation that cannot be priced goes to the queue, and the others of its batch are written', async () => {
  const { tally, letters, written } = await ingested([
    call({ requestId: 'first' }),
    call({ requestId: 'bad', modelId: FAULTY_MODEL }),
    call({ requestId: 'last', modelId: HAIKU }),
  ]);

  expect(written).toEqual([{ S: 'first' }, { S: 'last' }]);
  expect(tally).toEqual(expect.objectContaining({ records: 3, written: 2, refused: 1, failed: 0 }));
  expect(letters).toEqual([
    expect.objectContaining({
      id: 'event-bad',
      reason: 'the trace could not be made (RangeError)',
      event: expect.objectContaining({ requestId: 'bad' }) as object,
    }),
  ]);
});

test('an invocation without a valid item fails without a retry, and the others are written', async () => {
  const profiles = new KnownProfiles(undefined);
  const tools = { calculator: new CostCalculator({}, profiles), profiles, defaults: {} };
  const good = toInvocation({ agentId: 'triage', modelId: NOVA }, tools);
  const bad = { ...good, timestamp: new Date(NaN) };
  const written: Item[] = [];

  const { failed, ...counts } = await writeInvocations(
    [good, bad, { ...good, requestId: 'last' }].map((invocation, index) => ({
      index,
      invocation,
      claims: [],
    })),
    {
      table: {
        put: () => Promise.resolve(),
        putOnce: item => Promise.resolve(written.push(item) > 0),
        claim: () => Promise.resolve(true),
        readNotes: () => Promise.resolve([]),
      },
      items: { writeShards: 1, ttlDays: 90 },
      indexedPartitions: new Set(),
      signal: new AbortController().signal,
      onWritten: () => undefined,
    },
  );

  expect(counts).toEqual({ written: 2, duplicates: 0 });
  expect(written).toHaveLength(2);
  expect(failed).toEqual([{ index: 1, step: 'make', reason: 'RangeError', retry: false }]);
});

describe('messages', () => {
  const letter = (text: string) =>
    deadLetter({ source: 'logs', reading: { kind: 'foreign' } }, 'a reason', {
      modelId: text.repeat(10_000),
      billedModelId: text.repeat(10_000),
      requestId: text.repeat(10_000),
      agentId: text.repeat(10_000),
    });

  test('queue messages are sent in groups of at most ten and of the maximum bytes of a request', () => {
    const many = Array.from({ length: 25 }, () => letter('x'));
    const large = Array.from({ length: 25 }, () => letter('\u0000'));

    expect(batchesOf(many).map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(batchesOf(large).flat()).toHaveLength(25);
    for (const batch of batchesOf(large)) {
      expect(Buffer.byteLength(batch.join(''))).toBeLessThanOrEqual(262_144);
    }
  });

  test('queue messages contain no character that SQS refuses', () => {
    const [[body]] = batchesOf([letter('\uffff\ufffe\ud800\u0001é')]);

    // The pattern contains the characters that SQS allows in a message (API reference, SendMessage).
    expect(body).toMatch(/^[\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd]*$/);
    expect((JSON.parse(body) as DeadLetter).event.requestId).toContain('\uffff');
  });
});
