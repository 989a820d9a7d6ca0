import Decimal from 'decimal.js';

/**
 * Observed value of a metric. `time` is in epoch milliseconds. `count` is the number of observations of this
 * value.
 */
export interface Sample {
  readonly time: number;
  readonly value: number;
  readonly count: number;
}

/** Decimal type for sums. With 60 digits, millions of numbers can be added without rounding errors. */
const Exact = Decimal.clone({ precision: 60 });

/**
 * Calculates a CloudWatch statistic: `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount`, or a percentile
 * such as `p90`. Values are added as decimals, so that sums of money have no rounding errors. Returns
 * undefined if there are no samples.
 *
 * @throws if the statistic is unknown
 */
export function statisticOf(samples: readonly Sample[], statistic: string): number | undefined {
  const percentile = /^p(\d{1,2}(?:\.\d+)?|100)$/.exec(statistic);
  if (samples.length === 0) return undefined;
  if (percentile) return percentileOf(samples, Number(percentile[1]));
  switch (statistic) {
    case 'Sum':
      return exactSum(samples).toNumber();
    case 'Average':
      return exactSum(samples).div(countOf(samples)).toNumber();
    case 'SampleCount':
      return countOf(samples);
    case 'Minimum':
      return samples.reduce((least, sample) => Math.min(least, sample.value), Infinity);
    case 'Maximum':
      return samples.reduce((most, sample) => Math.max(most, sample.value), -Infinity);
    default:
      throw new Error(
        'the statistic must be Sum, Average, Minimum, Maximum, SampleCount or a percentile, got: ' +
          `${statistic}`,
      );
  }
}

function exactSum(samples: readonly Sample[]): Decimal {
  return samples.reduce((sum, sample) => sum.plus(new Exact(sample.value).times(sample.count)), new Exact(0));
}

function countOf(samples: readonly Sample[]): number {
  return samples.reduce((sum, sample) => sum + sample.count, 0);
}

/** Returns the percentile of the samples by the nearest-rank method, e.g. the median for 50. */
function percentileOf(samples: readonly Sample[], percent: number): number {
  const sorted = [...samples].sort((a, b) => a.value - b.value);
  const rank = Math.max(1, Math.ceil((countOf(samples) * percent) / 100));
  let seen = 0;
  for (const sample of sorted) {
    seen += sample.count;
    if (seen >= rank) return sample.value;
  }
  return sorted[sorted.length - 1].value;
}
