import { hasTokens, type PartOfModel, type PartPrices, usageOf } from './part-prices';
import { BUCKET_TOKENS, type Bucket, BUCKETS } from '../../lambda/pricing/billing-buckets';
import type { PricedSum } from '../../lambda/pricing/cost-calculator';
import { locateModelId } from '../../lambda/pricing/model-id';
import { isLongPrompt } from '../../lambda/rollup/usage-part';

/** Name of each bucket in messages, such as `cache reads`. */
export const BUCKET_NAMES: Readonly<Record<Bucket, string>> = {
  input: 'input',
  output: 'output',
  cacheRead: 'cache reads',
  cacheWrite5m: 'cache writes',
  cacheWrite1h: '1-hour cache writes',
  speechInput: 'speech input',
  speechOutput: 'speech output',
};

/** Reason for the missing price of invocations. */
export interface PriceGap {
  /** Clause that can end a sentence, such as `their tokens are unknown`. */
  readonly reason: string;
  /** Buckets that were used but have no price. Empty if the price is missing for another reason. */
  readonly buckets: readonly Bucket[];
}

/**
 * Explains why invocations have no price.
 *
 * @param part sums of the invocations
 * @param call billing terms of the invocations
 */
export function explainGap(prices: PartPrices, day: string, part: PartOfModel, call: PricedSum): PriceGap {
  const gap = (reason: string, buckets: readonly Bucket[] = []) => ({ reason, buckets });
  if (part.mixed) {
    return gap(
      'the rollup merged calls with different prices, because the agent and the model had too many kinds of ' +
        'calls on one day',
    );
  }
  if (part.kind === 'unpriced' && !hasTokens(part.sums)) return gap('their tokens are unknown');
  const name = shortName(call.standsFor ?? prices.profiles.resolve(call.modelId));
  const region = call.region ?? prices.region;
  const isShort = () => false;
  if (!prices.rates(day, part, { ...call, serviceTier: undefined, batch: false }, isShort)) {
    return gap(`the price of ${name}${region === undefined ? '' : ` in ${region}`} is unknown on their days`);
  }
  if (!prices.rates(day, part, call, isShort)) {
    return gap(`the price of ${name} ${tierText(call)} is unknown`);
  }
  let unknownStep: number | undefined;
  const rates = prices.rates(
    day,
    part,
    call,
    above => isLongPrompt(part, above) ?? ((unknownStep = above), undefined),
  );
  if (!rates) {
    return gap(
      `${name} has other rates above ${(unknownStep ?? 0).toLocaleString('en-US')} input tokens, and the ` +
        'rollup does not have the length of each prompt',
    );
  }
  const buckets = BUCKETS.filter(
    bucket => rates.price[bucket] === undefined && BUCKET_TOKENS[bucket](usageOf(part.sums)) > 0,
  );
  return gap(
    `the price of ${name} for ${buckets.map(bucket => BUCKET_NAMES[bucket]).join(' and ')} is unknown`,
    buckets,
  );
}

function tierText({ serviceTier, batch }: PricedSum): string {
  if (!batch) return `in the tier ${serviceTier}`;
  return serviceTier === undefined ? 'in a batch job' : `in a batch job of the tier ${serviceTier}`;
}

/**
 * Shortens a model id to the model and its prefix, such as `eu.`. Removes the account and the region of an
 * ARN.
 */
function shortName(id: string): string {
  const { parsed, geography } = locateModelId(id);
  return parsed.scope === 'in-region' ? parsed.model : `${geography ?? 'global'}.${parsed.model}`;
}
