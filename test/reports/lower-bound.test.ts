import { usdToPico } from '../../lambda/pricing/pico';
import { rollUpDay } from '../../lambda/rollup/roll-up-day';
import { RollupTable } from '../../lambda/rollup/rollup-table.aws';
import { TraceReader } from '../../lambda/traces/trace-reader.aws';
import { UsageReports } from '../../reports/usage-reports';
import { costOf, lowerBoundCalls, REASONS, SONNET } from '../support/lower-bound-day';
import { startTraceEngine, type TracedCall, type TraceEngine } from '../support/trace-engine';

const DAY = '2026-11-24';
const NOW = new Date('2026-11-26T12:00:00.000Z');

/** Call of ApplyGuardrail: it has units and no tokens. */
const GUARDRAIL: TracedCall = {
  at: `${DAY}T13:00:00.000Z`,
  requestId: 'apply-guardrail',
  model: 'bedrock-guardrails',
  modelId: 'bedrock-guardrails',
  operation: 'ApplyGuardrail',
  usage: undefined,
  units: { guardrailTopics: 4 },
  cost: costOf(6, undefined, [
    { unit: 'guardrailTopics', quantity: 4, usdPerUnit: '1.5', picoUsd: usdToPico('6') },
  ]),
};

let engine: TraceEngine;
let reports: UsageReports;
const reportsAt = (now: Date) =>
  new UsageReports({
    tableName: engine.tableName,
    endpoint: engine.endpoint,
    region: 'us-east-1',
    now: () => now,
  });

beforeAll(async () => {
  engine = await startTraceEngine();
  await engine.put([...lowerBoundCalls(`${DAY}T11:30:00.000Z`), GUARDRAIL]);
  reports = reportsAt(NOW);
});
afterAll(async () => {
  reports.close();
  await engine.close();
});

test('a rollup keeps the numbers, reasons and units of its calls', async () => {
  const rolledUp = await startTraceEngine();
  const ofRollup = new UsageReports({
    tableName: rolledUp.tableName,
    endpoint: rolledUp.endpoint,
    region: 'us-east-1',
    now: () => NOW,
  });
  try {
    await rolledUp.put([...lowerBoundCalls(`${DAY}T11:30:00.000Z`), GUARDRAIL]);
    const reprice = { customPrices: { 'vendor.new-v1': { input: 1, output: 1 } } };
    const before = await ofRollup.daily(DAY, { reprice });
    const tools = {
      traces: new TraceReader(rolledUp.client, rolledUp.tableName),
      rollups: new RollupTable(rolledUp.client, rolledUp.tableName),
    };
    await rollUpDay(DAY, tools, { now: NOW, ttlDays: 0, allowFewer: false });

    const { reads, ...after } = await ofRollup.daily(DAY, { reprice });

    expect([before.reads.tracedDays, reads.rollupDays]).toEqual([1, 1]);
    expect(after).toMatchObject({
      total: {
        cost: { usd: '21', unpriced: 1, lowerBound: 4, reasons: REASONS },
        units: { guardrailContent: 2, guardrailTopics: 4, images: 1 },
        unitCost: { usd: '6.5' },
      },
    });
    expect({ ...after, reads: before.reads }).toEqual(before);
  } finally {
    ofRollup.close();
    await rolledUp.close();
  }
});

