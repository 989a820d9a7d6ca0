// The rows of the price library's provider `aws`, as the catalog
// keeps them: by Bedrock's own ids, in decimals, by market.

/**
 * A library id may be a description of its own: these are
 * Bedrock's ids (Bedrock User Guide, model cards, 2026-11).
 */
const RENAMED = {
  'anthropic.claude-opus-4-5-v1:0': 'anthropic.claude-opus-4-5-20251101-v1:0',
  'qwen.qwen3-vl-235b-a22b-v1:0': 'qwen.qwen3-vl-235b-a22b',
};

/** Claude from 4.6 on has ids without a date; `-v1` and `-v1:0` at their end are spellings of the same. */
const UNDATED_CLAUDE = /^(anthropic\.claude-(?:haiku|sonnet|opus|fable|mythos)-\d(?:-\d)?)(?:-v1(?::0)?)?$/;

/**
 * Long-prompt steps that the library has one token too low: AWS bills 272,000 input tokens and fewer at the
 * short rate (model cards of OpenAI GPT-5.6 and later in the Bedrock User Guide, 2026-11). The library's
 * steps are "more than".
 */
const CORRECTED_STEPS = { 271_999: 272_000 };

/**
 * Claude from 4.5 on writes to the 1-hour cache at twice the input price (Bedrock User
 * Guide, "Prompt caching"; AWS price list, 2026-09) where the library lists nothing better.
 */
const HOUR_WRITES =
  /^anthropic\.claude-(?:haiku-4-5|sonnet-4-[56]|opus-4-[5-8]|(?:haiku|sonnet|opus|fable|mythos)-[5-9])/;

/** Claude before there were global profiles: the library calls its one price regional. */
const BEFORE_GLOBAL = /^anthropic\.claude-(?:3|opus-4(?:-1)?-2025)/;

/** The library's names of the catalog's buckets, in the catalog's order. */
const BUCKETS = {
  input: 'input_mtok',
  output: 'output_mtok',
  cacheRead: 'cache_read_mtok',
  cacheWrite5m: 'cache_write_mtok',
  cacheWrite1h: 'cache_write_1h_mtok',
};

/**
 * @param models the models of the library's provider
 * @returns the price table and the other spellings of its ids, both in order of model
 */
export function libraryRows(models) {
  const table = new Map();
  const aliases = new Map();
  for (const { id, match, prices } of models) {
    const [, place, rest] = /^(?:(global|regional)\.)?(.+)$/.exec(id);
    const { model, spellings } = keyOf(RENAMED[rest] ?? rest);
    for (const spelling of spellings) aliases.set(spelling, model);
    const markets = table.get(model) ?? {};
    // What the library matches by the bare id alone, it says nothing of global profiles of.
    const market = place ?? (match.equals === undefined ? 'any' : 'regional');
    if (market in markets) throw new Error(`the library has two prices of ${model} (${market})`);
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
 * One price for both places is the price everywhere; so is a
 * Claude's that the library has before there were two.
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
      throw new Error(`${model}: a price depends on ${constraint.type}`);
    return constraint?.start_date;
  });
  // The library takes the last one that holds.
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
  if (steps.size === 0) return { rates: withHourWrites(model, base) };
  if (steps.size > 1) throw new Error(`${model}: more than one step of price`);
  const [step] = steps;
  const long = Object.fromEntries(
    given.map(([bucket, price]) => [
      bucket,
      decimal(typeof price === 'number' ? price : price.tiers[0].price),
    ]),
  );
  return {
    rates: withHourWrites(model, base),
    longPrompt: { above: CORRECTED_STEPS[step] ?? step, rates: withHourWrites(model, long) },
  };
}

function withHourWrites(model, rates) {
  if (rates.cacheWrite1h !== undefined || rates.cacheWrite5m === undefined || !HOUR_WRITES.test(model))
    return rates;
  return { ...rates, cacheWrite1h: decimal(Number(rates.input) * 2) };
}

/**
 * A price in as few digits as tell it; what is finer than a millionth
 * of a cent for a million tokens is an error of floating point.
 */
function decimal(price) {
  const text = String(Number(price.toFixed(8)));
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`a price is no decimal: ${price}`);
  return text;
}
