import { type Command, Option } from 'commander';
import { type Cost, CostCalculator } from '../../lambda/pricing/cost-calculator';
import { explain } from '../../lambda/pricing/explain';
import { locateModelId, parseModelId } from '../../lambda/pricing/model-id';
import { picoToDecimalString } from '../../lambda/pricing/pico';
import { discountText, listedPrices } from '../../lambda/pricing/price-book';
import { type PriceList, priceRows } from '../../lambda/pricing/price-list';
import type { TokenUsage } from '../../lambda/usage/token-usage';
import { BARE_ID_PRICES } from '../../src/contract';
import { UsageError } from '../failure';
import type { CallPrice, PricesOutput } from '../json-outputs';
import { newCommand } from '../new-command';
import { filled, OF_SELECTION, wholeNumber } from '../options/common-options';
import { dayOption } from '../options/date-options';
import { plain } from '../output/plain';
import { type Column, colours, tableText } from '../output/table';
import { addDiscount, type DiscountFlags, readPrices } from '../reprice';
import { action, type Context } from '../run';

interface Flags extends DiscountFlags {
  readonly explain?: boolean;
  readonly input?: number;
  readonly output?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly cacheWrite1h?: number;
  readonly speechInput?: number;
  readonly speechOutput?: number;
  readonly tier?: string;
  readonly batch?: boolean;
  readonly at?: string;
  readonly prices?: string;
  readonly bareIdPrice?: (typeof BARE_ID_PRICES)[number];
}

const MOST_TOKENS = 1_000_000_000;
/** Options that say tokens. */
const TOKEN_FLAGS = [
  'input',
  'output',
  'cacheRead',
  'cacheWrite',
  'cacheWrite1h',
  'speechInput',
  'speechOutput',
] as const satisfies readonly (keyof Flags)[];
/** The call that is explained where no tokens are given. */
const EXAMPLE = { input: 10_000, output: 1_000 };

/** `prices`: what a model costs, from where, and of when. */
export function addPricesCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'prices',
    summary: 'what a model costs, with the source and the date of the price',
    description:
      'From the catalog of this version, and a file of your prices where there is one: nothing is ' +
      'asked for over the network.\nIn US dollars per million tokens. --region is that of the calls.',
    examples: [
      ['prices', 'all prices'],
      ['prices haiku', 'models that are called so'],
      ['prices anthropic.claude-sonnet-4-5-20250929-v1:0 --region eu-central-1', 'one model in a region'],
      ['prices amazon.nova-micro-v1:0 --explain --input 3702 --output 1701', 'the arithmetic of a call'],
      [
        'prices us.anthropic.claude-sonnet-4-5-20250929-v1:0 --explain --input 900 --cache-read ' +
          '12000 --output 400 --batch',
        'with cached tokens, in a batch job',
      ],
    ],
    ignores: [...OF_SELECTION, 'table', 'stack', 'namespace', 'profile', 'endpoint'],
  }).argument('[model]', "a model's id, a profile's, an ARN, or a part of a name");
  for (const [name, what] of [
    ['input', 'input, uncached'],
    ['output', 'output'],
    ['cache-read', 'read from the cache'],
    ['cache-write', 'written to it for 5 minutes'],
    ['cache-write-1h', 'written to it for an hour'],
    ['speech-input', 'of speech, of those of --input'],
    ['speech-output', 'of speech, of those of --output'],
  ]) {
    command.addOption(
      new Option(`--${name} <tokens>`, `--explain: tokens ${what}`).argParser(wholeNumber(0, MOST_TOKENS)),
    );
  }
  command
    .addOption(new Option('--explain', 'show the arithmetic of a call'))
    .addOption(
      new Option('--tier <tier>', '--explain: the service tier').choices(['default', 'flex', 'priority']),
    )
    .addOption(new Option('--batch', '--explain: as a batch job'))
    .addOption(new Option('--at <day>', 'the day whose prices are shown; by default today'))
    .addOption(
      new Option('--prices <file>', 'a file of your prices, which go before the catalog').argParser(filled),
    )
    .addOption(
      new Option(
        '--bare-id-price <price>',
        'which price a bare id of a Claude model has; by default in-region with --region, else global',
      ).choices(BARE_ID_PRICES),
    );
  addDiscount(command, 'less than the list price by this share, such as anthropic=0.1 for 10 % less');
  action<Flags>(command, async (context, model) => {
    const { options } = context;
    if (model?.trim() === '') {
      throw new UsageError('the model must not be empty; leave it out for all prices');
    }
    const at = options.at === undefined ? new Date() : dayOption('--at', options.at, options.timezone);
    const shared = {
      at,
      region: options.region,
      bareIdPrice: options.bareIdPrice,
      customPrices: options.prices === undefined ? undefined : await readPrices(options.prices),
      discounts: options.discount,
    };
    if (options.explain) {
      await explainCall(context, model, shared);
      return;
    }
    const list = priceRows(model, shared);
    const output: PricesOutput = {
      ...(model === undefined ? {} : { query: model }),
      at: at.toISOString(),
      prices: list.rows,
      suggestions: list.suggestions,
    };
    await context.print(output, () => listText(list, notesOn(model, list, shared)));
    if (list.rows.length > 0) return;
    context.note(
      plain(
        'token-analytics: no price is known of ' +
          `${model}${list.suggestions.length > 0 ? `; did you mean ${list.suggestions.join(', ')}?` : ': give it one with --prices'}`,
      ),
    );
    context.endWith('failure');
  });
}

