import { usdToPico } from '../../../lambda/pricing/pico';
import { agentDay } from '../../../lambda/rollup/agent-day';
import { rollupItem } from '../../../lambda/rollup/rollup-item';
import type { Trace } from '../../../lambda/traces/trace';
import { billedCosts, type BilledGroup } from '../../../reports/bill/billed-costs';
import { driftsBeyond, type RecordedUsage, recordedUsage, reconcile } from '../../../reports/bill/reconcile';
import type { Reconciliation } from '../../../reports/bill/reconciliation';

const SONNET = 'anthropic.claude-sonnet-4-6';
const NOVA = 'amazon.nova-lite-v1';
const NO_TOKENS = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };
const [FIRST, SECOND, LAST] = ['2026-11-20', '2026-11-21', '2026-11-22'];
/** Time of the report. It is the end of the day `LAST`, 24 hours before the bill of `LAST` is final. */
const NOW = new Date('2026-11-23T00:00:00Z');

const ours = (
  day: string,
  model: string,
  usd: string,
  tokens: Partial<RecordedUsage['tokens']> = {},
  unpriced = 0,
): RecordedUsage => ({ day, model, picoUsd: usdToPico(usd), unpriced, tokens: { ...NO_TOKENS, ...tokens } });
const theirs = (
  day: string,
  usageType: string,
  amount: string,
  quantity: string,
  service = 'Amazon Bedrock',
): BilledGroup => ({ day, service, usageType, amount, quantity });
const sonnet = (day: string, amount: string, quantity: string) =>
  theirs(
    day,
    'USE1-MP:USE1_OutputTokenCount_Global-Units',
    amount,
    quantity,
    'Claude Sonnet 4.6 (Amazon Bedrock Edition)',
  );

function reconciled(
  own: readonly RecordedUsage[],
  groups: readonly BilledGroup[],
  now = NOW,
): Reconciliation {
  const days = [FIRST, SECOND, LAST].map(day => ({ day, estimated: day === LAST }));
  return reconcile(own, billedCosts({ from: FIRST, to: LAST, days, groups, requests: 2 }), { now });
}

