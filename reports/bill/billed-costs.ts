import { findModelsAmong } from './bill-names';
import { type BilledUsage, isBedrockService, parseUsage } from './billed-model';
import { type BilledQuantity, findUnit, toTokens } from './billed-unit';
import { type Bucket, BUCKETS } from '../../lambda/pricing/billing-buckets';
import { picoToDecimalString, usdToPico } from '../../lambda/pricing/pico';
import { pricedModels } from '../../lambda/pricing/price-lookup';
import { toAmount } from '../figures/figures';

/** Exact amount of money. An amount on the bill is negative for a discount or a correction. */
export interface BilledAmount {
  /** Amount in pico-dollars (10⁻¹² US dollars). */
  readonly picoUsd: bigint;
  /** `picoUsd` as decimal text in US dollars, such as "1.25". */
  readonly usd: string;
}

/**
 * Number of billed tokens in each bucket (kind of token, e.g. `output`). A bucket is absent if nothing was
 * billed, or if its unit is unknown.
 */
export type BilledTokens = Readonly<Partial<Record<Bucket, number>>>;

/** Billed amount and tokens of one model on one day. */
export interface BilledRow extends BilledAmount {
  /** UTC day, such as "2026-11-20". */
  readonly day: string;
  /** Id of the model without the suffix `:0`, e.g. "amazon.nova-lite-v1". */
  readonly model: string;
  /**
   * Services on the bill that charged for the model, e.g. `Amazon Bedrock` or `Claude Sonnet 4.6 (Amazon
   * Bedrock Edition)`.
   */
  readonly services: readonly string[];
  readonly tokens: BilledTokens;
  /** Buckets (kinds of tokens) with charges in an unknown unit. `tokens` does not contain these buckets. */
  readonly unknownUnits: readonly Bucket[];
  /** Part of the amount that is not for tokens, e.g. for images, training or provisioned throughput. */
  readonly other: BilledAmount;
  /** True if the amount can still change, because the invoice of the month is not final. */
  readonly estimated: boolean;
}

/** Bedrock charge that cannot be attributed to exactly one model. */
export interface UnattributedCharge extends BilledAmount {
  readonly day: string;
  readonly service: string;
  readonly usageType: string;
  /**
   * Reason why the charge is not attributed to a model:
   * - `not-tokens`: the charge is not for tokens, but e.g. for guardrails or knowledge bases.
   * - `unknown-model`: the name on the bill matches no model, or the model is customized.
   * - `ambiguous-model`: the name on the bill matches several models.
   */
  readonly reason: 'not-tokens' | 'unknown-model' | 'ambiguous-model';
  /** Ids of the models that match the name on the bill. */
  readonly candidates: readonly string[];
}

/** Billed amount of one UTC day for all models, including unattributed charges. */
export interface BilledDay extends BilledAmount {
  readonly day: string;
  readonly estimated: boolean;
}

/** Billed amount and tokens of one model on all days of the range. */
export interface BilledModel extends BilledAmount {
  readonly model: string;
  readonly tokens: BilledTokens;
  readonly unknownUnits: readonly Bucket[];
}

/**
 * AWS bill for Bedrock, read from Cost Explorer. It includes models that are sold through AWS Marketplace.
 * Credits, refunds, tax and support are excluded.
 */
export interface BilledCosts {
  /** First UTC day of the bill, inclusive. */
  readonly from: string;
  /** Last UTC day of the bill, inclusive. */
  readonly to: string;
  /** Billed amounts, one row for each model and day. Sorted by day, then by amount, highest first. */
  readonly rows: readonly BilledRow[];
  /** Billed amount of each day, including unattributed charges. Sorted by day. */
  readonly days: readonly BilledDay[];
  /** Billed amount of each model on all days together. Sorted by amount, highest first. */
  readonly models: readonly BilledModel[];
  /** Total amount: all `rows` and all `unattributed` charges. */
  readonly total: BilledAmount;
  readonly unattributed: readonly UnattributedCharge[];
  readonly unattributedTotal: BilledAmount;
  /** Number of requests to Cost Explorer for this bill. AWS charges for each request. */
  readonly requests: number;
  /** Price of the requests to Cost Explorer that read the bill, as decimal text in US dollars. */
  readonly requestCostUsd: string;
}