type Shared = { readonly at: Date } & Pick<
  NonNullable<ConstructorParameters<typeof CostCalculator>[0]>,
  'region' | 'bareIdPrice' | 'customPrices' | 'discounts'
>;

async function explainCall(
  context: Context<Flags>,
  model: string | undefined,
  { at, ...prices }: Shared,
): Promise<void> {
  const { tier, batch, ...flags } = context.options;
  if (model === undefined) {
    throw new UsageError('--explain needs a model, such as prices amazon.nova-micro-v1:0 --explain');
  }
  const usage = usageOf(flags);
  const cost = new CostCalculator(prices).calculate(usage, {
    modelId: model,
    at,
    serviceTier: tier,
    batch,
    region: prices.region,
  });
  if (!cost) throw new UsageError(unknownCost(model, prices, at));
  await context.print(
    callPrice(model, at, cost),
    () => `${colours().bold(plain(model))}\n${plainLines(explain(cost))}\n`,
  );
}

/** Tokens of the call to explain. */
function usageOf(flags: Flags): TokenUsage {
  const given = TOKEN_FLAGS.some(name => flags[name] !== undefined);
  const { speechInput = 0, speechOutput = 0, ...counts } = given ? flags : (EXAMPLE as Flags);
  const { input = speechInput, output = speechOutput } = counts;
  for (const [name, part, whole] of [
    ['input', speechInput, input],
    ['output', speechOutput, output],
  ] as const) {
    if (part <= whole) continue;
    throw new UsageError(
      `--speech-${name} must be at most --${name}, of which it is a part, got: ${part} of ${whole}`,
    );
  }
  return {
    uncachedInputTokens: input,
    cacheReadTokens: counts.cacheRead ?? 0,
    cacheWrite5mTokens: counts.cacheWrite ?? 0,
    cacheWrite1hTokens: counts.cacheWrite1h ?? 0,
    outputTokens: output,
    ...(speechInput > 0 ? { speechInputTokens: speechInput } : {}),
    ...(speechOutput > 0 ? { speechOutputTokens: speechOutput } : {}),
    source: 'usage',
    partial: false,
  };
}

/** Why a call has no price: the model has none, or one that lacks what is asked for. */
function unknownCost(model: string, prices: Omit<Shared, 'at'>, at: Date): string {
  const { rows, suggestions } = priceRows(model, { ...prices, at });
  if (rows.some(({ applies }) => applies)) {
    return (
      `a call of ${model} with these tokens, this tier or in this region has no known price: look at ` +
      `\`prices ${model}\``
    );
  }
  const near = [...new Set([...suggestions, ...rows.map(row => row.model)])].slice(0, 3);
  return (
    'the model must be one that has a price, got: ' +
    `${model}${near.length > 0 ? `; did you mean ${near.join(', ')}?` : '; give it one with --prices'}`
  );
}

function callPrice(model: string, at: Date, cost: Cost): CallPrice {
  const { picoUsd, breakdown, usage, price, tier, discount, lowerBound } = cost;
  return {
    model,
    at: at.toISOString(),
    usage,
    usd: picoToDecimalString(picoUsd),
    picoUsd,
    breakdown,
    price,
    ...(tier ? { tier } : {}),
    ...(discount ? { discount } : {}),
    ...(lowerBound ? { lowerBound } : {}),
  };
}

