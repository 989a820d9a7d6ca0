import { type Duration, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { MAX_AGENT_ID_LENGTH, MAX_AGENTS, MAX_NAMESPACE_LENGTH, OTHER } from '../contract';

/** Where a bad prop was given: a construct, or the name of a class that is none. */
export type Where = IConstruct | string;

/**
 * CloudWatch User Guide, "Namespaces": alphanumerics, `. - _
 * / # :` and space; PutMetricData refuses a colon in front.
 */
const NAMESPACE = /^[0-9A-Za-z.\-_/# ][0-9A-Za-z.\-_/#: ]*$/;
/**
 * Quotes and backslashes would end a search string, a dollar
 * sign would begin a dynamic label; a colon in front is refused.
 */
const DIMENSION_VALUE = /^(?!:)[\x20-\x7e]+$/;
const NOT_IN_DIMENSION_VALUE = /["'\\$]/;
/**
 * High-resolution periods that CloudWatch's alarms and
 * aws-cdk-lib's metrics have in common with PutMetricAlarm.
 */
const SUB_MINUTE_PERIODS = [1, 5, 10, 30];
/**
 * PutMetricAlarm: period × evaluation periods is at most 7
 * days, and at most one day for periods under one hour.
 */
const MAX_ALARM_WINDOW_SECONDS = 7 * 86_400;
const MAX_SHORT_ALARM_WINDOW_SECONDS = 86_400;
/** CloudWatch API Reference, PutDashboard. */
const DASHBOARD_NAME = /^[A-Za-z0-9_-]{1,255}$/;
const SHOWN_LENGTH = 100;
/** Below the cost of any model invocation, an alarm would fire at the first one. */
const MIN_USD = 1e-9;
/** No bill comes near to it, so that an alarm at it would never fire. */
const MAX_USD = 1e12;
/** Simple statistics, percentiles and trimmed ones. aws-cdk-lib takes any text. */
const STATISTIC =
  /^(?:SampleCount|n|Average|Sum|Minimum|Maximum|IQM|avg|min|max|sum|p\d{1,2}(?:\.\d+)?|p100|(?:tm|wm|tc|ts|TM|WM|TC|TS|PR)(?:\d{1,3}(?:\.\d+)?|\([^()]*\)))$/i;

/** Units of {@link requireWhole}. */
export const MINUTES = { name: 'minutes', seconds: 60, min: 1 };
export const DAYS = { name: 'days', seconds: 86_400, min: 1 };

/** The error of a bad prop: where, which, what it must be, what it is, and the mend. */
export function propError(where: Where, prop: string, must: string, got: unknown, fix: string): Error {
  const path = typeof where === 'string' ? where : where.node.path;
  return new Error(`[${path}] \`${prop}\` must be ${must}, got: ${toShownText(got)}. ${fix}`);
}

/** Requires a prop that callers of other languages, and of plain JavaScript, can leave out. */
export function requireGiven(where: Where, prop: string, value: unknown, fix: string): void {
  if (value === undefined) throw propError(where, prop, 'given', undefined, fix);
}

export function requireNamespace(where: Where, namespace: string): void {
  if (Token.isUnresolved(namespace)) return;
  const fail = (must: string, mend: string) => propError(where, 'namespace', must, namespace, mend);
  if (namespace.trim() === '') throw fail('a name', 'Leave it out to use the default namespace.');
  if (namespace.length > MAX_NAMESPACE_LENGTH) {
    throw fail(`at most ${MAX_NAMESPACE_LENGTH} characters`, 'Shorten it.');
  }
  if (/^AWS\//i.test(namespace)) {
    throw fail(
      'a namespace of your own',
      'Namespaces that start with AWS/ belong to AWS services: choose another first part.',
    );
  }
  if (namespace.trim() !== namespace) {
    throw fail('a name without blanks at its ends', 'Remove them: the runtime does not read them.');
  }
  if (!NAMESPACE.test(namespace)) {
    throw fail('letters, digits, spaces and . - _ / # : (no colon in front)', 'Remove the other characters.');
  }
}

/** Requires an amount of money that a day or a month of model invocations can come near to. */
export function requireUsd(where: Where, prop: string, value: number | undefined): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  const fix = 'Give the amount in US dollars, such as 10.';
  if (!Number.isFinite(value) || value <= 0) {
    throw propError(where, prop, 'a finite number of US dollars above 0', value, fix);
  }
  if (value < MIN_USD || value > MAX_USD) {
    throw propError(where, prop, `from ${MIN_USD} to ${MAX_USD} US dollars`, value, fix);
  }
}

/** Requires one of CloudWatch's statistics (CloudWatch User Guide, "CloudWatch statistics definitions"). */
export function requireStatistic(where: Where, prop: string, statistic: string | undefined): void {
  if (statistic === undefined || Token.isUnresolved(statistic) || STATISTIC.test(statistic)) return;
  throw propError(
    where,
    prop,
    'a statistic of CloudWatch, such as Sum, Average, Maximum or p90',
    statistic,
    'Give one of cloudwatch.Stats.',
  );
}

/** Two percentages of a budget, the first below the second. */
export function requireThresholds(where: Where, warningPercent: number, criticalPercent: number): void {
  for (const [prop, value] of Object.entries({ warningPercent, criticalPercent })) {
    if (Token.isUnresolved(value)) continue;
    if (!Number.isFinite(value) || value <= 0) {
      throw propError(
        where,
        prop,
        'a finite percentage above 0',
        value,
        'Give per cent of the daily budget, such as 80.',
      );
    }
  }
  if (Token.isUnresolved(warningPercent) || Token.isUnresolved(criticalPercent)) return;
  if (warningPercent >= criticalPercent) {
    throw propError(
      where,
      'warningPercent',
      `below \`criticalPercent\` (${criticalPercent})`,
      warningPercent,
      'Lower the warning or raise the critical percentage.',
    );
  }
}

export function requireWholeNumber(
  where: Where,
  prop: string,
  value: number,
  min: number,
  max: number,
): void {
  if (Token.isUnresolved(value)) return;
  if (!Number.isInteger(value) || value < min || value > max) {
    throw propError(
      where,
      prop,
      `a whole number from ${min} to ${max}`,
      value,
      `Give a number from ${min} to ${max}.`,
    );
  }
}

/** A duration of whole units of some seconds, at least `min` of them. */
export function requireWhole(
  where: Where,
  prop: string,
  value: Duration,
  unit: { readonly name: string; readonly seconds: number; readonly min: number },
): void {
  if (value.isUnresolved()) return;
  const count = value.toSeconds({ integral: false }) / unit.seconds;
  if (!Number.isInteger(count) || count < unit.min) {
    throw propError(
      where,
      prop,
      `a whole number of ${unit.name}, at least ${unit.min}`,
      value.toHumanString(),
      `Round it to ${unit.name}.`,
    );
  }
}

/** Requires one of some units of a duration that is a token, as aws-cdk-lib cannot convert it. */
export function requireUnit(where: Where, prop: string, value: Duration, ...units: string[]): void {
  if (!value.isUnresolved() || units.includes(value.unitLabel())) return;
  throw propError(
    where,
    prop,
    `in ${units.join(' or ')} if it is known only at deployment`,
    `a token in ${value.unitLabel()}`,
    `Give Duration.${units[0]}(…).`,
  );
}

/** Requires a period that is known at synth, as aws-cdk-lib computes with it. */
function requireKnown(where: Where, prop: string, period: Duration): void {
  if (!period.isUnresolved()) return;
  throw propError(where, prop, 'known at synth', 'a token', 'Give, for example, Duration.minutes(5).');
}

/** A period that CloudWatch keeps metrics by. */
export function requirePeriod(where: Where, prop: string, period: Duration | undefined): void {
  if (period === undefined) return;
  requireKnown(where, prop, period);
  const seconds = period.toSeconds({ integral: false });
  if (!SUB_MINUTE_PERIODS.includes(seconds) && (seconds < 60 || seconds % 60 !== 0)) {
    throw propError(
      where,
      prop,
      `${SUB_MINUTE_PERIODS.join(', ')} seconds or a whole number of minutes`,
      period.toHumanString(),
      'CloudWatch refuses other periods: round it to minutes.',
    );
  }
}

/** A period that PutMetricAlarm takes together with a number of evaluation periods. */
export function requireAlarmPeriod(
  where: Where,
  prop: string,
  period: Duration,
  evaluationPeriods: number,
): void {
  requireKnown(where, prop, period);
  requireWhole(where, prop, period, MINUTES);
  const seconds = period.toSeconds();
  const longest = seconds < 3600 ? MAX_SHORT_ALARM_WINDOW_SECONDS : MAX_ALARM_WINDOW_SECONDS;
  if (seconds * evaluationPeriods > longest) {
    throw propError(
      where,
      prop,
      `at most ${longest / 3600} hours for ${evaluationPeriods} evaluation periods together`,
      period.toHumanString(),
      'CloudWatch alarms look no further back: shorten it.',
    );
  }
}

/** A value that can be a CloudWatch dimension's. */
export function requireDimensionValue(where: Where, prop: string, value: string, maxLength: number): void {
  if (Token.isUnresolved(value)) return;
  if (value.length < 1 || value.length > maxLength) {
    throw propError(
      where,
      prop,
      `1 to ${maxLength} characters`,
      value,
      'Give the name under which the calls are counted.',
    );
  }
  if (!DIMENSION_VALUE.test(value) || NOT_IN_DIMENSION_VALUE.test(value)) {
    throw propError(
      where,
      prop,
      'printable ASCII without quotes, backslash and dollar sign, with no colon in front',
      value,
      'Rename it where the calls are counted, too.',
    );
  }
  if (value.trim() !== value) {
    throw propError(
      where,
      prop,
      'without blanks at its ends',
      `'${value}'`,
      'Remove them: the runtime counts no such name.',
    );
  }
}

/** Names of agents or models: at least one, each a dimension value, none twice. */
export function requireNames(
  where: Where,
  prop: string,
  names: readonly string[] | undefined,
  maxLength: number,
): void {
  if (names === undefined || Token.isUnresolved(names)) return;
  if (names.length === 0) {
    throw propError(where, prop, 'a list of at least one name', '[]', 'Leave it out to find them by search.');
  }
  names.forEach((name, index) => {
    requireDimensionValue(where, `${prop}[${index}]`, name, maxLength);
    if (names.indexOf(name) !== index) {
      throw propError(where, prop, 'a list without duplicates', name, 'Name it once.');
    }
  });
}

/**
 * Requires names of the agents that become dimension values: the runtime takes no more, and keeps one to
 * itself.
 */
export function requireAgents(where: Where, prop: string, agents: readonly string[] | undefined): void {
  if (agents === undefined || Token.isUnresolved(agents)) return;
  requireNames(where, prop, agents, MAX_AGENT_ID_LENGTH);
  if (agents.includes(OTHER)) {
    throw propError(
      where,
      prop,
      `without ${OTHER}`,
      OTHER,
      'All agents that are not listed are counted under that name: give the agent another one.',
    );
  }
  if (agents.length > MAX_AGENTS) {
    throw propError(
      where,
      prop,
      `at most ${MAX_AGENTS} agents`,
      `${agents.length} agents`,
      `The runtime counts further ones under ${OTHER}: make a TokenAnalytics with a namespace of its own for them.`,
    );
  }
}

/**
 * Requires that an agent is among those that become dimension values, if they are listed.
 *
 * @throws if it is not
 */
export function requireListed(
  where: Where,
  prop: string,
  agentId: string | undefined,
  agents: readonly string[] | undefined,
): void {
  if (agentId === undefined || agents === undefined || agentId === OTHER) return;
  if (Token.isUnresolved(agentId) || Token.isUnresolved(agents) || agents.some(Token.isUnresolved)) return;
  if (agents.includes(agentId)) return;
  throw propError(
    where,
    prop,
    `one of \`agents\` (${agents.join(', ')})`,
    agentId,
    `Add it there; it would be counted under ${OTHER}.`,
  );
}

/** Requires a name as CloudWatch gives to dashboards. */
export function requireDashboardName(where: Where, name: string): void {
  if (Token.isUnresolved(name) || DASHBOARD_NAME.test(name)) return;
  throw propError(
    where,
    'dashboardName',
    '1 to 255 letters, digits, `-` and `_`',
    name,
    'Give a name such as OPX-Token-Analytics.',
  );
}

export function requireTimeZone(where: Where, prop: string, timeZone: string): void {
  if (Token.isUnresolved(timeZone)) return;
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw propError(where, prop, 'an IANA time zone', timeZone, 'Give a name such as UTC or Europe/Berlin.');
  }
}

function toShownText(value: unknown): string {
  const text = String(value);
  return typeof value === 'string' && value.trim() === ''
    ? `'${value}'`
    : text.length > SHOWN_LENGTH
      ? `${text.slice(0, SHOWN_LENGTH)}… (${text.length} characters)`
      : text;
}
