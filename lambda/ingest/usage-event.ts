import type { KnownOfCall } from './reading';
import type { RecordInput } from '../invocation/record-input';
import { textOf } from '../invocation/valid-values';
import { objectOf } from '../usage/counts';
import type { TokenUsage, UsageOrigin, UsageReading } from '../usage/token-usage';

/** The detail of an event, as the published schema has it. */
export interface UsageEvent extends Omit<
  RecordInput,
  'timestamp' | 'usage' | 'error' | keyof Omit<UsageReading, 'usage'>
> {
  readonly timestamp?: string;
  readonly usage?: Pick<TokenUsage, 'uncachedInputTokens' | 'outputTokens'> & Partial<TokenUsage>;
  readonly error?: string;
}

/** The call that an event tells. */
export function callOfEvent(
  { usage, error, timestamp: _, ...others }: UsageEvent,
  identity: Pick<RecordInput, 'timestamp' | 'requestId'>,
): RecordInput {
  return {
    ...others,
    ...identity,
    error: error === undefined ? undefined : { name: error },
    usage: usage && {
      cacheReadTokens: 0,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      source: 'usage' satisfies UsageOrigin,
      partial: false,
      ...usage,
    },
  };
}

/** The event that tells a call: what is not known of it is left out. */
export function usageEventOf({
  timestamp,
  error,
  usage,
  outputDifference: _output,
  reportedInputTokens: _reported,
  inputTokensIfOpenAi: _ifOpenAi,
  ...others
}: KnownOfCall): Partial<UsageEvent> {
  return { ...others, timestamp: timestamp?.toISOString(), error: textOf(objectOf(error)?.name), usage };
}
