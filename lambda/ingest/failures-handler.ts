import type { Context } from 'aws-lambda';
import { eventCandidate } from './event-candidate';
import { ingest, type Tally } from './ingest';
import { ingestTools } from './ingest-clients';
import { readRules } from './ingest-rules';
import { logCandidates } from './log-candidates';
import { asObject } from '../usage/counts';

const tools = ingestTools();
const rules = readRules(process.env);

/**
 * Takes what the other functions have failed on, again and again, until Lambda gave it up: tries it a last
 * time, and puts what cannot be written on the queue. Lambda itself would put the whole event there, with its
 * prompts and answers.
 */
export async function handler(event: unknown, context: Context): Promise<Tally | undefined> {
  const payload = asObject(asObject(event)?.requestPayload);
  const { profiles } = tools;
  const ownLogGroup = process.env.AWS_LAMBDA_LOG_GROUP_NAME;
  const candidates =
    payload?.awslogs === undefined
      ? [eventCandidate(payload)]
      : await logCandidates(payload, { rules, profiles, ownLogGroup });
  return (
    candidates && ingest(candidates, tools, { remainingMs: context.getRemainingTimeInMillis(), isLast: true })
  );
}
