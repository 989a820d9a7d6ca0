import { createHash } from 'node:crypto';
import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { type Pair, PAIR_SHAPE, pairMetric, WHERE } from './token-metric';
import { DEFAULT_NAMESPACE, type MetricContract, METRICS } from '../contract';
import { BOOLEAN, DURATION, NUMBER, requireShape, type Shape, TEXT } from '../private/shape';
import { numberText } from '../private/token-text';
import { requirePeriod, requireWholeNumber } from '../private/validate';

/**
 * Metric that CloudWatch computes: the sum of `dividend` ÷ the sum of all `divisors`, over the same period.
 */
export interface Ratio {
  readonly label: string;
  readonly dividend: MetricContract;
  readonly divisors: readonly MetricContract[];
  /** Factor by which the quotient is multiplied, e.g. 100 for a percentage. */
  readonly scale: number;
}

/** Metrics that CloudWatch computes from published metrics. Each label contains the unit. */
export const RATIOS = {
  costPerInvocation: {
    label: 'Cost per invocation (USD)',
    dividend: METRICS.totalCost,
    divisors: [METRICS.invocationCount],
    scale: 1,
  },
  /** Share of the answers that came from the application's own cache. */
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

/**
 * Options of `ratioMetric`: agent and model, the period, and the minimum number of invocations in a period.
 */
export interface RatioOptions extends Pair, cloudwatch.MathExpressionOptions {
  readonly minimumSamples?: number;
}

const SHAPE: Shape<RatioOptions> = {
  ...PAIR_SHAPE,
  minimumSamples: NUMBER,
  period: DURATION,
  label: TEXT,
  color: TEXT,
  visible: BOOLEAN,
  searchAccount: TEXT,
  searchRegion: TEXT,
};
const DEFAULT_PERIOD = Duration.minutes(5);

/**
 * Returns the metric math of a ratio: dividend ÷ sum of the divisors.
 *
 * A period has no data point if the sum of the divisors is 0 or below `minimumSamples`. A missing metric
 * counts as 0.
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
  const divisor = divisors.length === 1 ? idOf(divisors[0]) : `(${divisors.map(idOf).join(' + ')})`;
  const quotient = `${scale === 1 ? '' : `${scale} * `}${idOf(dividend)} / ${divisor}`;
  return new cloudwatch.MathExpression({
    ...options,
    expression:
      minimumSamples === 1 ? quotient : `IF(${divisor} >= ${numberText(minimumSamples)}, ${quotient})`,
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
 * Returns a suffix for metric ids in an expression, such as `_1a2b3c4d`. The suffix is a hash of `parts`, so
 * that different metrics have different ids in a widget or alarm. If all parts have their default values, the
 * suffix is empty. A CDK token counts as an empty text, because its text changes with each synthesis.
 */
function idSuffix(parts: readonly string[]): string {
  const known = JSON.stringify(parts.map(part => (Token.isUnresolved(part) ? '' : part)));
  if (known === JSON.stringify([DEFAULT_NAMESPACE, '', '', String(DEFAULT_PERIOD.toSeconds())])) return '';
  return `_${createHash('sha256').update(known).digest('hex').slice(0, 8)}`;
}
