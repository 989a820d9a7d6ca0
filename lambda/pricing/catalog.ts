/** USD per million tokens, as decimals in text so that no digit is lost. */
export interface Rates {
  readonly input: string;
  readonly output: string;
  readonly cacheRead?: string;
  readonly cacheWrite5m?: string;
  readonly cacheWrite1h?: string;
}

/** One model's list price on Bedrock: us-east-1, on demand, standard tier. */
export interface CatalogRow {
  readonly model: string;
  /** The price everywhere, or, where `regional` stands beside it, the Global list price. */
  readonly rates: Rates;
  /** The price of geographic profiles and in-region calls, where AWS lists another one for them. */
  readonly regional?: Rates;
  /** First day (UTC) on which the price no longer holds. */
  readonly until?: string;
}

/** The day on which the figures were last compared with their source. */
export const CATALOG_AS_OF = '2026-09-15';
export const CATALOG_SOURCE = 'AWS price list, us-east-1';

const SONNET_GLOBAL: Rates = { input: '3', output: '15', cacheRead: '0.3', cacheWrite5m: '3.75', cacheWrite1h: '6' };
const SONNET_REGIONAL: Rates = { input: '3.3', output: '16.5', cacheRead: '0.33', cacheWrite5m: '4.125', cacheWrite1h: '6.6' };
const OPUS_GLOBAL: Rates = { input: '5', output: '25', cacheRead: '0.5', cacheWrite5m: '6.25', cacheWrite1h: '10' };
const OPUS_REGIONAL: Rates = { input: '5.5', output: '27.5', cacheRead: '0.55', cacheWrite5m: '6.875', cacheWrite1h: '11' };
const SONNET_WITHOUT_HOUR_WRITES: Rates = { input: '3', output: '15', cacheRead: '0.3', cacheWrite5m: '3.75' };

/** Claude and Nova. A model or a bucket that is not here has no price: it is counted as unpriced, and never guessed. */
export const CATALOG: readonly CatalogRow[] = [
  { model: 'anthropic.claude-3-haiku-20240307-v1:0', rates: { input: '0.25', output: '1.25' } },
  { model: 'anthropic.claude-3-sonnet-20240229-v1:0', rates: { input: '3', output: '15' } },
  { model: 'anthropic.claude-3-opus-20240229-v1:0', rates: { input: '15', output: '75' } },
  { model: 'anthropic.claude-3-5-sonnet-20240620-v1:0', rates: { input: '3', output: '15' } },
  // From December 2025 the page lists "public extended access" at twice the price.
  { model: 'anthropic.claude-3-5-sonnet-20241022-v2:0', rates: SONNET_WITHOUT_HOUR_WRITES, until: '2025-12-01' },
  { model: 'anthropic.claude-3-5-haiku-20241022-v1:0', rates: { input: '0.8', output: '4', cacheRead: '0.08', cacheWrite5m: '1' } },
  { model: 'anthropic.claude-3-7-sonnet-20250219-v1:0', rates: SONNET_WITHOUT_HOUR_WRITES },
  { model: 'anthropic.claude-sonnet-4-20250514-v1:0', rates: SONNET_WITHOUT_HOUR_WRITES },
  { model: 'anthropic.claude-opus-4-20250514-v1:0', rates: { input: '15', output: '75', cacheRead: '1.5', cacheWrite5m: '18.75' } },
  { model: 'anthropic.claude-opus-4-1-20250805-v1:0', rates: { input: '15', output: '75', cacheRead: '1.5', cacheWrite5m: '18.75' } },
  { model: 'anthropic.claude-sonnet-4-5-20250929-v1:0', rates: SONNET_GLOBAL, regional: SONNET_REGIONAL },
  {
    model: 'anthropic.claude-haiku-4-5-20251001-v1:0',
    rates: { input: '1', output: '5', cacheRead: '0.1', cacheWrite5m: '1.25', cacheWrite1h: '2' },
    regional: { input: '1.1', output: '5.5', cacheRead: '0.11', cacheWrite5m: '1.375', cacheWrite1h: '2.2' },
  },
  { model: 'anthropic.claude-opus-4-5-20251101-v1:0', rates: OPUS_GLOBAL, regional: OPUS_REGIONAL },
  { model: 'anthropic.claude-sonnet-4-6', rates: SONNET_GLOBAL, regional: SONNET_REGIONAL },
  { model: 'anthropic.claude-opus-4-6-v1', rates: OPUS_GLOBAL, regional: OPUS_REGIONAL },
  { model: 'anthropic.claude-opus-4-7', rates: OPUS_GLOBAL, regional: OPUS_REGIONAL },
  { model: 'anthropic.claude-opus-4-8', rates: OPUS_GLOBAL, regional: OPUS_REGIONAL },
  { model: 'anthropic.claude-opus-5', rates: OPUS_GLOBAL, regional: { ...OPUS_REGIONAL, cacheWrite1h: undefined } },
  { model: 'amazon.nova-micro-v1:0', rates: { input: '0.035', output: '0.14', cacheRead: '0.00875' } },
  { model: 'amazon.nova-lite-v1:0', rates: { input: '0.06', output: '0.24', cacheRead: '0.015' } },
  { model: 'amazon.nova-pro-v1:0', rates: { input: '0.8', output: '3.2', cacheRead: '0.2' } },
  { model: 'amazon.nova-premier-v1:0', rates: { input: '2.5', output: '12.5', cacheRead: '0.625' } },
];
