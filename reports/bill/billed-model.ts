import type { ModelsNamed } from './bill-names';
import type { Bucket } from '../../lambda/pricing/model-price';
import type { TierName } from '../../lambda/pricing/price-table';

/** What a service and a usage type of the bill say. */
export interface BilledUsage {
  /**
   * The models whose name it could be, as prices know them; the charge is a model's where it is exactly one.
   */
  readonly models: readonly string[];
  /** Billed bucket; `other` for all else, such as images, training and provisioned throughput. */
  readonly bucket: Bucket | 'other';
  /** Whether it is billed by the token, as calls are that can be recorded. */
  readonly byTokens: boolean;
  readonly scope: 'global' | 'regional';
  /** Where it is not the standard one. */
  readonly tier?: TierName;
  /** Whether it is the rate of long prompts. */
  readonly longPrompt: boolean;
}

/**
 * What models that are sold through AWS Marketplace are called
 * on the bill: `Claude Sonnet 4.6 (Amazon Bedrock Edition)`.
 */
const MARKETPLACE_SERVICE = /^(.+?)\s*\(Amazon Bedrock Edition\)$/i;
/** `Amazon Bedrock` itself, `Amazon Bedrock Service`, `Amazon Bedrock AgentCore` … */
const FIRST_PARTY_SERVICE = /^Amazon Bedrock\b/i;

/** The billing code of a region, `USE1-` or `EU-`, which no rule makes of the region's name. */
const REGION_CODE = /^(?:[A-Z]{2,4}\d+|EU)-/;
/**
 * `USE1-MP:USE1_InputTokenCount_Global-Units` after the region's code: the model is in the service's name.
 */
const MARKETPLACE_USAGE = /^MP:(?:[A-Z0-9]+_)?(.+?)(?:-Units)?$/;
/**
 * `NovaLite-input-tokens`, `openai.gpt-oss-120b-mantle-cache-write-tokens-5m-flex`:
 * a model, and what is billed of it.
 */
const MODEL_AND_TOKENS =
  /^(.+?)-((?:mantle-|text-|image-|audio-|video-|speech-(?:[a-z]+-)?)*(?:[Ii]nput|[Oo]utput|[Cc]ache[-_](?:[Rr]ead|[Ww]rite))[-_].*[Tt]oken.*)$/;

const NO_TOKENS = /training|customi[sz]ation|provisioned|no-?commit|model-?units|reserved/;
/** A model that was fine-tuned has tokens of its own, which are not the foundation model's. */
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
 * Whether a service of the bill is Bedrock: by its own name, or a model that is sold through AWS Marketplace.
 */
export function isBedrockService(service: string): boolean {
  return MARKETPLACE_SERVICE.test(service) || FIRST_PARTY_SERVICE.test(service);
}

/**
 * What a charge of Bedrock is for. Neither is documented but by examples (Bedrock User Guide, "Understanding
 * your Amazon Bedrock Cost and Usage Report data"), so that a name is matched whole or not at all.
 */
export function billedUsage(service: string, usageType: string, modelsNamed: ModelsNamed): BilledUsage {
  const usage = usageType.replace(REGION_CODE, '');
  const [, soldModel] = MARKETPLACE_SERVICE.exec(service) ?? [];
  const [, sold] = MARKETPLACE_USAGE.exec(usage) ?? [];
  const [, named, tokens] = MODEL_AND_TOKENS.exec(usage) ?? [];
  const text = normalised(sold ?? tokens ?? usage);
  const models = CUSTOM_MODEL.test(text) ? [] : modelsNamed(soldModel ?? named ?? '');
  const tier = TIERS.find(([pattern]) => pattern.test(text))?.[1];
  return {
    models,
    bucket: bucketOf(text),
    byTokens: isByTokens(text),
    scope: text.includes('global') ? 'global' : 'regional',
    ...(tier === undefined ? {} : { tier }),
    longPrompt: LONG_PROMPT.test(text),
  };
}

function isByTokens(text: string): boolean {
  return text.includes('token') && !NO_TOKENS.test(text);
}

function bucketOf(text: string): Bucket | 'other' {
  const [, speech] = SPEECH.exec(text) ?? [];
  if (speech !== undefined) return speech === 'input' ? 'speechInput' : 'speechOutput';
  if (!isByTokens(text) || OTHER_KINDS.test(text)) return 'other';
  if (/cache-?read/.test(text)) return 'cacheRead';
  if (/cache-?write/.test(text)) return cacheWriteOf(text);
  if (text.includes('output')) return 'output';
  return text.includes('input') ? 'input' : 'other';
}

function cacheWriteOf(text: string): Bucket | 'other' {
  const [, apart, joined] = LIFETIME.exec(text) ?? [];
  const lifetime = apart ?? joined ?? '5m';
  if (lifetime === '1h') return 'cacheWrite1h';
  return lifetime === '5m' ? 'cacheWrite5m' : 'other';
}

function normalised(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