describe('a repriced cost', () => {
  test('keeps the recorded cost of units, and the reasons that the other prices leave', async () => {
    const customPrices = { [SONNET]: { input: 10, output: 50, cacheWrite5m: 12.5, cacheWrite1h: 20 } };

    const { total, models } = await reports.daily(DAY, { reprice: { customPrices } });

    // Nova Micro: 1,000 × 0.035 + 100 × 0.14 = $0.000049. Sonnet: 4,000 × 10 + 500 × 12.5 + 400 × 50 per
    // million, and $0.50 for units. The guardrail: $6 for units.
    expect(total.repriced).toMatchObject({
      usd: '6.566299',
      atLeast: true,
      unpriced: 1,
      lowerBound: 3,
      reasons: { cacheWriteTtl: 1, guardrailUnits: 1, unitPrice: 1 },
      // The differences of the calls with both costs: 6.566299 − 21.
      differenceUsd: '-14.433701',
    });
    expect(
      models.map(({ name, repriced }) => [name, repriced?.usd, repriced?.unpriced, repriced?.lowerBound]),
    ).toEqual([
      [SONNET, '0.56625', 0, 3],
      ['bedrock-guardrails', '6', 0, undefined],
      ['amazon.nova-micro-v1:0', '0.000049', 0, undefined],
      ['vendor.new-v1', '0', 1, undefined],
    ]);
  });

  test('omits the reason of a cache write with an unknown time to live if both have the same price', async () => {
    const customPrices = { [SONNET]: { input: 10, output: 50, cacheWrite5m: 12.5, cacheWrite1h: 12.5 } };

    const { total } = await reports.daily(DAY, { reprice: { customPrices } });

    expect(total.repriced).toMatchObject({ lowerBound: 2, reasons: { guardrailUnits: 1, unitPrice: 1 } });
  });

  test('keeps the reason of unknown cache tokens only if there is a price for cache reads', async () => {
    const day = '2026-11-19';
    const cost = costOf(1, ['cacheTokens']);
    await engine.put([{ at: `${day}T10:00:00.000Z`, model: SONNET, modelId: `us.${SONNET}`, cost }]);
    const repriced = async (cacheRead?: number) => {
      const customPrices = { [SONNET]: { input: 10, output: 50, cacheRead } };
      return (await reports.daily(day, { reprice: { customPrices } })).total;
    };

    expect((await repriced()).cost).toMatchObject({ atLeast: true, reasons: { cacheTokens: 1 } });
    expect((await repriced(1)).repriced).toMatchObject({ atLeast: true, reasons: { cacheTokens: 1 } });
    expect((await repriced()).repriced).toMatchObject({ atLeast: false });
  });

  test('prices units of a call without a recorded cost at list prices, and marks units without a price', async () => {
    await engine.put([
      {
        at: '2026-11-20T10:00:00.000Z',
        model: 'vendor.new-v1',
        modelId: 'vendor.new-v1',
        units: { guardrailContent: 2 },
      },
      {
        at: '2026-11-21T10:00:00.000Z',
        model: 'vendor.new-v1',
        modelId: 'vendor.new-v1',
        units: { guardrailContent: 2, images: 1 },
      },
    ]);
    const reprice = { customPrices: { 'vendor.new-v1': { input: 1, output: 1 } } };

    const { days } = await reports.daily({ from: '2026-11-20', to: '2026-11-21' }, { reprice });

    // Two tokens at 1 dollar per million, and 2 × $0.00015.
    expect(days.map(({ repriced }) => repriced)).toMatchObject([
      { usd: '0.000302', atLeast: false, unpriced: 0 },
      { usd: '0.000302', atLeast: true, unpriced: 0, lowerBound: 1, reasons: { unitPrice: 1 } },
    ]);
  });

  test('of each call has its reasons in the report of an incident', async () => {
    const { invocations, total } = await reports.incident('INC-1', { reprice: true });

    expect(
      invocations.map(({ requestId, costIsLowerBound, repricedIsLowerBound }) => [
        requestId,
        costIsLowerBound,
        repricedIsLowerBound,
      ]),
    ).toEqual([
      ['exact', undefined, undefined],
      ['guardrail', ['guardrailUnits'], ['guardrailUnits']],
      ['bare', ['bareId'], undefined],
      ['ttl', ['cacheWriteTtl'], ['cacheWriteTtl']],
      ['unit', ['unitPrice'], ['unitPrice']],
      ['unpriced', undefined, undefined],
    ]);
    expect(total.repriced?.lowerBound).toBe(3);
  });

  test('is compared with a limit together with its reasons', async () => {
    const atNoon = reportsAt(new Date(`${DAY}T12:00:00.000Z`));
    try {
      const { checks } = await atNoon.checkThresholds({ daily: 20, hourly: 20 }, { reprice: true });

      for (const { actual } of checks) {
        expect(actual).toMatchObject({ atLeast: true, unpriced: 1, lowerBound: 3 });
        expect(actual).not.toHaveProperty('differenceUsd');
      }
    } finally {
      atNoon.close();
    }
  });
});

describe('what-if and the prompt cache', () => {
  test('keep the cost of units on both sides, and compare calls that are billed by units alone', async () => {
    const result = await reports.whatIf(DAY, { to: { serviceTier: 'flex', model: 'amazon.nova-pro-v1:0' } });

    expect(result).toMatchObject({
      invocations: 7,
      notCompared: 1,
      recorded: { usd: '21', unpriced: 1, lowerBound: 4, reasons: REASONS },
      asIs: { lowerBound: 3, reasons: { cacheWriteTtl: 1, guardrailUnits: 1, unitPrice: 1 } },
      other: { lowerBound: 2, reasons: { guardrailUnits: 1, unitPrice: 1 } },
      unitCost: { usd: '6.5' },
      compared: { invocations: 6, asIsLowerBound: 3, otherLowerBound: 2 },
    });
    expect(result.models.find(({ model }) => model === 'bedrock-guardrails')).toMatchObject({
      invocations: 1,
      asIs: { usd: '6' },
      other: { usd: '6' },
      change: 0,
    });
    const ofBuckets = result.buckets.reduce((sum, { asIs }) => sum + asIs.picoUsd, 0n);
    expect(result.compared.asIs.picoUsd).toBe(ofBuckets + usdToPico('6.5'));
  });

  test('count calls whose cache writes have an unknown time to live, and ignore calls without tokens', async () => {
    const { cacheSavings, cacheTtlBreakEven } = await reports.whatIf(DAY, { to: { batch: true } });

    expect(cacheSavings).toMatchObject({ unpriced: 1, lowerBound: 1, reasons: { cacheWriteTtl: 1 } });
    expect(cacheTtlBreakEven.entries).toMatchObject([
      { agentId: 'writer', model: SONNET, writtenTokens: 500, ttlUnknown: 1 },
    ]);
  });
});
