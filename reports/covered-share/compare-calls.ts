import type { AccountCalls } from './account-calls';
import type { CallCounts, CoveredCalls, CoveredModel, CoveredShares, GapReason } from './covered-share';
import { isAnswered, isInSums } from '../../lambda/invocation/invocation-counts';
import { lastPart, parseModelId } from '../../lambda/pricing/model-id';
import type { PartKey } from '../../lambda/rollup/usage-part';
import { promptTokens, type Sums, wholeDay } from '../../lambda/rollup/usage-sums';
import type { Unit } from '../../lambda/usage/billed-units';
import { SERVICE_NAMES } from '../../lambda/usage/model-calls';
import type { UtcDay } from '../source/usage-source.aws';

/** Recorded calls of one model with the same model id in the request. */
export interface RecordedCalls extends CallCounts {
  readonly model: string;
  /** Model id or ARN in the request. Undefined if the rollup does not contain it. */
  readonly modelId?: string;
  /** Number of failed calls. The other numbers exclude them. */
  readonly failed: number;
  /**
   * Number of answered calls without token counts. `invocations` excludes them, because the metrics may not
   * count them. For example, the metrics count a Converse stream whose tokens are unknown, but not a
   * RetrieveAndGenerate call. Default: 0.
   */
  readonly withoutTokens?: number;
}

/** Units of the operations Rerank and StartAsyncInvoke, which the metrics of Amazon Bedrock do not count. */
const UNCOUNTED_UNITS: readonly Unit[] = ['searches', 'videoSeconds'];

/**
 * Returns the recorded calls of a day that the metrics of Amazon Bedrock also count. Cached responses, batch
 * jobs and calls of services without a model are excluded. Failed calls are counted separately.
 */
export function recordedCalls({ entries }: Pick<UtcDay, 'entries'>): RecordedCalls[] {
  return entries
    .filter(({ model }) => !SERVICE_NAMES.has(model))
    .flatMap(({ model, parts }) =>
      parts
        .filter(({ kind, batch }) => isInSums(kind) && !batch)
        .map(part => ({ part, sums: wholeDay(part) }))
        .filter(({ sums }) => hasTokens(sums) || !UNCOUNTED_UNITS.some(unit => sums.units?.has(unit)))
        .map(({ part, sums }) => ({ model, modelId: part.modelId, ...countCalls(part, sums) })),
    );
}

function countCalls({ kind }: Pick<PartKey, 'kind'>, sums: Sums): Omit<RecordedCalls, 'model' | 'modelId'> {
  const { count, uncachedInputTokens: inputTokens } = sums;
  if (!isAnswered(kind)) return { ...NO_CALLS, failed: count };
  // Calls with a price and without tokens, such as those of image models, are complete.
  return kind === 'unpriced' && !hasTokens(sums)
    ? { ...NO_CALLS, failed: 0, withoutTokens: count }
    : { invocations: count, inputTokens, failed: 0 };
}

function hasTokens(sums: Sums): boolean {
  return promptTokens(sums) + sums.outputTokens > 0;
}

/** Compares the account's calls with the recorded calls, in total and for each model. */
export function compareCalls(
  account: readonly AccountCalls[],
  recorded: readonly RecordedCalls[],
): { readonly total: CoveredCalls; readonly models: readonly CoveredModel[] } {
  const { nameOfAccountId, nameOfRecorded } = modelNames(account, recorded);
  const rows = new Map<
    string,
    {
      readonly ids: Set<string>;
      account: CallCounts;
      recorded: CallCounts;
      failed: number;
      withoutTokens: number;
    }
  >();
  const rowOf = (name: string) => {
    const row = rows.get(name) ?? {
      ids: new Set<string>(),
      account: NO_CALLS,
      recorded: NO_CALLS,
      failed: 0,
      withoutTokens: 0,
    };
    rows.set(name, row);
    return row;
  };
  for (const calls of account) {
    const row = rowOf(nameOfAccountId(calls.modelId));
    row.ids.add(calls.modelId);
    row.account = add(row.account, calls);
  }
  for (const calls of recorded) {
    const row = rowOf(nameOfRecorded(calls));
    row.recorded = add(row.recorded, calls);
    row.failed += calls.failed;
    row.withoutTokens += calls.withoutTokens ?? 0;
  }
  const models = [...rows]
    .map(([model, row]): CoveredModel => {
      const compared = compare(row.account, withCallsWithoutTokens(row));
      const reason = reasonOf(compared, row.failed);
      return {
        model,
        modelIds: [...row.ids].sort(),
        ...compared,
        failed: row.failed,
        ...(reason === undefined ? {} : { reason }),
      };
    })
    .filter(row => [row.account, row.recorded].some(isAny))
    .sort(byMissing);
  return { total: totalOf(models), models };
}

