// Renders the text of docs/coverage.md, which shows for each operation and model if token usage is read.

const PAYLOAD = '✓';
const BOUND = '≥';
const UNCLEAR = '?';
const NOT_OFFERED = '–';
/**
 * Maximum number of model families in one line of the page. If there are more, the line says "All other
 * models" or names no family.
 */
const MANY = 8;

/**
 * Renders docs/coverage.md as Markdown.
 *
 * @param table exports of test/conformance/matrix, together with `recordings` and `singleSourcePrices`
 * @param table.recordings recorded responses in test/conformance/payloads
 * @param table.singleSourcePrices prices that only one source has, from scripts/prices/single-source.mjs
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
    billedOperationsTable(table.UNREAD_CALLS),
    unitPricesTable(table.UNIT_PRICES),
    ESTIMATES,
    NOT_READ,
    singleSourceSection(singleSourcePrices.filter(row => !hasUnitPrice(row, table.UNIT_PRICES))),
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

For each operation of Amazon Bedrock, model family and use of the prompt cache, this page shows if the library reads the tokens of a call. \`npm run docs:coverage\` writes it from the table that the tests run (\`test/conformance/matrix\`).

| sign | meaning |
|---|---|
| ${PAYLOAD} | A test reads a payload in the documented or recorded shape, and checks the tokens and the recorded invocation. |
| ${BOUND} | The same, but the cost is a lower bound: the response does not contain the lifetime of its cache writes. |
| ${UNCLEAR} | The same, but no source confirms the rule. The number is that of a [note](#notes). |
| ${NOT_OFFERED} | Bedrock does not offer it, or its response does not contain it. The number is that of a [note](#notes). |

The columns after those of the cache are tested without the cache. They are the tier and the latency setting of a call, and how it ended. "Cut off at the limit" means that the answer reached its maximum number of tokens.

The id of an application inference profile does not name its model. On this page, the model is a Claude model.

The table has ${count(() => true)} combinations: ${count(cell => 'payload' in cell)} with a payload (${count(cell => cell.unclear !== undefined)} of them unclear) and ${count(cell => cell.notOffered !== undefined)} that are not offered. In addition, ${measured.length} calls have [exact numbers](#calls-with-exact-numbers), and public projects [recorded](../test/conformance/payloads) ${recordings.length} responses.`;
}

function operationsTable({ OPERATIONS, groups }) {
  const rows = groups.flatMap(group =>
    group.map(
      operation =>
        `| [${OPERATIONS[operation].title}](#${anchorOf(headingOf(OPERATIONS, group))}) | ${OPERATIONS[operation].counts} |`,
    ),
  );
  return `## Where the token counts are

| operation | tokens are read from |
|---|---|
${rows.join('\n')}

If a response contains two output counts, the larger one is used, and the trace has the difference (\`outputDifference\`). Token counts are read only at fixed places, so text that a model writes can never be read as a count.`;
}

/**
 * Renders the section about cached tokens. For each operation, it lists the models with cached tokens inside
 * the input count of a response.
 */
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

Each token is billed once, so the library must know if the input count of a response includes the cached tokens.

| operations | cached tokens are beside the input count | cached tokens are inside the input count |
|---|---|---|
${[...rules].map(([rule, titles]) => `| ${titles.join('; ')} | ${rule} |`).join('\n')}

