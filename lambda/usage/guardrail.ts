import { asEvents, type Json, asObject } from './counts';

/**
 * Intervention of a guardrail:
 * - `blocked`: the guardrail blocked the call.
 * - `masked`: the guardrail masked parts of the answer.
 * - `unknown`: the guardrail blocked or masked, but the response does not show which. The response contains
 *   no guardrail trace, because the request did not enable the trace.
 */
export type Intervention = 'blocked' | 'masked' | 'unknown';

/** Members of a guardrail's trace that contain assessments. */
const ASSESSMENTS = ['input', 'inputAssessment', 'outputs', 'outputAssessments'] as const;

/**
 * Reads the intervention of a guardrail from a body of InvokeModel, or from a chunk of its stream.
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
 * Combines the intervention in earlier chunks with the intervention in the next chunk. A blocked call stays
 * blocked.
 */
export function laterIntervention(
  before: Intervention | undefined,
  now: Intervention | undefined,
): Intervention | undefined {
  if (before === 'blocked' || now === undefined) return before;
  return before === 'masked' && now === 'unknown' ? before : now;
}

/**
 * Reads the actions of all policies in assessments. The assessments are a map by guardrail id, or an array of
 * such maps.
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
