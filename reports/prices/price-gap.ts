import { hasTokens, type PartOfModel, type PartPrices, usageOf } from './part-prices';
import type { PricedSum } from '../../lambda/pricing/cost-calculator';
import { locateModelId } from '../../lambda/pricing/model-id';
import { BUCKET_TOKENS, type Bucket, BUCKETS } from '../../lambda/pricing/model-price';
import { isLongPrompt } from '../../lambda/rollup/usage-part';

/** What the tokens of a bucket are called. */
export const BUCKET_NAMES: Readonly<Record<Bucket, string>> = {
  input: 'input',
  output: 'output',
  cacheRead: 'cache reads',
  cacheWrite5m: 'cache writes',
  cacheWrite1h: '1-hour cache writes',
  speechInput: 'speech input',
  speechOutput: 'speech output',
};

/** Why the cost of a part's calls is not known. */
export interface PriceGap {
  /** As the end of a sentence. */
  readonly reason: string;
  /** Where it is only that: buckets that have tokens and no price. */
  readonly buckets: readonly Bucket[];
}

/** Why the cost of a part's calls is not known, where it is not. */
export function gapOf(prices: PartPrices, day: string, part: PartOfModel, call: PricedSum): PriceGap {
  const gap = (reason: string, buckets: readonly Bucket[] = []) => ({ reason, buckets });
  if (part.mixed) {
    return gap(
      'what decides their price was not kept apart, as the day has too many kinds of calls of the ' +
        'agent and the model',
    );
  }
  if (part.kind === 'unpriced' && !hasTokens(part.sums)) return gap('their tokens are not known');
  const name = shortName(call.standsFor ?? prices.profiles.resolve(call.modelId));
  const region = call.region ?? prices.region;
  const isShort = () => false;
  if (!prices.rates(day, part, { ...call, serviceTier: undefined, batch: false }, isShort)) {
    return gap(`no price of ${name} is known${region === undefined ? '' : ` in ${region}`} on their days`);
  }
  if (!prices.rates(day, part, call, isShort)) {
    return gap(`${name} is not known to have a price ${tierName(call)}`);
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
      `it is not known which of them have more than ${(unknownStep ?? 0).toLocaleString('en-US')} ` +
        `input tokens, above which ${name} has other rates`,
    );
  }
  const buckets = BUCKETS.filter(
    bucket => rates.price[bucket] === undefined && BUCKET_TOKENS[bucket](usageOf(part.sums)) > 0,
  );
  return gap(
    `${name} has no known price of ${buckets.map(bucket => BUCKET_NAMES[bucket]).join(' and ')}`,
    buckets,
  );
}

function tierName({ serviceTier, batch }: PricedSum): string {
  if (!batch) return `in the tier ${serviceTier}`;
  return serviceTier === undefined ? 'in a batch job' : `in a batch job of the tier ${serviceTier}`;
}

/** A model's name with its prefix; of an ARN, without account and region. */
function shortName(id: string): string {
  const { parsed, geography } = locateModelId(id);
  return parsed.scope === 'in-region' ? parsed.model : `${geography ?? 'global'}.${parsed.model}`;
}
