// Text of docs/coverage.md.

const PAYLOAD = '✓';
const BOUND = '≥';
const UNCLEAR = '?';
const NOT_OFFERED = '–';
/** Families that are not listed one by one if there are more. */
const MANY = 8;

/**
 * Renders the page.
 *
 * @param table exports of test/conformance/matrix
 * @param table.recordings recorded responses in test/conformance/payloads
 * @param table.singleSourcePrices prices that one source alone has: rows of scripts/prices/single-source.mjs
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
  return `# What is read, and how it is checked

This page says for each operation of Amazon Bedrock, model family and use of the prompt cache if the library reads the tokens of a call. It is made by \`npm run docs:coverage\` from the table that the tests run (\`test/conformance/matrix\`).

| sign | meaning |
|---|---|
| ${PAYLOAD} | A test gives the reader a payload in the documented or recorded shape, and checks the tokens and the record. |
| ${BOUND} | The same, as a lower bound: the response does not say for how long its cache writes live. |
| ${UNCLEAR} | The same, by a rule that no source confirms. The number leads to the [note](#notes). |
| ${NOT_OFFERED} | Bedrock does not offer it, or its response does not tell it. The number leads to the [note](#notes). |

The columns after those of the cache are tried without it: the terms of a call, and how it ended. Cut off at the limit means that the answer reached its maximum of tokens.

An application inference profile does not name its model; those of this page stand for a Claude model.

The table has ${count(() => true)} combinations: ${count(cell => 'payload' in cell)} with a payload, of which ${count(cell => cell.unclear !== undefined)} are unclear, and ${count(cell => cell.notOffered !== undefined)} that are not offered. Beside them, ${measured.length} calls have [numbers of their own](#calls-with-numbers-of-their-own), and ${recordings.length} responses were [recorded](../test/conformance/payloads) by public projects.`;
}

function operationsTable({ OPERATIONS, groups }) {
  const rows = groups.flatMap(group =>
    group.map(
      operation =>
        `| [${OPERATIONS[operation].title}](#${anchorOf(headingOf(OPERATIONS, group))}) | ${OPERATIONS[operation].counts} |`,
    ),
  );
  return `## Where the counts stand

| operation | tokens are read from |
|---|---|
${rows.join('\n')}

Where two places tell the output count, the larger one is taken, and the trace has the difference (\`outputDifference\`). Token counts are read at fixed places only: text that a model writes cannot pass for a count.`;
}

/** Says for each operation whose input count includes cached tokens. */
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
  return `## Cached tokens: inside the input count or beside it

Each bucket is billed once, so the library must know if the input count of a response includes the cached tokens.

| operations | cached tokens are beside the input count | cached tokens are inside the input count |
|---|---|---|
${[...rules].map(([rule, titles]) => `| ${titles.join('; ')} | ${rule} |`).join('\n')}

1. Without cached tokens there is nothing to decide.
2. More cached than input tokens cannot be inside the input count.
3. OpenAI models over ConverseStream have them inside, whatever the total says: it counts them a second time there. The reading keeps the count of the response as \`reportedInputTokens\` if the total contradicts. AWS may change this any day; rule 2 then applies to most calls.
4. OpenAI models over Converse have them beside, except if the total is exactly input and output.
5. For all others the shape of the body decides; without one, the total; without either, they are beside.`;
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

