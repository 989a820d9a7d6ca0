import { type Command, Option } from 'commander';
import { usdText } from '../../lambda/pricing/usd-text';
import { plain } from '../../lambda/process/safe-text';
import { costText } from '../../reports/figures/figures';
import { BUCKET_NAMES } from '../../reports/prices/price-gap';
import type { Comparison, WhatIfReport } from '../../reports/what-if/what-if';
import type { WhatIfTarget } from '../../reports/what-if/what-if-target';
import { UsageError } from '../failure';
import { newCommand } from '../new-command';
import { filled } from '../options/common-options';
import { changeText, countText, differenceText, shareText } from '../output/figures-table';
import { daysText, leftOutText } from '../output/report-text';
import { type Column, colours, type Row, tableText } from '../output/table';
import { addDiscount, type DiscountFlags, readPrices } from '../reprice';
import { action } from '../run';

interface Flags extends DiscountFlags {
  readonly from?: string;
  readonly to?: string;
  readonly toRegion?: string;
  readonly scope?: WhatIfTarget['scope'];
  readonly tier?: WhatIfTarget['serviceTier'];
  readonly batch?: boolean;
  readonly prices?: string;
}

/** `whatif`: the same tokens at another price. */
export function addWhatifCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'whatif',
    summary: "what the same tokens would have cost at another model's, region's or tier's price",
    description:
      "Both sides at the list prices of each call's day, less the discounts that are given by --discount: " +
      'give those that were recorded with. It also says what the prompt cache saved, and where writes for ' +
      'an hour would pay.\nThe tokens are those that were counted: another ' +
      'model would count and answer otherwise.',
    examples: [
      [
        'whatif --from anthropic.claude-sonnet-4-5-20250929-v1:0 --to amazon.nova-pro-v1:0',
        "one model's calls at another's price",
      ],
      ['whatif --tier flex --since 4w', 'all calls on the flex tier'],
      ['whatif --batch --agent research', "one agent's calls as batch jobs"],
      ['whatif --to-region eu-central-1', 'all calls as if made there'],
      [
        'whatif --to amazon.nova-pro-v1:0 --discount anthropic=0.1 --discount amazon=0.05',
        'with what you pay less than the list prices',
      ],
    ],
  })
    .addOption(new Option('--from <model>', 'only the calls of this model; by default all').argParser(filled))
    .addOption(new Option('--to <model>', 'the model whose price is taken').argParser(filled))
    .addOption(new Option('--to-region <region>', 'the region whose price is taken').argParser(filled))
    .addOption(
      new Option('--scope <scope>', 'the kind of inference profile').choices(['global', 'geo', 'in-region']),
    )
    .addOption(new Option('--tier <tier>', 'the service tier').choices(['default', 'flex', 'priority']))
    .addOption(new Option('--batch', 'as batch jobs'))
    .addOption(new Option('--prices <file>', 'a file of your prices, for both sides').argParser(filled));
  addDiscount(command, 'less than the list price on both sides, such as anthropic=0.1 for 10 % less');
  action<Flags>(command, async context => {
    const { prices, discount: discounts } = context.options;
    const to = targetOf(context.options);
    const range = context.range();
    const reports = await context.reports({
      customPrices: prices === undefined ? undefined : await readPrices(prices),
      discounts,
    });
    const options = await context.reportOptions();
    const report = await reports
      .whatIf(range, { from: context.options.from, to }, options)
      .catch((error: unknown) => {
        throw error instanceof RangeError ? new UsageError(inOptions(error.message)) : error;
      });
    await context.print(report, () => whatIfText(report));
  });
}

function targetOf({ to, toRegion, scope, tier, batch }: Flags): string | WhatIfTarget {
  const others = { region: toRegion, scope, serviceTier: tier, batch };
  const given = Object.fromEntries(
    Object.entries(others).filter(([, value]) => value !== undefined),
  ) as WhatIfTarget;
  if (to === undefined && Object.keys(given).length === 0) {
    throw new UsageError(
      '--to, --to-region, --scope, --tier or --batch must be given, such as --to amazon.nova-pro-v1:0',
    );
  }
  if (to === undefined) return given;
  if (Object.keys(given).length === 0) return to;
  // An id with a prefix, or an ARN, says how the model is called.
  return /^arn:|^[a-z-]+\.[a-z0-9]+\./.test(to) ? { modelId: to, ...given } : { model: to, ...given };
}

const OPTION_NAMES: Readonly<Record<string, string>> = {
  model: '--to',
  modelId: '--to',
  region: '--to-region',
  scope: '--scope',
  serviceTier: '--tier',
  batch: '--batch',
};

