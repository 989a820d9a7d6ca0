// Converts the prices of the library's provider `aws` to the format of the catalog: decimals by Bedrock model
// id and market.

/**
 * Bedrock's ids of models that the library names differently (Bedrock User Guide, model cards, 2026-11).
 */
const RENAMED = {
  'anthropic.claude-opus-4-5-v1:0': 'anthropic.claude-opus-4-5-20251101-v1:0',
  'qwen.qwen3-vl-235b-a22b-v1:0': 'qwen.qwen3-vl-235b-a22b',
};

/** Ids of Claude from 4.6 on have no date. The endings `-v1` and `-v1:0` are spellings of the same id. */
const UNDATED_CLAUDE = /^(anthropic\.claude-(?:haiku|sonnet|opus|fable|mythos)-\d(?:-\d)?)(?:-v1(?::0)?)?$/;

/**
 * Corrections of long-prompt steps that are one token too low in the library. AWS bills up to 272,000 input
 * tokens at the short rate (model cards of OpenAI GPT-5.6 and later in the Bedrock User Guide, 2026-11). The
 * library applies a step above its value.
 */
const CORRECTED_STEPS = { 271_999: 272_000 };

/**
 * Claude models from 4.5 on, whose 1-hour cache writes cost twice the input price (Bedrock User Guide,
 * "Prompt caching"; AWS price list, 2026-09). Used if the library has no such price.
 */
const ONE_HOUR_WRITES =
  /^anthropic\.claude-(?:haiku-4-5|sonnet-4-[56]|opus-4-[5-8]|(?:haiku|sonnet|opus|fable|mythos)-[5-9])/;

/** Claude models older than global profiles. The library marks their only price as regional. */
const BEFORE_GLOBAL = /^anthropic\.claude-(?:3|opus-4(?:-1)?-2025)/;

/** Names of the catalog's buckets in the library, in the order of the catalog. */
const BUCKETS = {
  input: 'input_mtok',
  output: 'output_mtok',
  cacheRead: 'cache_read_mtok',
  cacheWrite5m: 'cache_write_mtok',
  cacheWrite1h: 'cache_write_1h_mtok',
};

/**
 * Converts the prices of the library.
 *
 * @param models models of the library's provider
 * @returns the price table and the other spellings of its ids, both sorted by model
 */
export function libraryRows(models) {
  const table = new Map();
  const aliases = new Map();
  for (const { id, match, prices } of models) {
    const [, place, rest] = /^(?:(global|regional)\.)?(.+)$/.exec(id);
    const { model, spellings } = keyOf(RENAMED[rest] ?? rest);
    for (const spelling of spellings) aliases.set(spelling, model);
    const markets = table.get(model) ?? {};
    // If the library matches a model only by its bare id, it contains no price for global profiles.
    const market = place ?? (match.equals === undefined ? 'any' : 'regional');
    if (market in markets)
      throw new Error(`the library must have one price of ${model} (${market}), got two`);
    markets[market] = periodsOf(model, prices);
    table.set(model, markets);
  }
  const sorted = map => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    table: Object.fromEntries(
      sorted(table).map(([model, markets]) => [model, merged(markets, BEFORE_GLOBAL.test(model))]),
    ),
    aliases: Object.fromEntries(sorted(aliases)),
  };
}

function keyOf(id) {
  const undated = UNDATED_CLAUDE.exec(id)?.[1];
  return undated === undefined
    ? { model: id.replace(/:0$/, ''), spellings: [] }
    : { model: undated, spellings: [`${undated}-v1`] };
}

/**
 * Merges equal global and regional prices into one for all scopes. The regional price of models older than
 * global profiles also applies to all scopes.
 */
function merged({ any, global, regional }, beforeGlobal) {
  if (any) return { any };
  if (regional && (beforeGlobal || JSON.stringify(global) === JSON.stringify(regional)))
    return { any: regional };
  return { ...(global ? { global } : {}), ...(regional ? { regional } : {}) };
}

function periodsOf(model, prices) {
  const list = Array.isArray(prices) ? prices : [{ prices }];
  const starts = list.map(({ constraint }) => {
    if (constraint !== undefined && constraint.type !== 'start_date')
      throw new Error(`${model}: a price must only depend on its start date, got: ${constraint.type}`);
    return constraint?.start_date;
  });
  // In the library, the last matching period applies.
  return list.map(({ prices: rates }, index) => ({
    ...(starts[index] === undefined ? {} : { from: starts[index] }),
    ...(starts[index + 1] === undefined ? {} : { until: starts[index + 1] }),
    ...ratesOf(model, rates),
  }));
}

function ratesOf(model, prices) {
  const given = Object.entries(BUCKETS)
    .filter(([, name]) => prices[name] !== undefined)
    .map(([bucket, name]) => [bucket, prices[name]]);
  const base = Object.fromEntries(
    given.map(([bucket, price]) => [bucket, decimal(typeof price === 'number' ? price : price.base)]),
  );
  const steps = new Set(
    given.flatMap(([, price]) => (typeof price === 'number' ? [] : price.tiers.map(({ start }) => start))),
  );
  if (steps.size === 0) return { rates: withOneHourWrites(model, base) };
  if (steps.size > 1) throw new Error(`${model}: the price must have at most one step, got: ${steps.size}`);
  const [step] = steps;
  const long = Object.fromEntries(
    given.map(([bucket, price]) => [
      bucket,
      decimal(typeof price === 'number' ? price : price.tiers[0].price),
    ]),
  );
  return {
    rates: withOneHourWrites(model, base),
    longPrompt: { above: CORRECTED_STEPS[step] ?? step, rates: withOneHourWrites(model, long) },
  };
}

function withOneHourWrites(model, rates) {
  if (rates.cacheWrite1h !== undefined || rates.cacheWrite5m === undefined || !ONE_HOUR_WRITES.test(model))
    return rates;
  return { ...rates, cacheWrite1h: decimal(Number(rates.input) * 2) };
}

/**
 * Formats a price with the fewest digits. Digits after the eighth decimal are floating-point errors.
 */
function decimal(price) {
  const text = String(Number(price.toFixed(8)));
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`a price must be a decimal number, got: ${price}`);
  return text;
}
