import type { AccountCalls } from './account-calls';
import type { CallCounts, CoveredCalls, CoveredModel, CoveredShares, GapReason } from './covered-share';
import { isAnswered, isInSums } from '../../lambda/invocation/invocation-counts';
import { lastPart, parseModelId } from '../../lambda/pricing/model-id';
import { wholeDay } from '../../lambda/rollup/usage-sums';
import type { UtcDay } from '../source/usage-source.aws';

/** Recorded calls of one model with the same model id in the request. */
export interface RecordedCalls extends CallCounts {
  readonly model: string;
  /** Model id or ARN in the request. Undefined if the rollup does not contain it. */
  readonly modelId?: string;
  /** Number of failed calls. The other numbers exclude them. */
  readonly failed: number;
}

/**
 * Returns the recorded calls of a day that the metrics of Amazon Bedrock also count. Cached responses and
 * batch jobs are excluded. Failed calls are counted separately.
 */
export function recordedCalls({ entries }: Pick<UtcDay, 'entries'>): RecordedCalls[] {
  return entries.flatMap(({ model, parts }) =>
    parts
      .filter(({ kind, batch }) => isInSums(kind) && !batch)
      .map(part => {
        const { count, uncachedInputTokens: inputTokens } = wholeDay(part);
        const counts = isAnswered(part.kind)
          ? { invocations: count, inputTokens, failed: 0 }
          : { invocations: 0, inputTokens: 0, failed: count };
        return { model, modelId: part.modelId, ...counts };
      }),
  );
}

/** Compares the account's calls with the recorded calls, in total and for each model. */
export function compareCalls(
  account: readonly AccountCalls[],
  recorded: readonly RecordedCalls[],
): { readonly total: CoveredCalls; readonly models: readonly CoveredModel[] } {
  const { nameOfAccountId, nameOfRecorded } = modelNames(account, recorded);
  const rows = new Map<
    string,
    { readonly ids: Set<string>; account: CallCounts; recorded: CallCounts; failed: number }
  >();
  const rowOf = (name: string) => {
    const row = rows.get(name) ?? {
      ids: new Set<string>(),
      account: NO_CALLS,
      recorded: NO_CALLS,
      failed: 0,
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
  }
  const models = [...rows]
    .map(([model, row]): CoveredModel => {
      const compared = compare(row.account, row.recorded);
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