/** Charge for one usage type of one service on one day, as Cost Explorer returns it. */
export interface BilledGroup extends BilledQuantity {
  readonly day: string;
  readonly service: string;
  readonly usageType: string;
}

/** Bill as Cost Explorer returns it, with one group for each day, service and usage type. */
export interface Bill {
  readonly from: string;
  readonly to: string;
  readonly days: readonly { readonly day: string; readonly estimated: boolean }[];
  readonly groups: Iterable<BilledGroup>;
  readonly requests: number;
}

/**
 * Price of one request to Cost Explorer, in pico-dollars. Each page of a result is one request (AWS Cost
 * Management User Guide, "Best practices for the AWS Cost Explorer API").
 */
export const PICO_USD_PER_REQUEST = usdToPico('0.01');

/** Number of requests for a typical bill: one reads the names of the services, and one reads the charges. */
export const USUAL_BILL_REQUESTS = 2;
/** Default maximum number of requests to Cost Explorer for one bill. */
export const MAX_BILL_REQUESTS = 20;

/** Returns the price of `requests` requests to Cost Explorer, as decimal text in US dollars. */
export function requestCostUsd(requests: number): string {
  return picoToDecimalString(BigInt(requests) * PICO_USD_PER_REQUEST);
}

interface RunningRow {
  picoUsd: bigint;
  otherPico: bigint;
  readonly services: Set<string>;
  readonly tokens: Partial<Record<Bucket, number>>;
  readonly unknownUnits: Set<Bucket>;
}

/**
 * Adds up the charges of a bill by day and model, and converts billed quantities to tokens.
 *
 * @param models ids of models to find on the bill, in addition to models with a list price
 */
export function billedCosts(
  { from, to, days, groups, requests }: Bill,
  models: Iterable<string> = [],
): BilledCosts {
  const findModels = findModelsAmong([...pricedModels(), ...models]);
  const estimated = new Map(days.map(day => [day.day, day.estimated]));
  const ofDays = new Map<string, bigint>(days.map(({ day }) => [day, 0n]));
  const rows = new Map<string, Map<string, RunningRow>>();
  const unattributed = new Map<string, UnattributedCharge>();
  for (const group of groups) {
    if (!isBedrockService(group.service)) continue;
    const picoUsd = usdToPico(group.amount);
    const usage = parseUsage(group.service, group.usageType, findModels);
    ofDays.set(group.day, (ofDays.get(group.day) ?? 0n) + picoUsd);
    if (usage.models.length === 1) addToRow(rowOf(rows, group.day, usage.models[0]), group, usage, picoUsd);
    else if (picoUsd !== 0n || usage.byTokens) addUnattributed(unattributed, group, usage, picoUsd);
  }
  const billedRows = [...rows].flatMap(([day, ofDay]) =>
    [...ofDay].map(([model, row]) => toBilledRow(day, model, row, estimated.get(day) ?? true)),
  );
  const charges = [...unattributed.values()];
  return {
    from,
    to,
    rows: billedRows.sort(byDayAndAmount),
    days: [...ofDays]
      .map(([day, pico]) => ({ day, ...toAmount(pico), estimated: estimated.get(day) ?? true }))
      .sort((one, other) => (one.day < other.day ? -1 : 1)),
    models: sumModels(billedRows),
    total: sumOf([...billedRows, ...charges]),
    unattributed: charges.sort(byDayAndAmount),
    unattributedTotal: sumOf(charges),
    requests,
    requestCostUsd: requestCostUsd(requests),
  };
}

export function sumOf(amounts: Iterable<Pick<BilledAmount, 'picoUsd'>>): BilledAmount {
  let sum = 0n;
  for (const { picoUsd } of amounts) sum += picoUsd;
  return toAmount(sum);
}

/** Adds the number of tokens in each bucket to the sums in `into`. */
export function addTokens(into: Partial<Record<Bucket, number>>, tokens: BilledTokens): void {
  for (const bucket of BUCKETS) {
    const more = tokens[bucket];
    if (more !== undefined) into[bucket] = (into[bucket] ?? 0) + more;
  }
}

