import { type AgentCalls, type AgentModelCall, AgentUsage } from './agent-calls';
import { asObject, type Json, validText } from './counts';
import { weightOfContent, wholeTokens } from './estimate-tokens';
import { InvokeStreamUsage } from './invoke-stream-usage';
import { isSpeechEvent, operationOfEvent, readTerms, type ResponseTerms } from './model-calls';
import { SpeechUsage } from './speech-usage';
import { NO_CACHE_TOKENS, readConverseUsage, type UsageOperation, type UsageReading } from './token-usage';
import { monotonicMs } from '../process/monotonic-clock';

const SPEECH = 'InvokeModelWithBidirectionalStream' satisfies UsageOperation;

/** Facts about a stream, except its times. */
export interface StreamFacts extends Partial<UsageReading>, ResponseTerms {
  readonly stopReason?: string;
  /** Model calls in the trace of an agent. Each call has its own usage. */
  readonly calls?: readonly AgentModelCall[];
}

/** State of a stream when reading ends. */
export interface StreamEnd {
  /** True if the last event of the stream was read. */
  readonly whole: boolean;
  /**
   * Returns the content that the model read. The input tokens are estimated from the content if the stream
   * has no usage.
   */
  readonly request: () => unknown;
}

/** Collects the usage of one stream. Events are added one by one. Only counts are kept, not the events. */
export class StreamUsage {
  /** Time when the first part of the answer arrived, in milliseconds of `monotonicMs`. */
  firstTokenAt: number | undefined;
  private events: EventUsage | undefined;
  private outputWeight = 0;

  /**
   * @param operation operation of the stream. If undefined, the first event that shows an operation decides
   */
  constructor(
    public operation: UsageOperation | undefined,
    private readonly modelId: string,
  ) {}

  add(event: unknown): void {
    const members = asObject(event);
    if (!members) return;
    this.operation ??= operationOfEvent(members);
    if (!this.operation) return;
    // Streams of InvokeModel and speech-to-speech streams are both in the response member `body`, so only the
    // events show the operation.
    if (!this.events && this.operation === 'InvokeModelWithResponseStream' && isSpeechEvent(members)) {
      this.operation = SPEECH;
    }
    this.events ??= this.newEvents(this.operation);
    const answer = this.events.add(members);
    if (answer === undefined) return;
    this.firstTokenAt ??= monotonicMs();
    this.outputWeight += weightOfContent(answer);
  }

  /**
   * Returns the facts about the stream. If the stream ended without usage, the usage is estimated from the
   * events and marked `partial`.
   */
  read({ whole, request }: StreamEnd): StreamFacts {
    // If the operation is not known, tokens cannot be estimated.
    if (!this.operation) return {};
    const { reading, agent, facts } = (this.events ?? this.newEvents(this.operation)).read(whole);
    // The tokens of audio cannot be estimated.
    if (this.operation === SPEECH) return { ...facts, ...reading };
    if (reading && !reading.usage.partial) return { ...facts, ...reading };
    const calls = [...(agent?.calls ?? []), ...(whole ? [] : (agent?.unfinished ?? []))];
    if (calls.length > 0) return { ...facts, calls };
    // Without a trace, the stream of an agent contains no usage.
    if (whole && this.operation === 'InvokeAgent') return facts;
    return { ...facts, ...this.estimate(reading, request) };
  }

  /**
   * True if each usage event contains the total so far. A later usage event can then correct a provisional
   * record.
   */
  get hasRunningTotals(): boolean {
    return this.operation === SPEECH;
  }

  private newEvents(operation: UsageOperation): EventUsage {
    return (EVENT_USAGES[operation] ?? converseEvents)(this.modelId);
  }

  private estimate(reading: UsageReading | undefined, request: () => unknown): UsageReading {
    const outputTokens = wholeTokens(this.outputWeight);
    if (reading && reading.usage.outputTokens >= outputTokens) return reading;
    const input = reading?.usage ?? {
      uncachedInputTokens: wholeTokens(weightOfContent(request())),
      ...NO_CACHE_TOKENS,
    };
    return { usage: { ...input, outputTokens, source: 'estimate', partial: true } };
  }
}

