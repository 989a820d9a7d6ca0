import { asEvents, type Json, asObject } from './counts';

/**
 * Intervention of a guardrail: it blocked the call, it masked parts of the answer, or the answer does not
 * tell which of the two, because its trace was not asked for.
 */
export type Intervention = 'blocked' | 'masked' | 'untold';

/** Members of a guardrail's trace that hold assessments by guardrail id. */
const ASSESSMENTS = ['input', 'inputAssessment', 'outputs', 'outputAssessments'] as const;

/**
 * Returns the intervention of a guardrail in the body of InvokeModel, or in a chunk of its stream; undefined
 * if there was none.
 *
 * The service answers a blocked call with a text of the guardrail, and bills no tokens of the model (measured
 * with Converse in public, 2026-10: the usage and the bill are both 0). Counts outside `usage` can be those
 * of that text.
 */
export function interventionOf(body: Json): Intervention | undefined {
  if (!textOf(body['amazon-bedrock-guardrailAction']).endsWith('INTERVENED')) return undefined;
  const trace = asObject(asObject(body['amazon-bedrock-trace'])?.guardrail);
  const reason = /blocked|masked/.exec(textOf(trace?.actionReason))?.[0];
  if (reason !== undefined) return reason as Intervention;
  const actions = new Set(ASSESSMENTS.flatMap(member => actionsOf(trace?.[member])));
  if (actions.has('BLOCKED')) return 'blocked';
  return actions.has('ANONYMIZED') ? 'masked' : 'untold';
}

/** Returns the state of an intervention after one more chunk. No chunk takes back what another one told. */
export function laterIntervention(
  before: Intervention | undefined,
  now: Intervention | undefined,
): Intervention | undefined {
  if (before === 'blocked' || now === undefined) return before;
  return before === 'masked' && now === 'untold' ? before : now;
}

/** Returns the actions of all policies in assessments: one map by guardrail id, or a list of maps. */
function actionsOf(assessments: unknown): unknown[] {
  return (asEvents(assessments) ?? [assessments])
    .flatMap(membersOf)
    .flatMap(ofGuardrail => asEvents(ofGuardrail) ?? [ofGuardrail])
    .flatMap(membersOf)
    .flatMap(membersOf)
    .flatMap(list => asEvents(list) ?? [])
    .map(finding => asObject(finding)?.action);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function membersOf(value: unknown): unknown[] {
  return Object.values(asObject(value) ?? {});
}
