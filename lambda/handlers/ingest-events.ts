import type { Context } from 'aws-lambda';
import { ingestTools } from '../aws/ingest-tools';
import { ingest, type Tally } from '../ingest/ingest';
import { eventCandidate } from '../ingest/usage-event';

const tools = ingestTools();

/** Takes in the call that a `TokenUsage` event tells. */
export function handler(event: unknown, context: Context): Promise<Tally> {
  return ingest([eventCandidate(event)], tools, { remainingMs: context.getRemainingTimeInMillis() });
}