function rowOf(rows: Map<string, Map<string, RunningRow>>, day: string, model: string): RunningRow {
  const ofDay = rows.get(day) ?? new Map<string, RunningRow>();
  rows.set(day, ofDay);
  const row = ofDay.get(model) ?? {
    picoUsd: 0n,
    otherPico: 0n,
    services: new Set(),
    tokens: {},
    unknownUnits: new Set(),
  };
  ofDay.set(model, row);
  return row;
}

function addToRow(row: RunningRow, group: BilledGroup, usage: BilledUsage, picoUsd: bigint): void {
  row.picoUsd += picoUsd;
  row.services.add(group.service);
  if (!usage.byTokens) row.otherPico += picoUsd;
  if (usage.bucket === 'other') return;
  const unit = findUnit(usage, group.day, group);
  if (unit !== undefined) addTokens(row.tokens, { [usage.bucket]: toTokens(group.quantity, unit) });
  else if (usdToPico(group.quantity) !== 0n) row.unknownUnits.add(usage.bucket);
}

/**
 * Adds a charge to `charges`. If there is already a charge with the same day, service and usage type, their
 * amounts are added up.
 */
function addUnattributed(
  charges: Map<string, UnattributedCharge>,
  { day, service, usageType }: BilledGroup,
  { models, byTokens }: BilledUsage,
  picoUsd: bigint,
): void {
  const key = JSON.stringify([day, service, usageType]);
  const reason = !byTokens ? 'not-tokens' : models.length === 0 ? 'unknown-model' : 'ambiguous-model';
  charges.set(key, {
    day,
    service,
    usageType,
    reason,
    candidates: models,
    ...toAmount((charges.get(key)?.picoUsd ?? 0n) + picoUsd),
  });
}

function toBilledRow(day: string, model: string, row: RunningRow, estimated: boolean): BilledRow {
  return {
    day,
    model,
    services: [...row.services].sort(),
    ...toAmount(row.picoUsd),
    ...knownTokens(row.tokens, row.unknownUnits),
    other: toAmount(row.otherPico),
    estimated,
  };
}

/**
 * Returns the tokens of each bucket (kind of tokens) that is not in `unknown`. A bucket in `unknown` has
 * charges in an unknown unit, so its sum would be too low. `unknownUnits` lists these buckets.
 */
function knownTokens(
  tokens: BilledTokens,
  unknown: ReadonlySet<Bucket>,
): Pick<BilledRow, 'tokens' | 'unknownUnits'> {
  return {
    tokens: Object.fromEntries(
      BUCKETS.flatMap(bucket =>
        tokens[bucket] === undefined || unknown.has(bucket) ? [] : [[bucket, tokens[bucket]]],
      ),
    ),
    unknownUnits: BUCKETS.filter(bucket => unknown.has(bucket)),
  };
}

function sumModels(rows: readonly BilledRow[]): BilledModel[] {
  const models = new Map<
    string,
    { pico: bigint; readonly tokens: Partial<Record<Bucket, number>>; readonly unknown: Set<Bucket> }
  >();
  for (const { model, picoUsd, tokens, unknownUnits } of rows) {
    const sum = models.get(model) ?? { pico: 0n, tokens: {}, unknown: new Set<Bucket>() };
    models.set(model, sum);
    sum.pico += picoUsd;
    addTokens(sum.tokens, tokens);
    for (const bucket of unknownUnits) sum.unknown.add(bucket);
  }
  return [...models]
    .map(([model, { pico, tokens, unknown }]) => ({
      model,
      ...toAmount(pico),
      ...knownTokens(tokens, unknown),
    }))
    .sort(byAmount);
}

function byDayAndAmount(
  one: BilledAmount & { readonly day: string; readonly model?: string },
  other: BilledAmount & { readonly day: string; readonly model?: string },
): number {
  return one.day < other.day ? -1 : one.day > other.day ? 1 : byAmount(one, other);
}

function byAmount(
  one: BilledAmount & { readonly model?: string },
  other: BilledAmount & { readonly model?: string },
): number {
  if (one.picoUsd !== other.picoUsd) return one.picoUsd > other.picoUsd ? -1 : 1;
  return (one.model ?? '') < (other.model ?? '') ? -1 : 1;
}