const NO_CALLS: CallCounts = { invocations: 0, inputTokens: 0 };

/**
 * Returns functions that give calls of the account and recorded calls of the same model the same name.
 *
 * The id of an application inference profile does not contain the model. If traces with this id have one
 * model, the id belongs to this model. If they have several models, the id is a name of its own.
 */
function modelNames(
  account: readonly AccountCalls[],
  recorded: readonly RecordedCalls[],
): {
  readonly nameOfAccountId: (modelId: string) => string;
  readonly nameOfRecorded: (calls: RecordedCalls) => string;
} {
  const modelsById = new Map<string, Set<string>>();
  for (const { model, modelId = model } of recorded) {
    const id = lastPart(modelId);
    modelsById.set(id, (modelsById.get(id) ?? new Set()).add(model));
  }
  const names = new Map<string, string>();
  const ownNames = new Map<string, string>();
  for (const { modelId } of account) {
    const { model: name, opaque } = parseModelId(modelId);
    const [model, ...others] = opaque ? (modelsById.get(lastPart(modelId)) ?? []) : [];
    names.set(modelId, model === undefined || others.length > 0 ? name : model);
    if (others.length > 0) ownNames.set(lastPart(modelId), name);
  }
  return {
    nameOfAccountId: modelId => names.get(modelId) ?? modelId,
    nameOfRecorded: ({ model, modelId = model }) => ownNames.get(lastPart(modelId)) ?? model,
  };
}

/**
 * Returns the recorded calls with as many of the calls without token counts as the account's calls explain.
 * The metrics do not count the others.
 */
function withCallsWithoutTokens({
  account,
  recorded,
  withoutTokens,
}: {
  readonly account: CallCounts;
  readonly recorded: CallCounts;
  readonly withoutTokens: number;
}): CallCounts {
  const unexplained = Math.max(0, account.invocations - recorded.invocations);
  return { ...recorded, invocations: recorded.invocations + Math.min(withoutTokens, unexplained) };
}

/** Compares the calls of one model. */
function compare(account: CallCounts, recorded: CallCounts): CoveredCalls {
  const covered = {
    invocations: Math.min(account.invocations, recorded.invocations),
    inputTokens: Math.min(account.inputTokens, recorded.inputTokens),
  };
  return {
    account,
    recorded,
    covered,
    missing: subtract(account, covered),
    excess: subtract(recorded, covered),
    share: sharesOf(covered, account),
  };
}

/**
 * Adds up the comparisons of all models. Excess calls of one model do not cover missing calls of another
 * model.
 */
function totalOf(models: readonly CoveredModel[]): CoveredCalls {
  const sumOf = (pick: (model: CoveredModel) => CallCounts) => models.map(pick).reduce(add, NO_CALLS);
  const [account, covered] = [sumOf(model => model.account), sumOf(model => model.covered)];
  return {
    account,
    recorded: sumOf(model => model.recorded),
    covered,
    missing: sumOf(model => model.missing),
    excess: sumOf(model => model.excess),
    share: sharesOf(covered, account),
  };
}

function reasonOf(
  { account, recorded, missing, excess }: CoveredCalls,
  failed: number,
): GapReason | undefined {
  if (!isAny(account)) return 'only-recorded';
  const onlyInvocations = missing.invocations > 0 && missing.inputTokens === 0 && account.inputTokens > 0;
  if (onlyInvocations && missing.invocations <= failed) return 'failed-calls';
  if (!isAny(recorded)) return 'never-recorded';
  if (missing.invocations > 0) return 'partly-recorded';
  if (isAny(excess)) return 'more-recorded';
  return missing.inputTokens > 0 ? 'tokens-unknown' : undefined;
}

function sharesOf(covered: CallCounts, account: CallCounts): CoveredShares {
  return {
    ...(account.invocations > 0 ? { invocations: covered.invocations / account.invocations } : {}),
    ...(account.inputTokens > 0 ? { inputTokens: covered.inputTokens / account.inputTokens } : {}),
  };
}

function isAny({ invocations, inputTokens }: CallCounts): boolean {
  return invocations > 0 || inputTokens > 0;
}

function add(one: CallCounts, other: CallCounts): CallCounts {
  return {
    invocations: one.invocations + other.invocations,
    inputTokens: one.inputTokens + other.inputTokens,
  };
}

function subtract(whole: CallCounts, part: CallCounts): CallCounts {
  return {
    invocations: whole.invocations - part.invocations,
    inputTokens: whole.inputTokens - part.inputTokens,
  };
}

/** Sorts models by missing input tokens, then by missing invocations, most first, then by name. */
function byMissing(one: CoveredModel, other: CoveredModel): number {
  return (
    other.missing.inputTokens - one.missing.inputTokens ||
    other.missing.invocations - one.missing.invocations ||
    (one.model < other.model ? -1 : 1)
  );
}
