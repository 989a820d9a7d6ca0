import type { Context } from 'aws-lambda';
import { ingest, type Tally } from './ingest';
import { ingestTools } from './ingest-clients';
import { readRules } from './ingest-rules';
import { logCandidates } from './log-candidates';

const tools = ingestTools();
const rules = readRules(process.env);

/** Takes in the records that a subscription of Bedrock's model invocation log hands over. */
export async function handler(event: unknown, context: Context): Promise<Tally | undefined> {
  const { profiles } = tools;
  const ownLogGroup = process.env.AWS_LAMBDA_LOG_GROUP_NAME;
  const candidates = await logCandidates(event, { rules, profiles, ownLogGroup });
  return candidates && candidates.length > 0
    ? ingest(candidates, tools, { remainingMs: context.getRemainingTimeInMillis() })
    : undefined;
}
