import { type Duration, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { MAX_NAMESPACE_LENGTH } from '../contract';

/** Construct to name in error messages and warnings. If there is no construct, the name of a class. */
export type Where = IConstruct | string;

/**
 * Pattern of a valid namespace: letters, digits, spaces and `. - _ / # :` (CloudWatch User Guide,
 * "Namespaces"). The first character must not be a colon, because PutMetricData rejects a leading colon.
 */
const NAMESPACE = /^[0-9A-Za-z.\-_/# ][0-9A-Za-z.\-_/#: ]*$/;
/** Pattern of a valid dimension value: printable ASCII. CloudWatch rejects a leading colon. */
const DIMENSION_VALUE = /^(?!:)[\x20-\x7e]+$/;
/**
 * Characters that a dimension value must not contain. Quotes and backslashes break the search expressions of
 * dashboards, and the dollar sign breaks their labels.
 */
const NOT_IN_DIMENSION_VALUE = /["'\\$]/;
/** Periods below one minute, in seconds, that both aws-cdk-lib and CloudWatch alarms support. */
const SUB_MINUTE_PERIODS = [1, 5, 10, 30];
/**
 * Maximum of `period` × `evaluationPeriods` for an alarm with a period of at least one hour: 7 days
 * (CloudWatch API Reference, PutMetricAlarm).
 */
const MAX_ALARM_WINDOW_SECONDS = 7 * 86_400;
/**
 * Maximum of `period` × `evaluationPeriods` for an alarm with a period below one hour: one day (CloudWatch
 * API Reference, PutMetricAlarm).
 */
const MAX_SHORT_ALARM_WINDOW_SECONDS = 86_400;
/** Pattern of a valid dashboard name (CloudWatch API Reference, PutDashboard). */
const DASHBOARD_NAME = /^[A-Za-z0-9_-]{1,255}$/;
/** Maximum length of an invalid value in an error message, in characters. */
const SHOWN_LENGTH = 100;
/**
 * Smallest valid amount in US dollars. Every invocation costs more, so an alarm on a smaller amount would
 * fire at the first invocation.
 */
const MIN_USD = 1e-9;
/**
 * Largest valid amount in US dollars. No bill is that high, so an alarm on a larger amount would never fire.
 */
const MAX_USD = 1e12;
/**
 * Pattern of a valid CloudWatch statistic, such as `Sum`, `p90` or `TM(10%:90%)`. aws-cdk-lib does not check
 * statistics.
 */
const STATISTIC =
  /^(?:SampleCount|n|Average|Sum|Minimum|Maximum|IQM|avg|min|max|sum|p\d{1,2}(?:\.\d+)?|p100|(?:tm|wm|tc|ts|TM|WM|TC|TS|PR)(?:\d{1,3}(?:\.\d+)?|\([^()]*\)))$/i;

export const MINUTES = { name: 'minutes', seconds: 60, min: 1 };
export const DAYS = { name: 'days', seconds: 86_400, min: 1 };

/**
 * Returns the error for an invalid prop. The message contains the construct, the name of the prop, the
 * condition, the invalid value and the fix.
 *
 * @param must condition after "must be" in the message, such as "a finite percentage above 0"
 * @param fix sentence that says how to fix the value
 */
export function propError(where: Where, prop: string, must: string, got: unknown, fix: string): Error {
  const path = typeof where === 'string' ? where : where.node.path;
  return new Error(`[${path}] \`${prop}\` must be ${must}, got: ${toShownText(got)}. ${fix}`);
}

/**
 * Throws an error if a required prop is missing. The compiler does not check this for callers in plain
 * JavaScript or in another language.
 */
export function requireGiven(where: Where, prop: string, value: unknown, fix: string): void {
  if (value === undefined) throw propError(where, prop, 'given', undefined, fix);
}

export function requireNamespace(where: Where, namespace: string): void {
  if (Token.isUnresolved(namespace)) return;
  const fail = (must: string, fix: string) => propError(where, 'namespace', must, namespace, fix);
  if (namespace.trim() === '') throw fail('a name', 'Remove it to use the default namespace.');
  if (namespace.length > MAX_NAMESPACE_LENGTH) {
    throw fail(`at most ${MAX_NAMESPACE_LENGTH} characters`, 'Shorten it.');
  }
  if (/^AWS\//i.test(namespace)) {
    throw fail(
      'a custom namespace',
      'Namespaces that start with AWS/ are reserved for AWS services: use another prefix.',
    );
  }
  if (namespace.trim() !== namespace) {
    throw fail(
      'a name without leading or trailing spaces',
      'Remove the spaces, because the runtime drops them.',
    );
  }
  if (!NAMESPACE.test(namespace)) {
    throw fail('letters, digits, spaces and . - _ / # : (no leading colon)', 'Remove the other characters.');
  }
}

/** Requires an amount in US dollars from `MIN_USD` to `MAX_USD`. Accepts undefined. */
export function requireUsd(where: Where, prop: string, value: number | undefined): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  const fix = 'Pass the amount in US dollars, such as 10.';
  if (!Number.isFinite(value) || value <= 0) {
    throw propError(where, prop, 'a finite number of US dollars above 0', value, fix);
  }
  if (value < MIN_USD || value > MAX_USD) {
    throw propError(where, prop, `from ${MIN_USD} to ${MAX_USD} US dollars`, value, fix);
  }
}

/** Requires a CloudWatch statistic (CloudWatch User Guide, "CloudWatch statistics definitions"). */
export function requireStatistic(where: Where, prop: string, statistic: string | undefined): void {
  if (statistic === undefined || Token.isUnresolved(statistic) || STATISTIC.test(statistic)) return;
  throw propError(
    where,
    prop,
    'a CloudWatch statistic, such as Sum, Average, Maximum or p90',
    statistic,
    'Pass one of cloudwatch.Stats.',
  );
}

/** Requires two percentages above 0. The warning percentage must be below the critical percentage. */
export function requireThresholds(where: Where, warningPercent: number, criticalPercent: number): void {
  for (const [prop, value] of Object.entries({ warningPercent, criticalPercent })) {
    if (Token.isUnresolved(value)) continue;
    if (!Number.isFinite(value) || value <= 0) {
      throw propError(
        where,
        prop,
        'a finite percentage above 0',
        value,
        'Pass a percentage of the budget, such as 80.',
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
      `Pass a number from ${min} to ${max}.`,
    );
  }
}

/**
 * Requires that a duration is a whole number of `unit`, such as minutes. The number must be at least
 * `unit.min`.
 */
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

/**
 * Requires a duration in one of the `units`, such as `seconds`, unless the duration is known at synth. For a
 * duration that is known only at deployment, aws-cdk-lib cannot convert the unit.
 */
export function requireUnit(where: Where, prop: string, value: Duration, ...units: string[]): void {
  if (!value.isUnresolved() || units.includes(value.unitLabel())) return;
  throw propError(
    where,
    prop,
    `in ${units.join(' or ')} if it is known only at deployment`,
    `a token in ${value.unitLabel()}`,
    `Pass Duration.${units[0]}(…).`,
  );
}

/** Requires a period that is known at synth, because aws-cdk-lib calculates with the period. */
function requireKnown(where: Where, prop: string, period: Duration): void {
  if (!period.isUnresolved()) return;
  throw propError(where, prop, 'known at synth', 'a token', 'Pass, for example, Duration.minutes(5).');
}

/**
 * Requires a period that CloudWatch metrics support: 1, 5, 10 or 30 seconds, or whole minutes. Accepts
 * undefined.
 */
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
      'CloudWatch refuses other periods: round to minutes.',
    );
  }
}

