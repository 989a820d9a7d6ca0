import type { Logger } from '@aws-lambda-powertools/logger';
import { type DeadLetter, deadLetter, type SendLetters } from './dead-letter';
import { type IngestTable, type Left, notMade, type Taken, takeIn } from './ingest-call';
import type { KnownProfiles } from './known-profiles';
import { type Candidate, refused } from './reading';
import { usageEventOf, wholeEventOf } from './usage-event';
import { toInvocation } from '../invocation/record-input';
import type { AnalyticsEmitter } from '../metrics/analytics-emitter';
import type { CostCalculator } from '../pricing/cost-calculator';
import { deadlineIn } from '../process/deadline';
import { callTimeProblem } from '../traces/call-time';
import type { ItemOptions } from '../traces/trace-item';

/** What a batch is taken in with; it outlives a run. */
export interface IngestTools {
  readonly table: IngestTable;
  readonly items: ItemOptions;
  readonly announced: Set<string>;
  readonly emitter: AnalyticsEmitter;
  readonly calculator: CostCalculator;
  readonly profiles: KnownProfiles;
  readonly sendLetters: SendLetters;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
}

/** The circumstances of one run. */
export interface IngestRun {
  /** How long the function may still run. */
  readonly remainingMs: number;
  /** Nothing comes after this run: what cannot be written goes to the queue, too. */
  readonly isLast?: boolean;
}

/** How many records, and what came of them. */
export interface Tally {
  readonly records: number;
  readonly written: number;
  /** They were there before. */
  readonly duplicates: number;
  /** Whoever made the calls records them. */
  readonly recorded: number;
  readonly leftToTracker: number;
  /** They tell no model call. */
  readonly foreign: number;
  /** They are on the queue. */
  readonly refused: number;
  /** They could not be written now. */
  readonly failed: number;
}

/** A batch of which something is left that a retry can take in. It says how much, and nothing of what. */
class IngestIncomplete extends Error {
  override readonly name = 'IngestIncomplete';
}

/** What is left of the function's time for the queue and the log. */
const RESERVED_MS = 5000;
/** Lines about single records; the rest is in the count. */
const MAX_LINES = 20;

/**
 * Takes a batch in: each call is priced, its trace written once, and its metrics
 * published if that was now. What cannot be understood, or is refused, goes to the queue.
 *
 * @throws IngestIncomplete after all that could be done is done, where doing it again can take in the rest
 */
export async function ingest(
  read: readonly Candidate[],
  tools: IngestTools,
  { remainingMs, isLast = false }: IngestRun,
): Promise<Tally> {
  const candidates = read.map(candidate => withinWindow(candidate, tools.items.ttlDays));
  const { calls, failed } = await pricedCalls(candidates, tools);
  const deadline = deadlineIn(remainingMs - RESERVED_MS);
  const { emitter } = tools;
  const { written, duplicates, ...end } = await takeIn(calls, {
    ...tools,
    signal: deadline.signal,
    onWritten: invocation => emitter.emit(invocation),
  }).finally(() => {
    deadline.end();
    // What was written is not written again: its metrics go out now or never.
    emitter.publish();
  });
  const left = [...failed, ...end.left];
  const retried = isLast ? [] : left.filter(({ retry }) => retry);
  const letters = [
    ...refusedLetters(candidates),
    ...leftLetters(
      candidates,
      left.filter(each => !retried.includes(each)),
    ),
  ];
  const count = (kind: string) => candidates.filter(({ reading }) => reading.kind === kind).length;
  const tally = {
    records: candidates.length,
    written,
    duplicates,
    recorded: count('recorded'),
    leftToTracker: count('left'),
    foreign: count('foreign'),
    refused: letters.length,
    failed: retried.length,
  };
  report(tools.logger, tally, letters);
  // The run that ends sends the letters, so that they are not sent by each.
  if (retried.length > 0) {
    throw new IngestIncomplete(
      `${retried.length} of ${candidates.length} records could not be written ` +
        `(${retried[0].reason}). A retry writes them, and no other again.`,
    );
  }
  const unsent = await tools.sendLetters(letters);
  if (unsent > 0) {
    throw new IngestIncomplete(
      `${unsent} of ${letters.length} messages could not be put on the queue. A retry sends them again.`,
    );
  }
  return tally;
}

/** Refuses a call with an impossible time. */
function withinWindow(candidate: Candidate, ttlDays: number): Candidate {
  const { reading } = candidate;
  if (reading.kind !== 'call' || reading.call.timestamp === undefined) return candidate;
  const problem = callTimeProblem(reading.call.timestamp, { ttlDays });
  return problem === undefined ? candidate : { ...candidate, reading: refused(problem, reading.call) };
}

/** Prices each call by itself, so that a call that cannot be priced does not stop the others. */
async function pricedCalls(
  candidates: readonly Candidate[],
  { profiles, calculator }: IngestTools,
): Promise<{ readonly calls: Taken[]; readonly failed: Left[] }> {
  const read = candidates.flatMap(({ reading }, index) =>
    reading.kind === 'call' ? [{ index, call: reading.call }] : [],
  );
  await profiles.learn(read.map(({ call }) => call.billedModelId ?? call.modelId));
  const calls: Taken[] = [];
  const failed: Left[] = [];
  for (const { index, call } of read) {
    try {
      calls.push({ index, invocation: toInvocation(call, { calculator, profiles, defaults: {} }) });
    } catch (error) {
      failed.push(notMade(index, error));
    }
  }
  return { calls, failed };
}

function refusedLetters(candidates: readonly Candidate[]): DeadLetter[] {
  return candidates.flatMap(candidate =>
    candidate.reading.kind === 'refused'
      ? [deadLetter(candidate, candidate.reading.reason, usageEventOf(candidate.reading.known))]
      : [],
  );
}

const DONE: Readonly<Record<Left['step'], string>> = { make: 'made', write: 'written' };

function leftLetters(candidates: readonly Candidate[], left: readonly Left[]): DeadLetter[] {
  return left.flatMap(({ index, step, reason }) => {
    const candidate = candidates[index];
    return candidate.reading.kind === 'call'
      ? [
          deadLetter(
            candidate,
            `the trace could not be ${DONE[step]} (${reason})`,
            wholeEventOf(candidate.reading.call),
          ),
        ]
      : [];
  });
}

function report(logger: IngestTools['logger'], tally: Tally, letters: readonly DeadLetter[]): void {
  for (const { source, position, id, reason } of letters.slice(0, MAX_LINES)) {
    logger.warn('Record refused', { source, position, id, reason });
  }
  logger.info('Ingest', { ...tally });
}