1. Without cached tokens there is nothing to decide.
2. If there are more cached than input tokens, they are beside the input count.
3. For OpenAI models over ConverseStream they are inside, whatever the total is, because the total counts them a second time. If the total contradicts the usage, the reading keeps the response's count as \`reportedInputTokens\`. AWS may change this at any time; then rule 2 applies to most calls.
4. For OpenAI models over Converse they are beside, unless the total is exactly input and output.
5. For all others, the shape of the body decides. If it does not, the total decides. Without a total, they are beside.`;
}

/** Groups operations whose results are the same for all models. The page shows one table for each group. */
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

/** Renders the section about a group of operations, with the table that applies to all of them. */
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
  // Hides a column if no model has a test payload for it. The reason is given below the table.
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
      const families = names.length > MANY ? '' : ` for ${listed(names)}`;
      const titles = unique(same.map(({ variant }) => VARIANTS[variant]));
      return `- ${listed(titles)}${families}: ${reason} (${sourcesOf(same, sources)})`;
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
    ({ variant }) => VARIANTS[variant],
  ).map(([title, same]) => `- ${title}: ${listed(same.map(({ family }) => FAMILIES[family].name))}`);
  const sourced = cells.filter(cell => group.includes(cell.operation) && cell.notOffered === undefined);
  return [
    `## ${headingOf(OPERATIONS, group)}`,
    `Tokens are read from ${OPERATIONS[operation].counts}.`,
    [`| models | ${columns.join(' | ')} |`, `|---|${columns.map(() => ':-:|').join('')}`, ...lines].join(
      '\n',
    ),
    ...(reasons.length > 0 ? [`Not offered, or not in the response:\n\n${reasons.join('\n')}`] : []),
    ...(seen.length > 0 ? [`Recorded responses:\n\n${seen.join('\n')}`] : []),
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
  return `## Calls with exact numbers

Tests check the exact tokens and costs of these calls. Prices are list prices of us-east-1.

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

/** Renders the table of operations that are billed, but whose responses contain no tokens. */
function billedOperationsTable(calls) {
  const rows = calls.map(({ operation, model, service, read }) => {
    const name =
      model.length > 0 ? `the request's model${service ? `, else \`${service}\`` : ''}` : `\`${service}\``;
    return `| ${operation} | ${name} | ${read ? 'units, priced below' : 'unpriced'} |`;
  });
  return `## Billed operations without tokens in their responses

An instrumented client records each of these calls as one invocation, with the name of its operation. A call without a model has the name of its service as its model. It sends \`TotalCost\` if its cost is known, and no \`InvocationCount\`.

| operation | model of the invocation | cost |
|---|---|---|
${rows.join('\n')}
| any other operation of the Bedrock runtime with a \`modelId\` | the request's model | unpriced |
| InvokeAgentRuntime, the other \`Invoke…\` operations of AgentCore, and Evaluate | \`agentcore\` | unpriced, only with \`recordAgentCore: true\` |

- **AgentCore** bills CPU and memory, not calls. By default its calls are only counted, in \`agentCoreCalls\` of the summary, so that not every sum becomes "at least". InvokeHarness is always recorded: its events contain tokens, which are added up over its turns. It is priced if its request names a Bedrock model.
- **Free** are CountTokens and Retrieve. They are not recorded.
- **InvokeFlow** with \`enableTrace: true\` also gives an invocation for each model call of an agent in the flow. Its other nodes, and its node transitions, have no price.
- **Evaluate** has the tokens of its results. No response names their model.
- **Streams** of these operations are not read, except those of InvokeHarness and of InvokeFlow with a trace. The invocation is recorded when the response begins, so an error after that is not in it.`;
}

/** Returns true if a price of a source is one of units, and the project has its own price of these units. */
function hasUnitPrice({ model, rates = {}, perUnit }, prices) {
  return perUnit && Object.keys(rates).length === 0 && prices.some(({ models = {} }) => model in models);
}

/** Renders the list prices of units besides tokens. */
function unitPricesTable(prices) {
  const rows = prices.flatMap(({ any = {}, vendors = {}, models = {}, source, asOf }) => {
    const row =
      where =>
      ([unit, usd]) =>
        `| \`${unit}\` | ${where} | ${usd} | ${asOf} | ${source} |`;
    return [
      ...Object.entries(any).map(row('all')),
      ...[...Object.entries(vendors), ...Object.entries(models)].flatMap(([name, units]) =>
        Object.entries(units).map(row(`\`${name}\``)),
      ),
    ];
  });
  return `## Units besides tokens

The units of a call are in \`units\` of the invocation and its trace. Their cost is part of the call's cost, and \`explain\`, the reports and the export show it apart. The prices are those of us-east-1, without discounts and custom prices. Unlike token prices, some come from one source only, because the call would otherwise have no cost.

| unit | model or vendor | US dollars | read on | source |
|---|---|---|---|---|
${rows.join('\n')}

- **Guardrails.** ApplyGuardrail always returns its text units. Converse and InvokeModel return them only with \`trace: 'enabled'\` in the guardrail's configuration. Without it, and in the trace of an agent, the cost is a lower bound (\`guardrailUnits\`). Several guardrails of one call are added up. Word filters and regular expressions are free.
- **Rerank.** A query holds up to 100 documents, and a document up to 500 tokens. If documents could be longer, the cost is a lower bound (\`searchUnits\`).
- **Images** are counted in the response. The size and the quality are those of the request. **Videos** have the seconds of the StartAsyncInvoke request, also if the job fails later.
- **Web searches** are counted in bodies of Anthropic's Messages API and OpenAI's Responses API. Opening a page does not count.
- A unit without a price makes the cost a lower bound (\`unitPrice\`), or leaves the call unpriced if it has no tokens.`;
}

