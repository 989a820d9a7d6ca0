import type { FindModels } from './bill-names';
import type { Bucket } from '../../lambda/pricing/billing-buckets';
import type { TierName } from '../../lambda/pricing/list-prices/price-types';

/** Model, kind of tokens and price options of a charge, read from its service and usage type. */
export interface BilledUsage {
  /**
   * Ids of the models that match the name on the bill. If there is exactly one id, the charge is attributed
   * to this model.
   */
  readonly models: readonly string[];
  /**
   * Kind of tokens that were billed, such as `output`. `other` stands for usage without tokens, and for
   * tokens of images, audio, video or training.
   */
  readonly bucket: Bucket | 'other';
  /**
   * True if the charge is for a number of tokens. Only such charges can be compared with recorded
   * invocations.
   */
  readonly byTokens: boolean;
  readonly scope: 'global' | 'regional';
  /** Service tier, such as `flex`. Undefined for the standard tier. */
  readonly tier?: TierName;
  /** True if the charge has the higher price for long prompts. */
  readonly longPrompt: boolean;
}

/**
 * Matches the service name of a model from AWS Marketplace, e.g. `Claude Sonnet 4.6 (Amazon Bedrock
 * Edition)`.
 */
const MARKETPLACE_SERVICE = /^(.+?)\s*\(Amazon Bedrock Edition\)$/i;
/** Matches the names of Bedrock's own services, e.g. `Amazon Bedrock` or `Amazon Bedrock AgentCore`. */
const FIRST_PARTY_SERVICE = /^Amazon Bedrock\b/i;

/** Matches the region code at the start of a usage type, such as `USE1-` or `EU-`. */
const REGION_CODE = /^(?:[A-Z]{2,4}\d+|EU)-/;
/**
 * Matches a usage type of AWS Marketplace, such as `MP:USE1_InputTokenCount_Global-Units`. The group captures
 * the part after the region code, here `InputTokenCount_Global`.
 */
const MARKETPLACE_USAGE = /^MP:(?:[A-Z0-9]+_)?(.+?)(?:-Units)?$/;
/**
 * Matches a usage type that names the model and the kind of tokens, such as `NovaLite-input-tokens` or
 * `openai.gpt-oss-120b-mantle-cache-write-tokens-5m-flex`.
 */
const MODEL_AND_TOKENS =
  /^(.+?)-((?:mantle-|text-|image-|audio-|video-|speech-(?:[a-z]+-)?)*(?:[Ii]nput|[Oo]utput|[Cc]ache[-_](?:[Rr]ead|[Ww]rite))[-_].*[Tt]oken.*)$/;

const NO_TOKENS = /training|customi[sz]ation|provisioned|no-?commit|model-?units|reserved/;
/**
 * Matches usage of a customized model. Such usage is not attributed to a model, because its prices differ
 * from the prices of the foundation model.
 */
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
 * Returns true if `service` is a service name on the bill that belongs to Bedrock: Bedrock itself, or a
 * Bedrock model from AWS Marketplace.
 */
export function isBedrockService(service: string): boolean {
  return MARKETPLACE_SERVICE.test(service) || FIRST_PARTY_SERVICE.test(service);
}

/**
 * Reads the model, the kind of tokens and the tier from the service and usage type of a charge. A model is
 * found only by its complete name. A guess could be wrong, because AWS documents the names only by examples
 * (Bedrock User Guide, "Understanding your Amazon Bedrock Cost and Usage Report data").
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
