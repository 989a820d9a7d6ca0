import { identityInResponse } from './event-response';
import { type IngestRecord, type KnownInput, type Reading, refused } from './records/ingest-record';
import { toRecordInput, type UsageEvent } from './usage-event';
import * as validators from './usage-event-validator.cjs';
import { USAGE_EVENT_TYPE } from '../../src/contract';
import { momentOf } from '../traces/call-time';
import { asObject, type Json, validText } from '../usage/counts';
import { validUsage } from '../usage/token-usage';

/**
 * Fields that are copied from an invalid event to the dead-letter queue. The schema limits their format, so
 * they cannot contain a prompt.
 */
const KEPT = [
  'requestId',
  'agentId',
  'modelId',
  'timestamp',
  'operation',
  'incidentId',
  'usage',
  'units',
  'uncounted',
] as const;
/** Text in `schemaPath` of an error about a member whose name the schema does not list. */
const OTHER_MEMBERS = '/additionalProperties/';

/**
 * Parses an EventBridge event of the type `TokenUsage`. Never throws. If the event is invalid, the result
 * contains a reason that quotes no value of the event.
 */
export function readEventRecord(event: unknown): IngestRecord {
  const envelope = asObject(event) ?? {};
  return { source: 'events', position: 0, id: validText(envelope.id), reading: readEvent(envelope) };
}

function readEvent(envelope: Json): Reading {
  const { 'detail-type': type, id, time, detail } = envelope;
  return type === USAGE_EVENT_TYPE ? readDetail(detail, { id, time }) : { kind: 'foreign' };
}

/**
 * Parses the `detail` of an event. Never throws.
 *
 * @param envelope id and time of the event. Each is used if neither the detail nor its response contains one
 */
export function readDetail(
  detail: unknown,
  { id, time }: { readonly id?: unknown; readonly time?: unknown },
): Reading {
  if (!isUsageEvent(detail)) {
    return refused(
      `the event does not match its schema: ${problemText(validators.detail.errors?.[0])}`,
      validMembers(detail),
    );
  }
  const answered = identityInResponse(detail.response);
  const at = detail.timestamp ?? (answered.requestId === undefined ? undefined : answered.time) ?? time;
  const timestamp = momentOf(at);
  const requestId = detail.requestId ?? answered.requestId ?? validText(id);
  const call = toRecordInput(detail, { timestamp, requestId });
  if (detail.usage && validUsage(call.usage) === undefined) {
    return refused('the counts of the usage contradict each other', call);
  }
  if (requestId === undefined || at === undefined) {
    return refused('the event has neither an id and a time nor a requestId and a timestamp', call);
  }
  return timestamp === undefined
    ? refused(`the ${detail.timestamp === undefined ? 'time' : 'timestamp'} of the event is not a date`, call)
    : { kind: 'call', call };
}

function isUsageEvent(detail: unknown): detail is UsageEvent {
  return validators.detail(detail);
}

/**
 * Returns the validator's description of a problem. The text contains no value of the event. It names only
 * members that the schema lists, because the caller chooses all other names.
 */
function problemText(error: validators.SchemaError | undefined): string {
  const names = error?.instancePath.slice(1).split('/') ?? [];
  const listed = error?.schemaPath.includes(OTHER_MEMBERS) ? names.slice(0, -1) : names;
  return [listed.join('.') || 'detail', error?.message ?? 'is not valid'].join(' ');
}

/** Returns the valid fields of an invalid event. */
function validMembers(detail: unknown): KnownInput {
  const members = asObject(detail) ?? {};
  const good = Object.fromEntries(
    KEPT.filter(name => Object.hasOwn(members, name) && validators[name](members[name])).map(name => [
      name,
      members[name],
    ]),
  ) as Partial<UsageEvent>;
  return toRecordInput(good as UsageEvent, {
    requestId: good.requestId,
    timestamp: momentOf(good.timestamp),
  });
}
