import type { Context } from 'aws-lambda';
import { readEventRecord } from './event-record';
import { ingest, type Tally } from './ingest';
import { ingestTools } from './ingest-clients';
import { readLogRecords, readRules } from './log-record';
import { asObject } from '../usage/counts';

const tools = ingestTools();
const rules = readRules(process.env);

/**
 * Retries an event after another ingest function has failed. Puts records that still cannot be written on the
 * dead-letter queue, without prompts and answers.
 */
export async function handler(event: unknown, context: Context): Promise<Tally | undefined> {
  const payload = asObject(asObject(event)?.requestPayload);
  const { profiles } = tools;
  const ownLogGroup = process.env.AWS_LAMBDA_LOG_GROUP_NAME;
  const records =
    payload?.awslogs === undefined
      ? [readEventRecord(payload)]
      : await readLogRecords(payload, { rules, profiles, ownLogGroup });
  return records && ingest(records, tools, { remainingMs: context.getRemainingTimeInMillis(), isLast: true });
}
