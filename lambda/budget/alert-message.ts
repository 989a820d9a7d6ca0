import { TZDate } from '@date-fns/tz';
import { format } from 'date-fns';
import type { BudgetStatus } from './budget-status';
import type { CostShare, DayCosts } from './day-costs';
import type { HourlySpend } from './hourly-spend';
import { asciiName, columns, percentText, safeName, shareText, usdText } from './plain-text';
import type { DayReading } from './read-day';
import type { AlertLevel, BudgetName, Crossing } from './thresholds';
import { usdToPico } from '../pricing/pico';

/** What is sent to the topic. */
export interface AlertMessage {
  readonly subject: string;
  readonly body: string;
}

/** What is told. */
export interface AlertFacts {
  readonly now: Date;
  readonly namespace: string;
  /** At least one. */
  readonly crossings: readonly Crossing[];
  readonly status: BudgetStatus;
  readonly hourly: HourlySpend;
  readonly day: DayReading;
  readonly dashboardName?: string;
  /** Undefined where the console's address is not known. */
  readonly dashboardLink?: string;
  /** Whether the same message may come again. */
  readonly mayRepeat: boolean;
}

/** "Less than 100 characters", ASCII, without line breaks (SNS API reference, Publish). */
export const MAX_SUBJECT_LENGTH = 99;
/** How many agents, models and incidents are named. */
const SHOWN = 5;
const MAX_NAME_LENGTH = 48;
const INDENT = '  ';

const LEVELS: Readonly<Record<AlertLevel, { readonly title: string; readonly meaning: string }>> = {
  critical: { title: 'critical', meaning: 'critical' },
  warning: { title: 'warning', meaning: 'a warning' },
};

/** The message of thresholds that were reached: what a person needs to see who spends, and where to look. */
export function alertMessage(facts: AlertFacts): AlertMessage {
  const {
    day: { costs, failure },
  } = facts;
  const sections = [
    facts.crossings.map(crossed),
    spent(facts),
    perHour(facts.hourly),
    ...(costs.calls > 0 ? breakdown(costs, failure !== undefined) : []),
    notes(facts),
    dashboard(facts),
    [
      'This message only tells: nothing was blocked. Costs are estimates at list prices, of the ' +
        `namespace ${safeName(facts.namespace, MAX_NAME_LENGTH)}.`,
    ],
  ];
  return {
    subject: subjectOf(facts),
    body: `${sections
      .filter(lines => lines.length > 0)
      .map(lines => lines.join('\n'))
      .join('\n\n')}\n`,
  };
}

function subjectOf({ crossings, namespace }: AlertFacts): string {
  const { title } = LEVELS[crossings.some(({ level }) => level === 'critical') ? 'critical' : 'warning'];
  const start =
    `Token cost, ${title}: ` +
    `${crossings.map(({ budget, usedPercent }) => `${percentText(usedPercent)} of the ${budget} budget`).join(', ')}`;
  return asciiName(`${start} (${asciiName(namespace, MAX_NAME_LENGTH)})`, MAX_SUBJECT_LENGTH);
}

function crossed({ budget, level, percent, usedPercent }: Crossing): string {
  return (
    `The ${budget} budget is at ${percentText(usedPercent)}. From ${percent} % on that is ` +
    `${LEVELS[level].meaning}.`
  );
}

function spent({ now, status }: AlertFacts): string[] {
  const local = format(new TZDate(now.getTime(), status.timeZone), 'yyyy-MM-dd HH:mm');
  const row = (name: string, usd: number, budget: number | undefined, used: number | undefined) => [
    name,
    usdText(usdToPico(usd)),
    budget === undefined ? '' : `of ${usdText(usdToPico(budget))}`,
    used === undefined ? '' : percentText(used),
  ];
  return [
    `Spent, as of ${local} (${status.timeZone})`,
    ...indented(
      columns([
        row('Today', status.dayToDateUsd, status.dailyBudgetUsd, status.dailyBudgetUsedPercent),
        row('This month', status.monthToDateUsd, status.monthlyBudgetUsd, status.monthlyBudgetUsedPercent),
      ]),
    ),
  ];
}

