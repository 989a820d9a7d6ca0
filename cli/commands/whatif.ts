import { type Command, Option } from 'commander';
import { usdText } from '../../lambda/pricing/usd-text';
import { plain } from '../../lambda/process/safe-text';
import { atLeastNotes } from '../../reports/figures/cost-notes';
import { costText } from '../../reports/figures/figures';
import { BUCKET_NAMES } from '../../reports/prices/price-gap';
import type { Amount } from '../../reports/results';
import type { Comparison, WhatIfReport } from '../../reports/what-if/what-if';
import type { WhatIfTarget } from '../../reports/what-if/what-if-target';
import { UsageError } from '../failure';
import { addDiscount, type DiscountFlags, filled, newCommand, readPrices } from '../options';
import {
  changeText,
  countText,
  daysText,
  differenceText,
  linesOf,
  omittedText,
  shareText,
} from '../output/report-text';
import { type Column, type Row, tableText } from '../output/table';
import { colors } from '../output/terminal';
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

/** Adds the command `whatif`, which calculates the cost of the recorded tokens at another price. */
export function addWhatifCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'whatif',
    summary: 'cost of the same tokens with another model, region or tier',
    description:
      'Both sides use the list prices of the day of each call, minus the discounts of --discount. Give the ' +
      'discounts with which the calls were recorded. The report also shows the savings of the prompt cache ' +
      'and the cache TTL break-even.\nThe comparison keeps the recorded token counts. Another model would ' +
      'count the same text differently, and answer at another length.',
    examples: [
      [
        'whatif --from anthropic.claude-sonnet-4-5-20250929-v1:0 --to amazon.nova-pro-v1:0',
        'the calls of one model at the price of another',
      ],
      ['whatif --tier flex --since 4w', 'all calls on the flex tier'],
      ['whatif --batch --agent research', 'the calls of one agent as batch jobs'],
      ['whatif --to-region eu-central-1', 'all calls in another region'],
      [
        'whatif --to amazon.nova-pro-v1:0 --discount anthropic=0.1 --discount amazon=0.05',
        'with your discounts on list prices',
      ],
    ],
  })
    .addOption(new Option('--from <model>', 'only the calls of this model (default: all)').argParser(filled))
    .addOption(new Option('--to <model>', 'model to compare with').argParser(filled))
    .addOption(new Option('--to-region <region>', 'region to compare with').argParser(filled))
    .addOption(new Option('--scope <scope>', 'scope to compare with').choices(['global', 'geo', 'in-region']))
    .addOption(
      new Option('--tier <tier>', 'service tier to compare with').choices(['default', 'flex', 'priority']),
    )
    .addOption(new Option('--batch', 'compare with batch jobs'))
    .addOption(new Option('--prices <file>', 'price file, for both sides').argParser(filled));
  addDiscount(command, 'discount on list prices, for both sides, for example anthropic=0.1 for 10 %');
  action<Flags>(command, async context => {
    const { prices, discount: discounts } = context.options;
    const to = parseTarget(context.options);
    const range = context.range();
    const reports = await context.reports({
      customPrices: prices === undefined ? undefined : await readPrices(prices),
      discounts,
    });
    const options = await context.reportOptions();
    const report = await reports.whatIf(range, { from: context.options.from, to }, options);
    await context.print(report, () => whatIfText(report));
  });
}

function parseTarget({ to, toRegion, scope, tier, batch }: Flags): string | WhatIfTarget {
  const others = { region: toRegion, scope, serviceTier: tier, batch };
  const given = Object.fromEntries(
    Object.entries(others).filter(([, value]) => value !== undefined),
  ) as WhatIfTarget;
  if (to === undefined && Object.keys(given).length === 0) {
    throw new UsageError(
      '--to, --to-region, --scope, --tier or --batch must be given. Pass, for example, --to ' +
        'amazon.nova-pro-v1:0',
    );
  }
  if (to === undefined) return given;
  if (Object.keys(given).length === 0) return to;
  // If `to` is an ARN or has a region prefix such as `us.`, passes it as `modelId`.
  return /^arn:|^[a-z-]+\.[a-z0-9]+\./.test(to) ? { modelId: to, ...given } : { model: to, ...given };
}

