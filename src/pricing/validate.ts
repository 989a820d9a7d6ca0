import { Token } from 'aws-cdk-lib';
import {
  DISCOUNT_NAME,
  MAX_RATE,
  MODEL_VENDORS,
  MAX_TIER_FACTOR,
  PRICE_BUCKETS,
  PRICE_TIERS,
} from '../contract';
import { NUMBER, OBJECT, options, requireKind, requireShape, type Shape, TEXT } from '../private/shape';
import { propError, type Where } from '../private/validate';

/** Rates in US dollars per million tokens. Each key is a kind of tokens, such as `input` or `cacheRead`. */
type Rates = { readonly [bucket in (typeof PRICE_BUCKETS)[number]]?: number };
type Price = Rates & {
  readonly longPrompt?: Rates & { readonly above: number };
  readonly tierFactors?: Readonly<Record<string, number>>;
  readonly source?: string;
  readonly asOf?: string;
};

const RATES: Shape<Rates> = {
  input: NUMBER,
  output: NUMBER,
  cacheRead: NUMBER,
  cacheWrite5m: NUMBER,
  cacheWrite1h: NUMBER,
  speechInput: NUMBER,
  speechOutput: NUMBER,
};
const LONG_PROMPT: Shape<NonNullable<Price['longPrompt']>> = { ...RATES, above: NUMBER };
const PRICE: Shape<Price> = {
  ...RATES,
  longPrompt: options(LONG_PROMPT),
  tierFactors: OBJECT,
  source: TEXT,
  asOf: TEXT,
};

/**
 * Validates a custom price. All numbers must be known at synth, because the runtime receives the price as
 * JSON.
 *
 * @throws if a number is invalid or known only at deployment, or if the runtime does not know a key
 */
export function requirePrice(where: Where, prop: string, price: Price): void {
  requireShape(where, price, PRICE, prop);
  requireRates(where, prop, price);
  const { longPrompt, tierFactors } = price;
  if (longPrompt) {
    const { above } = longPrompt;
    if (Token.isUnresolved(above) || !Number.isSafeInteger(above) || above < 0) {
      throw propError(
        where,
        `${prop}.longPrompt.above`,
        'a number of tokens',
        toShownNumber(above),
        'Pass the maximum tokens of a prompt at the standard rates, such as 272000.',
      );
    }
    requireRates(where, `${prop}.longPrompt`, longPrompt);
  }
  for (const [tier, factor] of Object.entries(tierFactors ?? {})) {
    if (!(PRICE_TIERS as readonly string[]).includes(tier)) {
      throw propError(
        where,
        `${prop}.tierFactors`,
        `an object with only the keys ${PRICE_TIERS.join(', ')}`,
        tier,
        'Remove or correct this key.',
      );
    }
    requireAmount(
      where,
      `${prop}.tierFactors.${tier}`,
      'a finite factor of 0 or more',
      MAX_TIER_FACTOR,
      factor,
      'Pass the factor on the standard rate, such as 0.5.',
    );
  }
}

function requireRates(where: Where, prop: string, rates: Rates): void {
  for (const bucket of PRICE_BUCKETS) {
    const rate = rates[bucket];
    if (rate === undefined && bucket !== 'input' && bucket !== 'output') continue;
    requireAmount(
      where,
      `${prop}.${bucket}`,
      'US dollars per million tokens, finite and 0 or more',
      MAX_RATE,
      rate,
      'Pass the rate as in the price list, such as 0.25.',
    );
  }
}

function requireAmount(
  where: Where,
  prop: string,
  must: string,
  most: number,
  value: number | undefined,
  fix: string,
): void {
  requireKind(where, prop, value, NUMBER);
  if (value === undefined || Token.isUnresolved(value) || !Number.isFinite(value) || value < 0) {
    throw propError(where, prop, must, toShownNumber(value), fix);
  }
  if (value > most) throw propError(where, prop, `${must}, at most ${most}`, value, fix);
}

function toShownNumber(value: unknown): unknown {
  return Token.isUnresolved(value) ? 'a value that is known only at deployment' : value;
}

/**
 * Validates a discount. For example, `name` is `anthropic`, and `share` is 0.1 for a discount of 10 %. The
 * name must be a vendor, a model id or a pattern.
 */
export function requireDiscount(where: Where, prop: string, name: string, share: number): void {
  if (!Token.isUnresolved(name) && !DISCOUNT_NAME.test(name)) {
    throw propError(
      where,
      prop,
      `an object whose keys are vendors (${MODEL_VENDORS.join(', ')}), model ids or patterns with *`,
      name,
      'Use a key such as anthropic or amazon.nova-*.',
    );
  }
  requireKind(where, `${prop}['${name}']`, share, NUMBER);
  if (!Token.isUnresolved(share) && share >= 0 && share <= 1) return;
  throw propError(
    where,
    `${prop}['${name}']`,
    'a share of the list price from 0 to 1',
    toShownNumber(share),
    'Pass, for example, 0.1 for 10 % less.',
  );
}
