import { type AnswerFacts, readTerms, specialTierOf } from './response-facts';
import { validText } from '../invocation/valid-values';
import { type AgentCalls, type AgentModelCall, AgentTraceReader } from '../usage/agent-calls';
import { type Json, asObject } from '../usage/counts';
import { weightOfContent } from '../usage/estimate-content';
import { wholeTokens } from '../usage/estimate-tokens';
import { converseUsage, invokeStreamUsage } from '../usage/extract-usage';
import { isSpeechEvent, operationOfEvent } from '../usage/response-shape';
import { SpeechUsageReader } from '../usage/speech-usage';
import { InvokeStreamReader, readStopReason } from '../usage/stream-counts';
import type { UsageOperation, UsageReading } from '../usage/token-usage';

const SPEECH = 'InvokeModelWithBidirectionalStream' satisfies UsageOperation;

/** What is read of the events of one operation. */
interface EventReader {
  /** Takes an event in, and gives the part of it that the model wrote. */
  add(event: Json): unknown;
  /**
   * Returns what was told until now.
   *
   * @param whole true if the last event was read
   */
  told(whole: boolean): {
    readonly reading?: UsageReading;
    readonly agent?: AgentCalls;
    readonly facts: AnswerFacts;
  };
}

/** How a stream's reading ended. */
export interface StreamEnd {
  /** Whether its last event was read. */
  readonly whole: boolean;
  /** What the model read, for an estimate where the stream did not tell. */
  readonly request: () => unknown;
}

/** Reads the events of one stream as they pass, and keeps counts alone. */
export class StreamReader {
  /** When the first part of the answer came, as `performance.now()` has it. */
  firstTokenAt: number | undefined;
  private reader: EventReader | undefined;
  private outputWeight = 0;

  /** @param operation found from the first event that shows it, if it is undefined */
  constructor(
    public operation: UsageOperation | undefined,
    private readonly modelId: string,
  ) {}

  add(event: unknown): void {
    const members = asObject(event);
    if (!members) return;
    this.operation ??= operationOfEvent(members);
    if (!this.operation) return;
    // Responses of both operations have their stream in `body`: only its events tell which one it is.
    if (!this.reader && this.operation === 'InvokeModelWithResponseStream' && isSpeechEvent(members)) {
      this.operation = SPEECH;
    }
    this.reader ??= this.newReader(this.operation);
    const written = this.reader.add(members);
    if (written === undefined) return;
    this.firstTokenAt ??= performance.now();
    this.outputWeight += weightOfContent(written);
  }

  /**
   * What the stream told. Where it ended before its usage came,
   * what was seen of it is estimated and marked `partial`.
   */
  end({ whole, request }: StreamEnd): AnswerFacts & { readonly calls?: readonly AgentModelCall[] } {
    // The stream is of an unknown kind, so its tokens cannot be estimated either.
    if (!this.operation) return {};
    const { reading, agent, facts } = (this.reader ?? this.newReader(this.operation)).told(whole);
    // Tokens of audio cannot be estimated, so the rest of a session stays unknown.
    if (this.operation === SPEECH) return { ...facts, ...reading };
    if (reading && !reading.usage.partial) return { ...facts, ...reading };
    const calls = [...(agent?.calls ?? []), ...(whole ? [] : (agent?.unfinished ?? []))];
    if (calls.length > 0) return { ...facts, calls };
    // An agent that was asked for no trace tells nothing, also at its end.
    if (whole && this.operation === 'InvokeAgent') return facts;
    return { ...facts, ...this.estimate(reading, request) };
  }

  /** True if each usage event has the total so far, so that a later one can add to a provisional record. */
  get hasRunningTotals(): boolean {
    return this.operation === SPEECH;
  }

  private newReader(operation: UsageOperation): EventReader {
    return (READERS[operation] ?? converseReader)(this.modelId);
  }

  private estimate(reading: UsageReading | undefined, request: () => unknown): UsageReading {
    const seen = wholeTokens(this.outputWeight);
    if (reading && reading.usage.outputTokens >= seen) return reading;
    const input = reading?.usage ?? {
      uncachedInputTokens: wholeTokens(weightOfContent(request())),
      cacheReadTokens: 0,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
    };
    return { usage: { ...input, outputTokens: seen, source: 'estimate', partial: true } };
  }
}

const READERS: Partial<Record<UsageOperation, (modelId: string) => EventReader>> = {
  InvokeModelWithResponseStream: invokeReader,
  [SPEECH]: speechReader,
  InvokeAgent: agentReader,
};

function converseReader(modelId: string): EventReader {
  let reading: UsageReading | undefined;
  let facts: AnswerFacts = {};
  return {
    add: event => {
      const metadata = asObject(event.metadata);
      if (metadata) {
        const terms = readTerms(metadata, 'ConverseStream');
        const call = { modelId: terms.billedModelId ?? modelId, operation: 'ConverseStream' };
        reading = converseUsage(metadata, call) ?? reading;
        facts = { ...facts, ...terms };
      }
      const stopReason = validText(asObject(event.messageStop)?.stopReason);
      if (stopReason !== undefined) facts = { ...facts, stopReason };
      return asObject(event.contentBlockDelta)?.delta ?? asObject(event.contentBlockStart)?.start;
    },
    told: () => ({ reading, facts }),
  };
}

/** Where the vendors' chunks hold what the model wrote. */
const WRITTEN = [
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

function invokeReader(modelId: string): EventReader {
  const chunks = new InvokeStreamReader();
  let stopReason: string | undefined;
  let serviceTier: string | undefined;
  return {
    add: event => {
      const chunk = chunks.add(event);
      if (!chunk) return undefined;
      stopReason = readStopReason(chunk) ?? stopReason;
      serviceTier = specialTierOf(chunk) ?? serviceTier;
      // The whole text again, at the end of a part of it.
      if (typeof chunk.type === 'string' && chunk.type.endsWith('.done')) return undefined;
      const member = WRITTEN.find(name => chunk[name] !== undefined);
      return member && chunk[member];
    },
    told: whole => ({
      reading: invokeStreamUsage(chunks.counts(), modelId, whole),
      facts: { stopReason, serviceTier },
    }),
  };
}

/** Events of a speech-to-speech stream that hold a part of the answer. */
const ANSWERS = ['audioOutput', 'textOutput', 'toolUse'] as const;

function speechReader(): EventReader {
  const session = new SpeechUsageReader();
  let stopReason: string | undefined;
  let isTranscript = false;
  return {
    add: item => {
      const event = session.add(item);
      if (!event) return undefined;
      stopReason = validText(asObject(event.completionEnd)?.stopReason) ?? stopReason;
      const content = asObject(event.contentStart);
      // The transcript of the user's speech comes before the answer.
      if (content) isTranscript = content.role === 'USER';
      return !isTranscript && ANSWERS.some(name => event[name] !== undefined) ? '' : undefined;
    },
    told: whole => {
      const usage = session.usage(whole);
      return { reading: usage && { usage }, facts: { stopReason } };
    },
  };
}

function agentReader(): EventReader {
  const trace = new AgentTraceReader();
  return {
    add: event => {
      trace.add(event);
      const bytes = asObject(event.chunk)?.bytes;
      return bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : undefined;
    },
    told: () => ({ agent: trace.result(), facts: {} }),
  };
}
