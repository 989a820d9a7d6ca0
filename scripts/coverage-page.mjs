// Text of docs/coverage.md.

const PAYLOAD = '✓';
const BOUND = '≥';
const UNCLEAR = '?';
const NOT_OFFERED = '–';
/** Maximum model families to list by name. */
const MAX_LISTED = 8;

/**
 * Renders the page.
 *
 * @param table exports of test/conformance/matrix
 * @param table.recordings recorded responses in test/conformance/payloads
 * @param table.singleSourcePrices prices that only one source has: rows of scripts/prices/single-source.mjs
 */
export function coveragePage({ recordings, singleSourcePrices, ...table }) {
  const { cellsOf, cellOfRecording, MEASURED, SOURCES } = table;
  const cells = cellsOf();
  const notes = numbered();
  const sources = numbered();
  const recorded = countsOf(recordings.map(cellOfRecording).filter(id => id !== undefined));
  const parts = { ...table, cells, notes, sources, recorded };
  parts.groups = operationGroups(parts);
  const sections = [
    introduction(cells, recordings, MEASURED),
    operationsTable(parts),
    cacheRules(parts),
    ...parts.groups.map(group => operationSection(parts, group)),
    measuredTable(MEASURED, sources),
    ESTIMATES,
    NOT_READ,
    singleSourceSection(singleSourcePrices),
    CHECKS,
    notesSection(notes, sources),
    `## Sources\n\n${sources
      .items()
      .map((id, index) => `${index + 1}. ${SOURCES[id]}`)
      .join('\n')}`,
  ];
  return `${sections.filter(section => section !== '').join('\n\n')}\n`;
}

function introduction(cells, recordings, measured) {
  const count = test => cells.filter(test).length.toLocaleString('en');
  return `# Coverage: supported operations and models, and how they are checked

This page shows for each operation of Amazon Bedrock, model family and use of the prompt cache if the library reads the tokens of a call. \`npm run docs:coverage\` generates it from the table of the conformance tests (\`test/conformance/matrix\`).

| sign | meaning |
|---|---|
| ${PAYLOAD} | A test gives the reader a payload in the documented or recorded shape, and checks the tokens and the record. |
| ${BOUND} | The same, as a lower bound: the response does not contain the time to live of its cache writes. |
| ${UNCLEAR} | The same, by a rule that no source confirms. The number refers to the [note](#notes). |
| ${NOT_OFFERED} | Bedrock does not offer it, or its response does not contain it. The number refers to the [note](#notes). |

The columns after the cache columns are tested without a cache. They are about the terms of a call and its end. "Cut off at the limit" means that the answer reached its maximum number of tokens.

An application inference profile does not name its model. The profiles on this page belong to a Claude model.

The table has ${count(() => true)} combinations: ${count(cell => 'payload' in cell)} with a payload, of which ${count(cell => cell.unclear !== undefined)} are unclear, and ${count(cell => cell.notOffered !== undefined)} that are not offered. In addition, ${measured.length} calls are checked with [exact tokens and costs](#calls-with-exact-tokens-and-costs), and ${recordings.length} responses were [recorded](../test/conformance/payloads) by public projects.`;
}

function operationsTable({ OPERATIONS, groups }) {
  const rows = groups.flatMap(group =>
    group.map(
      operation =>
        `| [${OPERATIONS[operation].title}](#${anchorOf(headingOf(OPERATIONS, group))}) | ${OPERATIONS[operation].counts} |`,
    ),
  );
  return `## Location of the token counts

| operation | tokens are read from |
|---|---|
${rows.join('\n')}

If two places contain the output count, the library uses the larger one and stores the difference in the trace (\`outputDifference\`). It reads token counts at fixed places only, so that text written by a model cannot pass for a count.`;
}

