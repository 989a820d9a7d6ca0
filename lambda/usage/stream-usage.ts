import { type AgentCalls, type AgentModelCall, AgentUsage } from './agent-calls';
import { UnitCounter, type UnitReading } from './billed-units';
import { asObject, type Json, validText } from './counts';
import { weightOfContent, wholeTokens } from './estimate-tokens';
import { InvokeStreamUsage } from './invoke-stream-usage';
import { isSpeechEvent, operationOfEvent } from './model-calls';
import { readTerms, type ResponseTerms } from './response-terms';
import { SpeechUsage } from './speech-usage';
import { NO_CACHE_TOKENS, readConverseUsage, type UsageOperation, type UsageReading } from './token-usage';
import { monotonicMs } from '../process/monotonic-clock';

const SPEECH = 'InvokeModelWithBidirectionalStream' satisfies UsageOperation;

/**
 * Facts that a stream of response events contains: its usage, stop reason and billing terms. Times, such as
 * the latency, are not included.
 */
export interface StreamFacts extends Partial<UsageReading>, ResponseTerms {
  readonly stopReason?: string;
  /** Model calls in the trace of an agent's stream. Each call has its own usage. */
  readonly calls?: readonly AgentModelCall[];
}

/** State of a stream when reading ends. */
export interface StreamEnd {
  /** True if the stream was read to its end. False if it broke, or if the reader stopped early. */
  readonly whole: boolean;
  /**
   * Returns the content of the request, such as the prompt. If the stream reports no usage, the number of
   * input tokens is estimated from this content.
   */
  readonly request: () => unknown;
}

/** Collects the usage of one response stream, event by event. Only counts are kept, not the events. */
export class StreamUsage {
  /** Time when the first part of the answer arrived, in milliseconds of `monotonicMs`. */
  firstTokenAt: number | undefined;
  private events: EventUsage | undefined;
  private readonly units = new UnitCounter();
  private outputWeight = 0;

  /**
   * @param operation Bedrock operation that started the stream. If undefined, it is derived from the events
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
    // If the first event is a speech event, the stream is a speech-to-speech stream, not an InvokeModel
    // stream.
    if (!this.events && this.operation === 'InvokeModelWithResponseStream' && isSpeechEvent(members)) {
      this.operation = SPEECH;
    }
    this.events ??= this.newEvents(this.operation);
    const answer = this.events.add(members, this.units);
    if (answer === undefined) return;
    this.firstTokenAt ??= monotonicMs();
    this.outputWeight += weightOfContent(answer);
  }

  /**
   * Returns the facts that the events contain. If the stream ended without usage, the usage is estimated from
   * the request and the answer, and marked `partial`.
   */
  read({ whole, request }: StreamEnd): StreamFacts {
    // If the operation is unknown, there is no reader for the events.
    if (!this.operation) return {};
    const { reading, agent, facts } = (this.events ?? this.newEvents(this.operation)).read(whole);
    // For speech, the usage is never estimated: the number of tokens in audio is unknown.
    if (this.operation === SPEECH) return { ...facts, ...reading };
    if (reading && !reading.usage.partial) return { ...facts, ...reading };
    const calls = [...(agent?.calls ?? []), ...(whole ? [] : (agent?.unfinished ?? []))];
    if (calls.length > 0) return { ...facts, calls };
    // If a complete agent stream has no trace events, its usage is unknown. The usage is not estimated,
    // because the agent may have called its model several times.
    if (whole && this.operation === 'InvokeAgent') return facts;
    return { ...facts, ...this.estimate(reading, request) };
  }

  /** Returns the billed units in the events so far, besides tokens. */
  readUnits(request: Json | undefined): UnitReading {
    return this.units.read(request);
  }

  /**
   * True if each usage event contains the total since the start of the stream. Speech-to-speech streams are
   * an example. A later total can replace the total in a provisional record.
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

/** Reader of the events of one operation, for example ConverseStream. */
interface EventUsage {
  /**
   * Reads an event. Returns the part of the model's answer that the event contains, or undefined if the event
   * has none.
   */
  add(event: Json, units: UnitCounter): unknown;
  /**
   * Returns the usage and other facts in the events that `add` has read.
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
 * For each operation, the function that creates a reader of its events. Operations that are not listed use
 * `converseEvents`.
 */
const EVENT_USAGES: Partial<Record<UsageOperation, (modelId: string) => EventUsage>> = {
  InvokeModelWithResponseStream: invokeEvents,
  [SPEECH]: speechEvents,
  InvokeAgent: agentEvents,
};

function converseEvents(modelId: string): EventUsage {
  /** Usage of the turns of a harness before the current turn. Each turn begins with `messageStart`. */
  let earlier: UsageReading | undefined;
  let reading: UsageReading | undefined;
  let facts: StreamFacts = {};
  return {
    add: (event, units) => {
      if (event.messageStart !== undefined && reading) {
        earlier = addReadings(earlier, reading);
        reading = undefined;
      }
      // The metadata event comes last. It contains the usage and the billing terms.
      const metadata = asObject(event.metadata);
      if (metadata) {
        units.add(metadata, undefined);
        const terms = readTerms(metadata, 'ConverseStream');
        const call = { modelId: terms.billedModelId ?? modelId, operation: 'ConverseStream' };
        reading = readConverseUsage(metadata, call) ?? reading;
        facts = { ...facts, ...terms };
      }
      const messageStop = asObject(event.messageStop);
      if (messageStop) units.add(messageStop, undefined);
      const stopReason = validText(messageStop?.stopReason);
      if (stopReason !== undefined) facts = { ...facts, stopReason };
      return asObject(event.contentBlockDelta)?.delta ?? asObject(event.contentBlockStart)?.start;
    },
    read: () => ({ reading: readingOfTurns(earlier, reading), facts }),
  };
}

/** Returns the usage of all turns. If the last turn has no usage yet, the counts are a lower bound. */
function readingOfTurns(
  earlier: UsageReading | undefined,
  reading: UsageReading | undefined,
): UsageReading | undefined {
  if (!earlier || reading) return reading && addReadings(earlier, reading);
  return { ...earlier, usage: { ...earlier.usage, partial: true } };
}

/** Adds the token counts of two turns. */
function addReadings(earlier: UsageReading | undefined, reading: UsageReading): UsageReading {
  if (!earlier) return reading;
  const [one, other] = [earlier.usage, reading.usage];
  return {
    ...reading,
    usage: {
      ...other,
      uncachedInputTokens: one.uncachedInputTokens + other.uncachedInputTokens,
      cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
      cacheWrite5mTokens: one.cacheWrite5mTokens + other.cacheWrite5mTokens,
      cacheWrite1hTokens: one.cacheWrite1hTokens + other.cacheWrite1hTokens,
      outputTokens: one.outputTokens + other.outputTokens,
      partial: one.partial || other.partial,
    },
  };
}

/** Keys of a stream chunk that can hold a part of the model's answer. Each vendor uses its own key. */
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
    add: (event, units) => {
      const chunk = usage.add(event);
      if (chunk) units.add(chunk, undefined);
      // If the type of a chunk ends with `.done`, the chunk repeats text of earlier chunks and is not
      // counted.
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

/** Names of speech-to-speech events that contain a part of the model's answer, such as `audioOutput`. */
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
    add: (event, units) => {
      trace.add(event);
      const step = asObject(asObject(event.trace)?.trace);
      if (step) units.add(step, undefined);
      const bytes = asObject(event.chunk)?.bytes;
      return bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : undefined;
    },
    read: () => ({ agent: trace.read(), facts: {} }),
  };
}
