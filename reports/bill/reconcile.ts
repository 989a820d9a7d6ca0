import { addTokens, type BilledCosts, type BilledRow, sumOf } from './billed-costs';
import { reconciliationNotes } from './reconcile-notes';
import type { Compared, ReconciledModel, Reconciliation } from './reconciliation';
import { type Bucket, BUCKET_TOKENS, BUCKETS, type PerBucket } from '../../lambda/pricing/billing-buckets';
import { picoToDecimalString, PICO_PER_USD } from '../../lambda/pricing/pico';
import { priceKey } from '../../lambda/pricing/price-lookup';
import { addNamed, type NamedCounts } from '../../lambda/rollup/usage-sums';
import { addUtcDays, startOfDay } from '../../lambda/rollup/utc-day';
import { SERVICE_NAMES } from '../../lambda/usage/model-calls';
import type { TokenUsage } from '../../lambda/usage/token-usage';
import { boundFields, toAmount } from '../figures/figures';
import {
  addLowerBound,
  type LowerBound,
  lowerBoundOf,
  type LowerBoundSum,
  UNIT_REASONS,
} from '../figures/lower-bound';
import type { UtcDay } from '../source/usage-source.aws';

/**
 * Recorded usage and cost of one model on one UTC day, added up over all agents. Cached responses are
 * excluded.
 */
export interface RecordedUsage extends LowerBound {
  readonly day: string;
  /** Id of the model without the suffix `:0`, e.g. "amazon.nova-lite-v1". */
  readonly model: string;
  /** Cost of tokens in pico-dollars. The cost of units besides tokens is only in `unitPicoUsd`. */
  readonly picoUsd: bigint;
  /** Number of invocations without a known price. Their cost is not in `picoUsd`. */
  readonly unpriced: number;
  readonly tokens: PerBucket<number>;
  /** Cost of units besides tokens, in pico-dollars. The bill has other charges for them. Default: 0. */
  readonly unitPicoUsd?: bigint;
  /** Number of each billed unit besides tokens. Default: none. */
  readonly units?: NamedCounts;
}

/** Options of {@link reconcile}: the current time, and settings. */
export interface ReconcileOptions {
  readonly now: Date;
  /**
   * Delay in hours after the end of a UTC day. After this delay, the bill of the day is treated as complete.
   * According to AWS, the bill is "up to 24 hours" late.
   *
   * @default 24
   */
  readonly settledAfterHours?: number;
  /**
   * Number of traces that were ignored because their time is impossible. If it is above 0, `notes` contains a
   * sentence about these traces.
   *
   * @default 0
   */
  readonly unreadable?: number;
}

const SETTLED_AFTER_HOURS = 24;
const MS_PER_HOUR = 3_600_000;
const PERCENT = 100;
/**
 * Minimum recorded or billed amount of the model in `worst`, in pico-dollars (one cent). Smaller amounts may
 * differ only by rounding.
 */
const MIN_REPORTED = PICO_PER_USD / 100n;

/** Running totals of the recorded usage of one model. */
interface UsageSum extends LowerBoundSum {
  picoUsd: bigint;
  unitPicoUsd: bigint;
  units?: NamedCounts;
  unpriced: number;
  readonly tokens: { -readonly [Name in keyof PerBucket<number>]: number };
}

/**
 * Adds up the recorded usage of one day by model. A model without tokens, without cost and without unpriced
 * invocations is omitted. A service without a model, such as a guardrail, has no tokens on the bill: it is
 * omitted if only unpriced invocations are recorded.
 */
export function recordedUsage({ day, entries }: Pick<UtcDay, 'day' | 'entries'>): RecordedUsage[] {
  const usages = new Map<string, UsageSum>();
  for (const { model, totals } of entries) {
    const key = priceKey(model);
    const usage = usages.get(key) ?? {
      picoUsd: 0n,
      unitPicoUsd: 0n,
      unpriced: 0,
      lowerBound: 0,
      tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
    };
    usages.set(key, usage);
    usage.picoUsd += totals.picoUsd - totals.unitPicoUsd;
    usage.unitPicoUsd += totals.unitPicoUsd;
    if (totals.units) usage.units = addNamed(usage.units, totals.units);
    addLowerBound(
      usage,
      lowerBoundOf(totals, reason => !UNIT_REASONS.has(reason)),
    );
    usage.unpriced += totals.unpriced;
    const recorded: TokenUsage = { ...totals, source: 'usage', partial: false };
    for (const bucket of BUCKETS) {
      const more = BUCKET_TOKENS[bucket](recorded);
      if (more !== 0) usage.tokens[bucket] = (usage.tokens[bucket] ?? 0) + more;
    }
  }
  return [...usages]
    .filter(
      ([model, usage]) =>
        usage.units !== undefined ||
        hasTokenUsage(usage) ||
        (usage.unpriced > 0 && !SERVICE_NAMES.has(model)),
    )
    .map(([model, usage]) => ({ day, model, ...usage }));
}

