import { type Command, Option } from 'commander';
import type { Cost } from '../../lambda/pricing/cost';
import { CostCalculator } from '../../lambda/pricing/cost-calculator';
import { discountText } from '../../lambda/pricing/custom-prices';
import { explain } from '../../lambda/pricing/explain';
import { locateModelId, parseModelId } from '../../lambda/pricing/model-id';
import { picoToDecimalString } from '../../lambda/pricing/pico';
import { listedPrices } from '../../lambda/pricing/price-lookup';
import { type PriceList, priceRows } from '../../lambda/pricing/price-rows';
import { plain } from '../../lambda/process/safe-text';
import type { TokenUsage } from '../../lambda/usage/token-usage';
import { BARE_ID_PRICES } from '../../src/contract';
import { startOfDayOption } from '../date-range';
import { UsageError } from '../failure';
import type { CallPrice, PricesOutput } from '../json-outputs';
import {
  addDiscount,
  type DiscountFlags,
  filled,
  newCommand,
  readPrices,
  SELECTION_OPTIONS,
  wholeNumber,
} from '../options';
import { type Column, tableText } from '../output/table';
import { colors } from '../output/terminal';
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

const MAX_TOKENS = 1_000_000_000;
/** Maximum number of models with tiers. If a list has more such models, it shows no tiers. */
const MAX_TIER_MODELS = 5;
/** Options whose values are token counts. */
const TOKEN_FLAGS = [
  'input',
  'output',
  'cacheRead',
  'cacheWrite',
  'cacheWrite1h',
  'speechInput',
  'speechOutput',
] as const satisfies readonly (keyof Flags)[];
/** Token counts that `--explain` uses if no token option is given. */
const EXAMPLE = { input: 10_000, output: 1_000 };

/** Adds the command `prices`, which lists the prices of models. Each price has a source and a date. */
export function addPricesCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'prices',
    summary: 'prices of models, with the source and the date of each price',
    description:
      'Prices are from the catalog of this version and from your price file. The command uses no ' +
      'network.\nPrices are in US dollars per million tokens. --region is the region of the calls.',
    examples: [
      ['prices', 'all prices'],
      ['prices haiku', 'models with this name'],
      ['prices anthropic.claude-sonnet-4-5-20250929-v1:0 --region eu-central-1', 'one model in a region'],
      [
        'prices amazon.nova-micro-v1:0 --explain --input 3702 --output 1701',
        'how the cost of a call is calculated',
      ],
      [
        'prices us.anthropic.claude-sonnet-4-5-20250929-v1:0 --explain --input 900 --cache-read ' +
          '12000 --output 400 --batch',
        'with cached tokens, in a batch job',
      ],
    ],
    ignores: [...SELECTION_OPTIONS, 'table', 'stack', 'namespace', 'profile', 'endpoint'],
  }).argument('[model]', 'model id, inference profile id, ARN, or part of a name');
  for (const [name, tokens] of [
    ['input', 'uncached input tokens'],
    ['output', 'output tokens'],
    ['cache-read', 'cache read tokens'],
    ['cache-write', 'cache write tokens (5 min)'],
    ['cache-write-1h', 'cache write tokens (1 h)'],
    ['speech-input', 'speech tokens among those of --input'],
    ['speech-output', 'speech tokens among those of --output'],
  ]) {
    command.addOption(
      new Option(`--${name} <tokens>`, `with --explain: ${tokens}`).argParser(wholeNumber(0, MAX_TOKENS)),
    );
  }
  command
    .addOption(new Option('--explain', 'show how the cost of a call is calculated'))
    .addOption(
      new Option('--tier <tier>', 'with --explain: service tier').choices(['default', 'flex', 'priority']),
    )
    .addOption(new Option('--batch', 'with --explain: batch job'))
    .addOption(new Option('--at <day>', 'day of the prices (default: today)'))
    .addOption(
      new Option('--prices <file>', 'price file, which takes precedence over the catalog').argParser(filled),
    )
    .addOption(
      new Option(
        '--bare-id-price <price>',
        'price of a Claude model id without a prefix (default: in-region with --region, otherwise global)',
      ).choices(BARE_ID_PRICES),
    );
  addDiscount(command, 'discount on list prices, for example anthropic=0.1 for 10 %');
  action<Flags>(command, async (context, model) => {
    const { options } = context;
    if (model?.trim() === '') {
      throw new UsageError('the model must not be empty. Omit it for all prices');
    }
    const at = options.at === undefined ? new Date() : startOfDayOption('--at', options.at, options.timezone);
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
        `token-analytics: the price of ${model} is unknown. ` +
          (list.suggestions.length > 0
            ? `Did you mean ${list.suggestions.join(', ')}?`
            : 'Set it in a file of --prices'),
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
    throw new UsageError(
      '--explain must be given with a model. Pass, for example, prices amazon.nova-micro-v1:0 --explain',
    );
  }
  const usage = readUsage(flags);
  const cost = new CostCalculator(prices).calculate(usage, {
    modelId: model,
    at,
    serviceTier: tier,
    batch,
    region: prices.region,
  });
  if (!cost) throw new UsageError(unknownCostText(model, prices, at));
  await context.print(
    callPrice(model, at, cost),
    () => `${colors().bold(plain(model))}\n${plainLines(explain(cost))}\n`,
  );
}

