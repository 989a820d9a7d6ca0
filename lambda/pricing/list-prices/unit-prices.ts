import type { Unit } from '../../usage/billed-units';

/** Prices of units in US dollars per unit, as exact decimals in text. */
export type PerUnit = Readonly<Partial<Record<Unit, string>>>;

/** Prices of units that have the same source. */
export interface UnitPrices {
  readonly source: string;
  /** Day on which the prices were read from the source. */
  readonly asOf: string;
  /** Prices for all models. */
  readonly any?: PerUnit;
  /** Prices for the models of a vendor, e.g. `anthropic`. They take precedence over `any`. */
  readonly vendors?: Readonly<Record<string, PerUnit>>;
  /** Prices for a model. They take precedence over the other prices. */
  readonly models?: Readonly<Record<string, PerUnit>>;
}

/** List prices of units besides tokens, in us-east-1. */
export const UNIT_PRICES: readonly UnitPrices[] = [
  {
    source: 'AWS price list, AmazonBedrock, us-east-1; a price catalog agrees',
    asOf: '2026-08-09',
    any: {
      guardrailContent: '0.00015',
      guardrailContentImages: '0.00075',
      guardrailTopics: '0.00015',
      guardrailSensitiveInformation: '0.0001',
      guardrailGrounding: '0.0001',
      guardrailReasoning: '0.00017',
      checkContent: '0.00007',
      checkPromptAttack: '0.00008',
      checkSensitiveInformation: '0.0001',
    },
  },
  {
    source: 'LiteLLM 1.110.2',
    asOf: '2026-11-29',
    vendors: { openai: { webSearches: '0.012' }, anthropic: { webSearches: '0.01' } },
    models: {
      'amazon.rerank-v1': { searches: '0.001' },
      'cohere.rerank-v3-5': { searches: '0.002' },
      'stability.stable-image-core-v1': { images: '0.04' },
      'stability.stable-image-core-v1:1': { images: '0.04' },
      'stability.sd3-large-v1': { images: '0.08' },
      'stability.sd3-5-large-v1': { images: '0.08' },
      'stability.stable-image-ultra-v1': { images: '0.14' },
      'stability.stable-image-ultra-v1:1': { images: '0.14' },
    },
  },
  {
    source: 'AWS Bedrock pricing page, us-east-1; one price catalog agrees in part',
    asOf: '2026-11-29',
    models: {
      'amazon.nova-canvas-v1': {
        images: '0.04',
        imagesPremium: '0.06',
        imagesLarge: '0.06',
        imagesLargePremium: '0.08',
      },
      'amazon.nova-reel-v1': { videoSeconds: '0.08' },
      'amazon.nova-reel-v1:1': { videoSeconds: '0.08' },
    },
  },
];
