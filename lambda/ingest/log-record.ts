import type { KnownProfiles } from './known-profiles';
import { type Callers, keepSession, readCallers } from './records/caller-session';
import { type IngestRecord, type Reading, refused } from './records/ingest-record';
import { hasMoreValues, type LogLine, type LogPayload, MAX_VALUES } from './records/log-payload';
import { matching, own, STOP_REASON } from './records/record-members';
import { ENV, INVOCATION_LOG_SCHEMA, OTHER, RECORDED_MARK } from '../../src/contract';
import type { RecordInput } from '../invocation/record-input';
import { momentOf } from '../traces/call-time';
import { asEvents, asObject, type Json, parseJson, validAmount, validText } from '../usage/counts';
import { readUsage } from '../usage/extract-usage';
import { readLogUnits } from '../usage/record-units';
import { readLogTerms } from '../usage/response-terms';
import { readStopReason } from '../usage/stop-reason';

/** Schema versions of log records that can be parsed. */
const KNOWN_VERSION = /^1(?:\.\d+)?$/;
const STREAM_METRICS = 'amazon-bedrock-invocationMetrics';

/**
 * ARN of a role session, with the names of the role and of the session. Unlike the ARN of a role, it does not
 * contain the role's path (IAM User Guide, "IAM identifiers"). Users of IAM Identity Center have
 * sessions of roles whose names begin with `AWSReservedSSO_`.
 */
const SESSION = /^arn:[^:]*:sts::\d*:assumed-role\/([^/]+)\/(.*)$/s;
/** ARN of a session that GetFederationToken created, with the name of the user. */
const FEDERATED = /^arn:[^:]*:sts::\d*:federated-user\/(.+)$/;
/** ARN of a role, with or without a path. */
const ROLE = /^arn:[^:]*:iam::\d*:role\/(?:.*\/)?([^/]+)$/;

/** Maximum characters of an ARN (IAM API reference). */
const MAX_ARN_LENGTH = 2048;

/** Rules for the ingest of log records: the agent of each IAM role, and the invocations to skip. */
export interface IngestRules {
  /** Agent id for each IAM role of a caller, by role name. */
  readonly roles: ReadonlyMap<string, string>;
  /** Names of IAM roles to skip. The programs with these roles record their invocations themselves. */
  readonly ignoredRoles: ReadonlySet<string>;
  /** Names of operations to skip, e.g. `Converse`, because a tracker records them. */
  readonly leftToTracker: ReadonlySet<string>;
  /** Form in which session ids are kept. Undefined if none are kept. */
  readonly callers?: Callers;
}

/** Settings for {@link readLogRecords}. */
export interface LogReading {
  readonly rules: IngestRules;
  readonly profiles: KnownProfiles;
  /** Log group of the ingest function itself. Records from this log group are ignored. */
  readonly ownLogGroup: string | undefined;
}

/**
 * Reads the log records in the payload of a CloudWatch Logs subscription, and the models of their inference
 * profiles. Never rejects.
 *
 * @returns undefined if the payload comes from `ownLogGroup`, because the function would invoke itself in a
 * loop
 */
export async function readLogRecords(
  payload: LogPayload,
  { rules, profiles, ownLogGroup }: LogReading,
): Promise<readonly IngestRecord[] | undefined> {
  if ('refused' in payload) return [{ source: 'logs', reading: refused(payload.refused) }];
  if (payload.logGroup !== '' && payload.logGroup === ownLogGroup) return undefined;
  const { lines } = payload;
  await profiles.learnFrom(lines.flatMap(({ message }) => message ?? []));
  return lines.map((line, position) => ({
    source: 'logs',
    position,
    id: line.id,
    reading: readLogLine(line, rules, modelId => profiles.resolve(modelId)),
  }));
}

/** Function that returns the model id of an inference profile. Returns any other id unchanged. */
export type ResolveModel = (modelId: string) => string;

/**
 * Parses a line of Bedrock's model invocation log. Never throws. The reason of a refused line quotes no text
 * of the line.
 *
 * @param resolve returns the model id of an inference profile. Default: returns each id unchanged
 */
export function readLogLine(
  { message, timestamp }: LogLine,
  rules: IngestRules,
  resolve: ResolveModel = modelId => modelId,
): Reading {
  if (message !== undefined && hasMoreValues(message)) {
    return refused(`the line has more than ${MAX_VALUES} JSON values`);
  }
  const record = asObject(parseJson(message));
  if (!record) return refused('the line is not a JSON object');
  if (record.schemaType !== INVOCATION_LOG_SCHEMA) return { kind: 'foreign' };
  try {
    return readRecord(record, { writtenAt: timestamp, rules, resolve });
  } catch {
    return refused('the record cannot be read');
  }
}

