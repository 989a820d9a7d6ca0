import { countOf, type Json, objectOf, usageOf } from './counts';
import type { TokenUsage } from './token-usage';

/** One model call that a Bedrock agent made, as its trace tells. */
export interface AgentModelCall {
  /** The foundation model, inference profile or ARN that the agent used. Undefined where the trace does not tell. */
  readonly modelId?: string;
  readonly usage: TokenUsage;
  /** The Bedrock agent's id; a collaborator's own. */
  readonly agentId?: string;
  /** The name under which a supervisor knows its collaborator. */
  readonly collaboratorName?: string;
  /** Joins the call with the model-invocation log. */
  readonly requestId?: string;
  readonly latencyMs?: number;
}

/** The traces that hold model calls; custom orchestration and failure traces tell no usage. */
const TRACES = ['preProcessingTrace', 'orchestrationTrace', 'postProcessingTrace', 'routingClassifierTrace'] as const;

/** What an agent's events tell of its model calls. */
export interface AgentCalls {
  readonly calls: readonly AgentModelCall[];
  /** A model call began of which no end is told. */
  readonly unfinished: boolean;
}

/**
 * The model calls of an InvokeAgent or InvokeInlineAgent stream with `enableTrace`, in order. A supervisor's counts do not
 * hold its collaborators'. An event that is repeated is one call.
 */
export function readAgentCalls(events: readonly unknown[]): AgentCalls {
  const models = new Map<string, string | undefined>();
  const open = new Set<string>();
  const seen = new Set<string>();
  const calls: AgentModelCall[] = [];
  for (const event of events) {
    const part = objectOf(objectOf(event)?.trace);
    const trace = objectOf(part?.trace);
    if (!part || !trace) continue;
    for (const kind of TRACES) {
      const step = objectOf(trace[kind]);
      const started = objectOf(step?.modelInvocationInput);
      if (started) {
        models.set(stepOf(kind, started), textOf(started.foundationModel));
        open.add(stepOf(kind, started));
      }
      const ended = objectOf(step?.modelInvocationOutput);
      if (!ended) continue;
      open.delete(stepOf(kind, ended));
      const call = callOf(part, ended, models.get(stepOf(kind, ended)));
      if (!call || (call.requestId !== undefined && seen.has(call.requestId))) continue;
      if (call.requestId !== undefined) seen.add(call.requestId);
      calls.push(call);
    }
  }
  return { calls, unfinished: open.size > 0 };
}

function stepOf(kind: string, { traceId }: Json): string {
  return `${kind} ${typeof traceId === 'string' ? traceId : ''}`;
}

function callOf(part: Json, { metadata }: Json, modelId: string | undefined): AgentModelCall | undefined {
  const facts = objectOf(metadata);
  const told = objectOf(facts?.usage);
  const usage = told && usageOf({ input: countOf(told.inputTokens), output: countOf(told.outputTokens) }, { source: 'usage', modelId: modelId ?? '' });
  if (!facts || !usage) return undefined;
  const latency = facts.totalTimeMs;
  return {
    modelId,
    usage,
    agentId: textOf(part.agentId),
    collaboratorName: textOf(part.collaboratorName),
    requestId: textOf(facts.clientRequestId),
    latencyMs: typeof latency === 'number' && Number.isFinite(latency) && latency >= 0 ? latency : undefined,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
