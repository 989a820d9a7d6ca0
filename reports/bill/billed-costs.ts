import { modelsNamed } from './bill-names';
import { type BilledUsage, billedUsage, isBedrockService } from './billed-model';
import { type BilledQuantity, tokensOf, unitTokensOf } from './billed-unit';
import { type Bucket, BUCKETS } from '../../lambda/pricing/model-price';
import { picoToDecimalString, usdToPico } from '../../lambda/pricing/pico';
import { pricedModels } from '../../lambda/pricing/price-book';

/** An amount of the bill, exact. It can be negative: a discount, or what was taken back. */
export interface BilledAmount {
  readonly picoUsd: bigint;
  /** The same as a decimal of US dollars. */
  readonly usd: string;
}

/** Tokens by billing bucket. One that is left out was not billed, or its unit is not known. */
export type BilledTokens = Readonly<Partial<Record<Bucket, number>>>;

/** What the bill says of a model on a day. */
export interface BilledRow extends BilledAmount {
  /** The UTC day. */
  readonly day: string;
  /** The foundation model's id, without the revision `:0`. */
  readonly model: string;
  /** What the bill calls it: `Claude Sonnet 4.6 (Amazon Bedrock Edition)`, `Amazon Bedrock`. */
  readonly services: readonly string[];
  readonly tokens: BilledTokens;
  /**
   * Buckets that were billed in a unit that is not known, in
   * part or all: how many tokens these are is not known either.
   */
  readonly unknownUnits: readonly Bucket[];
  /** What is in the amount and not billed by the token: images, training, provisioned throughput. */
  readonly other: BilledAmount;
  /** The amount can still change: the month's invoice is not final. */
  readonly estimated: boolean;
}

/** A charge of Bedrock that is no one model's. */
export interface UnattributedCharge extends BilledAmount {
  readonly day: string;
  readonly service: string;
  readonly usageType: string;
  /**
   * - `not-tokens`: it is not billed by the token, such as guardrails, knowledge bases and agents' memory;
   * - `unknown-model`: by the token, of a model that is not known by this name, or of a customized one;
   * - `ambiguous-model`: by the token, of one of several models.
   */
  readonly reason: 'not-tokens' | 'unknown-model' | 'ambiguous-model';
  /** The models that it could be of. */
  readonly candidates: readonly string[];
}

/** A UTC day of the bill. */
export interface BilledDay extends BilledAmount {
  readonly day: string;
  readonly estimated: boolean;
}

/** A model's days together. */
export interface BilledModel extends BilledAmount {
  readonly model: string;
  readonly tokens: BilledTokens;
  readonly unknownUnits: readonly Bucket[];
}

/**
 * What AWS billed for Bedrock, from Cost Explorer: models of AWS
 * Marketplace included, credits, refunds, tax and support not.
 */
export interface BilledCosts {
  /** UTC days, both included: the bill knows no others. */
  readonly from: string;
  readonly to: string;
  /** By day, then dearest first. */
  readonly rows: readonly BilledRow[];
  /** Each day of the range. */
  readonly days: readonly BilledDay[];
  /** Dearest first. */
  readonly models: readonly BilledModel[];
  /** The sum of the rows and of what is unattributed. */
  readonly total: BilledAmount;
  readonly unattributed: readonly UnattributedCharge[];
  readonly unattributedTotal: BilledAmount;
  /** Requests to Cost Explorer, and what AWS charges for them. */
  readonly requests: number;
  readonly requestCostUsd: string;
}

/** A service and a usage type of a day, as Cost Explorer groups them. */
export interface BilledGroup extends BilledQuantity {
  readonly day: string;
  readonly service: string;
  readonly usageType: string;
}

/** What is read of the bill. */
export interface Bill {
  readonly from: string;
  readonly to: string;
  readonly days: readonly { readonly day: string; readonly estimated: boolean }[];
  readonly groups: Iterable<BilledGroup>;
  readonly requests: number;
}

/**
 * What AWS charges for a request to Cost Explorer; each page is one (AWS Cost
 * Management User Guide, "Best practices for the AWS Cost Explorer API").
 */
export const PICO_USD_PER_REQUEST = usdToPico('0.01');

/**
 * The requests that reading a bill takes: which of the bill's services
 * are Bedrock's, and their charges. Each further page is one more.
 */
export const USUAL_BILL_REQUESTS = 2;
/** The most, where nothing else is said. */
export const MAX_BILL_REQUESTS = 20;

/** What so many requests to Cost Explorer cost, as a decimal of US dollars. */
export function requestCostUsd(requests: number): string {
  return picoToDecimalString(BigInt(requests) * PICO_USD_PER_REQUEST);
}

interface GrowingRow {
  picoUsd: bigint;
  otherPico: bigint;
  readonly services: Set<string>;
  readonly tokens: Partial<Record<Bucket, number>>;
  readonly unknownUnits: Set<Bucket>;
}

