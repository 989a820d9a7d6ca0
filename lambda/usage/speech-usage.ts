import { asCount, asObject, type Json, parseChunk } from './counts';
import { NO_CACHE_TOKENS, type TokenUsage, type UsageReading } from './token-usage';

/**
 * Input tokens or output tokens of a session. Speech and text are counted separately, because their prices
 * differ.
 */
interface Tokens {
  readonly speech: number;
  readonly text: number;
  /**
   * True if the session used tokens that are neither in `speech` nor in `text`. Both counts are then a lower
   * bound, because the kind of the other tokens is not known.
   */
  readonly isFloor: boolean;
}

/** Tokens that a session has used so far. */
interface SessionTotal {
  readonly input: Tokens;
  readonly output: Tokens;
}

interface Session {
  /** Last valid total. Undefined if no usage event of the session had a valid total. */
  readonly total?: SessionTotal;
  /** True if the latest usage event of the session had no valid total. */
  readonly isStale: boolean;
}

/** Maximum number of sessions that are counted in one stream. In the protocol, a stream has one session. */
const MAX_SESSIONS = 100;

/** Pattern for names of members that contain an error. */
const EXCEPTION = /Exception$/;

/**
 * Collects the usage of a speech-to-speech stream (InvokeModelWithBidirectionalStream). Only the last total
 * of each session is kept, because `details.total` in a usage event is the total of the session so far.
 */
export class SpeechUsage {
  private readonly sessions = new Map<string, Session>();
  private completion: 'none' | 'begun' | 'ended' = 'none';
  /** True if an event was an error. */
  private hasFailed = false;
  /** True if the stream has more than `MAX_SESSIONS` sessions. Further sessions are not counted. */
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
   * Returns the usage of all sessions so far. `partial` is true if more tokens may be billed than were read.
   * `partial` is true if a completion began but did not end, because a broken connection can look like the
   * end of the stream.
   *
   * @param isWhole false if the stream broke, or if the program stopped reading the stream early. Default:
   * true
   * @returns undefined if no session has a valid total. Tokens without a kind have no price, because speech
   * costs several times as much as text
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

/** Reads all events of a stream, and returns the usage of the stream. */
export function toSpeechUsage(events: readonly unknown[]): SpeechUsage {
  const usage = new SpeechUsage();
  for (const event of events) usage.add(event);
  return usage;
}

/**
 * Returns the members of a speech-to-speech event, such as `audioOutput` or `usageEvent`. Returns undefined
 * for other events.
 */
export function readSpeechEvent(item: unknown): Json | undefined {
  return asObject(parseChunk(item)?.event);
}

function isException(item: unknown): boolean {
  // `Object.keys` would list each byte of a `Uint8Array` as a member.
  const members = item instanceof Uint8Array ? {} : (asObject(item) ?? {});
  return Object.keys(members).some(name => EXCEPTION.test(name));
}

/**
 * Reads the total in a usage event. Returns undefined if the speech tokens or the text tokens cannot be
 * determined.
 */
function readTotal(usage: Json): SessionTotal | undefined {
  const total = asObject(asObject(usage.details)?.total);
  const input = readTokens(total?.input, usage.totalInputTokens);
  const output = readTokens(total?.output, usage.totalOutputTokens);
  return input && output && { input, output };
}

/**
 * Reads the speech tokens and the text tokens in a usage event, either of the input or of the output. If one
 * of the two counts is absent, computes it from `sumOfKinds`. If both counts are present and `sumOfKinds` is
 * larger than their sum, `isFloor` is true.
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
