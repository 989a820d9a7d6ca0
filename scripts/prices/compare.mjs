// Compares the project's prices with another price list.

/**
 * Patterns of the regions in a geography, such as `ap-…` for `apac`. A geography without an entry has regions
 * that begin with its name, such as `eu-central-1` in `eu`.
 */
const REGIONS = {
  apac: /^ap-/,
  au: /^ap-southeast-[24]$/,
  in: /^ap-south-/,
  jp: /^ap-northeast-[13]$/,
};
/**
 * Matches a key in LiteLLM's price list, such as `bedrock/eu-west-1/<model id>`. Everything before the model
 * id is optional.
 */
const KEY = /^(?:bedrock(?:_mantle)?\/)?(?:invoke\/)?(?:(?<region>[a-z]{2}(?:-[a-z]+)+-\d)\/)?(?<id>[^/]+)$/;

/**
 * Compares each price in another list with the project's price for the same model, scope and region. Uses the
 * project's prices on the day when the other list was published. If a model id in the other list has no
 * prefix, its scope is one region. `us.` is a prefix, for example.
 *
 * @param snapshot the other price list, as written by snapshot.mjs
 * @param book the project's prices, from `loadPrices()`
 * @returns
 * - `compared`: number of prices in both lists
 * - `disagreements`: different prices, and prices of the project's models that only the other list has. `id`
 *   is the key in the other list. `figure` is a name such as `flex input` or `above 272000 output`. `ours` is
 *   undefined if the project has no price. `oursGlobal` is the project's price of global profiles
 * - `singleSource`: rows of the other list for a model or region that the project does not price
 * - `unconfirmed`: prices of the project that are not in the other list
 */
export function comparePrices({ prices, published }, book) {
  const disagreements = [];
  const singleSource = [];
  const seen = new Set();
  let compared = 0;
  for (const [id, row] of Object.entries(prices)) {
    const theirs = figuresOf(row);
    const model = parseKey(id, book);
    const places = model ? findPrices(model, published, book) : [];
    if (places.length === 0 || theirs.size === 0) {
      singleSource.push({ id, ...describe(model, book), ...row });
      continue;
    }
    const oursGlobal = findPeriod(book.listedMarkets(model.key).get('global'), published);
    const global = oursGlobal ? figuresOf(withFactors(oursGlobal, model.key, book)) : new Map();
    for (const { market, period } of places) {
      const ours = figuresOf(withFactors(period, model.key, book));
      for (const [figure, price] of theirs) {
        const own = ours.get(figure);
        if (own !== undefined) {
          compared += 1;
          seen.add(`${model.key} ${market} ${figure}`);
        }
        if (own === price) continue;
        disagreements.push({ id, market, figure, ours: own, theirs: price, oursGlobal: global.get(figure) });
      }
    }
  }
  return { compared, disagreements, singleSource, unconfirmed: unconfirmedOf(seen, published, book) };
}

/**
 * Parses a key of the other price list, such as `bedrock/eu-west-1/<model id>`. Returns undefined if it does
 * not end with the id of a Bedrock model.
 */
function parseKey(id, { locateModelId, priceKey }) {
  const { region, id: modelId } = KEY.exec(id)?.groups ?? {};
  if (modelId === undefined) return undefined;
  const { parsed, geography } = locateModelId(modelId);
  if (parsed.opaque) return undefined;
  return { key: priceKey(parsed.model), scope: parsed.scope, geography, region };
}

function describe(model, { listedMarkets }) {
  if (!model) return { priced: false };
  const { key, scope, geography, region } = model;
  return {
    model: key,
    scope: geography ?? scope,
    ...(region === undefined ? {} : { region }),
    priced: listedMarkets(key).size > 0,
  };
}

/**
 * Returns the project's prices for a key of the other price list. This is usually one price. If the key names
 * a geography, its regions may have different prices.
 */
function findPrices({ key, scope, geography, region }, day, { listedMarkets, PRICED_BY_REGION }) {
  const listed = listedMarkets(key);
  const first = markets => {
    for (const market of markets) {
      const period = findPeriod(listed.get(market), day);
      if (period) return [{ market, period }];
    }
    return [];
  };
  const ofGeography = () => {
    const regions = REGIONS[geography] ?? new RegExp(`^${geography}-`);
    return [...listed.keys()].filter(market => regions.test(market)).flatMap(market => first([market]));
  };
  const isGov = (region ?? geography)?.startsWith('us-gov') ?? false;
  if (isGov) {
    const found = first([region, 'us-gov']);
    return found.length > 0 || region !== undefined ? found : ofGeography();
  }
  const isInUs = region === undefined ? (geography ?? 'us') === 'us' : region.startsWith('us-');
  if (!isInUs && PRICED_BY_REGION.has(key)) return region === undefined ? ofGeography() : first([region]);
  return first(scope === 'global' ? ['global', 'any'] : [region, 'regional', 'any']);
}

/** Returns the prices of a market that are valid on a day. */
function findPeriod(listed, day) {
  return listed?.periods.find(
    ({ from, until }) => (from === undefined || day >= from) && (until === undefined || day < until),
  );
}

/**
 * Adds prices of service tiers to the prices of a model. If the project has no price of a tier, the price is
 * calculated, e.g. as half of the standard price.
 */
function withFactors({ rates, tierRates = {}, longPrompt }, key, book) {
  const factors = book.PRICE_TIERS.flatMap(tier => {
    const factor = tierRates[tier] ? undefined : book.listedFactor(tier, key);
    return factor ? [[tier, factor]] : [];
  });
  const tiersOf = standard =>
    Object.fromEntries(factors.map(([tier, factor]) => [tier, multiplied(standard, factor, book)]));
  return {
    rates,
    tierRates: { ...tierRates, ...tiersOf(rates) },
    ...(longPrompt ? { longPrompt: { ...longPrompt, tierRates: tiersOf(longPrompt.rates) } } : {}),
  };
}

function multiplied(rates, { numerator, denominator }, { picoToDecimalString, usdToPico }) {
  return Object.fromEntries(
    Object.entries(rates).map(([bucket, rate]) => [
      bucket,
      picoToDecimalString((usdToPico(rate) * numerator) / denominator),
    ]),
  );
}

/**
 * Returns a map of all prices in `rates`, `tierRates` and `longPrompt`. The keys are names such as `input`,
 * `flex input` or `above 272000 output`.
 */
function figuresOf({ rates = {}, tierRates = {}, longPrompt }) {
  const named = (name, each) => Object.entries(each).map(([bucket, rate]) => [`${name}${bucket}`, rate]);
  const part = (name, of) => [
    ...named(name, of.rates ?? {}),
    ...Object.entries(of.tierRates ?? {}).flatMap(([tier, each]) => named(`${name}${tier} `, each)),
  ];
  return new Map([
    ...part('', { rates, tierRates }),
    ...(longPrompt ? part(`above ${longPrompt.above} `, longPrompt) : []),
  ]);
}

function unconfirmedOf(seen, day, book) {
  return book.pricedModels().flatMap(key =>
    [...book.listedMarkets(key)].flatMap(([market, listed]) => {
      const period = findPeriod(listed, day);
      const figures = period ? [...figuresOf(withFactors(period, key, book))] : [];
      return figures
        .filter(([figure]) => !seen.has(`${key} ${market} ${figure}`))
        .map(([figure, ours]) => ({ model: key, market, figure, ours }));
    }),
  );
}