describe('a reconciliation', () => {
  test('compares recorded and billed amounts of each model and day, in dollars and tokens', () => {
    const result = reconciled(
      [
        ours(FIRST, SONNET, '13.5', { output: 900_000 }),
        ours(FIRST, NOVA, '0.06', { input: 1_000_000 }),
        ours(SECOND, SONNET, '15', { output: 1_000_000 }),
      ],
      [
        sonnet(FIRST, '15', '1'),
        theirs(FIRST, 'USE1-NovaLite-input-tokens', '0.06', '1000'),
        sonnet(SECOND, '15', '1'),
      ],
    );

    expect(
      result.rows.map(({ day, model, recorded: own, billed, drift, tokenDrift }) => [
        day,
        model,
        own?.usd,
        billed?.usd,
        drift.usd,
        drift.percent,
        tokenDrift,
      ]),
    ).toEqual([
      [FIRST, SONNET, '13.5', '15', '-1.5', -10, -10],
      [FIRST, NOVA, '0.06', '0.06', '0', 0, 0],
      [SECOND, SONNET, '15', '15', '0', 0, 0],
    ]);
    expect(result.models.map(({ model, drift }) => [model, drift.percent])).toEqual([
      [SONNET, -5],
      [NOVA, 0],
    ]);
    expect(result.total).toMatchObject({
      recorded: { usd: '28.56' },
      billed: { usd: '30.06' },
      drift: { usd: '-1.5', percent: -4.99 },
    });
    expect(result.worst?.model).toBe(SONNET);
    expect(result.days.map(({ day, drift, settled }) => [day, drift.percent, settled])).toEqual([
      [FIRST, -9.96, true],
      [SECOND, 0, true],
      [LAST, undefined, false],
    ]);
    expect([result.requests, result.requestCostUsd]).toEqual([2, '0.02']);
  });

  test('excludes a day from every sum until 24 hours after its end, because its bill may be incomplete', () => {
    const own = [
      ours(FIRST, SONNET, '15', { output: 1_000_000 }),
      ours(LAST, SONNET, '15', { output: 1_000_000 }),
    ];
    const bill = [sonnet(FIRST, '15', '1'), sonnet(LAST, '1.5', '0.1')];

    const early = reconciled(own, bill, new Date('2026-11-23T23:59:59Z'));
    const late = reconciled(own, bill, new Date('2026-11-24T00:00:00Z'));

    expect([early.total.drift.percent, early.unsettledDays]).toEqual([0, [LAST]]);
    expect(early.rows.at(-1)).toMatchObject({
      day: LAST,
      settled: false,
      estimated: true,
      drift: { percent: 900 },
    });
    expect(early.notes.join('\n')).toContain(`The bill may be incomplete for ${LAST}`);
    expect([late.total.drift.percent, late.unsettledDays, late.estimatedDays]).toEqual([81.82, [], [LAST]]);
    expect(late.notes.join('\n')).toContain(`The billed amounts of ${LAST} can change`);
  });

  test('lists models that are only recorded and models that are only billed', () => {
    const result = reconciled(
      [
        ours(FIRST, 'application-inference-profile/abc', '1'),
        ours(FIRST, 'acme.rocket-1-v1', '2', { input: 5 }),
      ],
      [sonnet(FIRST, '15', '1')],
    );

    expect([result.onlyRecorded, result.onlyBilled]).toEqual([
      ['acme.rocket-1-v1', 'application-inference-profile/abc'],
      [SONNET],
    ]);
    expect(
      result.models.map(({ model, recorded: own, billed, drift }) => [
        model,
        own?.usd,
        billed?.usd,
        drift.percent,
      ]),
    ).toEqual([
      [SONNET, undefined, '15', -100],
      ['acme.rocket-1-v1', '2', undefined, undefined],
      ['application-inference-profile/abc', '1', undefined, undefined],
    ]);
    expect(result.worst?.model).toBe('acme.rocket-1-v1');
    expect(result.notes).toEqual(
      expect.arrayContaining([
        'Recorded under a name that hides the foundation model, which the bill names: ' +
          'application-inference-profile/abc.',
        'Recorded, but not billed: acme.rocket-1-v1.',
        'Billed, but not recorded, for example because the calls are not instrumented, or are from another ' +
          `account or region: ${SONNET}.`,
      ]),
    );
  });

  test('includes token charges without a known model in the billed total, and excludes charges that are not for tokens', () => {
    const result = reconciled(
      [ours(FIRST, SONNET, '15', { output: 1_000_000 })],
      [
        sonnet(FIRST, '15', '1'),
        theirs(FIRST, 'USE1-MistralLarge-input-tokens', '5', '1'),
        theirs(FIRST, 'USE1-Guardrail-ContentPolicyUnitsConsumed', '7', '1'),
        theirs(
          FIRST,
          'USE1-MP:USE1_ProvisionedThroughput_ModelUnits-Units',
          '20',
          '1',
          'Claude Sonnet 4.6 (Amazon Bedrock Edition)',
        ),
      ],
    );

    expect(result.rows).toMatchObject([{ model: SONNET, billed: { usd: '15' }, drift: { percent: 0 } }]);
    expect(result.total).toMatchObject({
      recorded: { usd: '15' },
      billed: { usd: '20' },
      drift: { percent: -25 },
    });
    expect(result.days[0].drift.percent).toBe(-25);
    expect([result.unattributed.usd, result.other.usd]).toEqual(['5', '27']);
    expect(result.notes).toEqual(
      expect.arrayContaining([
        '$5.00 is billed by the token under names that do not identify a model. Only the total includes it: ' +
          'Amazon Bedrock: USE1-MistralLarge-input-tokens.',
        expect.stringMatching(/^\$27\.00 is not billed by the token/),
      ]),
    );
  });

  test('has no row for a model whose only charges are not for tokens', () => {
    const result = reconciled(
      [],
      [
        theirs(
          FIRST,
          'USE1-MP:USE1_ProvisionedThroughput_ModelUnits-Units',
          '20',
          '1',
          'Claude Sonnet 4.6 (Amazon Bedrock Edition)',
        ),
      ],
    );

    expect([result.rows, result.onlyBilled, result.other.usd, result.total.billed]).toEqual([
      [],
      [],
      '20',
      undefined,
    ]);
  });

  test('does not compare tokens if their unit on the bill is unknown', () => {
    const result = reconciled(
      [ours(FIRST, NOVA, '5.24', { input: 123, output: 900_000 })],
      [
        theirs(FIRST, 'USE1-NovaLite-input-tokens', '5', '1'),
        theirs(FIRST, 'USE1-NovaLite-output-tokens', '0.24', '1000'),
      ],
    );

    expect(result.rows[0]).toMatchObject({
      tokenDrift: -10,
      billed: { tokens: { output: 1_000_000 }, unknownUnits: ['input'] },
      drift: { percent: 0 },
    });
    expect(result.notes).toContain(
      `The billed unit of some tokens is unknown, so they are not compared: ${NOVA}.`,
    );
  });

  test('notes the number of unpriced calls, because the true cost is higher', () => {
    const result = reconciled(
      [ours(FIRST, NOVA, '0', { input: 1_000_000 }, 3)],
      [theirs(FIRST, 'USE1-NovaLite-input-tokens', '0.06', '1000')],
    );

    expect(result.total.recorded).toMatchObject({ usd: '0', unpriced: 3 });
    expect([result.total.drift.percent, result.total.tokenDrift]).toEqual([-100, 0]);
    expect(result.notes).toContain('3 recorded calls are unpriced, so the true cost is higher.');
  });

  test('has no drift if nothing was recorded and nothing was billed', () => {
    const result = reconciled([], []);

    expect([result.rows, result.models, result.worst, result.total.drift]).toEqual([
      [],
      [],
      undefined,
      { usd: '0', picoUsd: 0n },
    ]);
    expect(driftsBeyond(result, 0)).toBe(false);
  });

  test.each([
    ['15', 0, false],
    ['15.75', 5, false],
    ['15.76', 5, true],
    ['14.25', 5, false],
    ['14.24', 5, true],
  ])('compares $%s recorded with $15 billed: drift beyond %d percent is %s', (usd, percent, expected) => {
    expect(driftsBeyond(reconciled([ours(FIRST, SONNET, usd)], [sonnet(FIRST, '15', '1')]), percent)).toBe(
      expected,
    );
  });

  test('exceeds any limit if an amount was recorded and nothing was billed', () => {
    expect(driftsBeyond(reconciled([ours(FIRST, SONNET, '0.01')], []), 1000)).toBe(true);
  });
});

