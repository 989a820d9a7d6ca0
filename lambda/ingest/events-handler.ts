import type { Context } from 'aws-lambda';
import { eventCandidate } from './event-candidate';
import { ingest, type Tally } from './ingest';
import { ingestTools } from './ingest-clients';

const tools = ingestTools();

/** Takes in the call that a `TokenUsage` event tells. */
export function handler(event: unknown, context: Context): Promise<Tally> {
  return ingest([eventCandidate(event)], tools, { remainingMs: context.getRemainingTimeInMillis() });
}
