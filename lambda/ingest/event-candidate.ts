import { type Candidate, type KnownOfCall, type Reading, refused } from './reading';
import { callOfEvent, type UsageEvent } from './usage-event';
import * as validators from './usage-event-validator.cjs';
import { USAGE_EVENT_TYPE } from '../../src/contract';
import { momentOf } from '../traces/call-time';
import { asObject, type Json, validText } from '../usage/counts';
import { validUsage } from '../usage/token-usage';

/**
 * Members of a refused event that its message has. They are ids by their names, or their form has no room for
 * a prompt.
 */
const TOLD = ['requestId', 'agentId', 'modelId', 'timestamp', 'operation', 'incidentId', 'usage'] as const;

/** Reads an EventBridge event. It never throws, and quotes only names of the schema. */
export function eventCandidate(event: unknown): Candidate {
  const envelope = asObject(event) ?? {};
  return { source: 'events', position: 0, id: validText(envelope.id), reading: readEvent(envelope) };
}

function readEvent(envelope: Json): Reading {
  const { 'detail-type': type, id, time, detail } = envelope;
  if (type !== USAGE_EVENT_TYPE) return { kind: 'foreign' };
  if (!isUsageEvent(detail)) {
    return refused(
      `the event is not as its schema says: ${problemOf(validators.detail.errors?.[0])}`,
      knownOf(detail),
    );
  }
  const timestamp = momentOf(detail.timestamp ?? time);
  const requestId = detail.requestId ?? validText(id);
  const call = callOfEvent(detail, { timestamp, requestId });
  if (detail.usage && validUsage(call.usage) === undefined) {
    return refused('the counts of the usage contradict each other', call);
  }
  if (requestId === undefined || (detail.timestamp ?? time) === undefined) {
    return refused('the event has neither an id and a time nor a requestId and a timestamp', call);
  }
  return timestamp === undefined
    ? refused(`the ${detail.timestamp === undefined ? 'time' : 'timestamp'} of the event is no date`, call)
    : { kind: 'call', call };
}

function isUsageEvent(detail: unknown): detail is UsageEvent {
  return validators.detail(detail);
}

/** Describes the first problem in the words of the validator, which hold nothing of the event. */
function problemOf(error: validators.SchemaError | undefined): string {
  const member = error?.instancePath.slice(1).replaceAll('/', '.');
  return [member || 'detail', error?.message ?? 'is not valid'].join(' ');
}

function knownOf(detail: unknown): KnownOfCall {
  const members = asObject(detail) ?? {};
  const good = Object.fromEntries(
    TOLD.filter(name => Object.hasOwn(members, name) && validators[name](members[name])).map(name => [
      name,
      members[name],
    ]),
  ) as Partial<UsageEvent>;
  return callOfEvent(good as UsageEvent, { requestId: good.requestId, timestamp: momentOf(good.timestamp) });
}
