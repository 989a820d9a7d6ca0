import type { FindModels } from './bill-names';
import type { Bucket } from '../../lambda/pricing/billing-buckets';
import type { TierName } from '../../lambda/pricing/list-prices/price-types';

/** Parsed service and usage type of a charge. */
export interface BilledUsage {
  /**
   * Models that fit the name on the bill. The charge is attributed to a model only if exactly one model fits.
   */
  readonly models: readonly string[];
  /**
   * Billing bucket of the tokens. `other` for usage without tokens, and for tokens of images, audio, video or
   * training.
   */
  readonly bucket: Bucket | 'other';
  /** True if the charge is billed by the token, like recorded invocations. */
  readonly byTokens: boolean;
  readonly scope: 'global' | 'regional';
  /** Service tier. Undefined for the standard tier. */
  readonly tier?: TierName;
  /** True if the charge is billed at the rate for long prompts. */
  readonly longPrompt: boolean;
}

/** Service name of a model sold through AWS Marketplace: `Claude Sonnet 4.6 (Amazon Bedrock Edition)`. */
const MARKETPLACE_SERVICE = /^(.+?)\s*\(Amazon Bedrock Edition\)$/i;
/** Service name of Bedrock itself: `Amazon Bedrock`, `Amazon Bedrock Service`, `Amazon Bedrock AgentCore`. */
const FIRST_PARTY_SERVICE = /^Amazon Bedrock\b/i;

/**
 * Billing code of a region, such as `USE1-` or `EU-`. The code cannot be derived from the name of the region.
 */
const REGION_CODE = /^(?:[A-Z]{2,4}\d+|EU)-/;
/**
 * Pattern of a usage type of AWS Marketplace, such as `MP:USE1_InputTokenCount_Global-Units`. The capture
 * group is the part after the region code, here `InputTokenCount_Global`.
 */
const MARKETPLACE_USAGE = /^MP:(?:[A-Z0-9]+_)?(.+?)(?:-Units)?$/;
/**
 * Usage type that contains the model, such as `NovaLite-input-tokens` or
 * `openai.gpt-oss-120b-mantle-cache-write-tokens-5m-flex`.
 */
const MODEL_AND_TOKENS =
  /^(.+?)-((?:mantle-|text-|image-|audio-|video-|speech-(?:[a-z]+-)?)*(?:[Ii]nput|[Oo]utput|[Cc]ache[-_](?:[Rr]ead|[Ww]rite))[-_].*[Tt]oken.*)$/;

const NO_TOKENS = /training|customi[sz]ation|provisioned|no-?commit|model-?units|reserved/;
/** Usage of a customized model. Its tokens are not billed at the prices of the foundation model. */
const CUSTOM_MODEL = /custom-?model/;
const SPEECH = /^speech-(input|output)-token/;
const OTHER_KINDS = /image|audio|video|speech/;
const LIFETIME = /(?<![0-9a-z])(\d+[mh])(?![a-z0-9])|write(\d+[mh])/;
const LONG_PROMPT = /long-?(?:context|ctx)|lctx/;
const TIERS: readonly (readonly [RegExp, TierName])[] = [
  [/batch/, 'batch'],
  [/flex/, 'flex'],
  [/priority/, 'priority'],
  [/optimized/, 'optimized'],
];

/**
 * Returns true if a service on the bill is Bedrock itself, or a Bedrock model that is sold through AWS
 * Marketplace.
 */
export function isBedrockService(service: string): boolean {
  return MARKETPLACE_SERVICE.test(service) || FIRST_PARTY_SERVICE.test(service);
}

/**
 * Parses the service and the usage type of a charge. Finds a model only if its complete name matches, because
 * AWS documents the names only by examples (Bedrock User Guide, "Understanding your Amazon Bedrock Cost and
 * Usage Report data").
 */
export function parseUsage(service: string, usageType: string, findModels: FindModels): BilledUsage {
  const usage = usageType.replace(REGION_CODE, '');
  const [, soldModel] = MARKETPLACE_SERVICE.exec(service) ?? [];
  const [, sold] = MARKETPLACE_USAGE.exec(usage) ?? [];
  const [, named, tokens] = MODEL_AND_TOKENS.exec(usage) ?? [];
  const text = normalize(sold ?? tokens ?? usage);
  const models = CUSTOM_MODEL.test(text) ? [] : findModels(soldModel ?? named ?? '');
  const tier = TIERS.find(([pattern]) => pattern.test(text))?.[1];
  return {
    models,
    bucket: findBucket(text),
    byTokens: isByTokens(text),
    scope: text.includes('global') ? 'global' : 'regional',
    ...(tier === undefined ? {} : { tier }),
    longPrompt: LONG_PROMPT.test(text),
  };
}

function isByTokens(text: string): boolean {
  return text.includes('token') && !NO_TOKENS.test(text);
}

function findBucket(text: string): Bucket | 'other' {
  const [, speech] = SPEECH.exec(text) ?? [];
  if (speech !== undefined) return speech === 'input' ? 'speechInput' : 'speechOutput';
  if (!isByTokens(text) || OTHER_KINDS.test(text)) return 'other';
  if (/cache-?read/.test(text)) return 'cacheRead';
  if (/cache-?write/.test(text)) return findCacheWrite(text);
  if (text.includes('output')) return 'output';
  return text.includes('input') ? 'input' : 'other';
}

function findCacheWrite(text: string): Bucket | 'other' {
  const [, apart, joined] = LIFETIME.exec(text) ?? [];
  const lifetime = apart ?? joined ?? '5m';
  if (lifetime === '1h') return 'cacheWrite1h';
  return lifetime === '5m' ? 'cacheWrite5m' : 'other';
}

function normalize(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