/** Returns the token counts of the call that `--explain` prices. */
function readUsage(flags: Flags): TokenUsage {
  const given = TOKEN_FLAGS.some(name => flags[name] !== undefined);
  const { speechInput = 0, speechOutput = 0, ...counts } = given ? flags : (EXAMPLE as Flags);
  const { input = speechInput, output = speechOutput } = counts;
  for (const [name, part, whole] of [
    ['input', speechInput, input],
    ['output', speechOutput, output],
  ] as const) {
    if (part <= whole) continue;
    throw new UsageError(
      `--speech-${name} must be at most --${name}, which includes it, got: ${part} of ${whole}`,
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

/**
 * Returns the error text for an unpriced call. Either `model` has no price, or the price excludes the tokens,
 * the tier or the region of the call.
 */
function unknownCostText(model: string, prices: Omit<Shared, 'at'>, at: Date): string {
  const { rows, suggestions } = priceRows(model, { ...prices, at });
  if (rows.some(({ applies }) => applies)) {
    return (
      `the price of ${model} is unknown for these tokens, this tier or this region. Its prices are in ` +
      `\`prices ${model}\``
    );
  }
  const near = [...new Set([...suggestions, ...rows.map(row => row.model)])].slice(0, 3);
  return (
    `the model must have a price, got: ${model}. ` +
    (near.length > 0 ? `Did you mean ${near.join(', ')}?` : 'Set its price in a file of --prices')
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

/** Returns the notes below the price list. They explain discounts and global prices. */
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
      ? [
          'Without --region, the id of a Claude model without a prefix has the global price. It costs more ' +
            'in a region.',
        ]
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
    '● Price of calls with this id. ○ Price of another time. Prices are in US dollars per million tokens.\n',
    ...longPrompts.map(text => `${plain(text)}.\n`),
    ...(tiers.length > MAX_TIER_MODELS
      ? []
      : tiers.map(([model, texts]) => `${plain(model)}: ${texts.join(', ')}.\n`)),
    ...notes.map(text => `${plain(text)}\n`),
    ...sources.map((source, index) => `${sources.length > 1 ? `[${index + 1}] ` : ''}${plain(source)}\n`),
  ].join('');
}

/**
 * Returns one text for each tier. A tier in `tiers` has a text such as `flex × 0.5`: its multiple of the
 * standard rate. A tier in `tierRates` has a text such as `flex 0.1 / 0.4`: its input and output rates.
 */
function tierTexts({ tiers, tierRates = {} }: PriceList['rows'][number]): string[] {
  return [
    ...Object.entries(tiers).map(([tier, factor]) => `${tier} × ${factor}`),
    ...Object.entries(tierRates).map(
      ([tier, { input, output }]) => `${tier} ${rate(input)} / ${rate(output)}`,
    ),
  ];
}

function rate(usd: number | undefined): string {
  return usd === undefined ? '–' : String(usd);
}
