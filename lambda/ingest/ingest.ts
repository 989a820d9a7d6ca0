import { type DeadLetter, deadLetter, type SendLetters } from './dead-letter';
import type { KnownProfiles } from './known-profiles';
import { type IngestRecord, type Reading, refused } from './records/ingest-record';
import { toCompleteEvent, toUsageEvent } from './usage-event';
import {
  CONCURRENCY,
  type FailedRecord,
  type IndexedInvocation,
  type IngestTable,
  makeFailure,
  writeInvocations,
} from './write-invocations';
import { toInvocation } from '../invocation/record-input';
import type { AnalyticsEmitter } from '../metrics/analytics-emitter';
import type { CostCalculator } from '../pricing/cost-calculator';
import { deadlineIn } from '../process/deadline';
import type { Logger } from '../process/logger';
import { forEachConcurrent } from '../process/promises';
import { errorName } from '../process/warn-once';
import { callTimeProblem } from '../traces/call-time';
import { noteItem, requestClaim } from '../traces/claim-item';
import type { ItemOptions } from '../traces/trace-item';

/** Clients and settings of the ingest. They are kept between runs. */
export interface IngestTools {
  readonly table: IngestTable;
  readonly items: ItemOptions;
  /** Ids of the day-index items that this process has already written. */
  readonly indexedPartitions: Set<string>;
  readonly emitter: AnalyticsEmitter;
  readonly calculator: CostCalculator;
  readonly profiles: KnownProfiles;
  readonly sendLetters: SendLetters;
  /** Puts spans on the queue in which they wait. Undefined if the ingest reads no spans. */
  readonly sendWaiting?: SendLetters;
  /** True if each source claims the calls that it counts, because several sources can see one call. */
  readonly claimCalls: boolean;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
}

/** Options of one run. */
export interface IngestRun {
  /** Remaining time of the function in milliseconds. */
  readonly remainingMs: number;
  /** True if this run is the last attempt. Its failed records go to the dead-letter queue. Default: false. */
  readonly isLast?: boolean;
}

/** Number of records in a batch, in total and for each result. */
export interface Tally {
  readonly records: number;
  readonly written: number;
  /** Number of records whose trace was already in the table, or whose call another source has recorded. */
  readonly duplicates: number;
  /** Number of records with a mark. The mark says that the caller records the invocation. */
  readonly recorded: number;
  /** Number of skipped records. A tracker records their invocations, according to the configuration. */
  readonly leftToTracker: number;
  /** Number of spans whose call is recorded with another span of the batch. */
  readonly joined: number;
  /** Number of spans that wait in a queue. */
  readonly waiting: number;
  /** Number of skipped spans. The ingest reads their calls from the invocation log. */
  readonly leftToLog: number;
  /** Number of records that do not describe a model invocation. */
  readonly foreign: number;
  /** Number of records that go to the dead-letter queue, because they are invalid or cannot be written. */
  readonly refused: number;
  /** Number of records that could not be written in this run. A retry follows. */
  readonly failed: number;
}

/** Error that makes Lambda retry the batch. Its message contains numbers, but no content of records. */
class IngestIncomplete extends Error {
  override readonly name = 'IngestIncomplete';
}

/** Milliseconds at the end of a run for sending messages to the queue and writing the log. */
const RESERVED_MS = 5000;
/** Reason in the message of a waiting span. It is visible if the message goes to the dead-letter queue. */
const WAITING_REASON = 'the span waits for other records of its call';
/** Maximum number of log lines about single records. The logged totals include all records. */
const MAX_LINES = 20;

/**
 * Prices the invocations of a batch, writes their traces, and publishes the metrics of each new trace. Sends
 * a message to the dead-letter queue for each invalid record. If `isLast` is true, also sends one for each
 * record that cannot be written.
 *
 * @throws IngestIncomplete if a retry can write missing traces or send missing messages
 */
export async function ingest(
  batch: readonly IngestRecord[],
  tools: IngestTools,
  { remainingMs, isLast = false }: IngestRun,
): Promise<Tally> {
  const records = batch.map(record => refuseWrongTime(record, tools.items.ttlDays));
  const priced = await priceRecords(records, tools);
  const deadline = deadlineIn(remainingMs - RESERVED_MS);
  const { emitter } = tools;
  const { signal } = deadline;
  const [result, unwritten] = await Promise.all([
    writeInvocations(priced.invocations, {
      ...tools,
      signal,
      onWritten: invocation => emitter.emit(invocation),
    }),
    writeNotes(records, tools.table, signal),
  ]).finally(() => {
    deadline.end();
    // Publishes the metrics even after an error, because a retry skips the written traces.
    emitter.publish();
  });
  const failed = [...priced.failed, ...result.failed, ...unwritten];
  const retried = isLast ? [] : failed.filter(({ retry }) => retry);
  const letters = [
    ...refusedLetters(records),
    ...failedLetters(
      records,
      failed.filter(each => !retried.includes(each)),
    ),
  ];
  const count = (kind: Reading['kind']) => records.filter(({ reading }) => reading.kind === kind).length;
  const tally = {
    records: records.length,
    written: result.written,
    duplicates: result.duplicates,
    recorded: count('recorded'),
    leftToTracker: count('leftToTracker'),
    joined: count('joined'),
    waiting: count('waiting'),
    leftToLog: count('leftToLog'),
    foreign: count('foreign'),
    refused: letters.length,
    failed: retried.length,
  };
  report(tools.logger, tally, letters);
  // If a retry follows, sends no messages, because the retry creates the same messages again.
  if (retried.length > 0) {
    throw new IngestIncomplete(
      `${retried.length} of ${records.length} records could not be written ` +
        `(${retried[0].reason}). A retry writes only these.`,
    );
  }
  const unsent = (await tools.sendLetters(letters)) + (await sendWaiting(records, failed, tools));
  if (unsent > 0) {
    throw new IngestIncomplete(
      `${unsent} of ${letters.length + tally.waiting} messages could not be put on the queue. ` +
        'A retry sends them again.',
    );
  }
  return tally;
}

