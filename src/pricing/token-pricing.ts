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
 * Rates for invocations with a long prompt, in US dollars per million tokens.
 */
export interface LongPromptPrice {
  /**
   * Maximum number of input tokens at the standard rates. Cache reads and cache writes count as input tokens.
   * Above this number, the rates for long prompts apply to all tokens of the invocation.
   */
  readonly above: number;

  /**
   * Rate of input tokens. Speech, cache reads and cache writes have rates of their own.
   */
  readonly input: number;

  /**
   * Rate of output tokens, including reasoning. Speech has a rate of its own.
   */
  readonly output: number;

  /**
   * Rate of input tokens that are read from the prompt cache.
   *
   * @default - unknown. Invocations that read from the cache are unpriced
   */
  readonly cacheRead?: number;

  /**
   * Rate of input tokens that are written to the prompt cache for 5 minutes, the default TTL of the cache.
   *
   * @default - unknown. Invocations that write to the cache for 5 minutes are unpriced
   */
  readonly cacheWrite5m?: number;

  /**
   * Rate of input tokens that are written to the prompt cache for 1 hour.
   *
   * @default - unknown. Invocations that write to the cache for 1 hour are unpriced
   */
  readonly cacheWrite1h?: number;

  /**
   * Rate of speech input tokens. Speech models, such as Amazon Nova Sonic, have different rates for speech
   * and for text.
   *
   * @default - unknown. Invocations with speech input are unpriced
   */
  readonly speechInput?: number;

  /**
   * Rate of speech output tokens.
   *
   * @default - unknown. Invocations with speech output are unpriced
   */
  readonly speechOutput?: number;
}

/**
 * Custom price of a model in US dollars per million tokens. The rates apply to on-demand invocations in the
 * standard tier. Each rate is at most 10,000,000.
 */
export interface CustomModelPrice {
  /**
   * Rate of input tokens. Speech, cache reads and cache writes have rates of their own.
   */
  readonly input: number;

  /**
   * Rate of output tokens, including reasoning. Speech has a rate of its own. Pass 0 for a model without
   * output tokens.
   */
  readonly output: number;

  /**
   * Rate of input tokens that are read from the prompt cache.
   *
   * @default - unknown. Invocations that read from the cache are unpriced
   */
  readonly cacheRead?: number;

  /**
   * Rate of input tokens that are written to the prompt cache for 5 minutes, the default TTL of the cache.
   *
   * @default - unknown. Invocations that write to the cache for 5 minutes are unpriced
   */
  readonly cacheWrite5m?: number;

  /**
   * Rate of input tokens that are written to the prompt cache for 1 hour.
   *
   * @default - unknown. Invocations that write to the cache for 1 hour are unpriced
   */
  readonly cacheWrite1h?: number;

  /**
   * Rate of speech input tokens. Speech models, such as Amazon Nova Sonic, have different rates for speech
   * and for text.
   *
   * @default - unknown. Invocations with speech input are unpriced
   */
  readonly speechInput?: number;

  /**
   * Rate of speech output tokens.
   *
   * @default - unknown. Invocations with speech output are unpriced
   */
  readonly speechOutput?: number;

  /**
   * Rates for invocations with a long prompt.
   *
   * @default - the rates are the same for prompts of any length
   */
  readonly longPrompt?: LongPromptPrice;

  /**
   * Factors for service tiers other than the standard tier. In such a tier, each rate is multiplied by the
   * factor of the tier. The keys are `flex`, `priority`, `batch` and `optimized` (optimized latency). Each
   * factor is at most 1,000.
   *
   * @default - the factors in the price catalog. If the catalog has no factor for a tier, invocations in this
   * tier are unpriced
   */
  readonly tierFactors?: { [tier: string]: number };

  /**
   * Source of the price, such as the name of a contract.
   *
   * @default 'custom'
   */
  readonly source?: string;

  /**
   * Date of the price, such as `2026-11-24`. The trace of an invocation with this price contains the date.
   *
   * @default 'custom'
   */
  readonly asOf?: string;
}

/**
 * List price to use for Claude model ids without a prefix such as `us.` or `global.`. AWS lists a global and
 * a regional price for some Claude models. The choice applies in all regions.
 */
export enum BareIdPrice {
  /** Price of the global inference profile. Most price tables show this price. */
  GLOBAL = 'global',

  /**
   * Price of an invocation in one region, 10 % higher than the global price. AWS bills this price if the
   * model id has no prefix.
   */
  IN_REGION = 'in-region',
}

/**
 * Properties of TokenPricing.
 */
export interface TokenPricingProps {
  /**
   * Custom prices, which take precedence over list prices. Each key is the id of a foundation model, the
   * model id that the program passes to Bedrock, or a pattern with `*`.
   *
   * @default - list prices only
   */
  readonly customPrices?: { [model: string]: CustomModelPrice };

  /**
   * Discounts on list prices, each as a share from 0 to 1: `{ anthropic: 0.1 }` means 10 % less. Discounts do
   * not apply to `customPrices`.
   *
   * The keys are vendors, model ids, or patterns with `*`. A model id takes precedence over its vendor, and a
   * longer pattern over a shorter pattern. The key `*` applies to all other models.
   *
   * @default - no discounts
   */
  readonly discounts?: { [vendorOrModel: string]: number };

