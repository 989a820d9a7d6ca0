import { BUCKET_TOKENS, BUCKETS, type Bucket } from './billing-buckets';
import type { Cost, LowerBoundReason } from './cost';
import { picoToDecimalString, usdToPico } from './pico';
import { totalInputTokens } from '../usage/token-usage';

const NAMES: Readonly<Record<Bucket, string>> = {
  input: 'input',
  output: 'output',
  cacheRead: 'cache read',
  cacheWrite5m: 'cache write',
  cacheWrite1h: 'cache write, 1 h',
  speechInput: 'input, speech',
  speechOutput: 'output, speech',
};

/** Texts that `explain` shows for the reasons why the true cost may be higher. */
const LOWER_BOUND_TEXTS: Readonly<Record<LowerBoundReason, string>> = {
  bareId: 'the global price of a bare id, as no region is known; the regional price is higher',
  cacheWriteTtl:
    'all cache writes at the 5-minute rate, as their time to live is not known; 1-hour writes cost more',
  cacheTokens: 'without cached tokens, because the source does not report them',
  guardrailUnits:
    'without the text units of the guardrail that are not known; its trace (guardrailConfig.trace) has them',
  searchUnits:
    'each document counted once, as its tokens are not known; documents of more than 500 tokens cost more',
  unitPrice: 'without the units that have no known price',
  speechTokens: 'all tokens as text, as speech tokens are not known; speech costs more',
};

/**
 * Returns a text that explains how a cost was computed. The text has a line for each kind of token, then the
 * total, then notes, then the source of the rates.
 *
 * @example
 * explain(cost);
 * // input             3,702 × $0.035 / 1M = $0.00012957
 * // output            1,701 × $0.14 / 1M = $0.00023814
 * // total                   = $0.00036771
 * // rates of 2026-11-24: AWS price list, AmazonBedrock, us-east-1; genai-prices 0.1.8 agrees
 */
export function explain(cost: Cost): string {
  const { usage, price, tier, discount } = cost;
  const rows = BUCKETS.filter(bucket =>
    usage === undefined ? (cost.breakdown[bucket] ?? 0n) > 0n : BUCKET_TOKENS[bucket](usage) > 0,
  ).map(bucket => {
    const tokens = usage === undefined ? '' : BUCKET_TOKENS[bucket](usage).toLocaleString('en-US');
    const factor = [
      ...(tier ? [`${tier.factor === undefined ? '' : ` × ${tier.factor}`} (${tier.name})`] : []),
      ...(discount ? [` × ${decimal(1 - discount.share)} (discount: ${discount.name})`] : []),
    ].join('');
    return [
      NAMES[bucket],
      tokens,
      ` × $${decimal(price[bucket] ?? 0)} / 1M${factor} = $${picoToDecimalString(cost.breakdown[bucket] ?? 0n)}`,
    ] as const;
  });
  const nameWidth = Math.max(...Object.values(NAMES).map(name => name.length));
  const countWidth = Math.max(0, ...rows.map(([, tokens]) => tokens.length));
  const line = (name: string, count: string, rest: string) =>
    `${name.padEnd(nameWidth)}  ${count.padStart(countWidth)}${rest}`;
  return [
    ...rows.map(([name, tokens, rest]) => line(name, tokens, rest)),
    ...(cost.units ?? []).map(({ unit, quantity, usdPerUnit, picoUsd }) =>
      line(
        unit,
        quantity.toLocaleString('en-US'),
        picoUsd === undefined ? ' × unknown price' : ` × $${usdPerUnit} = $${picoToDecimalString(picoUsd)}`,
      ),
    ),
    line('total', '', ` = $${picoToDecimalString(cost.picoUsd)}`),
    ...notesOn(cost),
    ...(cost.lowerBound ?? []).map(reason => `at least: ${LOWER_BOUND_TEXTS[reason]}`),
    `rates of ${price.asOf}: ${price.source}`,
  ].join('\n');
}

function notesOn({ usage, price: { longPrompt } }: Cost): string[] {
  if (!usage) return [];
  return [
    ...(longPrompt && totalInputTokens(usage) > longPrompt.above
      ? [
          `a prompt of more than ${longPrompt.above.toLocaleString('en-US')} tokens: the whole call ` +
            'at the long-prompt rates',
        ]
      : []),
    ...(usage.partial ? ['the stream ended before its usage came: at least this much'] : []),
  ];
}

/** Formats a rate in decimal digits, without an exponent. */
function decimal(rate: number): string {
  return picoToDecimalString(usdToPico(rate));
}