function perHour({ now, usual, usualDays }: HourlySpend): string[] {
  return [
    'Spend per hour',
    ...indented(
      columns([
        ['In the last hour', usdText(now)],
        ['Usual at this hour', usual === undefined ? 'not known yet' : usdText(usual)],
      ]),
    ),
    ...(usual === undefined
      ? []
      : [`${INDENT}(the mean of ${usualDays === 1 ? 'the day' : `the ${usualDays} days`} before)`]),
  ];
}

function breakdown(costs: DayCosts, isPart: boolean): string[][] {
  const atLeast = isPart || costs.unpriced > 0;
  return [
    [
      `Today's traces${isPart ? ', as far as they could be read' : ''}: ${countText(costs.calls)}, ` +
        `${amount(costs.picoUsd, atLeast)}`,
    ],
    ...[
      ['agents', costs.agents],
      ['models', costs.models],
      ['incidents', costs.incidents],
    ].map(([kind, shares]) =>
      dearest(String(kind), shares as readonly CostShare[], costs, isPart || costs.pruned),
    ),
  ];
}

function dearest(kind: string, shares: readonly CostShare[], whole: DayCosts, isPart: boolean): string[] {
  if (shares.length === 0) return [];
  const rows = shares
    .slice(0, SHOWN)
    .map(({ name, picoUsd, calls, unpriced }) => [
      safeName(name, MAX_NAME_LENGTH),
      amount(picoUsd, isPart || unpriced > 0),
      shareText(picoUsd, whole.picoUsd),
      countText(calls),
    ]);
  const more = shares.length - rows.length;
  return [
    `Dearest ${kind} today`,
    ...indented(columns(rows)),
    ...(more > 0 ? [`${INDENT}and ${isPart ? 'at least ' : ''}${more.toLocaleString('en-US')} more`] : []),
  ];
}

function notes({ day: { costs, failure }, mayRepeat }: AlertFacts): string[] {
  return [
    ...(failure === undefined
      ? []
      : [
          costs.calls > 0
            ? 'Not all traces of the day could be read: there may be dearer ones than those above.'
            : 'The traces of the day could not be read, so agents, models and incidents are missing here.',
        ]),
    ...(failure === undefined && costs.calls === 0
      ? ['The day has no traces, so agents, models and incidents are missing here.']
      : []),
    ...(costs.unpriced > 0
      ? [
          `${countText(costs.unpriced)} of the day ${costs.unpriced === 1 ? 'has' : 'have'} no known ` +
            'price: the cost is at least (≥) what is said.',
        ]
      : []),
    ...(costs.pruned
      ? ['The day has more names than can be kept: what is said of each is at least (≥) so much.']
      : []),
    ...(mayRepeat ? ['It could not be noted that this message was sent: it may come again.'] : []),
  ];
}

function dashboard({ dashboardName, dashboardLink }: AlertFacts): string[] {
  if (dashboardName === undefined) return [];
  return ['Dashboard', `${INDENT}${dashboardLink ?? `${dashboardName}, in the CloudWatch console`}`];
}

function amount(picoUsd: bigint, atLeast: boolean): string {
  return `${atLeast ? '≥ ' : ''}${usdText(picoUsd)}`;
}

function countText(calls: number): string {
  return `${calls.toLocaleString('en-US')} ${calls === 1 ? 'call' : 'calls'}`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map(line => `${INDENT}${line}`);
}

/** The local day, and its month, in which a threshold is told of once. */
export function alertPeriods(now: Date, timeZone: string): Readonly<Record<BudgetName, string>> {
  const local = new TZDate(now.getTime(), timeZone);
  return { daily: format(local, 'yyyy-MM-dd'), monthly: format(local, 'yyyy-MM') };
}
