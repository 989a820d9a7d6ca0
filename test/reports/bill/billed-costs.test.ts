import fc from 'fast-check';
import { picoToDecimalString, usdToPico } from '../../../lambda/pricing/pico';
import type { Emulator } from '../../../local/emulators/emulators';
import { billedCosts, type BilledGroup } from '../../../reports/bill/billed-costs';
import { readBilledCosts } from '../../../reports/bill/billed-costs.aws';
import { BillError, ReportArgumentError } from '../../../reports/errors';
import type { BillLine } from '../../fakes/cost-explorer/bill-lines';
import type { CostExplorerOptions } from '../../fakes/cost-explorer/server';
import { startCostExplorer } from '../../fakes/cost-explorer/server';
import { fuzz } from '../../support/fuzz';

const CLAUDE = 'Claude Sonnet 4.6 (Amazon Bedrock Edition)';
const BEDROCK = 'Amazon Bedrock';
const DAYS = [
  { day: '2026-11-20', estimated: false },
  { day: '2026-11-21', estimated: true },
];
const bill = (groups: readonly BilledGroup[]) =>
  billedCosts({ from: '2026-11-20', to: '2026-11-21', days: DAYS, groups, requests: 2 });
const group = (
  usageType: string,
  amount: string,
  quantity: string,
  more: Partial<BilledGroup> = {},
): BilledGroup => ({ day: '2026-11-20', service: BEDROCK, usageType, amount, quantity, ...more });

describe('sums of a bill', () => {
  test('adds up amounts by day and model, and converts quantities to tokens if their unit is known', () => {
    const result = bill([
      group('USE1-MP:USE1_InputTokenCount-Units', '3.3', '1', { service: CLAUDE }),
      group('USE1-MP:USE1_InputTokenCount_Global-Units', '0.003', '1000', { service: CLAUDE }),
      group('USE1-MP:USE1_OutputTokenCount_Global-Units', '15', '1', { service: CLAUDE }),
      group('USE1-Claude4.6Sonnet-cache-read-input-token-count', '0.00033', '1', { unit: '1K tokens' }),
      group('USE1-NovaLite-input-tokens', '0.0118', '196.7', { day: '2026-11-21' }),
    ]);

    expect(result.rows).toEqual([
      {
        day: '2026-11-20',
        model: 'anthropic.claude-sonnet-4-6',
        services: [BEDROCK, CLAUDE],
        picoUsd: 18_303_330_000_000n,
        usd: '18.30333',
        tokens: { input: 1_001_000, output: 1_000_000, cacheRead: 1000 },
        unknownUnits: [],
        other: { picoUsd: 0n, usd: '0' },
        estimated: false,
      },
      {
        day: '2026-11-21',
        model: 'amazon.nova-lite-v1',
        services: [BEDROCK],
        picoUsd: 11_800_000_000n,
        usd: '0.0118',
        tokens: { input: 196_700 },
        unknownUnits: [],
        other: { picoUsd: 0n, usd: '0' },
        estimated: true,
      },
    ]);
    expect(result.total.usd).toBe('18.31513');
    expect(result.days.map(({ day, usd, estimated }) => [day, usd, estimated])).toEqual([
      ['2026-11-20', '18.30333', false],
      ['2026-11-21', '0.0118', true],
    ]);
    expect(result.models.map(({ model, usd }) => [model, usd])).toEqual([
      ['anthropic.claude-sonnet-4-6', '18.30333'],
      ['amazon.nova-lite-v1', '0.0118'],
    ]);
    expect([result.requests, result.requestCostUsd]).toEqual([2, '0.02']);
  });

  test('lists a charge that fits no model or two models as unattributed, with its amount and candidate models', () => {
    const result = bill([
      group('USE1-MP:USE1_InputTokenCount-Units', '1', '1', {
        service: 'Claude Haiku 6 (Amazon Bedrock Edition)',
      }),
      group('USE1-MistralLarge-input-tokens', '2', '1'),
      group('USE1-Guardrail-ContentPolicyUnitsConsumed', '0.5', '10'),
      group('USE1-NovaLite-input-tokens-custom-model', '0.25', '10'),
      group('BoxUsage', '100', '1', { service: 'Amazon Elastic Compute Cloud - Compute' }),
    ]);

    expect(result.rows).toEqual([]);
    expect(
      result.unattributed.map(({ usageType, reason, usd, candidates }) => [
        usageType,
        reason,
        usd,
        candidates,
      ]),
    ).toEqual([
      [
        'USE1-MistralLarge-input-tokens',
        'ambiguous-model',
        '2',
        ['mistral.mistral-large-2402-v1', 'mistral.mistral-large-2407-v1'],
      ],
      ['USE1-MP:USE1_InputTokenCount-Units', 'unknown-model', '1', []],
      ['USE1-Guardrail-ContentPolicyUnitsConsumed', 'not-tokens', '0.5', []],
      ['USE1-NovaLite-input-tokens-custom-model', 'unknown-model', '0.25', []],
    ]);
    expect([result.total.usd, result.unattributedTotal.usd]).toEqual(['3.75', '3.75']);
  });

  test('gives no token count for a bucket if the unit of one of its charges is unknown', () => {
    const result = bill([
      group('USE1-NovaLite-input-tokens', '0.06', '1000'),
      group('USE2-NovaLite-input-tokens', '5', '1'),
      group('USE1-NovaLite-output-tokens', '0.24', '1000'),
    ]);

    expect(result.rows[0]).toMatchObject({
      tokens: { output: 1_000_000 },
      unknownUnits: ['input'],
      usd: '5.3',
    });
    expect(result.models[0]).toMatchObject({ tokens: { output: 1_000_000 }, unknownUnits: ['input'] });
  });

  test('separates charges of a model that are not billed by the token', () => {
    const result = bill([
      group('USE1-MP:USE1_InputTokenCount-Units', '3.3', '1', { service: CLAUDE }),
      group('USE1-MP:USE1_ProvisionedThroughput_ModelUnits-Units', '20', '1', { service: CLAUDE }),
    ]);

    expect(result.rows[0]).toMatchObject({ usd: '23.3', other: { usd: '20' }, tokens: { input: 1_000_000 } });
  });

  test('counts each charge once, so that rows plus unattributed charges equal the total to the pico-dollar', () => {
    const usageTypes = [
      'USE1-NovaLite-input-tokens',
      'USE1-MistralLarge-output-tokens',
      'USE1-Guardrail-X',
      'USE1-Who-input-tokens',
      'USE1-NovaPro-output-tokens-batch',
    ];
    const groups = fc.array(
      fc.record({
        day: fc.constantFrom('2026-11-20', '2026-11-21'),
        service: fc.constantFrom(BEDROCK, CLAUDE, 'Claude (Amazon Bedrock Edition)'),
        usageType: fc.constantFrom(...usageTypes),
        amount: fc.bigInt(-(10n ** 15n), 10n ** 18n).map(picoToDecimalString),
        quantity: fc.bigInt(0n, 10n ** 20n).map(picoToDecimalString),
        unit: fc.constantFrom('Units', '1K tokens', 'N/A'),
      }),
      { maxLength: 40 },
    );

    fuzz(
      fc.property(groups, charges => {
        const result = bill(charges);
        const sum = charges.reduce((total, { amount }) => total + usdToPico(amount), 0n);
        const added = (amounts: readonly { readonly picoUsd: bigint }[]) =>
          amounts.reduce((total, { picoUsd }) => total + picoUsd, 0n);
        expect([
          result.total.picoUsd,
          added([...result.rows, ...result.unattributed]),
          added(result.days),
        ]).toEqual([sum, sum, sum]);
        expect(added(result.models) + result.unattributedTotal.picoUsd).toBe(sum);
      }),
    );
  });
});

