import { callerRoles } from './caller-role';
import type { IngestRules } from './ingest-rules';
import { hasMoreValues, MAX_VALUES } from './json-values';
import type { LogLine } from './log-payload';
import { type Reading, refused } from './reading';
import { INVOCATION_LOG_SCHEMA, OTHER, RECORDED_MARK } from '../../src/contract';
import type { RecordInput } from '../invocation/record-input';
import { momentOf } from '../traces/call-time';
import { asEvents, asObject, type Json, validAmount, validText } from '../usage/counts';
import { readUsage } from '../usage/extract-usage';
import { readLogTerms, readStopReason } from '../usage/model-calls';

/** Versions of the record whose members are where this reads them. */
const KNOWN_VERSION = /^1(?:\.\d+)?$/;
const STREAM_METRICS = 'amazon-bedrock-invocationMetrics';
/**
 * What a service or a vendor names a reason with. A body of a model of one's own could hold anything there.
 */
const REASON = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** Returns the id that a call of an id is read and priced by. */
export type ResolveModel = (modelId: string) => string;

/**
 * Reads one line of Bedrock's model invocation log. It never throws, and quotes nothing of the line.
 *
 * @param resolve tells the model of a profile, which decides how tokens are counted. Default: nothing is
 * known of profiles
 */
export function readLogLine(
  { message, timestamp }: LogLine,
  rules: IngestRules,
  resolve: ResolveModel = modelId => modelId,
): Reading {
  if (message !== undefined && hasMoreValues(message)) {
    return refused(`the line has more than ${MAX_VALUES} JSON values`);
  }
  const record = message === undefined ? undefined : parsed(message);
  if (!record) return refused('the line is no JSON object');
  if (record.schemaType !== INVOCATION_LOG_SCHEMA) return { kind: 'foreign' };
  try {
    return readRecord(record, { writtenAt: timestamp, rules, resolve });
  } catch {
    return refused('the record cannot be read');
  }
}

function readRecord(record: Json, line: LineCircumstances): Reading {
  const { writtenAt, rules } = line;
  const metadata = metadataOf(record.requestMetadata);
  const roles = callerRoles(record.identity);
  const call = callOf(record, { ...line, metadata, roles });
  if (!KNOWN_VERSION.test(String(record.schemaVersion))) {
    return refused('the record has an unknown schemaVersion', call);
  }
  if (own(metadata, RECORDED_MARK.name) === RECORDED_MARK.value) return { kind: 'recorded' };
  if (rules.leftToTracker.has(call.operation ?? '') || roles.some(role => rules.ignoredRoles.has(role))) {
    return { kind: 'left' };
  }
  const { requestId, modelId, timestamp } = call;
  if (requestId === undefined) return refused('the record has no requestId', call);
  if (modelId === undefined) return refused('the record has no modelId', call);
  if ((record.timestamp ?? writtenAt) === undefined) return refused('the record has no timestamp', call);
  if (timestamp === undefined) return refused('the timestamp of the record is no date', call);
  return { kind: 'call', call: { ...call, modelId } };
}

interface LineCircumstances {
  readonly writtenAt: number | undefined;
  readonly rules: IngestRules;
  readonly resolve: ResolveModel;
}

interface Circumstances extends LineCircumstances {
  readonly metadata: Json;
  readonly roles: readonly string[];
}

/**
 * The call that a record tells, as far as it tells it: the
 * same that a tracker would have recorded of its response.
 */
function callOf(
  record: Json,
  { metadata, roles, writtenAt, rules, resolve }: Circumstances,
): Partial<RecordInput> {
  const modelId = validText(record.modelId);
  const output = asObject(record.output);
  const chunks = asEvents(output?.outputBodyJson)?.map(chunk => asObject(chunk) ?? {});
  const body = asObject(output?.outputBodyJson) ?? {};
  const terms = readLogTerms(record);
  const billedModelId = terms.billedModelId ?? modelId;
  const error = validText(record.errorCode);
  const metrics = asObject(chunks?.at(-1)?.[STREAM_METRICS]);
  const reading = readUsage({
    operation: INVOCATION_LOG_SCHEMA,
    modelId: '',
    response: { ...record, modelId: billedModelId && resolve(billedModelId) },
  });
  return {
    requestId: validText(record.requestId),
    modelId,
    operation: validText(record.operation),
    // The time at which the line was written is not that of a call whose own time cannot be read.
    timestamp: momentOf(record.timestamp ?? writtenAt),
    agentId:
      validText(own(metadata, 'agentId')) ??
      roles.map(role => rules.roles.get(role)).find(agent => agent !== undefined) ??
      OTHER,
    incidentId: validText(own(metadata, 'incidentId')),
    ...reading,
    ...terms,
    latencyMs: validAmount(metrics?.invocationLatency) ?? validAmount(asObject(body.metrics)?.latencyMs),
    timeToFirstTokenMs: validAmount(metrics?.firstByteLatency),
    stopReason: (chunks ?? [body])
      .map(readStopReason)
      .filter(reason => reason !== undefined && REASON.test(reason))
      .at(-1),
    error: error === undefined ? undefined : { name: error },
  };
}

/** Bedrock takes metadata of 8,500 characters in JSON (InvokeModel, API reference). This leaves some room. */
const MAX_METADATA_LENGTH = 10_000;

/** Metadata is an object in the log, whichever way it was sent; the text of one is read all the same. */
function metadataOf(value: unknown): Json {
  const text = typeof value === 'string' && value.length <= MAX_METADATA_LENGTH ? value : undefined;
  return asObject(text === undefined ? value : parsed(text)) ?? {};
}

/** A member that is the object's own: callers name these. */
function own(members: Json, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function parsed(json: string): Json | undefined {
  try {
    return asObject(JSON.parse(json));
  } catch {
    return undefined;
  }
}
