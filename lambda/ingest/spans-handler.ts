import type { Context } from 'aws-lambda';
import { ingest, type Tally } from './ingest';
import { ingestTools } from './ingest-clients';
import { readPayload } from './records/log-payload';
import { readSpanRecords, readSpanSettings } from './spans/span-records';
import { readWaitingSpans } from './waiting-span';

const tools = ingestTools();
const settings = readSpanSettings(process.env);

/**
 * Ingests a batch of OpenTelemetry spans. A CloudWatch Logs subscription invokes this function with new
 * spans, and a queue invokes it with spans that have waited for other records of their call.
 */
export async function handler(event: unknown, context: Context): Promise<Tally | undefined> {
  const records =
    readWaitingSpans(event) ??
    readSpanRecords(readPayload(event), settings, process.env.AWS_LAMBDA_LOG_GROUP_NAME);
  return records && records.length > 0
    ? ingest(records, tools, { remainingMs: context.getRemainingTimeInMillis() })
    : undefined;
}
