// Converts the Bedrock prices of the package @pydantic/genai-prices to the format of the project's catalog.
// In the catalog, prices are found by model id and then by scope. A price is a decimal number as text.

/**
 * Ids of models in the library, each with the different id in Bedrock (Bedrock User Guide, model cards,
 * 2026-11).
 */
const RENAMED = {
  'anthropic.claude-opus-4-5-v1:0': 'anthropic.claude-opus-4-5-20251101-v1:0',
  'qwen.qwen3-vl-235b-a22b-v1:0': 'qwen.qwen3-vl-235b-a22b',
};

/** Matches ids of Claude 4.6 and later, which contain no date. The ending `-v1` or `-v1:0` is optional. */
const UNDATED_CLAUDE = /^(anthropic\.claude-(?:haiku|sonnet|opus|fable|mythos)-\d(?:-\d)?)(?:-v1(?::0)?)?$/;

/**
 * Corrected values of `longPrompt.above` in input tokens, by the value in the library. OpenAI GPT-5.6 and
 * later cost more above 272,000 tokens (model cards in the Bedrock User Guide, 2026-11). The library has
 * 271,999.
 */
const CORRECTED_STEPS = { 271_999: 272_000 };

/**
 * Matches ids of Claude 4.5 and later. If the library has no price for their 1-hour cache writes, twice the
 * input price is used (Bedrock User Guide, "Prompt caching"; AWS price list, 2026-09).
 */
const ONE_HOUR_WRITES =
  /^anthropic\.claude-(?:haiku-4-5|sonnet-4-[56]|opus-4-[5-8]|(?:haiku|sonnet|opus|fable|mythos)-[5-9])/;

/**
 * Matches Claude models that are older than global inference profiles. The library has one price for each of
 * them, marked as regional.
 */
const BEFORE_GLOBAL = /^anthropic\.claude-(?:3|opus-4(?:-1)?-2025)/;

/**
 * Names of the prices in the library, e.g. `input_mtok`, by their names in the catalog. The catalog has the
 * same order.
 */
const BUCKETS = {
  input: 'input_mtok',
  output: 'output_mtok',
  cacheRead: 'cache_read_mtok',
  cacheWrite5m: 'cache_write_mtok',
  cacheWrite1h: 'cache_write_1h_mtok',
};

/**
 * Converts the Bedrock prices of the library to the format of the catalog.
 *
 * @param models models of the library's provider `aws`
 * @returns `table`: prices by model id. `aliases`: model ids by an alternative id, such as `…-v1`. Both are
 * sorted by key
 */
export function libraryRows(models) {
  const table = new Map();
  const aliases = new Map();
  for (const { id, match, prices } of models) {
    const [, place, rest] = /^(?:(global|regional)\.)?(.+)$/.exec(id);
    const { model, spellings } = keyOf(RENAMED[rest] ?? rest);
    for (const spelling of spellings) aliases.set(spelling, model);
    const markets = table.get(model) ?? {};
    // If the id has no prefix `global.` or `regional.`, the scope depends on `match`. With `match.equals`,
    // the price is regional. Otherwise, it applies to all scopes.
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
 * Combines equal global and regional prices of a model to one price for all scopes (`any`). If the model is
 * older than global profiles (`beforeGlobal`), its regional price becomes `any`.
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
  // Each period ends when the next one starts. In the library, periods may overlap, and the last one applies.
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
 * Formats a price without trailing zeros. Digits after the eighth decimal place are rounding errors and are
 * removed.
 */
function decimal(price) {
  const text = String(Number(price.toFixed(8)));
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`a price must be a decimal number, got: ${price}`);
  return text;
}
