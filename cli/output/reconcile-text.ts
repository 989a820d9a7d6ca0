import { countText, differenceText } from './figures-table';
import { type Column, type Row, tableText } from './table';
import { usdText } from '../../lambda/pricing/usd-text';
import type { BilledTokens } from '../../reports/bill/billed-costs';
import type { Compared, Reconciliation } from '../../reports/bill/reconciliation';
import { costText } from '../../reports/figures/figures';

const PERCENT = new Intl.NumberFormat('en-US', {
  style: 'percent',
  maximumFractionDigits: 2,
  signDisplay: 'exceptZero',
});
const WHOLE = 100;
const NOTHING = '–';

const COLUMNS: readonly Column[] = [
  { header: 'Day, model', align: 'left' },
  { header: 'Our tokens', drop: 3 },
  { header: 'Billed tokens', drop: 3 },
  { header: 'Tokens', drop: 2 },
  { header: 'Recorded' },
  { header: 'Billed' },
  { header: 'Difference', drop: 1 },
  { header: 'Drift' },
];

/**
 * A reconciliation as tables: each day with its models, then
 * the settled days together, and what has to be known of it.
 */
export function reconciliationText({ days, rows, models, total, worst, notes }: Reconciliation): string {
  const ofDays = days
    .filter(({ recorded, billed }) => recorded ?? billed)
    .flatMap(({ day, settled, ...sides }): Row[] => [
      { cells: [settled ? day : `${day} (not whole)`, ...cellsOf(sides)] },
      ...rows
        .filter(row => row.day === day)
        .map(row => ({ cells: [`  ${row.model}`, ...cellsOf(row)], tone: 'faint' as const })),
    ]);
  const together: Row[] = [
    ...models.map(({ model, ...sides }, index) => ({ cells: [model, ...cellsOf(sides)], rule: index === 0 })),
    { cells: ['Settled days', ...cellsOf(total)], rule: true, tone: 'strong' },
  ];
  const largest = worst === undefined ? [] : [`Largest drift: ${worst.model}, ${driftText(worst)}.`];
  return (
    tableText(COLUMNS, [...ofDays, ...together]) + [...largest, ...notes].map(line => `${line}\n`).join('')
  );
}

/** The drift in per cent of what was billed: `-9.09%`. */
export function driftText({ recorded, billed, drift: { percent } }: Compared): string {
  if (percent !== undefined) return PERCENT.format(percent / WHOLE);
  return recorded !== undefined && billed === undefined ? 'not billed' : NOTHING;
}

function cellsOf({ recorded, billed, drift, tokenDrift, ...rest }: Compared): string[] {
  const least = billed !== undefined && billed.unknownUnits.length > 0 ? '≥ ' : '';
  return [
    recorded ? countText(sumOf(recorded.tokens)) : NOTHING,
    billed ? `${least}${countText(sumOf(billed.tokens))}` : NOTHING,
    tokenDrift === undefined ? NOTHING : PERCENT.format(tokenDrift / WHOLE),
    recorded ? costText(recorded) : NOTHING,
    billed ? usdText(billed.picoUsd) : NOTHING,
    recorded || billed ? differenceText(drift.picoUsd) : NOTHING,
    driftText({ recorded, billed, drift, ...rest }),
  ];
}

function sumOf(tokens: BilledTokens): number {
  return Object.values(tokens).reduce((sum, count) => sum + count, 0);
}
