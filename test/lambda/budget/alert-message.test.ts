import {
  alertMessage,
  alertPeriods,
  dashboardLink,
  type AlertFacts,
  MAX_SUBJECT_LENGTH,
} from '../../../lambda/budget/alert-message';
import type { CostShare, DayCosts } from '../../../lambda/budget/day-costs';
import { DayCostSums } from '../../../lambda/budget/day-costs';
import { crossingsOf } from '../../../lambda/budget/thresholds';
import { usdToPico } from '../../../lambda/pricing/pico';
import { type StoredItem, traceFromItem } from '../../../lambda/traces/trace';
import { traceItem } from '../../../lambda/traces/trace-item';
import { lowerBoundCalls } from '../../support/lower-bound-day';
import { invocationOf } from '../../support/trace-engine';

const NOW = new Date('2026-11-25T13:03:00Z');
const STATUS = {
  timeZone: 'Europe/Berlin',
  dayToDateUsd: 9.62,
  monthToDateUsd: 91.2,
  last30DaysUsd: 100,
  dailyBudgetUsd: 10,
  dailyBudgetUsedPercent: 96.2,
  monthlyBudgetUsd: 110,
  monthlyBudgetUsedPercent: 82.9,
};
const PERCENTS = { warning: 80, critical: 95 };

function share(name: string, usd: number, answered = 1, unpriced = 0): CostShare {
  return { name, picoUsd: usdToPico(usd), answered, failed: 0, unpriced, lowerBound: 0 };
}

function costs(changes: Partial<DayCosts> = {}): DayCosts {
  return {
    picoUsd: usdToPico(9.62),
    answered: 1900,
    failed: 4,
    fromCache: 0,
    unpriced: 0,
    lowerBound: 0,
    reasons: new Map(),
    agents: [{ ...share('triage', 9.62, 1900), failed: 4 }],
    models: [share('m', 9.62, 1900)],
    incidents: [],
    pruned: false,
    ...changes,
  };
}

function message(changes: Partial<AlertFacts> = {}) {
  return alertMessage({
    now: NOW,
    namespace: 'OPX/Analytics',
    crossings: crossingsOf(STATUS, PERCENTS),
    status: STATUS,
    hourly: { now: usdToPico(1.2), usual: usdToPico(0.25), usualDays: 7 },
    day: { costs: costs() },
    mayRepeat: false,
    ...changes,
  });
}