describe('recorded usage', () => {
  const trace = (more: Partial<Trace>): Trace =>
    ({
      requestId: 'r',
      agentId: 'a',
      model: 'amazon.nova-lite-v1:0',
      modelId: 'amazon.nova-lite-v1:0',
      timestamp: new Date(`${FIRST}T10:00:00Z`),
      uncachedInputTokens: 10,
      cacheReadTokens: 20,
      cacheWrite5mTokens: 30,
      cacheWrite1hTokens: 40,
      outputTokens: 50,
      picoUsd: 7n,
      cached: false,
      partial: false,
      source: 'usage',
      ...more,
    }) as Trace;

  test('adds up recorded usage of all agents and spellings of a model, without cached responses', () => {
    const entries = ['a', 'b'].flatMap(agentId => {
      const day = agentDay(FIRST);
      for (const each of [
        trace({ agentId }),
        trace({ agentId, cached: true, picoUsd: 0n }),
        trace({ agentId, picoUsd: undefined }),
        trace({ agentId, model: 'anthropic.claude-sonnet-4-6-v1:0' }),
        trace({ agentId, model: 'idle', cached: true, picoUsd: 0n }),
      ]) {
        day.add(each);
      }
      return [...day.models()].map(([model, parts]) => rollupItem(FIRST, agentId, model, parts));
    });

    const usage = recordedUsage({ day: FIRST, entries });

    expect(usage).toEqual([
      {
        day: FIRST,
        model: NOVA,
        picoUsd: 14n,
        unpriced: 2,
        lowerBound: 0,
        unitPicoUsd: 0n,
        tokens: { input: 40, output: 200, cacheRead: 80, cacheWrite5m: 120, cacheWrite1h: 160 },
      },
      {
        day: FIRST,
        model: SONNET,
        picoUsd: 14n,
        unpriced: 0,
        lowerBound: 0,
        unitPicoUsd: 0n,
        tokens: { input: 20, output: 100, cacheRead: 40, cacheWrite5m: 60, cacheWrite1h: 80 },
      },
    ]);
  });

  const entriesOf = (traces: readonly Trace[]) => {
    const day = agentDay(FIRST);
    for (const each of traces) day.add(each);
    return [...day.models()].map(([model, parts]) => rollupItem(FIRST, 'a', model, parts));
  };
  const noTokens = {
    uncachedInputTokens: 0,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 0,
    source: undefined,
  };

  test('compares the cost of tokens with the bill, and names the cost of units apart', () => {
    const own = recordedUsage({
      day: FIRST,
      entries: entriesOf([
        trace({
          ...noTokens,
          source: 'usage',
          uncachedInputTokens: 1_000_000,
          picoUsd: usdToPico('0.06') + usdToPico('2'),
          units: { guardrailContent: 4 },
          unitPicoUsd: usdToPico('2'),
        }),
        trace({
          ...noTokens,
          model: 'bedrock-guardrails',
          modelId: 'bedrock-guardrails',
          picoUsd: usdToPico('3'),
          units: { guardrailTopics: 6 },
          unitPicoUsd: usdToPico('3'),
        }),
      ]),
    });

    const result = reconciled(own, [
      theirs(FIRST, 'USE1-NovaLite-input-tokens', '0.06', '1000'),
      theirs(FIRST, 'USE1-Guardrail-ContentPolicyUnitsConsumed', '5', '10'),
    ]);

    expect(result.models).toMatchObject([{ model: NOVA, recorded: { usd: '0.06' }, drift: { usd: '0' } }]);
    expect(result.models).toHaveLength(1);
    expect(result.onlyRecorded).toEqual([]);
    expect(result.total.drift).toEqual({ usd: '0', picoUsd: 0n, percent: 0 });
    expect(result.recordedUnits).toEqual({
      usd: '5',
      picoUsd: usdToPico('5'),
      units: { guardrailContent: 4, guardrailTopics: 6 },
    });
    expect(result.other.usd).toBe('5');
    expect(result.notes).toContain(
      '$5.00 of the recorded cost is for units besides tokens (4 guardrailContent, 6 guardrailTopics). It is not ' +
        'compared, because the bill has other charges for units.',
    );
    expect(driftsBeyond(result, 0)).toBe(false);
  });

  test('marks a recorded amount as a lower bound for reasons about tokens, and not for reasons about units', () => {
    const own = recordedUsage({
      day: FIRST,
      entries: entriesOf([
        trace({ costIsLowerBound: ['cacheWriteTtl'] }),
        trace({ costIsLowerBound: ['bareId', 'guardrailUnits'] }),
        trace({ costIsLowerBound: ['unitPrice'] }),
        trace({}),
      ]),
    });

    const { total, notes } = reconciled(own, []);

    expect(total.recorded).toMatchObject({ lowerBound: 2, reasons: { bareId: 1, cacheWriteTtl: 1 } });
    expect(notes).toContain(
      'Recorded, at least: 2 calls may have cost more: 1 × bare model id without a region, 1 × time to live of ' +
        'cache writes not known.',
    );
  });

  test('omits unpriced calls of a service without a model, and says that its tokens hide the model', () => {
    const service = (name: string, more: Partial<Trace>) =>
      trace({ model: name, modelId: name, picoUsd: undefined, ...more });
    const own = recordedUsage({
      day: FIRST,
      entries: entriesOf([
        service('bedrock-guardrails', { ...noTokens, units: { guardrailReasoning: 1 } }),
        service('bedrock-flows', noTokens),
        service('agentcore', {}),
      ]),
    });

    const result = reconciled(own, []);

    expect(result.models.map(({ model, recorded }) => [model, recorded?.unpriced])).toEqual([
      ['agentcore', 1],
    ]);
    expect(result.notes).toContain(
      'Recorded under a name that hides the foundation model, which the bill names: agentcore.',
    );
    expect(result.recordedUnits).toMatchObject({ usd: '0', units: { guardrailReasoning: 1 } });
  });

  test('counts recorded speech tokens in the same separate buckets as the bill', () => {
    const sonic = 'amazon.nova-2-sonic-v1:0';
    const day = agentDay(FIRST);
    day.add(
      trace({
        model: sonic,
        uncachedInputTokens: 7000,
        speechInputTokens: 4000,
        cacheReadTokens: 0,
        cacheWrite5mTokens: 0,
        cacheWrite1hTokens: 0,
        outputTokens: 9000,
        speechOutputTokens: 8000,
      }),
    );
    const entries = [...day.models()].map(([model, parts]) => rollupItem(FIRST, 'a', model, parts));
    const own = recordedUsage({ day: FIRST, entries });
    const billed = (what: string, amount: string, quantity: string) => ({
      ...theirs(FIRST, `USE1-NovaSonic2.0-${what}-tokens`, amount, quantity),
      unit: '1K tokens',
    });

    const [row] = reconciled(own, [
      billed('text-input', '0.00099', '3'),
      billed('speech-input', '0.012', '4'),
      billed('text-output', '0.00275', '1'),
      billed('speech-output', '0.096', '8'),
    ]).rows;

    expect(own[0].tokens).toEqual({
      input: 3000,
      output: 1000,
      cacheRead: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      speechInput: 4000,
      speechOutput: 8000,
    });
    expect(row.billed?.tokens).toEqual({ input: 3000, output: 1000, speechInput: 4000, speechOutput: 8000 });
    expect(row).toMatchObject({ model: 'amazon.nova-2-sonic-v1', tokenDrift: 0 });
  });
});
