import { Ajv, type ErrorObject } from 'ajv';
import { type Candidate, type KnownOfCall, type Reading, refused } from './reading';
import schema from '../../docs/token-usage-event.schema.json';
import { USAGE_EVENT_TYPE } from '../../src/contract';
import type { RecordInput } from '../invocation/record-input';
import { textOf } from '../invocation/valid-values';
import { momentOf } from '../traces/call-time';
import { type Json, objectOf } from '../usage/counts';
import type { TokenUsage, UsageOrigin } from '../usage/token-usage';

/** The detail of an event, as the published schema has it. */
export interface UsageEvent extends Omit<RecordInput, 'timestamp' | 'usage' | 'error' | 'outputDifference'> {
  readonly timestamp?: string;
  readonly usage?: Pick<TokenUsage, 'uncachedInputTokens' | 'outputTokens'> & Partial<TokenUsage>;
  readonly error?: string;
}

const ajv = new Ajv();
const isUsageEvent = ajv.compile<UsageEvent>(schema);

/**
 * What is told of an event that is refused: members whose form
 * alone keeps prompts out of them, or that are ids by their name.
 */
const TOLD = ['requestId', 'agentId', 'modelId', 'timestamp', 'operation', 'incidentId', 'usage'] as const;
const isGood = new Map(TOLD.map(name => [name, ajv.compile(schema.properties[name])]));

/** Reads an EventBridge event. It never throws, and quotes nothing of it but names that the schema has. */
export function eventCandidate(event: unknown): Candidate {
  const envelope = objectOf(event) ?? {};
  return { source: 'events', position: 0, id: textOf(envelope.id), reading: readEvent(envelope) };
}

function readEvent(envelope: Json): Reading {
  const { 'detail-type': type, id, time, detail } = envelope;
  if (type !== USAGE_EVENT_TYPE) return { kind: 'foreign' };
  if (!isUsageEvent(detail)) {
    return refused(
      `the event is not as its schema says: ${problemOf(isUsageEvent.errors?.[0])}`,
      knownOf(detail),
    );
  }
  const timestamp = momentOf(detail.timestamp ?? time);
  const requestId = detail.requestId ?? textOf(id);
  const call = callOf(detail, { timestamp, requestId });
  if (requestId === undefined || (detail.timestamp ?? time) === undefined) {
    return refused('the event has neither an id and a time nor a requestId and a timestamp', call);
  }
  return timestamp === undefined
    ? refused(`the ${detail.timestamp === undefined ? 'time' : 'timestamp'} of the event is no date`, call)
    : { kind: 'call', call };
}

function callOf(
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

/** Where the event is wrong, and what it should be: the validator's words, none of which are the event's. */
function problemOf(error: ErrorObject | undefined): string {
  const member = error?.instancePath.slice(1).replaceAll('/', '.');
  return [member || 'detail', error?.message ?? 'is not valid'].join(' ');
}

function knownOf(detail: unknown): KnownOfCall {
  const members = objectOf(detail) ?? {};
  const good = Object.fromEntries(
    TOLD.filter(name => Object.hasOwn(members, name) && isGood.get(name)?.(members[name])).map(name => [
      name,
      members[name],
    ]),
  ) as Partial<UsageEvent>;
  return callOf(good as UsageEvent, { requestId: good.requestId, timestamp: momentOf(good.timestamp) });
}

/** The event that tells a call: what is not known of it is left out. */
export function usageEventOf({
  timestamp,
  error,
  usage,
  outputDifference: _,
  ...others
}: KnownOfCall): Partial<UsageEvent> {
  return { ...others, timestamp: timestamp?.toISOString(), error: textOf(objectOf(error)?.name), usage };
}
