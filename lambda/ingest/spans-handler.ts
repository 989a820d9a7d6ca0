import type { Context } from 'aws-lambda';
import { ingest, type Tally } from './ingest';
import { ingestTools } from './ingest-clients';
import { readPayload } from './records/log-payload';
import { readSpanRecords, readSpanSettings } from './spans/span-records';
import { readWaitedCalls, readWaitingMessages } from './waiting-spans';

const tools = ingestTools();
const settings = readSpanSettings(process.env);

/**
 * Ingests a batch of OpenTelemetry spans. A CloudWatch Logs subscription invokes this function with new
 * spans, and a queue invokes it with spans that have waited for other records of their call.
 */
export async function handler(event: unknown, context: Context): Promise<Tally | undefined> {
  const messages = readWaitingMessages(event);
  const records = messages
    ? await readWaitedCalls(messages, tools.table, settings.join)
    : readSpanRecords(readPayload(event), settings, process.env.AWS_LAMBDA_LOG_GROUP_NAME);
  if (!records || records.length === 0) return undefined;
  return ingest(records, tools, {
    remainingMs: context.getRemainingTimeInMillis(),
    isLast: messages?.isLast ?? false,
  });
}
