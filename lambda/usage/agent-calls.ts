import { asEvents, asObject, type Json, readCounts, SHAPES } from './counts';
import { estimateUsage } from './estimate-tokens';
import { type TokenUsage, toUsageReading } from './token-usage';

/** One model call in the trace of a Bedrock agent. */
export interface AgentModelCall {
  /** Id or ARN of the foundation model or inference profile. Undefined if the trace does not contain it. */
  readonly modelId?: string;
  /**
   * Token usage of the call. For a call that has not ended, it is an estimate. Undefined if the call has
   * ended and the trace contains no usage.
   */
  readonly usage?: TokenUsage;
  /**
   * Id of the Bedrock agent that made the call. If the invoked agent has collaborators, it can be the id of a
   * collaborator.
   */
  readonly agentId?: string;
  /**
   * Name of the collaborator agent that made the call. Undefined if the invoked agent itself made the call.
   */
  readonly collaboratorName?: string;
  /** Id of the call in the model invocation log. */
  readonly requestId?: string;
  readonly latencyMs?: number;
}

/**
 * Members of an agent's trace that contain model calls with their usage. Other members, such as the trace of
 * a failure, contain no usage.
 */
const TRACES = [
  'preProcessingTrace',
  'orchestrationTrace',
  'postProcessingTrace',
  'routingClassifierTrace',
] as const;

/** Model calls in the events of an agent: ended calls in `calls`, and unfinished calls. */
export interface AgentCalls {
  readonly calls: readonly AgentModelCall[];
  /** Model calls that began but did not end. Their input tokens are an estimate. */
  readonly unfinished: readonly AgentModelCall[];
}

/**
 * Collects the model calls in the stream of InvokeAgent, InvokeInlineAgent or InvokeFlow. The stream contains
 * model calls only if the request sets `enableTrace`. The stream of a flow contains only the model calls of
 * its agents. A call that occurs in several events is counted once.
 */
export class AgentUsage {
  private readonly models = new Map<string, string | undefined>();
  private readonly open = new Map<string, AgentModelCall>();
  private readonly seen = new Set<string>();
  private readonly calls: AgentModelCall[] = [];

  add(event: unknown): void {
    const members = asObject(event);
    this.addPart(asObject(members?.trace));
    for (const part of flowParts(members)) this.addPart(asObject(part));
  }

  private addPart(part: Json | undefined): void {
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

  /** Returns the model calls in all events that `add` has received so far. */
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

/** Returns the traces of agents in an event of a flow. */
function flowParts(event: Json | undefined): readonly unknown[] {
  const flow = asObject(asObject(event?.flowTraceEvent)?.trace);
  const elements = asObject(asObject(flow?.nodeDependencyTrace)?.traceElements);
  return asEvents(elements?.agentTraces) ?? [];
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
