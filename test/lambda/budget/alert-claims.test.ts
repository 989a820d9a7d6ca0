import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { alertClaims, type ClaimOptions } from '../../../lambda/budget/alert-claims.aws';
import { markerKey } from '../../../lambda/budget/alert-marker';
import { readDay } from '../../../lambda/budget/read-day';
import type { Threshold } from '../../../lambda/budget/thresholds';
import { usdToPico } from '../../../lambda/pricing/pico';
import { TraceReader } from '../../../lambda/traces/trace-reader.aws';
import { startTraceEngine, type TraceEngine } from '../../support/trace-engine';

const SCOPE = {
  namespace: 'Shop#1/dev',
  topicArn: 'arn:aws:sns:us-east-1:123456789012:alerts',
  periods: { daily: '2026-11-25', monthly: '2026-11' },
};
const WARNING: Threshold = { budget: 'daily', level: 'warning', percent: 80, picoUsd: usdToPico(8) };
const CRITICAL: Threshold = { budget: 'daily', level: 'critical', percent: 95, picoUsd: usdToPico(9.5) };

describe('against a DynamoDB emulator', () => {
  let table: TraceEngine;
  let client: DynamoDBClient;
  beforeEach(async () => {
    // Disables the request timeouts of the code under test, because a busy machine could exceed them.
    jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => new AbortController().signal);
    table = await startTraceEngine();
    client = new DynamoDBClient({ endpoint: table.endpoint, region: 'us-east-1', maxAttempts: 1 });
  });
  afterEach(async () => {
    client.destroy();
    await table.close();
    jest.restoreAllMocks();
  });

  const claimsOf = (owner: string, changes: Partial<ClaimOptions> = {}) =>
    alertClaims({ client, tableName: table.tableName, owner, holdMs: 60_000, ...SCOPE, ...changes });

  describe('a claim', () => {
    test('a claim belongs to one of several concurrent runs, which can claim the threshold again', async () => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => claimsOf(`run-${index}`).claim(WARNING)),
      );
      const owner = `run-${answers.indexOf(true)}`;

      expect(answers.filter(answer => answer)).toHaveLength(1);
      expect(await claimsOf(owner).claim(WARNING)).toBe(true);
      expect(await claimsOf('late').claim(WARNING)).toBe(false);
    });

    test('a claim passes to another run when it is released or has expired', async () => {
      await claimsOf('one').claim(WARNING);
      await claimsOf('one').release(WARNING);
      expect(await claimsOf('two', { holdMs: -1 }).claim(WARNING)).toBe(true);
      expect(await claimsOf('three').claim(WARNING)).toBe(true);

      await claimsOf('two').release(WARNING);

      expect(await claimsOf('four').claim(WARNING)).toBe(false);
    });

    test('a claim is refused to every run, its owner included, once the threshold is marked as sent', async () => {
      await claimsOf('one', { holdMs: -1 }).claim(CRITICAL);
      await claimsOf('one').markSent([CRITICAL, WARNING]);
      await claimsOf('one').release(CRITICAL);

      const answers = await Promise.all(
        ['one', 'two'].flatMap(owner =>
          [CRITICAL, WARNING].map(threshold => claimsOf(owner).claim(threshold)),
        ),
      );

      expect(answers).toEqual([false, false, false, false]);
    });

    test.each<[string, Partial<ClaimOptions>]>([
      ['day', { periods: { daily: '2026-11-26', monthly: '2026-11' } }],
      ['namespace', { namespace: 'Shop' }],
      ['topic', { topicArn: 'arn:aws:sns:us-east-1:123456789012:other' }],
    ])('a claim is possible if the message was sent for another %s', async (_, changes) => {
      await claimsOf('one').markSent([WARNING]);

      expect(await claimsOf('two', changes).claim(WARNING)).toBe(true);
    });

    test('a claim is an item with an expiry and its own key', async () => {
      await claimsOf('one').claim(WARNING);

      const { pk, sk } = markerKey(SCOPE, WARNING);
      const { Item } = await table.client.send(
        new GetItemCommand({ TableName: table.tableName, Key: { pk: { S: pk }, sk: { S: sk } } }),
      );

      expect({ pk, sk }).toEqual({
        pk: 'ALERT#Shop%231/dev#2026-11-25',
        sk: 'daily#8#arn:aws:sns:us-east-1:123456789012:alerts',
      });
      expect(Number(Item?.ttl.N) - Date.now() / 1000).toBeGreaterThan(39 * 86_400);
    });

    test('a claim rejects if the table refuses a request', async () => {
      table.refuses = () => true;

      await expect(claimsOf('one').claim(WARNING)).rejects.toThrow('refused');
      await expect(claimsOf('one').markSent([WARNING])).rejects.toThrow('refused');
    });
  });

  describe('readDay', () => {
    const from = new Date('2026-11-24T23:00:00Z');
    const to = new Date('2026-11-25T12:00:00Z');

    test('returns counts of 0 for a day without traces', async () => {
      const { costs, failure } = await readDay(new TraceReader(client, table.tableName), from, to, 60_000);

      expect({ answered: costs.answered, failure }).toEqual({ answered: 0, failure: undefined });
    });

    test('returns the sums so far when the time is over, and adds nothing later', async () => {
      await table.put([{ at: '2026-11-25T10:00:00Z', usd: 1 }]);
      const reader = new TraceReader(client, table.tableName);

      const { costs, failure } = await readDay(reader, from, to, 0);

      expect(costs.answered).toBe(0);
      expect(String(failure)).toContain('were not read in 0 seconds');
    });

    test('returns the sums so far if a page fails', async () => {
      await table.put([
        { at: '2026-11-24T23:30:00Z', usd: 1 },
        { at: '2026-11-25T10:00:00Z', usd: 1 },
      ]);
      let queries = 0;
      table.refuses = () => ++queries > 2;

      const { costs, failure } = await readDay(new TraceReader(client, table.tableName), from, to, 60_000);

      expect(costs.answered).toBe(1);
      expect(failure).toBeInstanceOf(Error);
    });
  });
});