  /**
   * Models of application inference profiles. The id of such a profile does not contain the model, so the
   * runtime needs this map to find the price. Each key is the ARN of a profile, or the last part of the ARN.
   * Each value is the id or the ARN of a model that has a price.
   *
   * A key can also be another id that does not contain the model.
   *
   * @default - an invocation through such a profile is unpriced, unless `resolvableProfiles` contains the
   * profile
   */
  readonly inferenceProfiles?: { [profile: string]: string };

  /**
   * ARNs of application inference profiles. The runtime looks up the models of these profiles in Bedrock.
   * Each process looks up a profile once, and invocations do not wait for the result. The role of the program
   * needs the permission that `grantResolveProfiles` grants.
   *
   * @default - no look-ups
   */
  readonly resolvableProfiles?: string[];

  /**
   * List price for Claude model ids without a prefix such as `us.` or `global.`. The property has no effect
   * on models with only one list price.
   *
   * @default - the regional price if the region of the invocation is known, as in Lambda. If the region is
   * unknown, the global price, which is marked as a lower bound
   */
  readonly bareIdPrice?: BareIdPrice;
}

const SHAPE: Shape<TokenPricingProps> = {
  customPrices: OBJECT,
  discounts: OBJECT,
  inferenceProfiles: OBJECT,
  resolvableProfiles: listOf(TEXT),
  bareIdPrice: oneOf('BareIdPrice', BareIdPrice),
};

const NAME = 'TokenPricing';
/**
 * Lowest plausible rate in US dollars per million tokens. A lower rate is probably a price per thousand
 * tokens, because even the cheapest models cost a few cents per million.
 */
const MIN_PLAUSIBLE_RATE = 0.001;
const PROFILE_ARN = /^arn:aws[^:]*:bedrock:[a-z0-9-]+:\d{12}:application-inference-profile\/[a-z0-9]+$/;

/**
 * Settings for the cost of invocations: custom prices, discounts, and the models of inference profiles. The
 * class creates no resource. The runtime reads these settings from environment variables.
 */
export class TokenPricing {
  /**
   * Environment variables for the program that invokes models. The runtime reads the prices from them.
   */
  public readonly environment: { [key: string]: string };

  /**
   * Value of the prop `inferenceProfiles`: the model of each inference profile.
   *
   * @internal
   */
  public readonly _inferenceProfiles: Readonly<Record<string, string>>;

  /**
   * Models whose custom price is so low that it is probably a price per thousand tokens.
   *
   * @internal
   */
  public readonly _lowPrices: readonly string[];

  /**
   * Models in `inferenceProfiles` without a price: their vendor is unknown, and they have no custom price.
   *
   * @internal
   */
  public readonly _unknownModels: readonly string[];

  /** Model ids and patterns that have a custom price. */
  private readonly pricedModels: readonly string[];
  private readonly resolvableProfiles: readonly string[];

  /**
   * Creates the settings.
   *
   * @throws if a rate is not a number from 0 to 10,000,000
   * @throws if a price has no `input` or no `output`
   * @throws if a discount is not a number from 0 to 1
   * @throws if a name is empty
   * @throws if `resolvableProfiles` contains a text that is not the ARN of an application inference profile
   * @throws if the environment variables exceed 3 KB
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
        'Pass arn:aws:bedrock:<region>:<account>:application-inference-profile/<id>.',
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
   * Grants the permission to look up the models of the profiles in `resolvableProfiles`. The permission is
   * `bedrock:GetInferenceProfile` on these profiles.
   *
   * @param grantee principal that invokes models
   * @returns the grant, or undefined if there are no `resolvableProfiles`
   */
  public grantResolveProfiles(grantee: iam.IGrantable): iam.Grant | undefined {
    return this._grantResolveProfiles(NAME, grantee);
  }

  /**
   * Returns true if a model has a custom price. A key of `customPrices` must be the model id, or a pattern
   * that matches the model id.
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
   * Grants the same permission as {@link grantResolveProfiles}. Adds a warning to `where` if the grant has no
   * effect.
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

/** Returns true if the input rate or the output rate is above 0, but below `MIN_PLAUSIBLE_RATE`. */
function isLow({ input, output }: CustomModelPrice): boolean {
  return [input, output].some(rate => rate > 0 && rate < MIN_PLAUSIBLE_RATE);
}

/**
 * Returns true if the price catalog cannot contain a model, because the vendor in the model id is unknown.
 */
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
    'Pass, for example, amazon.nova-lite-v1:0, or an ARN, without spaces.',
  );
}

function requireName(prop: string, name: string, must: string): void {
  if (Token.isUnresolved(name)) return;
  if (name.trim() === '') throw propError(NAME, prop, must, name, 'Correct the key, or remove the entry.');
}

/**
 * Returns an environment variable that contains `values` as JSON, or no variable if `values` is empty. CDK
 * tokens in `values` are ARNs, so they need no escaping in JSON.
 */
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
      '`inferenceProfiles` and `resolvableProfiles`, because a Lambda function has 4 KB of environment variables',
    `${bytes} bytes`,
    'Combine models in one pattern, remove rates that are not used, or pass prices and ' +
      'discounts to the runtime in code.',
  );
}