/** Renders the table of operations that have the same one. */
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
  // Columns without a payload are told below the table.
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
      const of = names.length > MANY ? '' : ` of ${listed(names)}`;
      const titles = unique(same.map(({ variant }) => VARIANTS[variant]));
      return `- ${listed(titles)}${of}: ${reason} (${sourcesOf(same, sources)})`;
    }),
    ...grouped(absent, row => row.cells[0].notOffered).map(([reason, same]) => {
      const names = same.length > MANY ? 'All other models' : listed(same.map(({ name }) => name));
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
    ...(reasons.length > 0 ? [`Not offered or not told:\n\n${reasons.join('\n')}`] : []),
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
  return `## Calls with numbers of their own

Their tokens and costs are checked exactly. Prices are list prices of us-east-1.

| call | tokens that are billed | cost | sources |
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

const ESTIMATES = `## What is estimated

- **A stream that is left early or breaks.** Its usage comes last. Until then the library knows the request and the text that came: both counts are estimated from the length of the texts. Counts that a stream told before its end are taken as they are (Anthropic's input, Llama's counts so far). The record is marked \`partial\`: at least so much is billed.
- **Cache writes of an unknown time to live.** Headers and log records without their body do not say if a write lives for 5 minutes or for an hour. It is priced at the 5-minute rate, and the usage is marked \`cacheWriteTtlUnknown\`: the cost is a lower bound.
- **An answer from your own cache** (\`recordCached\`): its tokens are estimated, and it costs nothing.
- **A model call of an agent whose end is not in the trace**: its input is estimated and marked \`partial\`.`;

const NOT_READ = `## What is not read

- **Operations without token counts in their responses:** InvokeFlow, RetrieveAndGenerate, Retrieve, Rerank, ApplyGuardrail, StartAsyncInvoke. An agent without \`enableTrace: true\` tells nothing either.
- **Units that are not tokens:** guardrail text units, images (also those of embedding models), seconds of video and audio, search units of rerank models, web searches by the model. A call that has tokens beside them is priced by its tokens alone.
- **Costs that no response tells:** provisioned throughput, the reserved tier, imported models by the minute, fees of prompt routers, storage. Their calls have no price, or the price of their tokens.
- **Cached tokens of agents and flows:** a trace tells input and output alone, so cached tokens are priced as input if the trace counts them there.
- **The tier of an InvokeModel call in the invocation log**, except of bodies that name it: such a call is priced as standard.
- **Tiers without a listed price**, such as \`ultrafast\`: their calls have tokens and no price.`;

const CHECKS = `## How figures are checked

- Each payload of this page goes through \`readUsage\`. Those of an operation that a client calls also go over a real socket: an unmodified AWS SDK client, instrumented by a tracker, calls a local Bedrock that answers with the payload. Log records go through the reader of the ingest.
- Each combination of operation, family and variant has exactly one entry in the table. The tests fail if one is missing, is there twice, or has no source.
- Members and numbers of the payloads are as recorded or documented; their texts are our own. Recorded responses are compared with the recordings, member by member.
- Tokens are whole numbers in disjoint buckets, and costs are exact: pico-dollars, never rounded before they are added. An unknown price stays unknown and is counted as unpriced.
- A price is taken if two independent sources have it, or AWS's own price list does. \`npm run prices -- --check\` compares the catalog with its source, and each price with a second open list. Each disagreement has an explanation (\`scripts/prices/explained.mjs\`).
- The last judge is the bill: \`token-analytics reconcile\` compares what was recorded with what AWS billed, by model and day.`;

/**
 * Renders prices that one source alone has, and nothing if there are none.
 *
 * @param prices rows of scripts/prices/single-source.mjs
 */
export function singleSourceSection(prices) {
  if (prices.length === 0) return '';
  const unpriced = prices.filter(({ priced }) => !priced);
  const elsewhere = prices.filter(({ priced }) => priced);
  return `## Prices that one source alone has

No call is priced by them: a price counts if two independent sources have it, or AWS's own price list does. \`customPrices\` takes them if you trust the source. Rates are in US dollars per million tokens, other prices in US dollars.

${priceTable('Models without a price', unpriced)}

${priceTable('Models that have a price elsewhere, but not for this id, region or scope', elsewhere)}`;
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

/** Numbers things in the order in which they are first named. */
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

/** Returns the anchor that GitHub gives a heading. */
const anchorOf = title =>
  title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(/\s/g, '-');