/**
 * Adds groups up by day and model. A quantity is added to others only after it was turned into tokens.
 *
 * @param models models that are known beside those with a listed price
 */
export function billedCosts(
  { from, to, days, groups, requests }: Bill,
  models: Iterable<string> = [],
): BilledCosts {
  const named = modelsNamed([...pricedModels(), ...models]);
  const estimated = new Map(days.map(day => [day.day, day.estimated]));
  const ofDays = new Map<string, bigint>(days.map(({ day }) => [day, 0n]));
  const rows = new Map<string, Map<string, GrowingRow>>();
  const unattributed = new Map<string, UnattributedCharge>();
  for (const group of groups) {
    if (!isBedrockService(group.service)) continue;
    const picoUsd = usdToPico(group.amount);
    const usage = billedUsage(group.service, group.usageType, named);
    ofDays.set(group.day, (ofDays.get(group.day) ?? 0n) + picoUsd);
    if (usage.models.length === 1) addToRow(rowOf(rows, group.day, usage.models[0]), group, usage, picoUsd);
    else if (picoUsd !== 0n || usage.byTokens) addUnattributed(unattributed, group, usage, picoUsd);
  }
  const finished = [...rows].flatMap(([day, ofDay]) =>
    [...ofDay].map(([model, row]) => finishedRow(day, model, row, estimated.get(day) ?? true)),
  );
  const open = [...unattributed.values()];
  return {
    from,
    to,
    rows: finished.sort((one, other) =>
      one.day < other.day ? -1 : one.day > other.day ? 1 : dearer(one, other),
    ),
    days: [...ofDays]
      .map(([day, pico]) => ({ day, ...billedAmount(pico), estimated: estimated.get(day) ?? true }))
      .sort((one, other) => (one.day < other.day ? -1 : 1)),
    models: modelsOf(finished),
    total: sumOf([...finished, ...open]),
    unattributed: open.sort((one, other) =>
      one.day < other.day ? -1 : one.day > other.day ? 1 : dearer(one, other),
    ),
    unattributedTotal: sumOf(open),
    requests,
    requestCostUsd: requestCostUsd(requests),
  };
}

/** An amount, exact and as a decimal. */
export function billedAmount(picoUsd: bigint): BilledAmount {
  return { picoUsd, usd: picoToDecimalString(picoUsd) };
}

/** The sum of amounts. */
export function sumOf(amounts: Iterable<Pick<BilledAmount, 'picoUsd'>>): BilledAmount {
  let sum = 0n;
  for (const { picoUsd } of amounts) sum += picoUsd;
  return billedAmount(sum);
}

/** Adds tokens to tokens. */
export function addTokens(into: Partial<Record<Bucket, number>>, tokens: BilledTokens): void {
  for (const bucket of BUCKETS) {
    const more = tokens[bucket];
    if (more !== undefined) into[bucket] = (into[bucket] ?? 0) + more;
  }
}

function rowOf(rows: Map<string, Map<string, GrowingRow>>, day: string, model: string): GrowingRow {
  const ofDay = rows.get(day) ?? new Map<string, GrowingRow>();
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

function addToRow(row: GrowingRow, group: BilledGroup, usage: BilledUsage, picoUsd: bigint): void {
  row.picoUsd += picoUsd;
  row.services.add(group.service);
  if (!usage.byTokens) row.otherPico += picoUsd;
  if (usage.bucket === 'other') return;
  const unit = unitTokensOf(usage, group.day, group);
  if (unit !== undefined) addTokens(row.tokens, { [usage.bucket]: tokensOf(group.quantity, unit) });
  else if (usdToPico(group.quantity) !== 0n) row.unknownUnits.add(usage.bucket);
}

/** One that is on several pages is one charge. */
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
    ...billedAmount((charges.get(key)?.picoUsd ?? 0n) + picoUsd),
  });
}

function finishedRow(day: string, model: string, row: GrowingRow, estimated: boolean): BilledRow {
  return {
    day,
    model,
    services: [...row.services].sort(),
    ...billedAmount(row.picoUsd),
    ...knownTokens(row.tokens, row.unknownUnits),
    other: billedAmount(row.otherPico),
    estimated,
  };
}

/**
 * Of a bucket that has units which are not known, no tokens:
 * those that are known would be a part that looks like all.
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

function modelsOf(rows: readonly BilledRow[]): BilledModel[] {
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
      ...billedAmount(pico),
      ...knownTokens(tokens, unknown),
    }))
    .sort(dearer);
}

function dearer(
  one: BilledAmount & { readonly model?: string },
  other: BilledAmount & { readonly model?: string },
): number {
  if (one.picoUsd !== other.picoUsd) return one.picoUsd > other.picoUsd ? -1 : 1;
  return (one.model ?? '') < (other.model ?? '') ? -1 : 1;
}