/** What the library says of its arguments, in this command's words. */
function inOptions(message: string): string {
  return message
    .replace(/^whatIf: /, '')
    .replace(/\bto\.(\w+)/g, (text, name: string) => OPTION_NAMES[name] ?? text)
    .replace(/^(to|from) must/, '--$1 must');
}

function whatIfText(report: WhatIfReport): string {
  const { question, invocations, recorded, compared, withoutCache, notCompared, notes } = report;
  const { bold } = colours();
  const title = `${bold('What if')} ${plain(`${targetText(question)}, ${daysText(report)}`)}\n`;
  if (invocations === 0) return `${title}No calls.\n${leftOutText(report)}`;
  const comparison = ({ asIs, other, difference, change }: Omit<Comparison, 'invocations'>) => [
    usdText(asIs.picoUsd),
    usdText(other.picoUsd),
    differenceText(difference.picoUsd),
    changeText(change),
  ];
  const rows: Row[] = [
    ...report.buckets.map(each => ({
      cells: [BUCKET_NAMES[each.bucket], `${countText(each.tokens)} tokens`, ...comparison(each)],
      tone: 'faint' as const,
    })),
    ...report.models.map((each, index) => ({
      cells: [each.model, `${countText(each.invocations)} calls`, ...comparison(each)],
      rule: index === 0,
    })),
    ...(withoutCache
      ? [
          {
            cells: [
              'without cache there',
              `${countText(withoutCache.invocations)} calls`,
              ...comparison(withoutCache),
            ],
            rule: true,
          },
        ]
      : []),
    {
      cells: ['Total', `${countText(compared.invocations)} calls`, ...comparison(compared)],
      rule: true,
      tone: 'strong',
    },
  ];
  return [
    title,
    `${countText(invocations)} calls, recorded at ` +
      `${costText(recorded)}${notCompared > 0 ? `; ${countText(notCompared)} could not be compared` : ''}.\n`,
    tableText(
      [
        { header: '', align: 'left' },
        { header: 'Of', drop: 2 },
        { header: 'As it is' },
        { header: 'What if' },
        { header: 'Difference', drop: 1 },
        { header: 'Change' },
      ],
      rows,
    ),
    ...notes.map(note => `${plain(note)}\n`),
    cacheText(report),
    hourText(report),
    leftOutText(report),
  ].join('');
}

function targetText({ from, to }: WhatIfReport['question']): string {
  const { model, modelId, region, scope, serviceTier, batch } = to;
  const where = [
    modelId ?? model ?? '',
    region === undefined ? '' : `in ${region}`,
    scope ?? '',
    serviceTier === undefined ? '' : `tier ${serviceTier}`,
    batch ? 'in batch jobs' : '',
  ];
  return `${from ?? 'all models'} → ${where.filter(text => text !== '').join(', ')}`;
}

function cacheText({
  cacheSavings: { cacheReadTokens, cacheWriteTokens, net, savedByReads, extraForWrites, uncached },
}: WhatIfReport): string {
  if (cacheReadTokens + cacheWriteTokens === 0) return '';
  const of = uncached.picoUsd > 0n ? ` of ${usdText(uncached.picoUsd)} of input` : '';
  const saved =
    net.picoUsd >= 0n
      ? `saved ${usdText(net.picoUsd)}${of}`
      : `cost ${usdText(-net.picoUsd)} more than it saved`;
  return (
    `The prompt cache ${saved}: reads ${differenceText(-savedByReads.picoUsd)}, writes ` +
    `${differenceText(extraForWrites.picoUsd)}.\n`
  );
}

function hourText({ cacheTtlBreakEven: { entries } }: WhatIfReport): string {
  if (entries.length === 0) return '';
  const columns: Column[] = [
    { header: 'Cache writes of', align: 'left' },
    { header: 'Model', align: 'left', drop: 2 },
    { header: 'Written' },
    { header: 'Again within 1 h' },
    { header: 'Pays from', drop: 1 },
    { header: '5 minutes' },
    { header: '1 hour', drop: 3 },
  ];
  return tableText(
    columns,
    entries.map(
      ({
        agentId,
        model,
        writtenTokens,
        rewrittenShare,
        breakEvenShare,
        costAt5m,
        costAt1h,
        costAt1hAtLeast,
      }) => ({
        cells: [
          agentId,
          model,
          countText(writtenTokens),
          `≤ ${shareText(rewrittenShare)}`,
          shareText(breakEvenShare),
          usdText(costAt5m.picoUsd),
          costAt1h.picoUsd === costAt1hAtLeast.picoUsd
            ? usdText(costAt1h.picoUsd)
            : `${usdText(costAt1hAtLeast.picoUsd)} to ${usdText(costAt1h.picoUsd)}`,
        ],
      }),
    ),
  );
}
