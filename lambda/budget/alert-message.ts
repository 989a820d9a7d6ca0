import { TZDate } from '@date-fns/tz';
import { format } from 'date-fns';
import type { BudgetStatus, HourlySpend } from './budget-status';
import type { CostShare, DayCosts } from './day-costs';
import { asciiName, columns, percentText, safeName, shareText } from './plain-text';
import type { DayReading } from './read-day';
import type { AlertLevel, BudgetName, Crossing } from './thresholds';
import { usdToPico } from '../pricing/pico';
import { usdText } from '../pricing/usd-text';
import { reasonsText } from '../traces/reason-texts';

/** Message for the SNS topic. */
export interface AlertMessage {
  readonly subject: string;
  readonly body: string;
}

/** Data from which the text of an alert is composed. */
export interface AlertFacts {
  readonly now: Date;
  readonly namespace: string;
  /** Budgets that have reached a threshold. The list has at least one entry. */
  readonly crossings: readonly Crossing[];
  readonly status: BudgetStatus;
  readonly hourly: HourlySpend;
  readonly day: DayReading;
  readonly dashboardName?: string;
  /** URL of the dashboard. Undefined if the address of the console is not known. */
  readonly dashboardLink?: string;
  /** True if the message may be sent twice, because a threshold could not be claimed. */
  readonly mayRepeat: boolean;
}

/** Maximum characters of a subject. A subject is one line of ASCII (SNS API reference, Publish). */
export const MAX_SUBJECT_LENGTH = 99;
/** Maximum number of agents, models or incidents that a message lists. */
const MAX_LISTED = 5;
const MAX_NAME_LENGTH = 48;
const INDENT = '  ';

const LEVELS: Readonly<Record<AlertLevel, { readonly title: string; readonly meaning: string }>> = {
  critical: { title: 'critical', meaning: 'critical' },
  warning: { title: 'warning', meaning: 'a warning' },
};

/**
 * Host name of the AWS console, by AWS partition. Sources: AWS General Reference, "Console endpoints", and
 * the user guides of the China Regions and of GovCloud.
 */