function readRecord(record: Json, line: LineContext): Reading {
  const { writtenAt, rules } = line;
  const metadata = readMetadata(record.requestMetadata);
  const roles = callerRoles(record.identity);
  const call = readCall(record, { ...line, metadata, roles });
  if (!KNOWN_VERSION.test(String(record.schemaVersion))) {
    return refused('the record has an unknown schemaVersion', call);
  }
  if (own(metadata, RECORDED_MARK.name) === RECORDED_MARK.value) return { kind: 'recorded' };
  if (rules.leftToTracker.has(call.operation ?? '') || roles.some(role => rules.ignoredRoles.has(role))) {
    return { kind: 'leftToTracker' };
  }
  const { requestId, modelId, timestamp } = call;
  if (requestId === undefined) return refused('the record has no requestId', call);
  if (modelId === undefined) return refused('the record has no modelId', call);
  if ((record.timestamp ?? writtenAt) === undefined) return refused('the record has no timestamp', call);
  if (timestamp === undefined) return refused('the timestamp of the record is not a date', call);
  return { kind: 'call', call: { ...call, modelId } };
}

/** Settings for reading one log line, and the time at which the line was written. */
interface LineContext {
  readonly writtenAt: number | undefined;
  readonly rules: IngestRules;
  readonly resolve: ResolveModel;
}

/** Context of a log line with the record's metadata and the caller's IAM role names. */
interface CallContext extends LineContext {
  readonly metadata: Json;
  readonly roles: readonly string[];
}

/** Reads the fields of an invocation from a log record. Fields that cannot be read are undefined. */
function readCall(
  record: Json,
  { metadata, roles, writtenAt, rules, resolve }: CallContext,
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
    // Without a timestamp in the record, uses the time of the log line. An invalid timestamp is not replaced.
    timestamp: momentOf(record.timestamp ?? writtenAt),
    agentId:
      validText(own(metadata, 'agentId')) ??
      roles.map(role => rules.roles.get(role)).find(agent => agent !== undefined) ??
      OTHER,
    incidentId: validText(own(metadata, 'incidentId')),
    sessionId: readSession(record.identity, metadata, rules.callers),
    ...reading,
    ...readLogUnits(record),
    ...terms,
    latencyMs: validAmount(metrics?.invocationLatency) ?? validAmount(asObject(body.metrics)?.latencyMs),
    timeToFirstTokenMs: validAmount(metrics?.firstByteLatency),
    stopReason: (chunks ?? [body])
      .map(chunk => matching(readStopReason(chunk), STOP_REASON))
      .filter(reason => reason !== undefined)
      .at(-1),
    error: error === undefined ? undefined : { name: error },
  };
}

/** Maximum characters of metadata in JSON. Bedrock's own maximum is 8,500 (API reference, InvokeModel). */
const MAX_METADATA_LENGTH = 10_000;

/** Returns the metadata of a record, which are an object or the JSON text of an object. */
function readMetadata(value: unknown): Json {
  const text = typeof value === 'string' && value.length <= MAX_METADATA_LENGTH ? value : undefined;
  return asObject(text === undefined ? value : parseJson(text)) ?? {};
}

/**
 * Returns the session id of a record: `sessionId` in the metadata, or otherwise the session name in the ARN
 * of the caller. Returns undefined if the rules keep no session ids.
 */
function readSession(identity: unknown, metadata: Json, callers: Callers | undefined): string | undefined {
  if (callers === undefined) return undefined;
  return keepSession(validText(own(metadata, 'sessionId')) ?? sessionNames(identity)[0], callers);
}

/** Returns the session names in the `identity` of a log record. */
function sessionNames(identity: unknown): readonly string[] {
  return callerArns(identity).flatMap(
    arn => validText(SESSION.exec(arn)?.[2] ?? FEDERATED.exec(arn)?.[1]) ?? [],
  );
}

/** Returns the IAM role names in the `identity` of a log record. */
export function callerRoles(identity: unknown): readonly string[] {
  return callerArns(identity).flatMap(arn => (SESSION.exec(arn) ?? ROLE.exec(arn))?.[1] ?? []);
}

/** Returns the ARNs in the `identity` of a log record. `identity` can be one identity or a list. */
function callerArns(identity: unknown): readonly string[] {
  const identities: readonly unknown[] = Array.isArray(identity) ? identity : [identity];
  return identities.flatMap(each => {
    const arn = typeof each === 'string' ? each : asObject(each)?.arn;
    return typeof arn === 'string' && arn.length <= MAX_ARN_LENGTH ? [arn] : [];
  });
}

/**
 * Reads the ingest rules from environment variables.
 *
 * @throws if the variable for the roles is not a JSON object of agent ids by role, or if the variable for
 * callers has an unknown value
 */
export function readRules(env: Readonly<Record<string, string | undefined>>): IngestRules {
  return {
    roles: new Map(Object.entries(parseRoles(env[ENV.ingestRoles]))),
    ignoredRoles: new Set(parseList(env[ENV.ingestIgnoredRoles])),
    leftToTracker: new Set(parseList(env[ENV.leftToTracker])),
    callers: readCallers(env[ENV.ingestCallers], ENV.ingestCallers),
  };
}

function parseRoles(json: string | undefined): Readonly<Record<string, string>> {
  if (!json) return {};
  const roles = asObject(JSON.parse(json));
  if (!roles || Object.values(roles).some(agent => typeof agent !== 'string')) {
    throw new Error(`${ENV.ingestRoles} must be a JSON object of agent ids by role`);
  }
  return roles as Readonly<Record<string, string>>;
}

function parseList(text = ''): string[] {
  return text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '');
}
