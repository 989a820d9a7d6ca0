import { createHash } from 'node:crypto';
import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { type Pair, PAIR_SHAPE, pairMetric, WHERE } from './token-metric';
import { DEFAULT_NAMESPACE, type MetricContract, METRICS } from '../contract';
import { DURATION, NUMBER, requireShape, type Shape, TEXT } from '../private/shape';
import { numberText } from '../private/token-text';
import { requirePeriod, requireWholeNumber } from '../private/validate';

/** One metric divided by others, each summed over the same period. */
export interface Ratio {
  readonly label: string;
  readonly dividend: MetricContract;
  readonly divisors: readonly MetricContract[];
  /** What a quotient of 1 is shown as: 100 for per cent. */
  readonly scale: number;
}

/** The ratios that are metrics of their own, in the unit that their label says. */
export const RATIOS = {
  costPerInvocation: {
    label: 'Cost per invocation (USD)',
    dividend: METRICS.totalCost,
    divisors: [METRICS.invocationCount],
    scale: 1,
  },
  /** Of answers, how many came from the application's own cache. */
  cacheHitRate: {
    label: 'Cache hit rate (%)',
    dividend: METRICS.cachedResponses,
    divisors: [METRICS.cachedResponses, METRICS.invocationCount],
    scale: 100,
  },
  errorRate: {
    label: 'Error rate (%)',
    dividend: METRICS.invocationErrors,
    divisors: [METRICS.invocationErrors, METRICS.invocationCount],
    scale: 100,
  },
} as const satisfies Record<string, Ratio>;

/** How a ratio is asked for. */
export interface RatioOptions extends Pair, cloudwatch.MathExpressionOptions {
  readonly minimumSamples?: number;
}

const SHAPE: Shape<RatioOptions> = {
  ...PAIR_SHAPE,
  minimumSamples: NUMBER,
  period: DURATION,
  label: TEXT,
  color: TEXT,
  searchAccount: TEXT,
  searchRegion: TEXT,
};
const DEFAULT_PERIOD = Duration.minutes(5);

/**
 * Dividend ÷ divisors. CloudWatch takes a missing one of several for 0, and drops the points of a division by
 * zero, so there is no 0/0. With a floor of samples there is no point, either, where the divisors are fewer.
 */
export function ratioMetric(
  namespace: string,
  ratio: Ratio,
  ratioOptions: RatioOptions,
): cloudwatch.MathExpression {
  requireShape(WHERE, ratioOptions, SHAPE);
  const { agentId, model, minimumSamples = 1, ...options } = ratioOptions;
  const { label, dividend, divisors, scale } = ratio;
  const period = options.period ?? DEFAULT_PERIOD;
  requirePeriod(WHERE, 'period', period);
  requireWholeNumber(WHERE, 'minimumSamples', minimumSamples, 1, Number.MAX_SAFE_INTEGER);
  const suffix = idSuffix([namespace, agentId ?? '', model ?? '', String(period.toSeconds())]);
  const idOf = ({ name }: MetricContract) => `${name[0].toLowerCase()}${name.slice(1)}${suffix}`;
  const over = divisors.length === 1 ? idOf(divisors[0]) : `(${divisors.map(idOf).join(' + ')})`;
  const quotient = `${scale === 1 ? '' : `${scale} * `}${idOf(dividend)} / ${over}`;
  return new cloudwatch.MathExpression({
    ...options,
    expression: minimumSamples === 1 ? quotient : `IF(${over} >= ${numberText(minimumSamples)}, ${quotient})`,
    label: options.label ?? [label, agentId, model].filter(part => part !== undefined).join(' '),
    period,
    usingMetrics: Object.fromEntries(
      [dividend, ...divisors].map(metric => [
        idOf(metric),
        pairMetric(namespace, metric, { agentId, model, period, statistic: 'Sum' }),
      ]),
    ),
  });
}

/**
 * Makes ids differ where their metrics do: in one widget or alarm, equal ids must be equal
 * metrics. What is not known yet stays out, as a token's text changes from synth to synth.
 */
function idSuffix(parts: readonly string[]): string {
  const known = JSON.stringify(parts.map(part => (Token.isUnresolved(part) ? '' : part)));
  if (known === JSON.stringify([DEFAULT_NAMESPACE, '', '', String(DEFAULT_PERIOD.toSeconds())])) return '';
  return `_${createHash('sha256').update(known).digest('hex').slice(0, 8)}`;
}
