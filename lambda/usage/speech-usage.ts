import { asCount, asObject, type Json, parseChunk } from './counts';
import { NO_CACHE_TOKENS, type TokenUsage, type UsageReading } from './token-usage';

/**
 * Numbers of tokens in the input or in the output of a speech session. Speech and text have different prices.
 */
interface Tokens {
  readonly speech: number;
  readonly text: number;
  /**
   * True if the session reported a total above `speech` plus `text`. The kind of the other tokens is unknown,
   * so `speech` and `text` are lower bounds.
   */
  readonly isFloor: boolean;
}

/** Running total of the tokens of a speech session, from one usage event. */
interface SessionTotal {
  readonly input: Tokens;
  readonly output: Tokens;
}

interface Session {
  /** Total in the latest valid usage event. Undefined if there was no valid usage event. */
  readonly total?: SessionTotal;
  /** True if the latest usage event was invalid. In this case, `total` is from an earlier usage event. */
  readonly isStale: boolean;
}

/** Maximum number of sessions that are counted in one stream. A normal stream has one session. */
const MAX_SESSIONS = 100;

/** Pattern for the names of members that contain an error, such as `throttlingException`. */
const EXCEPTION = /Exception$/;

/**
 * Collects the token usage of a speech-to-speech stream (InvokeModelWithBidirectionalStream). Each usage
 * event contains the running total of its session, so only the latest total of each session is kept.
 */
export class SpeechUsage {
  private readonly sessions = new Map<string, Session>();
  private completion: 'none' | 'begun' | 'ended' = 'none';
  /** True if the stream contained an error. */
  private hasFailed = false;
  /** True if the stream had more than `MAX_SESSIONS` sessions, so that some sessions are not counted. */
  private hasMore = false;

  /**
   * Reads an event.
   *
   * @param item SDK event that contains JSON in bytes, or the parsed JSON
   * @returns the members of the event, or undefined if it is not an event of a speech-to-speech stream
   */
  add(item: unknown): Json | undefined {
    const event = readSpeechEvent(item);
    if (!event) {
      this.hasFailed ||= isException(item);
      return undefined;
    }
    const usage = asObject(event.usageEvent);
    if (usage) this.addUsage(usage);
    else if (event.completionStart !== undefined) this.completion = 'begun';
    else if (event.completionEnd !== undefined) this.completion = 'ended';
    else if (this.completion === 'ended') this.completion = 'none';
    return event;
  }

  /**
   * Returns the token usage of all sessions so far. `partial` is true if more tokens may be billed. For
   * example, an answer of the model has begun but not ended. A broken connection can look like the end of the
   * stream.
   *
   * @param isWhole false if the stream broke, or if the program stopped reading it early. Default: true
   * @returns undefined if no session has a valid total. A valid total separates speech tokens from text
   * tokens, because their prices differ
   */
  read(isWhole = true): UsageReading | undefined {
    const sessions = [...this.sessions.values()];
    const totals = sessions.flatMap(({ total }) => total ?? []);
    if (totals.length === 0) return undefined;
    const sum = (count: (total: SessionTotal) => number) =>
      totals.reduce((tokens, total) => tokens + count(total), 0);
    const uncachedInputTokens = sum(({ input }) => input.speech + input.text);
    const outputTokens = sum(({ output }) => output.speech + output.text);
    if (!Number.isSafeInteger(uncachedInputTokens + outputTokens)) return undefined;
    const usage: TokenUsage = {
      uncachedInputTokens,
      ...NO_CACHE_TOKENS,
      outputTokens,
      speechInputTokens: sum(({ input }) => input.speech),
      speechOutputTokens: sum(({ output }) => output.speech),
      source: 'usage',
      partial:
        this.completion === 'begun' ||
        (this.completion === 'none' && (!isWhole || this.hasFailed)) ||
        this.hasMore ||
        sessions.some(({ isStale }) => isStale) ||
        totals.some(({ input, output }) => input.isFloor || output.isFloor),
    };
    return { usage };
  }

  private addUsage(usage: Json): void {
    const id = typeof usage.sessionId === 'string' ? usage.sessionId : '';
    const known = this.sessions.get(id);
    if (!known && this.sessions.size >= MAX_SESSIONS) {
      this.hasMore = true;
      return;
    }
    const total = readTotal(usage);
    this.sessions.set(id, total ? { total, isStale: false } : { ...known, isStale: true });
  }
}

/** Adds all events of a stream to a new {@link SpeechUsage}. */
export function toSpeechUsage(events: readonly unknown[]): SpeechUsage {
  const usage = new SpeechUsage();
  for (const event of events) usage.add(event);
  return usage;
}

/**
 * Returns the content of a speech-to-speech event: an object with a member such as `audioOutput` or
 * `usageEvent`. Returns undefined for other events.
 */
export function readSpeechEvent(item: unknown): Json | undefined {
  return asObject(parseChunk(item)?.event);
}

function isException(item: unknown): boolean {
  // A `Uint8Array` becomes `{}`, because `Object.keys` would otherwise list each of its bytes.
  const members = item instanceof Uint8Array ? {} : (asObject(item) ?? {});
  return Object.keys(members).some(name => EXCEPTION.test(name));
}

/**
 * Reads the running total of a session from a usage event. Returns undefined if the number of speech tokens
 * or of text tokens is unknown.
 */
function readTotal(usage: Json): SessionTotal | undefined {
  const total = asObject(asObject(usage.details)?.total);
  const input = readTokens(total?.input, usage.totalInputTokens);
  const output = readTokens(total?.output, usage.totalOutputTokens);
  return input && output && { input, output };
}

/**
 * Reads the speech tokens and the text tokens of the input or of the output from `split`. If one count is
 * missing, calculates it from the total `sumOfKinds`. If the total is larger than the sum of both counts,
 * `isFloor` is true.
 */
function readTokens(split: unknown, sumOfKinds: unknown): Tokens | undefined {
  const kinds = asObject(split);
  const [speech, text, sum] = [kinds?.speechTokens, kinds?.textTokens, sumOfKinds].map(asCount);
  if (speech !== undefined && text !== undefined) {
    return { speech, text, isFloor: sum !== undefined && sum > speech + text };
  }
  const known = speech ?? text ?? (sum === 0 ? 0 : undefined);
  if (sum === undefined || known === undefined || known > sum) return undefined;
  const others = sum - known;
  return { speech: speech ?? others, text: text ?? others, isFloor: false };
}