describe('a bill read from Cost Explorer', () => {
  const LINES: readonly BillLine[] = [
    {
      day: '2026-11-20',
      service: CLAUDE,
      usageType: 'USE1-MP:USE1_OutputTokenCount_Global-Units',
      amount: '15',
      quantity: '1',
      unit: 'Units',
    },
    {
      day: '2026-11-20',
      service: CLAUDE,
      usageType: 'USE1-MP:USE1_InputTokenCount_Global-Units',
      amount: '3',
      quantity: '1',
      unit: 'Units',
      account: '111122223333',
      region: 'eu-central-1',
    },
    {
      day: '2026-11-20',
      service: CLAUDE,
      usageType: 'USE1-MP:USE1_OutputTokenCount_Global-Units',
      amount: '-5',
      recordType: 'Credit',
    },
    {
      day: '2026-11-21',
      service: BEDROCK,
      usageType: 'USE1-NovaLite-input-tokens',
      amount: '0.06',
      quantity: '1000',
      unit: '1K tokens',
    },
    {
      day: '2026-11-21',
      service: 'Amazon Simple Storage Service',
      usageType: 'TimedStorage-ByteHrs',
      amount: '7',
      quantity: '1',
    },
    {
      day: '2026-11-22',
      service: BEDROCK,
      usageType: 'USE1-NovaLite-input-tokens',
      amount: '100',
      quantity: '1',
    },
  ];
  let costExplorer: Emulator;
  const start = async (options: Partial<CostExplorerOptions> = {}) => {
    costExplorer = await startCostExplorer({ lines: LINES, ...options });
    return costExplorer.endpoint;
  };
  afterEach(() => costExplorer.close());
  const RANGE = { from: '2026-11-20', to: '2026-11-21' };

  test('reads only the days of the range, with AWS Marketplace and without credits, in two requests to us-east-1', async () => {
    const endpoint = await start({ estimatedFrom: '2026-11-21' });

    const result = await readBilledCosts(RANGE, { endpoint });

    expect(result.rows.map(({ day, model, usd, tokens }) => [day, model, usd, tokens])).toEqual([
      ['2026-11-20', 'anthropic.claude-sonnet-4-6', '18', { input: 1_000_000, output: 1_000_000 }],
      ['2026-11-21', 'amazon.nova-lite-v1', '0.06', { input: 1_000_000 }],
    ]);
    expect(result.days).toMatchObject([
      { day: '2026-11-20', estimated: false },
      { day: '2026-11-21', estimated: true },
    ]);
    expect([result.from, result.to, result.requests, result.requestCostUsd]).toEqual([
      '2026-11-20',
      '2026-11-21',
      2,
      '0.02',
    ]);
    expect(costExplorer.requests.map(({ operation, region }) => `${operation} ${region}`)).toEqual([
      'GetDimensionValues us-east-1',
      'GetCostAndUsage us-east-1',
    ]);
  });

  test('gives the same bill if it comes in many pages, and counts the request of each page', async () => {
    const whole = await readBilledCosts(RANGE, { endpoint: await start() });
    await costExplorer.close();

    const paged = await readBilledCosts(RANGE, { endpoint: await start({ pageSize: 1 }) });

    expect(paged).toEqual({ ...whole, requests: 5, requestCostUsd: '0.05' });
    expect(costExplorer.requests).toHaveLength(5);
  });

  test('reads only the bill of the given accounts or regions', async () => {
    const endpoint = await start();

    const ofAccount = await readBilledCosts(RANGE, { endpoint, accounts: ['111122223333'] });
    const ofRegion = await readBilledCosts(RANGE, { endpoint, regions: ['us-east-1'] });

    expect([ofAccount, ofRegion].map(({ total }) => total.usd)).toEqual(['3', '15.06']);
  });

  test('takes one request for a bill without Bedrock, and gives each day the amount 0', async () => {
    const endpoint = await start({ lines: LINES.filter(({ service }) => service.includes('Storage')) });

    const result = await readBilledCosts(RANGE, { endpoint });

    expect([result.requests, result.total.usd, result.days.map(({ day }) => day)]).toEqual([
      1,
      '0',
      ['2026-11-20', '2026-11-21'],
    ]);
  });

  test('stops reading the bill at the maximum number of requests', async () => {
    const endpoint = await start({ pageSize: 1 });

    await expect(readBilledCosts(RANGE, { endpoint, maxRequests: 3 })).rejects.toThrow(
      new BillError({
        code: 'request-limit',
        from: '2026-11-20',
        to: '2026-11-21',
        maxRequests: 3,
        costUsd: '0.03',
      }),
    );

    expect(costExplorer.requests).toHaveLength(3);
  });

  test.each([
    [
      'AccessDeniedException',
      'GetCostAndUsage',
      'access-denied',
      /refused ce:GetCostAndUsage \(AccessDeniedException.*Allow the caller ce:GetCostAndUsage and ce:GetDimensionValues.*management account/,
    ],
    ['AccessDeniedException', 'GetDimensionValues', 'access-denied', /refused ce:GetDimensionValues/],
    ['DataUnavailableException', 'GetCostAndUsage', 'no-data', /no data yet .* takes up to 24 hours/],
    [
      'BillExpirationException',
      'GetDimensionValues',
      'outside-history',
      /keeps the current month and the 13/,
    ],
    ['LimitExceededException', 'GetCostAndUsage', 'throttled', /too many requests/],
  ])(
    'throws a BillError with a fix for %s from %s, with the code %s',
    async (error, refused, code, words) => {
      const endpoint = await start({ refuses: operation => (operation === refused ? error : undefined) });

      const thrown: unknown = await readBilledCosts(RANGE, { endpoint }).catch((each: unknown) => each);

      expect(thrown).toBeInstanceOf(BillError);
      expect(thrown).toMatchObject({
        code,
        problem: { code, awsError: expect.stringContaining(error) as string },
        message: expect.stringMatching(words) as string,
        cause: { name: error },
      });
    },
  );

  test('passes on an unknown error of Cost Explorer unchanged', async () => {
    const endpoint = await start({ refuses: () => 'BrandNewException' });

    await expect(readBilledCosts(RANGE, { endpoint })).rejects.toMatchObject({ name: 'BrandNewException' });
  });

  test('names how long Cost Explorer keeps a bill if the days are older', async () => {
    const endpoint = await start({ keptFrom: '2025-10-01' });

    await expect(readBilledCosts({ from: '2025-01-01', to: '2025-01-31' }, { endpoint })).rejects.toThrow(
      /keeps the current month and the 13 months before/,
    );
  });

  test.each([
    [
      { from: '2026-11-31', to: '2026-12-01' },
      { code: 'invalid-day', argument: 'range.from', value: '2026-11-31' } as const,
    ],
    [
      { from: '2026-11-21', to: '2026-11-20' },
      { code: 'reversed-range', from: '2026-11-21', to: '2026-11-20' } as const,
    ],
  ])('sends no request for the invalid range %j', async (range, problem) => {
    const endpoint = await start();

    await expect(readBilledCosts(range, { endpoint })).rejects.toThrow(new ReportArgumentError(problem));

    expect(costExplorer.requests).toEqual([]);
  });
});
