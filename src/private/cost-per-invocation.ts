import { createHash } from 'node:crypto';
import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { type Pair, pairMetric } from './token-metric';
import { requirePeriod } from './validate';
import { DEFAULT_NAMESPACE, METRICS } from '../contract';

const DEFAULT_PERIOD = Duration.minutes(5);

/** Cost ÷ calls. CloudWatch drops the points of a division by zero, so there is no 0/0. */
export function costPerInvocation(namespace: string, { agentId, model, ...options }: Pair & cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
  const period = options.period ?? DEFAULT_PERIOD;
  requirePeriod('TokenMetrics', 'period', period);
  const suffix = idSuffix([namespace, agentId ?? '', model ?? '', period.isUnresolved() ? '' : String(period.toSeconds())]);
  const totalCost = `totalCost${suffix}`;
  const invocationCount = `invocationCount${suffix}`;
  return new cloudwatch.MathExpression({
    ...options,
    expression: `${totalCost} / ${invocationCount}`,
    label: options.label ?? ['Cost per invocation (USD)', agentId, model].filter(part => part !== undefined).join(' '),
    period,
    usingMetrics: {
      [totalCost]: pairMetric(namespace, METRICS.totalCost, { agentId, model, period, statistic: 'Sum' }),
      [invocationCount]: pairMetric(namespace, METRICS.invocationCount, { agentId, model, period, statistic: 'Sum' }),
    },
  });
}

/**
 * Makes ids differ where their metrics do: in one widget or alarm, equal ids must be equal metrics. What is not known
 * yet stays out, as a token's text changes from synth to synth.
 */
function idSuffix(parts: readonly string[]): string {
  const known = JSON.stringify(parts.map(part => Token.isUnresolved(part) ? '' : part));
  if (known === JSON.stringify([DEFAULT_NAMESPACE, '', '', String(DEFAULT_PERIOD.toSeconds())])) return '';
  return `_${createHash('sha256').update(known).digest('hex').slice(0, 8)}`;
}
