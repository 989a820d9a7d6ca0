import { asCount, type Json, asObject, toTokenUsage } from './counts';
import { estimateUsage } from './estimate-tokens';
import type { TokenUsage } from './token-usage';

/** One model call that a Bedrock agent made, as its trace tells. */
export interface AgentModelCall {
  /**
   * The foundation model, inference profile or ARN that the
   * agent used. Undefined where the trace does not tell.
   */
  readonly modelId?: string;
  /** Undefined if the call ended and the trace does not tell its usage. */
  readonly usage?: TokenUsage;
  /** The Bedrock agent's id; a collaborator's own. */
  readonly agentId?: string;
  /** The name under which a supervisor knows its collaborator. */
  readonly collaboratorName?: string;
  /** Joins the call with the model-invocation log. */
  readonly requestId?: string;
  readonly latencyMs?: number;
}

/** The traces that hold model calls; custom orchestration and failure traces tell no usage. */
const TRACES = [
  'preProcessingTrace',
  'orchestrationTrace',
  'postProcessingTrace',
  'routingClassifierTrace',
] as const;

/** What an agent's events tell of its model calls. */
export interface AgentCalls {
  readonly calls: readonly AgentModelCall[];
  /** Model calls that began and of which no end is told: their input, estimated. */
  readonly unfinished: readonly AgentModelCall[];
}

/**
 * The model calls of an InvokeAgent or InvokeInlineAgent stream with `enableTrace`, in order, one event after
 * the other. A supervisor's counts do not hold its collaborators'. An event that is repeated is one call.
 */
export class AgentTraceReader {
  private readonly models = new Map<string, string | undefined>();
  private readonly open = new Map<string, AgentModelCall>();
  private readonly seen = new Set<string>();
  private readonly calls: AgentModelCall[] = [];

  add(event: unknown): void {
    const part = asObject(asObject(event)?.trace);
    const trace = asObject(part?.trace);
    if (!part || !trace) return;
    for (const kind of TRACES) {
      const step = asObject(trace[kind]);
      const started = asObject(step?.modelInvocationInput);
      if (started) {
        const modelId = textOf(started.foundationModel);
        this.models.set(stepOf(kind, started), modelId);
        const input = textOf(started.text) ?? '';
        this.open.set(stepOf(kind, started), {
          modelId,
          usage: { ...estimateUsage({ input, output: '' }), partial: true },
        });
      }
      const ended = asObject(step?.modelInvocationOutput);
      if (ended) this.end(part, ended, stepOf(kind, ended));
    }
  }

  /** The model calls so far. */
  result(): AgentCalls {
    return { calls: this.calls, unfinished: [...this.open.values()] };
  }

  private end(part: Json, ended: Json, step: string): void {
    this.open.delete(step);
    const call = callOf(part, ended, this.models.get(step));
    if (call.requestId !== undefined && this.seen.has(call.requestId)) return;
    if (call.requestId !== undefined) this.seen.add(call.requestId);
    this.calls.push(call);
  }
}

/** The same, of events that are all there. */
export function readAgentCalls(events: readonly unknown[]): AgentCalls {
  const reader = new AgentTraceReader();
  for (const event of events) reader.add(event);
  return reader.result();
}

function stepOf(kind: string, { traceId }: Json): string {
  return `${kind} ${typeof traceId === 'string' ? traceId : ''}`;
}

function callOf(part: Json, { metadata }: Json, modelId: string | undefined): AgentModelCall {
  const facts = asObject(metadata);
  const told = asObject(facts?.usage);
  const usage =
    told &&
    toTokenUsage(
      { input: asCount(told.inputTokens), output: asCount(told.outputTokens) },
      { source: 'usage', modelId: modelId ?? '' },
    );
  const latency = facts?.totalTimeMs;
  return {
    modelId,
    usage,
    agentId: textOf(part.agentId),
    collaboratorName: textOf(part.collaboratorName),
    requestId: textOf(facts?.clientRequestId),
    latencyMs: typeof latency === 'number' && Number.isFinite(latency) && latency >= 0 ? latency : undefined,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
