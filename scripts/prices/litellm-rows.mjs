// Converts LiteLLM's prices of Bedrock models to the format of the project's catalog.

const PROVIDERS = new Set(['bedrock', 'bedrock_converse', 'bedrock_mantle']);

/**
 * Matches keys in LiteLLM's list to skip: models operated by Anthropic, provisioned throughput, and prices by
 * image size.
 */
const OTHER_OFFERS = /^bedrock\/claude_platform\/|-month-commitment\/|^(?:\d+|max)-x-/;

/**
 * Names of the prices in the catalog, by their names in LiteLLM's list. The order is the same as in the
 * catalog.
 */
const BUCKETS = {
  input_cost_per_token: 'input',
  output_cost_per_token: 'output',
  cache_read_input_token_cost: 'cacheRead',
  cache_creation_input_token_cost: 'cacheWrite5m',
  cache_creation_input_token_cost_above_1hr: 'cacheWrite1h',
  input_cost_per_audio_token: 'speechInput',
  output_cost_per_audio_token: 'speechOutput',
};
const ORDER = Object.values(BUCKETS);
const TIERS = { batches: 'batch' };
const TOKEN_PRICE =
  /^(?<name>(?:in|out)put_cost_per(?:_audio)?_token|cache_(?:read|creation)_input_token_cost(?:_above_1hr)?)(?:_above_(?<thousands>\d+)k_tokens)?(?:_(?<tier>flex|priority|batches|ultrafast))?$/;
/** Matches names of prices for something other than tokens, such as an image, a query or a second. */
const UNIT_PRICE = /cost_per_(?:image|query|\w*second|pixel)$/;

/**
 * Converts LiteLLM's prices of Bedrock models to the format of the catalog.
 *
 * @param models content of LiteLLM's price file
 * @returns prices by LiteLLM's key. Keys without a price are omitted. Members of a price, all optional:
 * - `rates`: US dollars per million tokens
 * - `tierRates` and `longPrompt`: prices of service tiers and of long prompts, as in the catalog
 * - `perUnit`: US dollars, for example per image
 */
export function litellmRows(models) {
  return Object.fromEntries(
    Object.entries(models)
      .filter(([key, { litellm_provider }]) => PROVIDERS.has(litellm_provider) && !OTHER_OFFERS.test(key))
      .map(([key, model]) => [key, rowOf(key, model)])
      .filter(([, row]) => Object.keys(row).length > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function rowOf(key, model) {
  const short = { rates: {}, tierRates: {} };
  const long = { rates: {}, tierRates: {} };
  const steps = new Set();
  const perUnit = {};
  for (const [member, price] of Object.entries(model)) {
    // If a price is 0, it is skipped, because the model does not support this kind of token.
    if (typeof price !== 'number' || price === 0) continue;
    const { name, thousands, tier } = TOKEN_PRICE.exec(member)?.groups ?? {};
    if (name === undefined) {
      if (UNIT_PRICE.test(member)) perUnit[member] = decimal(price);
      continue;
    }
    if (thousands !== undefined) steps.add(Number(thousands) * 1000);
    const part = thousands === undefined ? short : long;
    const rates = tier === undefined ? part.rates : (part.tierRates[TIERS[tier] ?? tier] ??= {});
    rates[BUCKETS[name]] = decimal(price * 1e6);
  }
  if (steps.size > 1) throw new Error(`${key}: the price must have at most one step, got: ${steps.size}`);
  return {
    ...partOf(short),
    ...(steps.size === 1 ? { longPrompt: { above: [...steps][0], ...partOf(long) } } : {}),
    ...(Object.keys(perUnit).length > 0 ? { perUnit } : {}),
  };
}

function partOf({ rates, tierRates }) {
  const tiers = Object.entries(tierRates).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...(Object.keys(rates).length > 0 ? { rates: ordered(rates) } : {}),
    ...(tiers.length > 0
      ? { tierRates: Object.fromEntries(tiers.map(([tier, each]) => [tier, ordered(each)])) }
      : {}),
  };
}

function ordered(rates) {
  return Object.fromEntries(ORDER.flatMap(bucket => (bucket in rates ? [[bucket, rates[bucket]]] : [])));
}

/**
 * Formats a price without trailing zeros. Digits after the ninth decimal place are rounding errors and are
 * removed.
 */
function decimal(price) {
  const text = price.toFixed(9).replace(/\.?0+$/, '');
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`a price must be a decimal number, got: ${price}`);
  return text;
}
