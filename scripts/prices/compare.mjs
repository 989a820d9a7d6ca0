// Compares each price of the project with the price in another list.

/**
 * Patterns of the regions of a geography. They are needed for geographies such as `apac`, because the names
 * of their regions do not begin with `apac-`. `eu` needs no pattern, because its regions begin with `eu-`.
 */
const REGIONS = {
  apac: /^ap-/,
  au: /^ap-southeast-[24]$/,
  in: /^ap-south-/,
  jp: /^ap-northeast-[13]$/,
};
/** Matches a key of LiteLLM: endpoint or route, region, id. The first two are optional. */
const KEY = /^(?:bedrock(?:_mantle)?\/)?(?:invoke\/)?(?:(?<region>[a-z]{2}(?:-[a-z]+)+-\d)\/)?(?<id>[^/]+)$/;

/**
 * Compares each figure of another price list with the project's price for the same model, scope and region.
 * The project's prices are those of the day when the other list was published. An id without a prefix, such
 * as `us.`, stands for calls within a region.
 *
 * @param snapshot the other list, as written by snapshot.mjs
 * @param book the project's prices, from `loadPrices()`
 * @returns
 * - `compared`: number of figures in both lists
 * - `disagreements`: figures that differ for a model that the project prices. `ours` is undefined if the
 *   project lacks the figure. `id` is the key in the other list. `figure` is a name such as `flex input` or
 *   `above 272000 output`. `oursGlobal` is the project's price of global profiles
 * - `singleSource`: rows of the other list for which the project has no price of the model or of the region
 * - `unconfirmed`: figures of the project that are not in the other list
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

/** Parses the model in a key. Returns undefined if the key is not the id of a Bedrock model. */
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
 * Returns the project's prices for a key of the other list, usually one price. If the key names only a
 * geography and the model is priced by region, returns the prices of all regions in the geography.
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

/** Finds the price period that contains a day. */
function findPeriod(listed, day) {
  return listed?.periods.find(
    ({ from, until }) => (from === undefined || day >= from) && (until === undefined || day < until),
  );
}

/** Adds to a price period the rates of service tiers whose price is a factor of the standard rate. */
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

/** Returns all figures of a price, each by a name such as `flex input`. */
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
