import type { Context } from 'aws-lambda';
import { ingest, type Tally } from './ingest';
import { ingestTools } from './ingest-clients';
import { readLogRecords, readRules } from './log-record';
import { readPayload } from './records/log-payload';

const tools = ingestTools();
const rules = readRules(process.env);

/**
 * Ingests a batch of records from Bedrock's model invocation log. A CloudWatch Logs subscription invokes this
 * function with the batch.
 */
export async function handler(event: unknown, context: Context): Promise<Tally | undefined> {
  const { profiles } = tools;
  const ownLogGroup = process.env.AWS_LAMBDA_LOG_GROUP_NAME;
  const records = await readLogRecords(readPayload(event), { rules, profiles, ownLogGroup });
  return records && records.length > 0
    ? ingest(records, tools, { remainingMs: context.getRemainingTimeInMillis() })
    : undefined;
}