/** Renders the models of each operation whose input count includes or excludes cached tokens. */
function cacheRules({ cells, OPERATIONS, FAMILIES, CACHES }) {
  const rules = new Map();
  for (const [operation, { title }] of Object.entries(OPERATIONS)) {
    const cached = cells.filter(
      cell =>
        cell.operation === operation &&
        cell.variant in CACHES &&
        cell.variant !== 'none' &&
        cell.notOffered === undefined,
    );
    if (cached.length === 0) continue;
    const of = isInside =>
      namesOf(
        FAMILIES,
        cached.filter(({ cachedInside = false }) => cachedInside === isInside),
      );
    const rule = `${of(false) || '–'} | ${of(true) || '–'}`;
    rules.set(rule, [...(rules.get(rule) ?? []), title]);
  }
  return `## Cached tokens: included in the input count or not

Each bucket is billed once, so the library must know if the input count of a response includes the cached tokens.

| operations | input count excludes cached tokens | input count includes cached tokens |
|---|---|---|
${[...rules].map(([rule, titles]) => `| ${titles.join('; ')} | ${rule} |`).join('\n')}

1. Without cached tokens, there is nothing to decide.
2. If there are more cached tokens than input tokens, the input count excludes them.
3. For OpenAI models over ConverseStream, the input count includes them, and the total counts them a second time. If the total contradicts, the usage keeps the count of the response as \`reportedInputTokens\`. AWS may change this at any time. Rule 2 then applies to most calls.
4. For OpenAI models over Converse, the input count excludes them, unless the total is exactly the sum of input and output.
5. For all other models, the format of the body decides, or else the total. Without both, the input count excludes them.`;
}

/** Groups operations that have the same table. */
function operationGroups({ cells, recorded, OPERATIONS }) {
  return grouped(Object.keys(OPERATIONS), operation =>
    JSON.stringify([
      OPERATIONS[operation].counts,
      cells
        .filter(cell => cell.operation === operation)
        .map(({ id, family, variant, notOffered, unclear }) => [
          family,
          variant,
          notOffered,
          unclear,
          recorded.has(id),
        ])
        .sort(),
    ]),
  ).map(([, group]) => group);
}

function headingOf(operations, group) {
  return group.map(operation => operations[operation].title).join(' and ');
}

/** Renders the section of operations that share a table. */
function operationSection({ cells, notes, sources, recorded, ...table }, group) {
  const { OPERATIONS, FAMILIES, VARIANTS } = table;
  const [operation] = group;
  const variants = Object.keys(VARIANTS);
  const own = cells.filter(cell => cell.operation === operation);
  const rows = Object.keys(FAMILIES).map(family => ({
    name: FAMILIES[family].name,
    cells: variants.map(variant => {
      const cell = own.find(each => each.family === family && each.variant === variant);
      if (!cell) throw new Error(`The table has no cell for ${operation}, ${family}, ${variant}.`);
      return cell;
    }),
  }));
  const isAbsent = row => row.cells.every(({ notOffered }) => notOffered !== undefined);
  const offered = rows.filter(row => !isAbsent(row));
  const absent = rows.filter(isAbsent);
  // Columns without a payload are described below the table.
  const isShown = variants.map((_variant, index) =>
    offered.some(row => row.cells[index].notOffered === undefined),
  );
  const columns = variants.filter((_variant, index) => isShown[index]).map(variant => VARIANTS[variant]);
  const lines = grouped(offered, row =>
    row.cells
      .filter((_cell, index) => isShown[index])
      .map(cell => signOf(cell, notes))
      .join(' | '),
  ).map(([signs, same]) => `| ${listed(same.map(({ name }) => name))} | ${signs} |`);

  const hidden = offered.flatMap(row => row.cells.filter((_cell, index) => !isShown[index]));
  const reasons = [
    ...grouped(hidden, ({ notOffered }) => notOffered).map(([reason, same]) => {
      const names = unique(same.map(({ family }) => FAMILIES[family].name));
      const of = names.length > MAX_LISTED ? '' : ` of ${listed(names)}`;
      const titles = unique(same.map(({ variant }) => VARIANTS[variant]));
      return `- ${listed(titles)}${of}: ${reason} (${sourcesOf(same, sources)})`;
    }),
    ...grouped(absent, row => row.cells[0].notOffered).map(([reason, same]) => {
      const names = same.length > MAX_LISTED ? 'All other models' : listed(same.map(({ name }) => name));
      return `- ${names}: ${reason} (${sourcesOf(
        same.map(row => row.cells[0]),
        sources,
      )})`;
    }),
  ];
  const seen = grouped(
    own.filter(({ id }) => recorded.has(id)),
    ({ family }) => FAMILIES[family].name,
  ).map(([name, same]) => `${name} (${listed(same.map(({ variant }) => VARIANTS[variant]))})`);
  const sourced = cells.filter(cell => group.includes(cell.operation) && cell.notOffered === undefined);
  return [
    `## ${headingOf(OPERATIONS, group)}`,
    `Tokens are read from ${OPERATIONS[operation].counts}.`,
    [`| models | ${columns.join(' | ')} |`, `|---|${columns.map(() => ':-:|').join('')}`, ...lines].join(
      '\n',
    ),
    ...(reasons.length > 0 ? [`Not offered or not in the response:\n\n${reasons.join('\n')}`] : []),
    ...(seen.length > 0 ? [`Recorded responses: ${listed(seen)}.`] : []),
    `[Sources](#sources): ${sourcesOf(sourced, sources)}.`,
  ].join('\n\n');
}

