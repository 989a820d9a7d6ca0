import { asEvents, type Json, asObject } from './counts';

/**
 * Intervention of a guardrail: it blocked the call, or it masked parts of the answer. Unknown if the response
 * has no trace of the guardrail, because the request did not enable it.
 */
export type Intervention = 'blocked' | 'masked' | 'unknown';

/** Members of a guardrail's trace that hold assessments by guardrail id. */
const ASSESSMENTS = ['input', 'inputAssessment', 'outputs', 'outputAssessments'] as const;

/**
 * Reads the intervention of a guardrail in the body of InvokeModel, or in a chunk of its stream.
 *
 * Bedrock answers a blocked call with a text of the guardrail and bills no tokens of the model (measured with
 * Converse, 2026-10: usage and bill were both 0). Counts outside `usage` can be those of that text.
 *
 * @returns undefined if the guardrail did not intervene
 */
export function readIntervention(body: Json): Intervention | undefined {
  if (!textIn(body['amazon-bedrock-guardrailAction']).endsWith('INTERVENED')) return undefined;
  const trace = asObject(asObject(body['amazon-bedrock-trace'])?.guardrail);
  const reason = /blocked|masked/.exec(textIn(trace?.actionReason))?.[0];
  if (reason !== undefined) return reason as Intervention;
  const actions = new Set(ASSESSMENTS.flatMap(member => readActions(trace?.[member])));
  if (actions.has('BLOCKED')) return 'blocked';
  return actions.has('ANONYMIZED') ? 'masked' : 'unknown';
}

/** Returns the intervention known after one more chunk. A blocked call stays blocked. */
export function laterIntervention(
  before: Intervention | undefined,
  now: Intervention | undefined,
): Intervention | undefined {
  if (before === 'blocked' || now === undefined) return before;
  return before === 'masked' && now === 'unknown' ? before : now;
}

/** Reads the actions of all policies in assessments: one map by guardrail id, or an array of maps. */
function readActions(assessments: unknown): unknown[] {
  return (asEvents(assessments) ?? [assessments])
    .flatMap(membersOf)
    .flatMap(ofGuardrail => asEvents(ofGuardrail) ?? [ofGuardrail])
    .flatMap(membersOf)
    .flatMap(membersOf)
    .flatMap(list => asEvents(list) ?? [])
    .map(finding => asObject(finding)?.action);
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function membersOf(value: unknown): unknown[] {
  return Object.values(asObject(value) ?? {});
}
