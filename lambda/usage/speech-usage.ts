import { asCount, asObject, type Json, parseChunk } from './counts';
import { NO_CACHE_TOKENS, type TokenUsage, type UsageReading } from './token-usage';

/** Tokens of one direction of a session by kind, because each kind has its own price. */
interface Tokens {
  readonly speech: number;
  readonly text: number;
  /** True if the session used further tokens whose kind is unknown. The counts are then a minimum. */
  readonly isFloor: boolean;
}

/** Total of a session so far. */
interface SessionTotal {
  readonly input: Tokens;
  readonly output: Tokens;
}

/** Session of a stream. */
interface Session {
  /** Undefined if no usage event of the session had a valid total. */
  readonly total?: SessionTotal;
  /** True if a later event had an invalid total. */
  readonly isStale: boolean;
}

/** Maximum sessions of one stream that are counted. In the protocol, a stream has one session. */
const MAX_SESSIONS = 100;

/** Name of the member that holds an error in an event. */
const EXCEPTION = /Exception$/;

/**
 * Usage of a speech-to-speech stream (InvokeModelWithBidirectionalStream). Its events are added one by one,
 * and only one total is kept for each session. Each usage event has the total of its session so far in
 * `details.total`, so the last one replaces those before it.
 */
export class SpeechUsage {
  private readonly sessions = new Map<string, Session>();
  private completion: 'none' | 'begun' | 'ended' = 'none';
  /** True if the events end with an error. */
  private hasFailed = false;
  /** True if the stream has more sessions than are counted. */
  private hasMore = false;

  /**
   * Reads an event.
   *
   * @param item event of the SDK with JSON in bytes, or the parsed JSON
   * @returns the members of the event; undefined for an event of another operation
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
   * Returns the usage of all sessions so far. It is partial if more may be billed than was read. A reset of
   * the connection can look like the end of the stream, so usage without the end of a completion is partial.
   *
   * @param isWhole false if the stream broke, or if its consumer stopped early. Default: true
   * @returns undefined if no session has a valid total: speech costs several times as much as text, so
   * tokens of unknown kind have no price
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

/** Returns the usage of a stream from all of its events. */
export function toSpeechUsage(events: readonly unknown[]): SpeechUsage {
  const usage = new SpeechUsage();
  for (const event of events) usage.add(event);
  return usage;
}

/** Reads the members of an event of a speech-to-speech stream, such as `audioOutput` or `usageEvent`. */
export function readSpeechEvent(item: unknown): Json | undefined {
  return asObject(parseChunk(item)?.event);
}

function isException(item: unknown): boolean {
  // Each byte of an array of bytes would be a member.
  const members = item instanceof Uint8Array ? {} : (asObject(item) ?? {});
  return Object.keys(members).some(name => EXCEPTION.test(name));
}

/** Reads the total in a usage event; undefined if the kind of some tokens is unknown. */
function readTotal(usage: Json): SessionTotal | undefined {
  const total = asObject(asObject(usage.details)?.total);
  const input = readTokens(total?.input, usage.totalInputTokens);
  const output = readTokens(total?.output, usage.totalOutputTokens);
  return input && output && { input, output };
}

/**
 * Reads the tokens of one direction. Bedrock bills the split by kind, so it takes precedence over the sum of
 * the direction. The sum only replaces one missing count, or shows that more tokens were used.
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
