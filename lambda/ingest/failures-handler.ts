import type { Context } from 'aws-lambda';
import { readEventRecord } from './event-record';
import { ingest, type Tally } from './ingest';
import { ingestTools } from './ingest-clients';
import { readLogRecords, readRules } from './log-record';
import type { IngestRecord } from './records/ingest-record';
import { type LogPayload, readPayload } from './records/log-payload';
import { readSpanRecords, readSpanSettings } from './spans/span-records';
import { asObject } from '../usage/counts';

const tools = ingestTools();
const rules = readRules(process.env);
const spanSettings = readSpanSettings(process.env);
const ownLogGroup = process.env.AWS_LAMBDA_LOG_GROUP_NAME;

/**
 * Retries an event after another ingest function has failed. Puts records that still cannot be written on the
 * dead-letter queue, without prompts and answers.
 */
export async function handler(event: unknown, context: Context): Promise<Tally | undefined> {
  const failed = asObject(asObject(event)?.requestPayload);
  const records =
    failed?.awslogs === undefined ? [readEventRecord(failed)] : await readLines(readPayload(failed));
  return records && ingest(records, tools, { remainingMs: context.getRemainingTimeInMillis(), isLast: true });
}

/** Reads the lines of a log group, which are spans or records of the invocation log. */
async function readLines(payload: LogPayload): Promise<readonly IngestRecord[] | undefined> {
  const records = await readLogRecords(payload, { rules, profiles: tools.profiles, ownLogGroup });
  if (!records?.some(isForeign)) return records;
  const spans = readSpanRecords(payload, spanSettings, ownLogGroup);
  return records.map((record, index) => (isForeign(record) ? (spans?.[index] ?? record) : record));
}

function isForeign({ reading }: IngestRecord): boolean {
  return reading.kind === 'foreign';
}