const ESTIMATES = `## What is estimated

- **A stream that the caller leaves early, or that breaks.** The usage is at the end of a stream. Before that, the library knows only the request and the received text, and estimates both counts from their lengths. Counts that the stream contained before its end are used without change (Anthropic's input, Llama's counts so far). The record is marked \`partial\`, because the bill is at least this amount.
- **Cache writes of unknown lifetime.** Headers, and log records without their body, do not contain the lifetime of a cache write: 5 minutes or an hour. It is priced at the 5-minute rate, and the usage is marked \`cacheWriteTtlUnknown\`. The cost is a lower bound.
- **Cached tokens that an OpenTelemetry span does not report.** Some instrumentations omit cache reads and writes. They are not priced, or priced as input. The cost is a lower bound (\`cacheTokens\`).
- **A cached response** from your own cache (\`recordCached\`). Its tokens are estimated, and it costs nothing.
- **A model call of an agent whose end is not in the trace.** Its input is estimated and marked \`partial\`.`;

const NOT_READ = `## What is not read

- **An agent without \`enableTrace: true\`.** Its response contains no tokens, so the call is unpriced.
- **Images and media that a request sends:** images of embedding models, seconds of video and audio.
- **Costs that are in no response:** provisioned throughput, the reserved tier, imported models by the minute, fees of prompt routers, storage. Such calls are unpriced, or have only the price of their tokens.
- **Cached tokens of agents and flows.** A trace contains only input and output. Cached tokens are priced as input if the trace counts them there.
- **The tier of an InvokeModel call in the invocation log**, unless the body names it. The call is priced as standard.
- **Cached tokens in OpenTelemetry spans** of some instrumentations, such as that of boto3 before version 0.66. The cost is a lower bound (\`cacheTokens\`) if the model has a price for cache reads.
- **Tiers without a listed price**, such as \`ultrafast\`. Their calls have tokens and are unpriced.`;

const CHECKS = `## How figures are checked

- \`readUsage\` reads each payload of this page. Payloads of client operations are also sent over a real socket: an unmodified AWS SDK client, instrumented by a tracker, calls a local Bedrock emulator, which answers with the payload. The ingest reads the log records.
- Each combination of operation, family and variant has exactly one entry in the table. The tests fail if an entry is missing, exists twice, or has no source.
- Members and numbers of the payloads are recorded or documented; their texts are our own. A test compares recorded responses with the recordings, member by member.
- Tokens are whole numbers in disjoint buckets. Costs are exact pico-dollars, never rounded before they are added. A call without a known price is counted as unpriced.
- A price is used only if two independent sources have it, or AWS's own price list does. \`npm run prices -- --check\` compares the catalog with its source, and each price with a second open list. Each disagreement has an explanation (\`scripts/prices/explained.mjs\`).
- The bill is the final check: \`token-analytics reconcile\` compares the recorded costs with AWS's bill, by model and day.`;

/**
 * Renders the section about prices that only one source has. Returns an empty text if `prices` is empty.
 *
 * @param prices rows of scripts/prices/single-source.mjs
 */
export function singleSourceSection(prices) {
  if (prices.length === 0) return '';
  const unpriced = prices.filter(({ priced }) => !priced);
  const elsewhere = prices.filter(({ priced }) => priced);
  return `## Prices that only one source has

The library does not use these prices, because a price needs two independent sources or AWS's own price list. If you trust a source, use its prices in \`customPrices\`. Rates are in US dollars per million tokens, other prices in US dollars.

${priceTable('Models without a price', unpriced)}

${priceTable('Models that have a price, but not for this id, region or scope', elsewhere)}`;
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

/**
 * Creates a list that numbers its items from 1, in the order of their first use. Notes and sources have such
 * numbers.
 */
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

/**
 * Groups items by the key that `keyOf` returns. Returns pairs of a key and its items, in the order of the
 * first items.
 */
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

/** Converts a heading to the anchor that GitHub creates for it, e.g. `calls-with-exact-numbers`. */
const anchorOf = title =>
  title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(/\s/g, '-');