function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

/** Returns notes about the discounts and lower bounds of rates. */
function notesOn(
  model: string | undefined,
  { rows }: PriceList,
  { region, bareIdPrice }: Omit<Shared, 'at'>,
): readonly string[] {
  const applying = rows.filter(({ applies }) => applies);
  const hasChoice = region !== undefined || bareIdPrice !== undefined;
  const isGlobal = parseModelId(model ?? '').scope === 'global';
  const isLowerBound = applying.some(
    row => row.market === 'global' && listedPrices(locateModelId(row.model), undefined)?.isLowerBound,
  );
  return [
    ...(isLowerBound && !hasChoice && !isGlobal
      ? ['Without --region, a bare id of a Claude model has the global price. In a region it costs more.']
      : []),
    ...new Set(
      applying.flatMap(({ discount }) => (discount ? [`Discount: ${discountText(discount)}.`] : [])),
    ),
  ];
}

function listText({ rows }: PriceList, notes: readonly string[]): string {
  if (rows.length === 0) return '';
  const columns: Column[] = [
    { header: '', align: 'left' },
    { header: 'Model', align: 'left' },
    { header: 'Where', align: 'left' },
    { header: 'Input' },
    { header: 'Output' },
    { header: 'Cache read', drop: 3 },
    { header: 'Write 5 min', drop: 4 },
    { header: 'Write 1 h', drop: 5, wide: true },
    { header: 'Speech in', drop: 3, optional: true },
    { header: 'Speech out', drop: 3, optional: true },
    { header: 'From', align: 'left', drop: 6, optional: true },
    { header: 'Until', align: 'left', drop: 7, optional: true },
    { header: 'Read on', align: 'left', drop: 8, wide: true },
  ];
  const sources = [...new Set(rows.map(({ source }) => source))];
  const footnote = (source: string) => (sources.length > 1 ? ` [${sources.indexOf(source) + 1}]` : '');
  const longPrompts = rows
    .filter(row => row.applies && row.longPrompt)
    .map(
      ({ model, market, longPrompt }) =>
        `${model} (${market}): above ${longPrompt?.above.toLocaleString('en-US')} input tokens, ` +
        `input ${longPrompt?.input}, output ${longPrompt?.output}`,
    );
  const tiers = [
    ...new Map(rows.filter(row => row.applies).map(row => [row.model, tierTexts(row)])).entries(),
  ].filter(([, texts]) => texts.length > 0);
  return [
    tableText(
      columns,
      rows.map(row => ({
        cells: [
          row.applies ? '●' : row.current ? '' : '○',
          row.model,
          `${row.market}${footnote(row.source)}`,
          rate(row.input),
          rate(row.output),
          rate(row.cacheRead),
          rate(row.cacheWrite5m),
          rate(row.cacheWrite1h),
          row.speechInput === undefined ? '' : String(row.speechInput),
          row.speechOutput === undefined ? '' : String(row.speechOutput),
          row.from ?? '',
          row.until ?? '',
          row.asOf,
        ],
        tone: row.current ? undefined : ('faint' as const),
      })),
    ),
    '● what a call of the id has, ○ held or will hold at another time. US dollars per million tokens.\n',
    ...longPrompts.map(text => `${plain(text)}.\n`),
    ...(tiers.length > MAX_TIERS
      ? []
      : tiers.map(([model, texts]) => `${plain(model)}: ${texts.join(', ')}.\n`)),
    ...notes.map(text => `${plain(text)}\n`),
    ...sources.map((source, index) => `${sources.length > 1 ? `[${index + 1}] ` : ''}${plain(source)}\n`),
  ].join('');
}

/** The tiers of a price: their factors, or the rates that AWS lists for them. */
function tierTexts({ tiers, tierRates = {} }: PriceList['rows'][number]): string[] {
  return [
    ...Object.entries(tiers).map(([tier, factor]) => `${tier} × ${factor}`),
    ...Object.entries(tierRates).map(
      ([tier, { input, output }]) => `${tier} ${rate(input)} / ${rate(output)}`,
    ),
  ];
}

/** Of more models, their tiers would be a page of their own. */
const MAX_TIERS = 5;

function rate(usd: number | undefined): string {
  return usd === undefined ? '–' : String(usd);
}
