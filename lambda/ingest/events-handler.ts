import type { Context } from 'aws-lambda';
import { readEventRecord } from './event-record';
import { ingest, type Tally } from './ingest';
import { ingestTools } from './ingest-clients';

const tools = ingestTools();

/** Records the invocation in a `TokenUsage` event: writes its trace and publishes its metrics. */
export function handler(event: unknown, context: Context): Promise<Tally> {
  return ingest([readEventRecord(event)], tools, { remainingMs: context.getRemainingTimeInMillis() });
}