const CONSOLE_HOSTS: Readonly<Record<string, string>> = {
  'aws': 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/**
 * Composes the alert about reached budget thresholds. The alert contains the cost, the top agents, models and
 * incidents, and a link to the dashboard.
 */
export function alertMessage(facts: AlertFacts): AlertMessage {
  const {
    day: { costs, failure },
  } = facts;
  const sections = [
    facts.crossings.map(crossingText),
    spendSection(facts),
    hourlySection(facts.hourly),
    ...(hasInvocations(costs) ? invocationSections(costs, failure !== undefined) : []),
    notesSection(facts),
    dashboardSection(facts),
    [
      'Nothing was blocked: this message is for information only. Costs are estimates at list prices, for ' +
        `the namespace ${safeName(facts.namespace, MAX_NAME_LENGTH)}.`,
    ],
  ];
  return {
    subject: subjectText(facts),
    body: `${sections
      .filter(lines => lines.length > 0)
      .map(lines => lines.join('\n'))
      .join('\n\n')}\n`,
  };
}

function subjectText({ crossings, namespace }: AlertFacts): string {
  const { title } = LEVELS[crossings.some(({ level }) => level === 'critical') ? 'critical' : 'warning'];
  const start =
    `Token cost, ${title}: ` +
    `${crossings.map(({ budget, usedPercent }) => `${percentText(usedPercent)} of the ${budget} budget`).join(', ')}`;
  return asciiName(`${start} (${asciiName(namespace, MAX_NAME_LENGTH)})`, MAX_SUBJECT_LENGTH);
}

function crossingText({ budget, level, percent, usedPercent }: Crossing): string {
  return (
    `${percentText(usedPercent)} of the ${budget} budget is used. ${percent} % or more is ` +
    `${LEVELS[level].meaning}.`
  );
}

function spendSection({ now, status, day: { costs } }: AlertFacts): string[] {
  const local = format(new TZDate(now.getTime(), status.timeZone), 'yyyy-MM-dd HH:mm');
  // The month contains today, so that a lower bound of today is one of the month, too.
  const row = (name: string, usd: number, budget: number | undefined, used: number | undefined) => [
    name,
    costText(usdToPico(usd), isAtLeast(costs)),
    budget === undefined ? '' : `of ${usdText(usdToPico(budget))}`,
    used === undefined ? '' : percentText(used),
  ];
  return [
    `Cost until ${local} (${status.timeZone})`,
    ...indented(
      columns([
        row('Today', status.dayToDateUsd, status.dailyBudgetUsd, status.dailyBudgetUsedPercent),
        row('This month', status.monthToDateUsd, status.monthlyBudgetUsd, status.monthlyBudgetUsedPercent),
      ]),
    ),
  ];
}

function hourlySection({ now, usual, usualDays }: HourlySpend): string[] {
  return [
    'Cost per hour',
    ...indented(
      columns([
        ['In the last hour', usdText(now)],
        ['Usual at this hour', usual === undefined ? 'not known yet' : usdText(usual)],
      ]),
    ),
    ...(usual === undefined
      ? []
      : [`${INDENT}(mean of the ${usualDays === 1 ? 'day' : `${usualDays} days`} before)`]),
  ];
}

/**
 * Returns the message sections about the day's invocations: first their numbers, then the top agents, models
 * and incidents.
 *
 * @param isPart true if some traces of the day were not read
 */
function invocationSections(costs: DayCosts, isPart: boolean): string[][] {
  const { answered, failed, fromCache, picoUsd } = costs;
  const shares: readonly (readonly [string, readonly CostShare[]])[] = [
    ['agents', costs.agents],
    ['models', costs.models],
    ['incidents', costs.incidents],
  ];
  return [
    [
      `Invocations today${isPart ? ', as far as they could be read' : ''}: ${countText(answered)} answered, ` +
        `${countText(failed)} failed, ${costText(picoUsd, isPart || isAtLeast(costs))}`,
      ...(fromCache > 0
        ? [`${INDENT}(not counted: ${countText(fromCache)} from the application's cache, which cost nothing)`]
        : []),
    ],
    ...shares.map(([kind, ofKind]) => topSection(kind, ofKind, costs, isPart || costs.pruned)),
  ];
}

function topSection(kind: string, shares: readonly CostShare[], day: DayCosts, isPart: boolean): string[] {
  if (shares.length === 0) return [];
  const rows = shares
    .slice(0, MAX_LISTED)
    .map(share => [
      safeName(share.name, MAX_NAME_LENGTH),
      costText(share.picoUsd, isPart || isAtLeast(share)),
      shareText(share.picoUsd, day.picoUsd),
      `${countText(share.answered)} answered`,
      share.failed > 0 ? `${countText(share.failed)} failed` : '',
    ]);
  const more = shares.length - rows.length;
  return [
    `Top ${kind} today`,
    ...indented(columns(rows)),
    ...(more > 0 ? [`${INDENT}and ${isPart ? 'at least ' : ''}${countText(more)} more`] : []),
  ];
}

function notesSection({ day: { costs, failure }, mayRepeat }: AlertFacts): string[] {
  const { unpriced, lowerBound, reasons } = costs;
  return [
    ...(failure === undefined
      ? []
      : [
          hasInvocations(costs)
            ? 'Not all traces of the day could be read: others than those above may have cost more.'
            : 'The traces of the day could not be read, so agents, models and incidents are missing here.',
        ]),
    ...(failure === undefined && !hasInvocations(costs)
      ? ['The day has no invocations to list, so agents, models and incidents are missing here.']
      : []),
    ...(unpriced > 0
      ? [
          `${countText(unpriced)} of the invocations ${unpriced === 1 ? 'has' : 'have'} no known price: ` +
            'costs with ≥ are minimum values.',
        ]
      : []),
    ...(lowerBound > 0
      ? [
          `${countText(lowerBound)} of the invocations may have cost more (${reasonsText(reasons)}): ` +
            'costs with ≥ are minimum values.',
        ]
      : []),
    ...(costs.pruned
      ? [
          'The day has too many agents, models or incidents to keep all of them: costs with ≥ are minimum values.',
        ]
      : []),
    ...(mayRepeat ? ['It could not be recorded that this message was sent: it may be sent again.'] : []),
  ];
}

function dashboardSection({ dashboardName, dashboardLink: link }: AlertFacts): string[] {
  if (dashboardName === undefined) return [];
  return ['Dashboard', `${INDENT}${link ?? `${dashboardName}, in the CloudWatch console`}`];
}

/** Returns true if the day has an invocation that a model answered or that failed. */
function hasInvocations({ answered, failed }: DayCosts): boolean {
  return answered + failed > 0;
}

function costText(picoUsd: bigint, isMinimum: boolean): string {
  return `${isMinimum ? '≥ ' : ''}${usdText(picoUsd)}`;
}

/** Returns true if the true cost may be higher than the known cost. */
function isAtLeast({ unpriced, lowerBound }: Pick<CostShare, 'unpriced' | 'lowerBound'>): boolean {
  return unpriced + lowerBound > 0;
}

function countText(count: number): string {
  return count.toLocaleString('en-US');
}

function indented(lines: readonly string[]): string[] {
  return lines.map(line => `${INDENT}${line}`);
}

/** Returns the local day and the local month, e.g. `2026-11-22` and `2026-11`. */
export function alertPeriods(now: Date, timeZone: string): Readonly<Record<BudgetName, string>> {
  const local = new TZDate(now.getTime(), timeZone);
  return { daily: format(local, 'yyyy-MM-dd'), monthly: format(local, 'yyyy-MM') };
}

/**
 * Returns the URL of a dashboard in the console. Undefined if the address of the console in the partition is
 * not known.
 */
export function dashboardLink(partition: string, region: string, dashboardName: string): string | undefined {
  if (!Object.hasOwn(CONSOLE_HOSTS, partition)) return undefined;
  return `https://${CONSOLE_HOSTS[partition]}/cloudwatch/home?region=${encodeURIComponent(region)}#dashboards/dashboard/${encodeURIComponent(dashboardName)}`;
}
