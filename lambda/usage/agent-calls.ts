import { asObject, type Json, readCounts, SHAPES } from './counts';
import { estimateUsage } from './estimate-tokens';
import { type TokenUsage, toUsageReading } from './token-usage';

/** One model call in the trace of a Bedrock agent. */
export interface AgentModelCall {
  /** Id or ARN of the foundation model or inference profile. Undefined if the trace does not contain it. */
  readonly modelId?: string;
  /** Usage of the call. Undefined if the call ended, and the trace has no usage for this call. */
  readonly usage?: TokenUsage;
  /** Id of the Bedrock agent that made the call. A collaborator has an id of its own. */
  readonly agentId?: string;
  /**
   * Name that the supervisor agent uses for its collaborator. Undefined if the call was not made by a
   * collaborator.
   */
  readonly collaboratorName?: string;
  /** Id of the call in the model invocation log. */
  readonly requestId?: string;
  readonly latencyMs?: number;
}

/**
 * Kinds of trace that contain model calls. Traces of custom orchestration and of failures contain no usage.
 */
const TRACES = [
  'preProcessingTrace',
  'orchestrationTrace',
  'postProcessingTrace',
  'routingClassifierTrace',
] as const;

/** Model calls in the events of an agent. `calls` are the model calls that ended. */
export interface AgentCalls {
  readonly calls: readonly AgentModelCall[];
  /** Model calls that began but did not end. Their input tokens are an estimate. */
  readonly unfinished: readonly AgentModelCall[];
}

/**
 * Collects the model calls of an InvokeAgent or InvokeInlineAgent stream. The stream contains model calls
 * only if the request sets `enableTrace`. If several events repeat a call, the call is counted once. The
 * counts of a supervisor agent do not include the counts of its collaborator agents.
 */
export class AgentUsage {
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
        const modelId = textIn(started.foundationModel);
        this.models.set(stepKey(kind, started), modelId);
        const input = textIn(started.text) ?? '';
        this.open.set(stepKey(kind, started), {
          modelId,
          usage: { ...estimateUsage({ input, output: '' }), partial: true },
        });
      }
      const ended = asObject(step?.modelInvocationOutput);
      if (ended) this.end(part, ended, stepKey(kind, ended));
    }
  }

  /** Returns the model calls in the events that were added so far. */
  read(): AgentCalls {
    return { calls: this.calls, unfinished: [...this.open.values()] };
  }

  private end(part: Json, ended: Json, step: string): void {
    this.open.delete(step);
    const call = readCall(part, ended, this.models.get(step));
    if (call.requestId !== undefined && this.seen.has(call.requestId)) return;
    if (call.requestId !== undefined) this.seen.add(call.requestId);
    this.calls.push(call);
  }
}

/** Returns the model calls in all events of a stream. */
export function readAgentCalls(events: readonly unknown[]): AgentCalls {
  const usage = new AgentUsage();
  for (const event of events) usage.add(event);
  return usage.read();
}

function stepKey(kind: string, { traceId }: Json): string {
  return `${kind} ${typeof traceId === 'string' ? traceId : ''}`;
}

function readCall(part: Json, { metadata }: Json, modelId: string | undefined): AgentModelCall {
  const facts = asObject(metadata);
  const counts = asObject(facts?.usage);
  const reading =
    counts &&
    toUsageReading(readCounts(SHAPES.agentTrace, counts), { source: 'usage', modelId: modelId ?? '' });
  const latency = facts?.totalTimeMs;
  return {
    modelId,
    usage: reading?.usage,
    agentId: textIn(part.agentId),
    collaboratorName: textIn(part.collaboratorName),
    requestId: textIn(facts?.clientRequestId),
    latencyMs: typeof latency === 'number' && Number.isFinite(latency) && latency >= 0 ? latency : undefined,
  };
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
