import { asCount, type Json, asObject } from './counts';
import { chunkOf } from './stream-counts';
import type { TokenUsage } from './token-usage';

/** Tokens of one direction of a session, by their kind, because each kind has its own price. */
interface Tokens {
  readonly speech: number;
  readonly text: number;
  /** True if the session has used more, of unknown kind. */
  readonly isFloor: boolean;
}

/** Running total of a session. */
interface SessionTotal {
  readonly input: Tokens;
  readonly output: Tokens;
}

/** Session of a stream. */
interface Session {
  /** Undefined if no usage event of the session had a readable total. */
  readonly total?: SessionTotal;
  /** True if the total of a later event cannot be read. */
  readonly isStale: boolean;
}

/** Maximum sessions of one stream that are counted. A stream has one session, by the service's protocol. */
const MAX_SESSIONS = 100;

/** Name of the member that an error has in a list of events. */
const EXCEPTION = /Exception$/;

/**
 * Reads the usage of a speech-to-speech stream (InvokeModelWithBidirectionalStream) from its events, one
 * after the other, and keeps one total for each session. Each usage event has the running total of its
 * session in `details.total`, so the last one counts, and none is added to another of the same session.
 */
export class SpeechUsageReader {
  private readonly sessions = new Map<string, Session>();
  private completion: 'none' | 'begun' | 'ended' = 'none';
  /** True if the events end with an error. */
  private hasFailed = false;
  /** True if the stream has more sessions than are counted. */
  private hasMore = false;

  /**
   * @param item event of the SDK that holds JSON as bytes, or that JSON, parsed
   * @returns the members of the event; undefined if it is no event of this operation
   */
  add(item: unknown): Json | undefined {
    const event = speechEventOf(item);
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
   * Returns the usage of all sessions. It is partial if more may be billed than was read. A reset of the
   * connection can look like the end of the stream, so a completion that has begun must also end.
   *
   * @param isWhole false if the stream broke, or if its reader left it
   * @returns undefined if no session told a readable total: speech costs several times as much as text, so
   * tokens of unknown kind have no price
   */
  usage(isWhole = true): TokenUsage | undefined {
    const sessions = [...this.sessions.values()];
    const totals = sessions.flatMap(({ total }) => total ?? []);
    if (totals.length === 0) return undefined;
    const sum = (count: (total: SessionTotal) => number) =>
      totals.reduce((tokens, total) => tokens + count(total), 0);
    const uncachedInputTokens = sum(({ input }) => input.speech + input.text);
    const outputTokens = sum(({ output }) => output.speech + output.text);
    if (!Number.isSafeInteger(uncachedInputTokens + outputTokens)) return undefined;
    return {
      uncachedInputTokens,
      cacheReadTokens: 0,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
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
  }

  private addUsage(usage: Json): void {
    const id = typeof usage.sessionId === 'string' ? usage.sessionId : '';
    const known = this.sessions.get(id);
    if (!known && this.sessions.size >= MAX_SESSIONS) {
      this.hasMore = true;
      return;
    }
    const total = totalOf(usage);
    this.sessions.set(id, total ? { total, isStale: false } : { ...known, isStale: true });
  }
}

/** Returns the usage of a stream whose events are all there. */
export function speechUsage(events: readonly unknown[]): TokenUsage | undefined {
  const reader = new SpeechUsageReader();
  for (const event of events) reader.add(event);
  return reader.usage();
}

/** Returns the members of an event of a speech-to-speech stream, such as `audioOutput` or `usageEvent`. */
export function speechEventOf(item: unknown): Json | undefined {
  return asObject(chunkOf(item)?.event);
}

function isException(item: unknown): boolean {
  // In bytes, each byte would be a key.
  const members = item instanceof Uint8Array ? {} : (asObject(item) ?? {});
  return Object.keys(members).some(name => EXCEPTION.test(name));
}

/** Returns the running total of a usage event; undefined if the kind of some tokens cannot be told. */
function totalOf(usage: Json): SessionTotal | undefined {
  const total = asObject(asObject(usage.details)?.total);
  const input = tokensOf(total?.input, usage.totalInputTokens);
  const output = tokensOf(total?.output, usage.totalOutputTokens);
  return input && output && { input, output };
}

/**
 * Returns the tokens of one direction. The split by kind is what the service bills, so it takes precedence
 * over the sum of the direction. The sum only replaces one missing count, or shows that more was used.
 */
function tokensOf(split: unknown, sumOfKinds: unknown): Tokens | undefined {
  const kinds = asObject(split);
  const [speech, text, sum] = [kinds?.speechTokens, kinds?.textTokens, sumOfKinds].map(asCount);
  if (speech !== undefined && text !== undefined) {
    return { speech, text, isFloor: sum !== undefined && sum > speech + text };
  }
  const told = speech ?? text ?? (sum === 0 ? 0 : undefined);
  if (sum === undefined || told === undefined || told > sum) return undefined;
  const others = sum - told;
  return { speech: speech ?? others, text: text ?? others, isFloor: false };
}