function signOf({ notOffered, unclear, sources, expected }, notes) {
  if (notOffered !== undefined) return `${NOT_OFFERED}${superscript(notes.number(notOffered, sources))}`;
  if (expected.usage?.cacheWriteTtlUnknown) return BOUND;
  return unclear === undefined ? PAYLOAD : `${UNCLEAR}${superscript(notes.number(unclear, sources))}`;
}

function measuredTable(measured, sources) {
  const rows = measured.map(({ id, expected, unclear, sources: own }) => {
    const { usage, recorded, cost } = expected;
    return `| ${id}${unclear === undefined ? '' : ` (unclear: ${unclear})`} | ${usageText(usage ?? recorded)} | ${costText(cost, usage)} | ${numbersOf(own, sources)} |`;
  });
  return `## Calls with exact tokens and costs

Their tokens and costs are checked exactly. Prices are list prices of us-east-1.

| call | billed tokens | cost | sources |
|---|---|---|---|
${rows.join('\n')}`;
}

function usageText(usage) {
  const part = (count, name) => (count > 0 ? [`${count.toLocaleString('en')} ${name}`] : []);
  const speech = count => (count === undefined ? '' : ` (${count.toLocaleString('en')} speech)`);
  const parts = [
    ...part(usage.uncachedInputTokens, `input${speech(usage.speechInputTokens)}`),
    ...part(usage.cacheReadTokens, 'read'),
    ...part(usage.cacheWrite5mTokens, 'written'),
    ...part(usage.cacheWrite1hTokens, 'written for 1 hour'),
    ...part(usage.outputTokens, `output${speech(usage.speechOutputTokens)}`),
  ];
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function costText(cost, usage) {
  if (cost === undefined) return '';
  if (cost === 'unknown') return 'unpriced';
  return `${usage?.cacheWriteTtlUnknown ? `${BOUND} ` : ''}$${cost}`;
}

const ESTIMATES = `## Estimated values

- **A stream that ends early.** The usage is at the end of a stream. Without it, the library estimates both counts from the length of the request and the received text. Counts received before the end are used unchanged (Anthropic's input count, Llama's counts so far). The invocation is marked \`partial\`: at least this much is billed.
- **Cache writes of an unknown time to live.** Headers, and log records without a body, do not contain the time to live of a cache write (5 minutes or 1 hour). The write is priced at the 5-minute rate, and the usage is marked \`cacheWriteTtlUnknown\`: the cost is a lower bound.
- **A response from your own cache** (\`recordCached\`): its tokens are estimated, and it costs nothing.
- **A model call of an agent without an end in the trace**: its input is estimated and marked \`partial\`.`;

const NOT_READ = `## Unsupported operations and units

- **Operations without token counts in their responses:** InvokeFlow, RetrieveAndGenerate, Retrieve, Rerank, ApplyGuardrail, StartAsyncInvoke. The response of an agent without \`enableTrace: true\` has no counts either.
- **Units that are not tokens:** guardrail text units, images (also those of embedding models), seconds of video and audio, search units of rerank models, web searches by the model. A call that also has tokens is priced only by its tokens.
- **Costs that are not in a response:** provisioned throughput, the reserved tier, imported models by the minute, fees of prompt routers, storage. Their calls have no price, or the price of their tokens.
- **Cached tokens of agents and flows:** a trace contains only input and output, so cached tokens are priced as input if the trace counts them there.
- **The tier of an InvokeModel call in the invocation log**, unless its body names the tier: such a call is priced as standard.
- **Tiers without a listed price**, such as \`ultrafast\`: their calls have tokens but no price.`;

const CHECKS = `## How figures are checked

- Each payload on this page is read by \`readUsage\`. Payloads of operations that a client calls are also sent over a real socket: an unmodified AWS SDK client, instrumented by a tracker, calls a Bedrock emulator that answers with the payload. Log records are read by the ingest.
- Each combination of operation, family and variant has exactly one entry in the table. The tests fail if an entry is missing, is duplicated or has no source.
- Members and numbers of the payloads are as recorded or documented. Their texts were written for the tests. Recorded responses are compared with the recordings, member by member.
- Tokens are whole numbers in buckets that do not overlap, and costs are exact pico-dollars, which are never rounded before they are added. A call without a known price is counted as unpriced.
- A price is used if two independent sources have it, or AWS's own price list has it. \`npm run prices -- --check\` compares the catalog with its source, and each price with a second open list. Each disagreement has an explanation (\`scripts/prices/explained.mjs\`).
- \`token-analytics reconcile\` compares recorded costs with the AWS bill, by model and day.`;

/**
 * Renders the prices that only one source has. Returns an empty string if there are none.
 *
 * @param prices rows of scripts/prices/single-source.mjs
 */
export function singleSourceSection(prices) {
  if (prices.length === 0) return '';
  const unpriced = prices.filter(({ priced }) => !priced);
  const elsewhere = prices.filter(({ priced }) => priced);
  return `## Prices with a single source

No call is priced with them, because a price needs two independent sources or AWS's own price list. If you trust a source, you can set its prices as \`customPrices\`. Rates are in US dollars per million tokens, other prices in US dollars.

${priceTable('Models without a price', unpriced)}

${priceTable('Models with a price, but not for this id, region or scope', elsewhere)}`;
}

function priceTable(title, prices) {
  if (prices.length === 0) return `${title}: none.`;
  const rows = prices.map(
    ({ id, source, asOf, ...price }) => `| \`${id}\` | ${pricesText(price)} | ${source}, ${asOf} |`,
  );
  return `${title}:\n\n| id | prices | source, day |\n|---|---|---|\n${rows.join('\n')}`;
}

function pricesText({ rates = {}, tierRates = {}, longPrompt, perUnit = {} }) {
  return [
    ratesText(rates),
    ...Object.entries(tierRates).map(([tier, ofTier]) => `${tier}: ${ratesText(ofTier)}`),
    ...(longPrompt
      ? [`above ${longPrompt.above.toLocaleString('en')} tokens: ${ratesText(longPrompt.rates)}`]
      : []),
    ratesText(perUnit),
  ]
    .filter(text => text !== '')
    .join('; ');
}

function ratesText(rates) {
  return Object.entries(rates)
    .map(([name, rate]) => `${PRICE_NAMES[name] ?? name.replaceAll('_', ' ')} ${rate}`)
    .join(', ');
}

const PRICE_NAMES = {
  cacheRead: 'cache read',
  cacheWrite5m: '5 min write',
  cacheWrite1h: '1 h write',
  speechInput: 'speech input',
  speechOutput: 'speech output',
  output_cost_per_image: 'image',
  input_cost_per_image: 'input image',
  input_cost_per_query: 'query',
  input_cost_per_video_per_second: 'second of video',
  input_cost_per_audio_per_second: 'second of audio',
};

function notesSection(notes, sources) {
  const lines = notes
    .items()
    .map((note, index) => `${index + 1}. ${note} (${numbersOf([...notes.sourcesOf(note)], sources)})`);
  return `## Notes\n\nNumbers in brackets are [sources](#sources).\n\n${lines.join('\n')}`;
}

/** Assigns numbers to items in the order of their first use. */
function numbered() {
  const seen = new Map();
  return {
    number(item, sources = []) {
      const of = seen.get(item) ?? new Set();
      for (const source of sources) of.add(source);
      seen.set(item, of);
      return [...seen.keys()].indexOf(item) + 1;
    },
    items: () => [...seen.keys()],
    sourcesOf: item => seen.get(item),
  };
}

function sourcesOf(cells, sources) {
  return numbersOf(
    cells.flatMap(cell => cell.sources),
    sources,
  );
}

function numbersOf(ids, sources) {
  return listed(unique(ids.map(id => sources.number(id))).sort((a, b) => a - b));
}

/** Groups items by a key, in the order of their first item. */
function grouped(items, keyOf) {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups];
}

function countsOf(items) {
  return new Map(grouped(items, item => item).map(([item, group]) => [item, group.length]));
}

function namesOf(families, cells) {
  return listed(
    unique(
      cells.map(({ family, unclear }) => `${families[family].name}${unclear === undefined ? '' : ' (?)'}`),
    ),
  );
}

const listed = items => items.join(', ');
const unique = items => [...new Set(items)];

const superscript = number => [...String(number)].map(digit => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('');

/** Returns the anchor of a heading on GitHub. */
const anchorOf = title =>
  title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(/\s/g, '-');