/** Returns true if tokens, or a cost of tokens, are recorded. */
function hasTokenUsage({ picoUsd, tokens }: Pick<RecordedUsage, 'picoUsd' | 'tokens'>): boolean {
  return picoUsd > 0n || BUCKETS.some(bucket => (tokens[bucket] ?? 0) > 0);
}

/**
 * Returns true if the usage can be compared with charges for tokens. Units besides tokens are billed under
 * other usage types.
 */
function isComparable(usage: RecordedUsage): boolean {
  const { model, unpriced, units } = usage;
  return !units || hasTokenUsage(usage) || (unpriced > 0 && !SERVICE_NAMES.has(model));
}

/** Compares recorded usage with the AWS bill, for each UTC day and model. */
export function reconcile(
  recordedUsages: readonly RecordedUsage[],
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
      readonly recorded: RecordedUsage[];
      readonly billed: BilledRow[];
    }
  >();
  const sidesOf = (day: string, model: string) => {
    const key = JSON.stringify([day, model]);
    const both = sides.get(key) ?? { day, model, recorded: [], billed: [] };
    sides.set(key, both);
    return both;
  };
  const inRange = recordedUsages.filter(({ day }) => day >= bill.from && day <= bill.to);
  for (const usage of inRange.filter(isComparable)) sidesOf(usage.day, usage.model).recorded.push(usage);
  for (const row of bill.rows) if (isByTokens(row)) sidesOf(row.day, row.model).billed.push(row);

  const settledSides = [...sides.values()].filter(({ day }) => settled(day));
  const settledCharges = bill.unattributed.filter(({ day }) => settled(day));
  const unattributedTokens = bill.unattributed.filter(({ reason }) => reason !== 'not-tokens');
  const unattributed = sumOf(unattributedTokens.filter(({ day }) => settled(day)));
  const models = [...new Set(settledSides.map(({ model }) => model))]
    .map(model => ({ model, ...compare(settledSides.filter(side => side.model === model)) }))
    .sort(byBilledAmount);
  const result: Omit<Reconciliation, 'notes'> = {
    from: bill.from,
    to: bill.to,
    rows: [...sides.values()]
      .map(side => ({
        day: side.day,
        model: side.model,
        ...compare([side]),
        settled: settled(side.day),
        estimated: estimated.get(side.day) ?? true,
      }))
      .sort((one, other) =>
        one.day < other.day ? -1 : one.day > other.day ? 1 : byBilledAmount(one, other),
      ),
    days: bill.days.map(({ day, estimated: isEstimated }) => ({
      day,
      ...compare(
        [...sides.values()].filter(side => side.day === day),
        sumOf(unattributedTokens.filter(charge => charge.day === day)).picoUsd,
      ),
      settled: settled(day),
      estimated: isEstimated,
    })),
    models,
    total: compare(settledSides, unattributed.picoUsd),
    ...findWorst(models),
    onlyRecorded: models.filter(({ recorded, billed }) => recorded && !billed).map(({ model }) => model),
    onlyBilled: models.filter(({ recorded, billed }) => billed && !recorded).map(({ model }) => model),
    unsettledDays: bill.days.map(({ day }) => day).filter(day => !settled(day)),
    estimatedDays: bill.days.filter(day => day.estimated).map(({ day }) => day),
    unattributed,
    other: sumOf([
      ...settledCharges.filter(({ reason }) => reason === 'not-tokens'),
      ...bill.rows.filter(({ day }) => settled(day)).map(({ other }) => other),
    ]),
    ...sumUnits(inRange.filter(({ day }) => settled(day))),
    requests: bill.requests,
    requestCostUsd: bill.requestCostUsd,
  };
  return { ...result, notes: reconciliationNotes(result, bill, unreadable) };
}

/**
 * Returns true if the recorded and the billed total differ by more than `percent`, in either direction. If
 * there is a recorded cost but nothing was billed, always returns true.
 */
export function driftsBeyond(
  { total: { recorded, drift } }: Pick<Reconciliation, 'total'>,
  percent: number,
): boolean {
  return drift.percent === undefined ? (recorded?.picoUsd ?? 0n) > 0n : Math.abs(drift.percent) > percent;
}

/** Returns true if at least a part of the billed amount is for tokens. */
function isByTokens({ picoUsd, other, tokens, unknownUnits }: BilledRow): boolean {
  return (
    picoUsd !== other.picoUsd ||
    unknownUnits.length > 0 ||
    BUCKETS.some(bucket => tokens[bucket] !== undefined)
  );
}

/**
 * Compares the recorded usage and the bill of one or more models and days.
 *
 * @param unattributedPico billed amount in pico-dollars that cannot be attributed to one model. It is added
 * to the billed amount
 */
