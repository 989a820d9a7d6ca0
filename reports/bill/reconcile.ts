import { addTokens, type BilledCosts, type BilledRow, billedAmount, sumOf } from './billed-costs';
import { reconciliationNotes } from './reconcile-notes';
import type { Compared, ReconciledModel, Reconciliation } from './reconciliation';
import { type Bucket, BUCKET_TOKENS, BUCKETS, type PerBucket } from '../../lambda/pricing/model-price';
import { picoToDecimalString, PICO_PER_USD } from '../../lambda/pricing/pico';
import { priceKey } from '../../lambda/pricing/price-book';
import { addUtcDays, startOfDay } from '../../lambda/rollup/utc-day';
import type { TokenUsage } from '../../lambda/usage/token-usage';
import type { UtcDay } from '../source/usage-cells';

/**
 * What was recorded of a model on a UTC day, all agents
 * together, without what the application's own cache answered.
 */
export interface RecordedUsage {
  readonly day: string;
  /** The foundation model's id, without the revision `:0`. */
  readonly model: string;
  readonly picoUsd: bigint;
  /** Calls whose cost is not known. */
  readonly unpriced: number;
  readonly tokens: PerBucket<number>;
}

/** How a reconciliation is made. */
export interface ReconcileOptions {
  readonly now: Date;
  /**
   * Hours after the end of a UTC day from which on the bill has
   * all of it. AWS: "up to 24 hours" after, three times a day.
   *
   * @default 24
   */
  readonly settledAfterHours?: number;
  /**
   * Number of traces whose time cannot be right. They are in no figure.
   *
   * @default 0
   */
  readonly unreadable?: number;
}

const SETTLED_AFTER_HOURS = 24;
const MS_PER_HOUR = 3_600_000;
const PERCENT = 100;
/** Amounts below it differ by rounding alone. */
const WORTH_A_WORD = PICO_PER_USD / 100n;

/**
 * What was recorded on a day, by model: of the rolled-up sums or of
 * traces. Models of which nothing can have been billed are left out.
 */
export function recordedUsage({ day, entries }: Pick<UtcDay, 'day' | 'entries'>): RecordedUsage[] {
  const usages = new Map<
    string,
    {
      picoUsd: bigint;
      unpriced: number;
      readonly tokens: { -readonly [Name in keyof PerBucket<number>]: number };
    }
  >();
  for (const { model, totals } of entries) {
    const key = priceKey(model);
    const usage = usages.get(key) ?? {
      picoUsd: 0n,
      unpriced: 0,
      tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
    };
    usages.set(key, usage);
    usage.picoUsd += totals.picoUsd;
    usage.unpriced += totals.unpriced;
    const recorded: TokenUsage = { ...totals, source: 'usage', partial: false };
    for (const bucket of BUCKETS) {
      const more = BUCKET_TOKENS[bucket](recorded);
      if (more !== 0) usage.tokens[bucket] = (usage.tokens[bucket] ?? 0) + more;
    }
  }
  return [...usages]
    .filter(
      ([, { picoUsd, unpriced, tokens }]) =>
        picoUsd > 0n || unpriced > 0 || BUCKETS.some(bucket => (tokens[bucket] ?? 0) > 0),
    )
    .map(([model, usage]) => ({ day, model, ...usage }));
}

/** Holds what was recorded against what was billed, by UTC day and model. */
export function reconcile(
  own: readonly RecordedUsage[],
  bill: BilledCosts,
  { now, settledAfterHours = SETTLED_AFTER_HOURS, unreadable = 0 }: ReconcileOptions,
): Reconciliation {
  const settled = (day: string) =>
    startOfDay(addUtcDays(day, 1)).getTime() + settledAfterHours * MS_PER_HOUR <= now.getTime();
  const estimated = new Map(bill.days.map(day => [day.day, day.estimated]));
  const sides = new Map<
    string,
    {
      readonly day: string;
      readonly model: string;
      readonly ours: RecordedUsage[];
      readonly billed: BilledRow[];
    }
  >();
  const sideOf = (day: string, model: string) => {
    const key = JSON.stringify([day, model]);
    const side = sides.get(key) ?? { day, model, ours: [], billed: [] };
    sides.set(key, side);
    return side;
  };
  for (const usage of own) {
    if (usage.day >= bill.from && usage.day <= bill.to) sideOf(usage.day, usage.model).ours.push(usage);
  }
  for (const row of bill.rows) if (isByTokens(row)) sideOf(row.day, row.model).billed.push(row);

  const counted = [...sides.values()].filter(({ day }) => settled(day));
  const charges = bill.unattributed.filter(({ day }) => settled(day));
  const nobodys = bill.unattributed.filter(({ reason }) => reason !== 'not-tokens');
  const unattributed = sumOf(nobodys.filter(({ day }) => settled(day)));
  const models = [...new Set(counted.map(({ model }) => model))]
    .map(model => ({ model, ...compared(counted.filter(side => side.model === model)) }))
    .sort(dearestBilled);
  const result: Omit<Reconciliation, 'notes'> = {
    from: bill.from,
    to: bill.to,
    rows: [...sides.values()]
      .map(side => ({
        day: side.day,
        model: side.model,
        ...compared([side]),
        settled: settled(side.day),
        estimated: estimated.get(side.day) ?? true,
      }))
      .sort((one, other) => (one.day < other.day ? -1 : one.day > other.day ? 1 : dearestBilled(one, other))),
    days: bill.days.map(({ day, estimated: isEstimated }) => ({
      day,
      ...compared(
        [...sides.values()].filter(side => side.day === day),
        sumOf(nobodys.filter(charge => charge.day === day)).picoUsd,
      ),
      settled: settled(day),
      estimated: isEstimated,
    })),
    models,
    total: compared(counted, unattributed.picoUsd),
    ...worstOf(models),
    onlyRecorded: models.filter(({ recorded, billed }) => recorded && !billed).map(({ model }) => model),
    onlyBilled: models.filter(({ recorded, billed }) => billed && !recorded).map(({ model }) => model),
    unsettledDays: bill.days.map(({ day }) => day).filter(day => !settled(day)),
    estimatedDays: bill.days.filter(day => day.estimated).map(({ day }) => day),
    unattributed,
    other: sumOf([
      ...charges.filter(({ reason }) => reason === 'not-tokens'),
      ...bill.rows.filter(({ day }) => settled(day)).map(({ other }) => other),
    ]),
    requests: bill.requests,
    requestCostUsd: bill.requestCostUsd,
  };
  return { ...result, notes: reconciliationNotes(result, bill, unreadable) };
}

