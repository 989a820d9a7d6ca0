import type { Context } from 'aws-lambda';
import { ingest, type Tally } from './ingest';
import { ingestTools } from './ingest-clients';
import { eventCandidate } from './usage-event';

const tools = ingestTools();

/** Takes in the call that a `TokenUsage` event tells. */
export function handler(event: unknown, context: Context): Promise<Tally> {
  return ingest([eventCandidate(event)], tools, { remainingMs: context.getRemainingTimeInMillis() });
}