/** Refuses a record whose time is in the future or too long ago. */
function refuseWrongTime(record: IngestRecord, ttlDays: number): IngestRecord {
  const { reading } = record;
  if (reading.kind !== 'call' && reading.kind !== 'waiting') return record;
  if (reading.call.timestamp === undefined) return record;
  const problem = callTimeProblem(reading.call.timestamp, { ttlDays });
  return problem === undefined ? record : { ...record, reading: refused(problem, reading.call) };
}

/** Prices the invocations of some records. An error in one invocation does not affect the others. */
async function priceRecords(
  records: readonly IngestRecord[],
  { profiles, calculator, claimCalls }: IngestTools,
): Promise<{ readonly invocations: IndexedInvocation[]; readonly failed: FailedRecord[] }> {
  const calls = records.flatMap(({ reading }, index) => {
    if (reading.kind !== 'call') return [];
    const { call } = reading;
    // A cached response has the request id of the original call, and must not claim that call.
    const claimed = claimCalls && !call.cached ? call.requestId : undefined;
    const { claims = claimed === undefined ? [] : [requestClaim(claimed)] } = reading;
    return [{ index, call, claims }];
  });
  await profiles.learn(calls.map(({ call }) => call.billedModelId ?? call.modelId));
  const invocations: IndexedInvocation[] = [];
  const failed: FailedRecord[] = [];
  for (const { index, call, claims } of calls) {
    try {
      const invocation = toInvocation(call, { calculator, profiles, defaults: {} });
      invocations.push({ index, invocation, claims });
    } catch (error) {
      failed.push(makeFailure(index, error));
    }
  }
  return { invocations, failed };
}

function refusedLetters(records: readonly IngestRecord[]): DeadLetter[] {
  return records.flatMap(record =>
    record.reading.kind === 'refused'
      ? [deadLetter(record, record.reading.reason, toUsageEvent(record.reading.known))]
      : [],
  );
}

/** Stores the spans that wait. Returns the records whose spans could not be stored. */
async function writeNotes(
  records: readonly IngestRecord[],
  table: IngestTools['table'],
  signal: AbortSignal,
): Promise<readonly FailedRecord[]> {
  const notes = records.flatMap(({ reading }, index) =>
    reading.kind === 'waiting' ? reading.wait.notes.map(note => ({ index, note })) : [],
  );
  const failed = new Map<number, FailedRecord>();
  await forEachConcurrent(notes, CONCURRENCY, async ({ index, note: { traceId, spanId, json } }) => {
    if (failed.size > CONCURRENCY) {
      failed.set(index, { index, step: 'write', reason: 'TableUnreachable', retry: true });
      return;
    }
    try {
      await table.put(noteItem(traceId, spanId, json), signal);
    } catch (error) {
      failed.set(index, { index, step: 'write', reason: errorName(error), retry: true });
    }
  });
  return [...failed.values()];
}

/**
 * Sends one message for each record that waits, except for records in `failed`. Returns the number of
 * messages that could not be sent.
 */
async function sendWaiting(
  records: readonly IngestRecord[],
  failed: readonly FailedRecord[],
  tools: Pick<IngestTools, 'sendWaiting'>,
): Promise<number> {
  const skipped = new Set(failed.map(({ index }) => index));
  const bySeconds = new Map<number, DeadLetter[]>();
  records.forEach((record, index) => {
    const { reading } = record;
    if (reading.kind !== 'waiting' || skipped.has(index)) return;
    const { span, seconds } = reading.wait;
    const letter = deadLetter(record, WAITING_REASON, toCompleteEvent(reading.call));
    const letters = bySeconds.get(seconds) ?? [];
    letters.push({ ...letter, span });
    bySeconds.set(seconds, letters);
  });
  let unsent = 0;
  for (const [seconds, messages] of bySeconds) {
    unsent += (await tools.sendWaiting?.(messages, seconds)) ?? messages.length;
  }
  return unsent;
}

/** Verb for each step in the reason `the trace could not be made`, or `… written`. */
const STEP_TEXTS: Readonly<Record<FailedRecord['step'], string>> = { make: 'made', write: 'written' };

function failedLetters(records: readonly IngestRecord[], failed: readonly FailedRecord[]): DeadLetter[] {
  return failed.flatMap(({ index, step, reason }) => {
    const record = records[index];
    return record.reading.kind === 'call' || record.reading.kind === 'waiting'
      ? [
          deadLetter(
            record,
            `the trace could not be ${STEP_TEXTS[step]} (${reason})`,
            toCompleteEvent(record.reading.call),
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