/**
 * Whether the total drifts by more than so many per cent, up
 * or down. What was recorded and not billed at all does.
 */
export function driftsBeyond(
  { total: { recorded, drift } }: Pick<Reconciliation, 'total'>,
  percent: number,
): boolean {
  return drift.percent === undefined ? (recorded?.picoUsd ?? 0n) > 0n : Math.abs(drift.percent) > percent;
}

/** Whether something of it was billed by the token. */
function isByTokens({ picoUsd, other, tokens, unknownUnits }: BilledRow): boolean {
  return (
    picoUsd !== other.picoUsd ||
    unknownUnits.length > 0 ||
    BUCKETS.some(bucket => tokens[bucket] !== undefined)
  );
}

function compared(
  sides: readonly { readonly ours: readonly RecordedUsage[]; readonly billed: readonly BilledRow[] }[],
  alsoBilledPico = 0n,
): Compared {
  const own = sides.flatMap(({ ours }) => ours);
  const rows = sides.flatMap(({ billed }) => billed);
  const ours = sumOf(own).picoUsd;
  const billed = sumOf(rows).picoUsd - sumOf(rows.map(({ other }) => other)).picoUsd + alsoBilledPico;
  const [ourTokens, billedTokens]: Partial<Record<Bucket, number>>[] = [{}, {}];
  for (const { tokens } of own) addTokens(ourTokens, tokens);
  for (const { tokens } of rows) addTokens(billedTokens, tokens);
  const unknown = new Set(rows.flatMap(({ unknownUnits }) => unknownUnits));
  for (const bucket of unknown) delete billedTokens[bucket];
  const percent = percentOf(ours - billed, billed);
  const tokenDrift = tokenDriftOf(sides);
  return {
    ...(own.length === 0
      ? {}
      : {
          recorded: {
            ...billedAmount(ours),
            tokens: ourTokens,
            unpriced: own.reduce((sum, { unpriced }) => sum + unpriced, 0),
          },
        }),
    ...(rows.length === 0 && alsoBilledPico === 0n
      ? {}
      : {
          billed: {
            ...billedAmount(billed),
            tokens: billedTokens,
            unknownUnits: BUCKETS.filter(bucket => unknown.has(bucket)),
          },
        }),
    drift: {
      usd: picoToDecimalString(ours - billed),
      picoUsd: ours - billed,
      ...(percent === undefined ? {} : { percent }),
    },
    ...(tokenDrift === undefined ? {} : { tokenDrift }),
  };
}

/**
 * Of each side that both have, the buckets whose tokens are
 * known: what the bill has in another unit is left out of both.
 */
function tokenDriftOf(sides: Parameters<typeof compared>[0]): number | undefined {
  let [ours, billed] = [0n, 0n];
  for (const side of sides) {
    if (side.ours.length === 0 || side.billed.length === 0) continue;
    const unknown = new Set(side.billed.flatMap(({ unknownUnits }) => unknownUnits));
    for (const bucket of BUCKETS.filter(each => !unknown.has(each))) {
      for (const { tokens } of side.ours) ours += BigInt(tokens[bucket] ?? 0);
      for (const { tokens } of side.billed) billed += BigInt(tokens[bucket] ?? 0);
    }
  }
  return percentOf(ours - billed, billed);
}

/**
 * A part of a whole in per cent, to a hundredth, exact until
 * it is rounded; undefined of a whole that is not above 0.
 */
function percentOf(part: bigint, whole: bigint): number | undefined {
  if (whole <= 0n) return undefined;
  const hundredths = 2n * part * BigInt(PERCENT * PERCENT);
  const rounded = (hundredths + (part < 0n ? -whole : whole)) / (2n * whole);
  return Number(rounded) / PERCENT;
}

function worstOf(models: readonly ReconciledModel[]): Pick<Reconciliation, 'worst'> {
  const sizeOf = ({ drift: { percent } }: ReconciledModel) =>
    percent === undefined ? Infinity : Math.abs(percent);
  const candidates = models.filter(
    ({ recorded, billed }) =>
      (recorded?.picoUsd ?? 0n) >= WORTH_A_WORD || (billed?.picoUsd ?? 0n) >= WORTH_A_WORD,
  );
  const [worst] = [...candidates].sort(
    (one, other) => sizeOf(other) - sizeOf(one) || (one.model < other.model ? -1 : 1),
  );
  return worst === undefined ? {} : { worst };
}

function dearestBilled(one: ReconciledModel, other: ReconciledModel): number {
  const amountOf = ({ recorded, billed }: ReconciledModel) => billed?.picoUsd ?? recorded?.picoUsd ?? 0n;
  const [ofOne, ofOther] = [amountOf(one), amountOf(other)];
  if (ofOne !== ofOther) return ofOne > ofOther ? -1 : 1;
  return one.model < other.model ? -1 : 1;
}