/**
 * Requires an alarm period in whole minutes. `period` × `evaluationPeriods` must not exceed the limit of
 * PutMetricAlarm.
 */
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
      'CloudWatch alarms do not evaluate a longer range: shorten the period.',
    );
  }
}

/**
 * Requires a valid dimension value of at most `maxLength` characters. The value must not contain characters
 * that break dashboards, such as quotes.
 */
export function requireDimensionValue(where: Where, prop: string, value: string, maxLength: number): void {
  if (Token.isUnresolved(value)) return;
  if (value.length < 1 || value.length > maxLength) {
    throw propError(
      where,
      prop,
      `1 to ${maxLength} characters`,
      value,
      'Pass the name under which invocations are counted.',
    );
  }
  if (!DIMENSION_VALUE.test(value) || NOT_IN_DIMENSION_VALUE.test(value)) {
    throw propError(
      where,
      prop,
      'printable ASCII without quotes, backslashes, dollar signs and a leading colon',
      value,
      'Use another name, also in the code that records the invocations.',
    );
  }
  if (value.trim() !== value) {
    throw propError(
      where,
      prop,
      'without leading or trailing spaces',
      `'${value}'`,
      'Remove the spaces: the runtime never publishes such a name.',
    );
  }
}

/**
 * Requires a list of at least one agent or model, without duplicates. Each name must be a valid dimension
 * value. Accepts undefined.
 */
export function requireNames(
  where: Where,
  prop: string,
  names: readonly string[] | undefined,
  maxLength: number,
): void {
  if (names === undefined || Token.isUnresolved(names)) return;
  if (names.length === 0) {
    throw propError(where, prop, 'a list of at least one name', '[]', 'Remove it to find names by search.');
  }
  names.forEach((name, index) => {
    requireDimensionValue(where, `${prop}[${index}]`, name, maxLength);
    if (names.indexOf(name) !== index) {
      throw propError(where, prop, 'a list without duplicates', name, 'Remove the duplicate.');
    }
  });
}

/** Requires a valid name of a CloudWatch dashboard. */
export function requireDashboardName(where: Where, name: string): void {
  if (Token.isUnresolved(name) || DASHBOARD_NAME.test(name)) return;
  throw propError(
    where,
    'dashboardName',
    '1 to 255 letters, digits, `-` and `_`',
    name,
    'Pass a name such as OPX-Token-Analytics.',
  );
}

export function requireTimeZone(where: Where, prop: string, timeZone: string): void {
  if (Token.isUnresolved(timeZone)) return;
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw propError(where, prop, 'an IANA time zone', timeZone, 'Pass a name such as UTC or Europe/Berlin.');
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