describe('alertMessage', () => {
  test('names the used budgets, the cost, the top agents and models and the dashboard', () => {
    const { subject, body } = message({
      dashboardName: 'D',
      dashboardLink: 'https://console.aws.amazon.com/d',
    });

    expect(subject).toBe(
      'Token cost, critical: 96.2 % of the daily budget, 82.9 % of the monthly budget (OPX/Analytics)',
    );
    expect(body).toBe(`96.2 % of the daily budget is used. 95 % or more is critical.
82.9 % of the monthly budget is used. 80 % or more is a warning.

Cost until 2026-11-25 14:03 (Europe/Berlin)
  Today        $9.62   of $10.00  96.2 %
  This month  $91.20  of $110.00  82.9 %

Cost per hour
  In the last hour    $1.20
  Usual at this hour  $0.25
  (mean of the 7 days before)

Invocations today: 1,900 answered, 4 failed, $9.62

Top agents today
  triage  $9.62  100.0 %  1,900 answered  4 failed

Top models today
  m  $9.62  100.0 %  1,900 answered

Dashboard
  https://console.aws.amazon.com/d

Nothing was blocked: this message is for information only. Costs are estimates at list prices, for the namespace OPX/Analytics.
`);
  });

  test.each(['n'.repeat(255), 'Ünïcode\r\nBcc: x'])(
    'keeps the subject short, on one line and in ASCII for the namespace %j',
    namespace => {
      const { subject } = message({ namespace });

      expect(subject.length).toBeLessThanOrEqual(MAX_SUBJECT_LENGTH);
      expect(subject).toMatch(/^[\x20-\x7e]+$/);
    },
  );

  test('lists the five agents with the highest cost and the number of the others', () => {
    const agents = Array.from({ length: 1234 }, (_, index) => share(`agent-${index}`, 1));

    const { body } = message({ day: { costs: costs({ agents }) } });

    expect(body.match(/agent-\d+/g)).toEqual(['agent-0', 'agent-1', 'agent-2', 'agent-3', 'agent-4']);
    expect(body).toContain('  and 1,229 more');
  });

  test('marks costs as minimum values if a price is unknown, names were dropped or traces were not read', () => {
    const unpriced = message({ day: { costs: costs({ unpriced: 2, agents: [share('a', 1, 3, 2)] }) } }).body;
    const pruned = message({ day: { costs: costs({ pruned: true }) } }).body;
    const partial = message({ day: { costs: costs(), failure: new Error('late') } }).body;

    expect(unpriced).toMatch(
      /4 failed, ≥ \$9\.62[^]*a {2}≥ \$1\.00[^]*2 of the invocations have no known price/,
    );
    expect(pruned).toMatch(
      /4 failed, \$9\.62[^]*triage {2}≥ \$9\.62[^]*too many agents, models or incidents/,
    );
    expect(partial).toMatch(
      /as far as they could be read: 1,900 answered, 4 failed, ≥ \$9\.62[^]*triage {2}≥ \$9\.62[^]*others than those above may have cost more/,
    );
  });

  test('marks costs as minimum values if invocations may have cost more, with their number and the reasons', () => {
    const sums = new DayCostSums(new Date('2026-11-25T00:00:00Z'), NOW);
    sums.add(
      lowerBoundCalls('2026-11-25T10:00:00Z').map((each, index) =>
        traceFromItem(
          traceItem(invocationOf(each, index), { writeShards: 1, ttlDays: 90 }) as unknown as StoredItem,
        ),
      ),
    );

    const { body } = message({ day: { costs: sums.costs() } });

    expect(body).toContain(`Cost until 2026-11-25 14:03 (Europe/Berlin)
  Today        ≥ $9.62   of $10.00  96.2 %
  This month  ≥ $91.20  of $110.00  82.9 %
`);
    expect(body).toContain(`Invocations today: 6 answered, 0 failed, ≥ $15.00

Top agents today
  writer  ≥ $9.00  60.0 %  3 answered
  triage  ≥ $6.00  40.0 %  3 answered

Top models today
  anthropic.claude-sonnet-4-5-20250929-v1:0  ≥ $14.00  93.3 %  4 answered
  amazon.nova-micro-v1:0                        $1.00   6.7 %  1 answered
  vendor.new-v1                               ≥ $0.00   0.0 %  1 answered

Top incidents today
  INC-1  ≥ $15.00  100.0 %  6 answered

1 of the invocations has no known price: costs with ≥ are minimum values.
4 of the invocations may have cost more (1 × bare model id without a region, 1 × time to live of cache writes not known, 1 × guardrail text units not known, 1 × unit without a price): costs with ≥ are minimum values.
`);
  });

  test('shows a reason from the table as one line without control characters', () => {
    const reasons = new Map([
      ['\u001b[31m\nNothing to do', 1],
      ['constructor', 2],
    ]);

    const { body } = message({ day: { costs: costs({ lowerBound: 3, reasons }) } });

    expect(body).toContain(
      '3 of the invocations may have cost more (1 × ?[31m?Nothing to do, 2 × constructor): costs with ≥',
    );
  });

  test("states that invocations, the usual cost, the console's address or the record of sending are missing", () => {
    const { body } = message({
      day: { costs: costs({ answered: 0, failed: 0, picoUsd: 0n, agents: [], models: [] }) },
      hourly: { now: 0n, usualDays: 0 },
      dashboardName: 'D',
      mayRepeat: true,
    });

    expect(body).toContain('The day has no invocations to list');
    expect(body).toMatch(/Usual at this hour {2}not known yet/);
    expect(body).toContain('D, in the CloudWatch console');
    expect(body).toContain('it may be sent again');
  });

  test('counts cached responses apart from answered and failed invocations', () => {
    const { body } = message({ day: { costs: costs({ fromCache: 1234 }) } });

    expect(body).toContain(`Invocations today: 1,900 answered, 4 failed, $9.62
  (not counted: 1,234 from the application's cache, which cost nothing)
`);
  });

  test('stays below 4 KB, with one line for each name, whatever the names contain', () => {
    const hostile = `a\n\r\u2028\u0000\u202e\ud800${'é'.repeat(1_000_000)}`;
    const shares = Array.from({ length: 10 }, () => share(hostile, 1));

    const { body } = message({
      day: { costs: costs({ agents: shares, models: shares, incidents: shares }) },
    });

    expect(Buffer.byteLength(body)).toBeLessThan(4096);
    expect(body.split('\n').filter(line => line.startsWith('  a??????éé'))).toHaveLength(15);
  });
});

test.each([
  [
    'aws',
    'eu-central-1',
    'https://console.aws.amazon.com/cloudwatch/home?region=eu-central-1#dashboards/dashboard/A-b_1',
  ],
  [
    'aws-cn',
    'cn-north-1',
    'https://console.amazonaws.cn/cloudwatch/home?region=cn-north-1#dashboards/dashboard/A-b_1',
  ],
  [
    'aws-us-gov',
    'us-gov-west-1',
    'https://console.amazonaws-us-gov.com/cloudwatch/home?region=us-gov-west-1#dashboards/dashboard/A-b_1',
  ],
  ['aws-iso', 'us-iso-east-1', undefined],
])('links to the dashboard in the console of the partition %s', (partition, region, link) => {
  expect(dashboardLink(partition, region, 'A-b_1')).toBe(link);
});

test('determines the day and the month of an alert in its time zone', () => {
  expect(alertPeriods(new Date('2026-11-30T23:30:00Z'), 'Europe/Berlin')).toEqual({
    daily: '2026-12-01',
    monthly: '2026-12',
  });
  expect(alertPeriods(new Date('2026-11-30T23:30:00Z'), 'UTC')).toEqual({
    daily: '2026-11-30',
    monthly: '2026-11',
  });
});