/** Reader for the events of one operation. */
interface EventUsage {
  /** Reads an event. Returns the event's part of the model's answer, or undefined if the event has none. */
  add(event: Json): unknown;
  /**
   * Returns the facts in the events that were read so far.
   *
   * @param whole true if the last event of the stream was read
   */
  read(whole: boolean): {
    readonly reading?: UsageReading;
    readonly agent?: AgentCalls;
    readonly facts: StreamFacts;
  };
}

/**
 * Functions that create a reader of events, by operation. Other operations use the reader of ConverseStream.
 */
const EVENT_USAGES: Partial<Record<UsageOperation, (modelId: string) => EventUsage>> = {
  InvokeModelWithResponseStream: invokeEvents,
  [SPEECH]: speechEvents,
  InvokeAgent: agentEvents,
};

function converseEvents(modelId: string): EventUsage {
  let reading: UsageReading | undefined;
  let facts: StreamFacts = {};
  return {
    add: event => {
      // The metadata event comes last. It contains the usage and the billing terms.
      const metadata = asObject(event.metadata);
      if (metadata) {
        const terms = readTerms(metadata, 'ConverseStream');
        const call = { modelId: terms.billedModelId ?? modelId, operation: 'ConverseStream' };
        reading = readConverseUsage(metadata, call) ?? reading;
        facts = { ...facts, ...terms };
      }
      const stopReason = validText(asObject(event.messageStop)?.stopReason);
      if (stopReason !== undefined) facts = { ...facts, stopReason };
      return asObject(event.contentBlockDelta)?.delta ?? asObject(event.contentBlockStart)?.start;
    },
    read: () => ({ reading, facts }),
  };
}

/** Members of vendors' chunks that contain a part of the answer. */
const ANSWER_MEMBERS = [
  'delta',
  'contentBlockDelta',
  'content_block',
  'choices',
  'outputs',
  'generation',
  'outputText',
  'completion',
  'text',
] as const;

function invokeEvents(modelId: string): EventUsage {
  const usage = new InvokeStreamUsage();
  return {
    add: event => {
      const chunk = usage.add(event);
      // A chunk whose type ends with `.done` repeats a text of earlier chunks.
      if (!chunk || (typeof chunk.type === 'string' && chunk.type.endsWith('.done'))) return undefined;
      const member = ANSWER_MEMBERS.find(name => chunk[name] !== undefined);
      return member && chunk[member];
    },
    read: whole => ({
      reading: usage.read(modelId, whole),
      facts: { stopReason: usage.stopReason, serviceTier: usage.serviceTier },
    }),
  };
}

/** Events of a speech-to-speech stream that contain a part of the answer. */
const ANSWER_EVENTS = ['audioOutput', 'textOutput', 'toolUse'] as const;

function speechEvents(): EventUsage {
  const session = new SpeechUsage();
  let stopReason: string | undefined;
  let isTranscript = false;
  return {
    add: item => {
      const event = session.add(item);
      if (!event) return undefined;
      stopReason = validText(asObject(event.completionEnd)?.stopReason) ?? stopReason;
      const content = asObject(event.contentStart);
      // Content with the role USER is the transcript of the user's speech, which is not a part of the answer.
      if (content) isTranscript = content.role === 'USER';
      return !isTranscript && ANSWER_EVENTS.some(name => event[name] !== undefined) ? '' : undefined;
    },
    read: whole => ({ reading: session.read(whole), facts: { stopReason } }),
  };
}

function agentEvents(): EventUsage {
  const trace = new AgentUsage();
  return {
    add: event => {
      trace.add(event);
      const bytes = asObject(event.chunk)?.bytes;
      return bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : undefined;
    },
    read: () => ({ agent: trace.read(), facts: {} }),
  };
}
