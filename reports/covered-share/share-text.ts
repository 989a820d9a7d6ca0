import type { CallCounts, CoveredCalls, CoveredModel, CoveredShare, GapReason } from './covered-share';
import { addUtcDays, countDays } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';

type ShareFigures = Omit<CoveredShare, 'summary' | 'notes'>;

/** Maximum number of models that one sentence names. */
const MAX_NAMES = 3;
/** Number of days after which a search no longer finds a metric without new data (CloudWatch User Guide). */
const SEARCHED_DAYS = 14;

/** Explanation of each difference: the likely reason, and the fix. */
const EXPLANATIONS: Readonly<Record<GapReason, { readonly reason: string; readonly fix: string }>> = {
  'never-recorded': {
    reason: 'no client that calls it is instrumented',
    fix:
      'Instrument the clients that call it (`tracker.instrument`), or record its calls from the invocation ' +
      'log with `TokenUsageIngest`.',
  },
  'partly-recorded': {
    reason: 'one of several programs is not instrumented, or a function may not write traces',
    fix:
      'Check that each function and program that calls it is instrumented, also outside of this stack, and ' +
      'that `instrument` or `grantWriteTraces` lets each of them write to the table. The log of a function ' +
      'without this permission has `TraceSpill` lines, which `token-analytics replay` writes to the table.',
  },
  'failed-calls': {
    reason: 'Bedrock also counts some failed calls, and as many failed calls are in the table',
    fix: 'Nothing has to be done: the failed calls are recorded.',
  },
  'tokens-unknown': {
    reason: 'some responses were recorded without their token counts, such as streams that were cut off',
    fix: 'Read streams to their end.',
  },
  'more-recorded': {
    reason: 'the table also has calls of another region or account, or calls were recorded twice',
    fix:
      'Compare each region with its own table, and check that no call is recorded both by a tracker and by ' +
      'an ingest.',
  },
  'only-recorded': {
    reason:
      'its calls were made in another region or account, or not through the endpoint bedrock-runtime, so ' +
      "the account's metrics do not contain it",
    fix: 'Compare each region with its own table.',
  },
};

/** Returns the likely reason of a difference, as a clause without a period. */
export function reasonText(reason: GapReason): string {
  return EXPLANATIONS[reason].reason;
}

/** Returns the fixes for the differences of all models. Each fix is listed once. */
export function fixTexts({ models }: Pick<CoveredShare, 'models'>): string[] {
  return reasonsOf(models).map(reason => EXPLANATIONS[reason].fix);
}

/** Returns one sentence with the share and the missing calls, or the reason why there is no share. */
export function summaryText({
  status,
  total,
  models,
  day,
  region,
  complete,
  missingPermission,
}: ShareFigures): string {
  if (status === 'access-denied') {
    return `The recorded share of ${day} is unknown, because ${missingPermission} is not allowed.`;
  }
  if (status === 'no-metrics' || total === undefined) {
    return `The recorded share of ${day} is unknown, because Amazon Bedrock has no metrics in ${region}.`;
  }
  const missing = models.filter(each => each.missing.invocations > 0 || each.missing.inputTokens > 0);
  const named = missing.slice(0, MAX_NAMES).map(model => differenceText(model, model.missing));
  const more = missing.length - named.length;
  return (
    `${shareText(total)} of ${complete ? day : `${day} so far`} are recorded` +
    (named.length === 0
      ? '.'
      : `; missing: ${named.join('; ')}${more > 0 ? `; and ${more} more models` : ''}.`)
  );
}

/** Returns the sentences that explain the differences and limits of a comparison. */
export function shareNotes(share: ShareFigures, messages: readonly string[]): string[] {
  const { status, complete, day, generatedAt, models, lostTraces, region } = share;
  if (status === 'access-denied') {
    return [`Allow ${share.missingPermission} on * for this identity. No other permission is needed.`];
  }
  const age = countDays(day, dayOf(new Date(generatedAt))) - 1;
  const more = models.filter(({ excess }) => excess.invocations > 0 || excess.inputTokens > 0);
  return [
    ...sentence(
      !complete,
      'The metrics of Amazon Bedrock arrive some minutes late, so the share of this day is not final.',
    ),
    ...sentence(
      age > SEARCHED_DAYS,
      `The day is more than ${SEARCHED_DAYS} days ago. Models without calls since ` +
        `${addUtcDays(dayOf(new Date(generatedAt)), -SEARCHED_DAYS)} may be absent from the account's ` +
        'figures, so the share may be too high.',
    ),
    ...sentence(
      more.length > 0,
      `More recorded than the account's metrics in ${region} contain: ` +
        `${listed(more.map(model => differenceText(model, model.excess)))}. ` +
        'These calls do not raise the share.',
    ),
    ...sentence(
      (lostTraces?.spilled ?? 0) > 0,
      `Functions wrote ${lostTraces?.spilled.toLocaleString('en-US')} traces of this day to their logs ` +
        'instead of the table (TracesSpilled). `token-analytics replay` writes them to the table.',
    ),
    ...sentence(
      (lostTraces?.dropped ?? 0) > 0,
      `${lostTraces?.dropped.toLocaleString('en-US')} traces of this day are lost (TracesDropped).`,
    ),
    ...messages.map(message => `CloudWatch: ${message}`),
  ];
}

/**
 * Formats a part of a whole as a percentage, such as `97.2 %`. It is rounded down, so that 100 % always means
 * that nothing is missing.
 */
export function percentText(part: number, whole: number): string {
  return `${(Math.floor((part * PERCENT * TENTHS) / whole) / TENTHS).toLocaleString('en-US')} %`;
}

const PERCENT = 100;
const TENTHS = 10;

function shareText({ account, covered }: CoveredCalls): string {
  const calls = percentText(covered.invocations, account.invocations);
  if (account.inputTokens === 0) return `${calls} of the account's calls`;
  const tokens = `${percentText(covered.inputTokens, account.inputTokens)} of the account's input tokens`;
  return account.invocations === 0 ? tokens : `${tokens} and ${calls} of its calls`;
}

function differenceText({ model, reason }: CoveredModel, counts: CallCounts): string {
  return `${model}, ${countsText(counts)}${reason === undefined ? '' : ` (${reasonText(reason)})`}`;
}

function countsText({ invocations, inputTokens }: CallCounts): string {
  const calls = `${invocations.toLocaleString('en-US')} call${invocations === 1 ? '' : 's'}`;
  const tokens = `${inputTokens.toLocaleString('en-US')} input token${inputTokens === 1 ? '' : 's'}`;
  return invocations === 0 ? tokens : calls;
}

function reasonsOf(models: readonly CoveredModel[]): GapReason[] {
  return [...new Set(models.flatMap(({ reason }) => reason ?? []))];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join('; ');
  return names.length > MAX_NAMES ? `${shown}; and ${names.length - MAX_NAMES} more` : shown;
}

function sentence(holds: boolean, text: string): string[] {
  return holds ? [text] : [];
}