function whatIfText(report: WhatIfReport): string {
  const { question, invocations, recorded, compared, withoutCache, notCompared, unitCost, notes } = report;
  const { bold } = colors();
  const title = `${bold('What if')} ${plain(`${targetText(question)}, ${daysText(report)}`)}\n`;
  if (invocations === 0) return `${title}No calls.\n${omittedText(report)}`;
  const comparison = (compare: Omit<Comparison, 'invocations'>) => {
    const { asIs, other, difference, change, asIsLowerBound = 0, otherLowerBound = 0 } = compare;
    return [
      boundText(asIs.picoUsd, asIsLowerBound),
      boundText(other.picoUsd, otherLowerBound),
      differenceText(difference.picoUsd),
      changeText(change),
    ];
  };
  const rows: Row[] = [
    ...report.buckets.map(each => ({
      cells: [BUCKET_NAMES[each.bucket], `${countText(each.tokens)} tokens`, ...comparison(each)],
      tone: 'faint' as const,
    })),
    ...(unitCost
      ? [{ cells: ['units besides tokens', '', ...comparison(unchanged(unitCost))], tone: 'faint' as const }]
      : []),
    ...report.models.map((each, index) => ({
      cells: [each.model, `${countText(each.invocations)} calls`, ...comparison(each)],
      rule: index === 0,
    })),
    ...(withoutCache
      ? [
          {
            cells: [
              'What if without cache',
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
    `${countText(invocations)} calls, recorded cost ` +
      `${costText(recorded)}${notCompared > 0 ? `; ${countText(notCompared)} cannot be compared` : ''}.\n`,
    tableText(
      [
        { header: '', align: 'left' },
        { header: 'Amount', drop: 2 },
        { header: 'As is' },
        { header: 'What if' },
        { header: 'Difference', drop: 1 },
        { header: 'Change' },
      ],
      rows,
    ),
    ...notes.map(note => `${plain(note)}\n`),
    cacheSavingsText(report),
    cacheTtlText(report),
    omittedText(report),
  ].join('');
}

/** Returns the comparison of a cost that is the same on both sides. */
function unchanged(cost: Amount): Omit<Comparison, 'invocations'> {
  return { asIs: cost, other: cost, difference: { picoUsd: 0n, usd: '0' }, change: 0 };
}

/** Formats an amount. If the true cost of some invocations may be higher, begins with `≥`. */
function boundText(picoUsd: bigint, lowerBound: number): string {
  return `${lowerBound > 0 ? '≥ ' : ''}${usdText(picoUsd)}`;
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

function cacheSavingsText({
  cacheSavings: { cacheReadTokens, cacheWriteTokens, net, savedByReads, extraForWrites, uncached, ...bound },
}: WhatIfReport): string {
  if (cacheReadTokens + cacheWriteTokens === 0) return '';
  const whole =
    uncached.picoUsd > 0n ? `. Without the cache, the input would cost ${usdText(uncached.picoUsd)}` : '';
  const saved =
    net.picoUsd >= 0n ? `saved ${usdText(net.picoUsd)}` : `cost ${usdText(-net.picoUsd)} more than it saved`;
  return (
    `The prompt cache ${saved} (reads ${differenceText(-savedByReads.picoUsd)}, writes ` +
    `${differenceText(extraForWrites.picoUsd)})${whole}.\n` +
    linesOf(atLeastNotes(bound, 'Input with the cache, at least'))
  );
}

function cacheTtlText({ cacheTtlBreakEven: { entries } }: WhatIfReport): string {
  if (entries.length === 0) return '';
  const columns: Column[] = [
    { header: 'Cache TTL of agent', align: 'left' },
    { header: 'Model', align: 'left', drop: 2 },
    { header: 'Tokens written' },
    { header: 'Rewritten in 1 h' },
    { header: 'Break-even', drop: 1 },
    { header: 'Cost at 5 min' },
    { header: 'Cost at 1 h', drop: 3 },
  ];
  const ttlUnknown = entries.reduce((sum, each) => sum + (each.ttlUnknown ?? 0), 0);
  const table = tableText(
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
  return ttlUnknown === 0
    ? table
    : `${table}The time to live is not known for cache writes of ${countText(ttlUnknown)} ` +
        `${ttlUnknown === 1 ? 'call' : 'calls'}: they count as 5-minute writes.\n`;
}