function compare(
  sides: readonly { readonly recorded: readonly RecordedUsage[]; readonly billed: readonly BilledRow[] }[],
  unattributedPico = 0n,
): Compared {
  const usages = sides.flatMap(each => each.recorded);
  const rows = sides.flatMap(each => each.billed);
  const recorded = sumOf(usages).picoUsd;
  const billed = sumOf(rows).picoUsd - sumOf(rows.map(({ other }) => other)).picoUsd + unattributedPico;
  const [recordedTokens, billedTokens]: Partial<Record<Bucket, number>>[] = [{}, {}];
  const bound: LowerBoundSum = { lowerBound: 0 };
  for (const usage of usages) {
    addTokens(recordedTokens, usage.tokens);
    addLowerBound(bound, usage);
  }
  for (const { tokens } of rows) addTokens(billedTokens, tokens);
  const unknown = new Set(rows.flatMap(({ unknownUnits }) => unknownUnits));
  for (const bucket of unknown) delete billedTokens[bucket];
  const percent = percentOf(recorded - billed, billed);
  const tokenDrift = tokenDriftOf(sides);
  return {
    ...(usages.length === 0
      ? {}
      : {
          recorded: {
            ...toAmount(recorded),
            tokens: recordedTokens,
            unpriced: usages.reduce((sum, { unpriced }) => sum + unpriced, 0),
            ...boundFields(bound),
          },
        }),
    ...(rows.length === 0 && unattributedPico === 0n
      ? {}
      : {
          billed: {
            ...toAmount(billed),
            tokens: billedTokens,
            unknownUnits: BUCKETS.filter(bucket => unknown.has(bucket)),
          },
        }),
    drift: {
      usd: picoToDecimalString(recorded - billed),
      picoUsd: recorded - billed,
      ...(percent === undefined ? {} : { percent }),
    },
    ...(tokenDrift === undefined ? {} : { tokenDrift }),
  };
}

/** Adds up the recorded units besides tokens, and their cost. Returns `{}` if there are none. */
function sumUnits(usages: readonly RecordedUsage[]): Pick<Reconciliation, 'recordedUnits'> {
  let units: NamedCounts | undefined;
  for (const usage of usages) if (usage.units) units = addNamed(units, usage.units);
  if (!units) return {};
  const amount = usages.reduce((sum, { unitPicoUsd = 0n }) => sum + unitPicoUsd, 0n);
  return { recordedUnits: { ...toAmount(amount), units: Object.fromEntries([...units].sort()) } };
}

/**
 * Returns recorded tokens minus billed tokens, in percent of the billed tokens. Excludes days on which a
 * model was only recorded or only billed. Excludes kinds of tokens with an unknown unit.
 */
function tokenDriftOf(sides: Parameters<typeof compare>[0]): number | undefined {
  let [recorded, billed] = [0n, 0n];
  for (const side of sides) {
    if (side.recorded.length === 0 || side.billed.length === 0) continue;
    const unknown = new Set(side.billed.flatMap(({ unknownUnits }) => unknownUnits));
    for (const bucket of BUCKETS.filter(each => !unknown.has(each))) {
      for (const { tokens } of side.recorded) recorded += BigInt(tokens[bucket] ?? 0);
      for (const { tokens } of side.billed) billed += BigInt(tokens[bucket] ?? 0);
    }
  }
  return percentOf(recorded - billed, billed);
}

/**
 * Returns `part` in percent of `whole`, rounded to two decimals. Returns undefined if `whole` is 0 or
 * negative.
 */
function percentOf(part: bigint, whole: bigint): number | undefined {
  if (whole <= 0n) return undefined;
  const hundredths = 2n * part * BigInt(PERCENT * PERCENT);
  const rounded = (hundredths + (part < 0n ? -whole : whole)) / (2n * whole);
  return Number(rounded) / PERCENT;
}

function findWorst(models: readonly ReconciledModel[]): Pick<Reconciliation, 'worst'> {
  const sizeOf = ({ drift: { percent } }: ReconciledModel) =>
    percent === undefined ? Infinity : Math.abs(percent);
  const candidates = models.filter(
    ({ recorded, billed }) =>
      (recorded?.picoUsd ?? 0n) >= MIN_REPORTED || (billed?.picoUsd ?? 0n) >= MIN_REPORTED,
  );
  const [worst] = [...candidates].sort(
    (one, other) => sizeOf(other) - sizeOf(one) || (one.model < other.model ? -1 : 1),
  );
  return worst === undefined ? {} : { worst };
}

function byBilledAmount(one: ReconciledModel, other: ReconciledModel): number {
  const amountOf = ({ recorded, billed }: ReconciledModel) => billed?.picoUsd ?? recorded?.picoUsd ?? 0n;
  const [ofOne, ofOther] = [amountOf(one), amountOf(other)];
  if (ofOne !== ofOther) return ofOne > ofOther ? -1 : 1;
  return one.model < other.model ? -1 : 1;
}
