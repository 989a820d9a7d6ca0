import { asEvents, type Json, asObject } from './counts';

/**
 * Effect of a guardrail on a call:
 * - `blocked`: the guardrail blocked the call.
 * - `masked`: the guardrail masked parts of the answer.
 * - `unknown`: the guardrail blocked or masked. The response does not show which, because the request did not
 *   enable the guardrail trace.
 */
export type Intervention = 'blocked' | 'masked' | 'unknown';

/** Members of a guardrail's trace that contain the findings of its policies. */
const ASSESSMENTS = ['input', 'inputAssessment', 'outputs', 'outputAssessments'] as const;

/**
 * Reads the effect of a guardrail from a body of InvokeModel, or from a chunk of its stream.
 *
 * If a guardrail blocks a call, Bedrock answers with a text of the guardrail and bills no model tokens
 * (measured with Converse, 2026-10: usage and bill were both 0).
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

/**
 * Combines the effect of a guardrail in earlier chunks (`before`) with the effect in the next chunk (`now`).
 * If a chunk shows `blocked`, the result is `blocked`.
 */
export function laterIntervention(
  before: Intervention | undefined,
  now: Intervention | undefined,
): Intervention | undefined {
  if (before === 'blocked' || now === undefined) return before;
  return before === 'masked' && now === 'unknown' ? before : now;
}

/**
 * Returns the actions, such as `BLOCKED`, of all policies in a part of a guardrail's trace. This part is an
 * object with guardrail ids as keys, or an array of such objects.
 */
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
