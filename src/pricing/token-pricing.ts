import { Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import {
  ENV,
  foundationModelOf,
  MAX_PRICING_ENVIRONMENT_BYTES,
  MODEL_ARN,
  PROFILE_READ_ACTIONS,
} from '../contract';
import { requireDiscount, requirePrice } from './validate';
import { grantRight, requireGrantee } from '../private/grants';
import { listOf, OBJECT, oneOf, requireKind, requireShape, type Shape, TEXT } from '../private/shape';
import { propError, type Where } from '../private/validate';

/**
 * The rates of a call with a long prompt, in US dollars per million tokens.
 */
export interface LongPromptPrice {
  /**
   * The whole call has these rates where its input tokens, cached ones included, are more than so many.
   */
  readonly above: number;

  /**
   * Input tokens that are neither speech, nor read from the prompt cache, nor written to it.
   */
  readonly input: number;

  /**
   * Output tokens other than speech, reasoning included.
   */
  readonly output: number;

  /**
   * Input tokens that are read from the prompt cache.
   *
   * @default - unknown: a call that reads from the cache has no cost
   */
  readonly cacheRead?: number;

  /**
   * Input tokens that are written to the prompt cache for its default time, 5 minutes.
   *
   * @default - unknown: a call that writes to the cache has no cost
   */
  readonly cacheWrite5m?: number;

  /**
   * Input tokens that are written to the prompt cache for an hour.
   *
   * @default - unknown: a call that writes to the cache for an hour has no cost
   */
  readonly cacheWrite1h?: number;

  /**
   * Input tokens of speech, which speech models such as Amazon Nova Sonic bill apart from text.
   *
   * @default - unknown: a call with speech input has no cost
   */
  readonly speechInput?: number;

  /**
   * Output tokens of speech.
   *
   * @default - unknown: a call with speech output has no cost
   */
  readonly speechOutput?: number;
}

/**
 * What a model costs you, in US dollars per million tokens: on demand,
 * in the standard tier. Each rate is at most 10,000,000.
 */
export interface CustomModelPrice {
  /**
   * Input tokens that are neither speech, nor read from the prompt cache, nor written to it.
   */
  readonly input: number;

  /**
   * Output tokens other than speech, reasoning included. 0 for a model that has none.
   */
  readonly output: number;

  /**
   * Input tokens that are read from the prompt cache.
   *
   * @default - unknown: a call that reads from the cache has no cost
   */
  readonly cacheRead?: number;

  /**
   * Input tokens that are written to the prompt cache for its default time, 5 minutes.
   *
   * @default - unknown: a call that writes to the cache has no cost
   */
  readonly cacheWrite5m?: number;

  /**
   * Input tokens that are written to the prompt cache for an hour.
   *
   * @default - unknown: a call that writes to the cache for an hour has no cost
   */
  readonly cacheWrite1h?: number;

  /**
   * Input tokens of speech, which speech models such as Amazon Nova Sonic bill apart from text.
   *
   * @default - unknown: a call with speech input has no cost
   */
  readonly speechInput?: number;

  /**
   * Output tokens of speech.
   *
   * @default - unknown: a call with speech output has no cost
   */
  readonly speechOutput?: number;

  /**
   * The rates of calls with a long prompt.
   *
   * @default - the same rates, however long a prompt is
   */
  readonly longPrompt?: LongPromptPrice;

  /**
   * What a tier costs of these rates, by its name: `flex`, `priority`,
   * `batch`, `optimized` (latency). Each factor is at most 1,000.
   *
   * @default - what the model's tier costs by the price
   * catalog; a call in a tier that is in neither has no cost
   */
  readonly tierFactors?: { [tier: string]: number };

  /**
   * Where the figures are from, such as the name of a contract.
   *
   * @default 'custom'
   */
  readonly source?: string;

  /**
   * The day on which the figures were read, such as `2026-11-24`. It stands in each trace.
   *
   * @default 'custom'
   */
  readonly asOf?: string;
}

/**
 * Which of its two list prices a bare id of a Claude model has, such as
 * `anthropic.claude-sonnet-4-5-20250929-v1:0`, whatever the region of the call is.
 */
export enum BareIdPrice {
  /**
   * The price of the global inference profile, as most price tables have it.
   */
  GLOBAL = 'global',

  /**
   * The price of calls in the region, 10 % higher, as AWS bills them.
   */
  IN_REGION = 'in-region',
}

/**
 * Properties of the pricing.
 */
export interface TokenPricingProps {
  /**
   * Prices that go before the catalog: by model id as callers give
   * it, by the foundation model's id, or by a pattern with `*`.
   *
   * @default - list prices alone
   */
  readonly customPrices?: { [model: string]: CustomModelPrice };

  /**
   * Discounts on list prices, such as `{ anthropic: 0.1 }` for 10 % less: by vendor, by model id in any
   * spelling, or by a pattern with `*`. A model goes before its vendor, the longest pattern first; `*`
   * alone is for all others. Each is a share of the list price from 0 to 1. `customPrices` are what you
   * pay, and have no discount.
   *
   * @default - list prices
   */
  readonly discounts?: { [vendorOrModel: string]: number };

  /**
   * The model that each application inference profile, or another id that does not tell its model, stands
   * for: by the profile's ARN or the last part of it, a model id or an ARN that a price is known of.
   *
   * @default - calls through such profiles have no price, unless Bedrock may be asked
   */
  readonly inferenceProfiles?: { [profile: string]: string };

  /**
   * ARNs of application inference profiles whose model the runtime may ask Bedrock for: once in
   * the life of a process, beside the call. It needs the right that `grantResolveProfiles` gives,
   * and asks for no other profile, whichever one a caller names.
   *
   * @default - Bedrock is not asked
   */
  readonly resolvableProfiles?: string[];

  /**
   * Which list price a bare id of a Claude model has that AWS lists at two.
   *
   * @default - by the region of the call: the regional price where the region is known, as it
   * is in Lambda, else the global one, marked as a lower bound
   */
  readonly bareIdPrice?: BareIdPrice;
}

/** Kinds of the properties. */
const SHAPE: Shape<TokenPricingProps> = {
  customPrices: OBJECT,
  discounts: OBJECT,
  inferenceProfiles: OBJECT,
  resolvableProfiles: listOf(TEXT),
  bareIdPrice: oneOf('BareIdPrice', BareIdPrice),
};

const NAME = 'TokenPricing';
/**
 * The cheapest models cost some cents per million tokens. A price per thousand tokens is a thousandth of it.
 */
const MIN_PLAUSIBLE_RATE = 0.001;
const PROFILE_ARN = /^arn:aws[^:]*:bedrock:[a-z0-9-]+:\d{12}:application-inference-profile\/[a-z0-9]+$/;

/**
 * How calls are priced, where list prices are not enough: your own prices, discounts, and the models
 * behind inference profiles. No resource is created; its environment tells the runtime.
 *
 * Where something is wrong with a price, or where all of it is too
 * long for the environment of a Lambda function, that is an error.
 */
export class TokenPricing {
  /**
   * Environment variables that tell the runtime.
   */
  public readonly environment: { [key: string]: string };

  /**
   * Models behind inference profiles, as they are given.
   *
   * @internal
   */
  public readonly _inferenceProfiles: Readonly<Record<string, string>>;

  /**
   * Prices so low that they look like prices per thousand tokens.
   *
   * @internal
   */
  public readonly _lowPrices: readonly string[];

  /**
   * Models behind inference profiles that have no price here, and whose id tells no vendor.
   *
   * @internal
   */
  public readonly _unknownModels: readonly string[];

  /** Models and patterns with a price of the app's own. */
  private readonly pricedModels: readonly string[];
  private readonly resolvableProfiles: readonly string[];

  /**
   * @throws for a price that is not finite, below 0, above 10,000,000 or without input or output, for a
   * discount that is not from 0 to 1, for an empty name, for a profile that is no ARN, and where the
   * environment is longer than 3 KB
   */
  constructor(props: TokenPricingProps = {}) {
    requireShape(NAME, props, SHAPE);
    const {
      customPrices = {},
      discounts = {},
      inferenceProfiles = {},
      resolvableProfiles = [],
      bareIdPrice,
    } = props;
    for (const [model, price] of Object.entries(customPrices)) {
      requireName('customPrices', model, 'a model id or a pattern');
      requirePrice(NAME, `customPrices['${model}']`, price);
    }
    for (const [name, share] of Object.entries(discounts)) {
      requireDiscount(NAME, 'discounts', name, share);
    }
    for (const [profile, model] of Object.entries(inferenceProfiles)) {
      requireName('inferenceProfiles', profile, 'an inference profile');
      requireKind(NAME, `inferenceProfiles['${profile}']`, model, TEXT);
      requireModelId(`inferenceProfiles['${profile}']`, model);
    }
    for (const arn of resolvableProfiles) {
      if (Token.isUnresolved(arn) || PROFILE_ARN.test(arn)) continue;
      throw propError(
        NAME,
        'resolvableProfiles',
        'ARNs of application inference profiles',
        arn,
        'Give arn:aws:bedrock:<region>:<account>:application-inference-profile/<id>.',
      );
    }
    this._inferenceProfiles = inferenceProfiles;
    this.pricedModels = Object.keys(customPrices);
    this._lowPrices = Object.entries(customPrices)
      .filter(([, price]) => isLow(price))
      .map(([model]) => model);
    this._unknownModels = Object.values(inferenceProfiles).filter(
      model => hasNoCatalogPrice(model) && !this._hasPrice(model),
    );
    this.resolvableProfiles = resolvableProfiles;
    this.environment = {
      ...jsonVariable(ENV.prices, customPrices),
      ...jsonVariable(ENV.discounts, discounts),
      ...jsonVariable(ENV.inferenceProfiles, inferenceProfiles),
      ...(resolvableProfiles.length > 0 ? { [ENV.resolveProfiles]: resolvableProfiles.join(',') } : {}),
      ...(bareIdPrice === undefined ? {} : { [ENV.bareIdPrice]: bareIdPrice }),
    };
    requireRoom(this.environment);
  }

  /**
   * Lets a grantee ask Bedrock for the models of `resolvableProfiles`:
   * `bedrock:GetInferenceProfile` on these alone.
   *
   * @param grantee who calls them
   * @returns undefined if there are none
   */
  public grantResolveProfiles(grantee: iam.IGrantable): iam.Grant | undefined {
    return this._grantResolveProfiles(NAME, grantee);
  }

  /**
   * Returns true if a price is given for a model, by its name or a pattern.
   *
   * @internal
   */
  public _hasPrice(model: string): boolean {
    const escaped = (text: string) => text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
    return this.pricedModels.some(pattern =>
      new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`).test(model),
    );
  }

  /**
   * Does the same for a construct, which shows the warning of a grant that goes nowhere.
   *
   * @internal
   */
  public _grantResolveProfiles(where: Where, grantee: iam.IGrantable): iam.Grant | undefined {
    requireGrantee(where, grantee);
    if (this.resolvableProfiles.length === 0) return undefined;
    return grantRight(where, grantee, {
      purpose: 'ask for the models of inference profiles',
      actions: PROFILE_READ_ACTIONS,
      resourceArns: this.resolvableProfiles,
    });
  }
}

/** Returns true for a rate above 0 that no model is as cheap as, in USD per million tokens. */
function isLow({ input, output }: CustomModelPrice): boolean {
  return [input, output].some(rate => rate > 0 && rate < MIN_PLAUSIBLE_RATE);
}

/** Returns true for an id that no price catalog has. */
function hasNoCatalogPrice(model: string): boolean {
  return !Token.isUnresolved(model) && !MODEL_ARN.test(model) && foundationModelOf(model) === undefined;
}

function requireModelId(prop: string, model: string): void {
  if (Token.isUnresolved(model) || /^\S+$/.test(model)) return;
  throw propError(
    NAME,
    prop,
    'a model id',
    model,
    'Give, for example, amazon.nova-lite-v1:0, or an ARN, without blanks.',
  );
}

function requireName(prop: string, name: string, must: string): void {
  if (Token.isUnresolved(name)) return;
  if (name.trim() === '') throw propError(NAME, prop, must, name, 'Name it, or remove the entry.');
}

/** What is known only at deployment stands in the text as it is: ARNs need no escaping. */
function jsonVariable(variable: string, values: object): { [key: string]: string } {
  return Object.keys(values).length === 0 ? {} : { [variable]: JSON.stringify(values) };
}

function requireRoom(environment: { readonly [key: string]: string }): void {
  const text = Object.entries(environment)
    .map(([name, value]) => name + value)
    .join('');
  const bytes = Buffer.byteLength(text);
  if (Token.isUnresolved(text) || bytes <= MAX_PRICING_ENVIRONMENT_BYTES) return;
  throw propError(
    NAME,
    'customPrices',
    `at most ${MAX_PRICING_ENVIRONMENT_BYTES} bytes together with \`discounts\`, ` +
      '`inferenceProfiles` and `resolvableProfiles`, as a Lambda function has 4 KB of environment variables',
    `${bytes} bytes`,
    'Name several models by one pattern, leave buckets out that are not used, or give prices and ' +
      'discounts to the runtime in code.',
  );
}
