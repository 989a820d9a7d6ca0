import { Attributes } from './span-attributes';
import type { SpanCall, SpanReading } from './span-call';
import {
  completeModelId,
  findModelId,
  findProviders,
  isBedrockCall,
  isLoggedCall,
  isModelCall,
} from './span-model';
import { findScopeRule, type ScopedCall, type ScopeRule } from './span-scopes';
import { findServiceNames, isOnLambda, type ServiceNames } from './span-service';
import { readSpanUsage } from './span-usage';
import { ENV, OTHER } from '../../../src/contract';
import type { RecordInput } from '../../invocation/record-input';
import { NAMED_TIERS } from '../../pricing/cost-calculator';
import { isRegion } from '../../pricing/price-lookup';
import { plain } from '../../process/safe-text';
import { momentOf } from '../../traces/call-time';
import { asObject, type Json, parseJson, validAmount } from '../../usage/counts';
import { type Callers, keepSession, readCallers } from '../records/caller-session';
import type { SpanIds } from '../records/ingest-record';
import { hasMoreValues, type LogLine, MAX_VALUES } from '../records/log-payload';
import { matching, own, STOP_REASON } from '../records/record-members';

/** Rules for the ingest of spans: the agent of each service, and the services to skip. */
export interface SpanRules {
  /** Agent id for each service, by name. It takes precedence over the agent that a span names. */
  readonly agentsByService: ReadonlyMap<string, string>;
  /** Names of services to skip. The programs of these services record their calls themselves. */
  readonly ignoredServices: ReadonlySet<string>;
  /** Names of services whose calls the ingest does not read from the invocation log. */
  readonly unloggedServices: ReadonlySet<string>;
  /** Name of the attribute with the incident id. Default: spans have no incident. */
  readonly incidentAttribute?: string;
  /** Form in which session ids are kept. Default: a session id with an e-mail address is hashed. */
  readonly callers?: Callers;
}

/** Format of the ids of traces and spans in hexadecimal digits (W3C Trace Context). */
const TRACE_ID = /^[0-9a-f]{32}$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;
/** Invalid span id (W3C Trace Context). A span without a parent can have it as the id of its parent. */
const NO_SPAN = '0000000000000000';
/** Value of `telemetry.sdk.language` in spans of programs that run in Node.js. */
const NODE_LANGUAGE = 'nodejs';
/** Format of the id that AWS gives to a request. */
const REQUEST_ID = /^[A-Za-z0-9-]{1,128}$/;
/** Digits of a time in nanoseconds. */
const NANOSECONDS = /^\d{1,20}$/;
/** Maximum characters of the name and of the version of an instrumentation. Longer texts are ignored. */
const MAX_SCOPE_LENGTH = 256;
const NANOSECONDS_PER_MS = 1_000_000;
const MS_PER_SECOND = 1000;

/** Value of `rpc.method`. The group is the operation at its end, such as `Converse`. */
const METHOD = /^(?:[\w./-]+[/.])?([A-Z][A-Za-z0-9]{0,63})$/;
/** Host name of Bedrock. The group captures the region. */
const REGION_IN_HOST = /(?:^|\.)bedrock-(?:runtime|mantle)(?:-fips)?\.([a-z0-9-]+)\./;
/**
 * Name of an exception, such as `botocore.errorfactory.ThrottlingException`. The group is the name without
 * its module.
 */
const EXCEPTION = /^(?:[\w.:#$-]+[.:#])?([A-Za-z][A-Za-z0-9]{0,63})$/;
/**
 * Name of an agent: at most 64 characters, and at most 4 words. Longer texts can contain data of users, such
 * as the role of a CrewAI agent. Scripts without blanks between words are excluded, because a sentence would
 * be one word.
 */
const AGENT = /^(?=.{1,64}$)(?:(?:^| )[\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\d._:/-]+){1,4}$/u;
/** Error name of a failed call whose span does not name the exception. */
const NAMELESS_ERROR = 'Error';

/** Values of `status.code` of a failed span: the words of two formats, and the number of OTLP. */
const ERROR_STATUS: ReadonlySet<unknown> = new Set(['ERROR', 'STATUS_CODE_ERROR', 2]);
const OK_STATUS: ReadonlySet<unknown> = new Set(['OK', 'STATUS_CODE_OK', 1]);

/** Reason for refusing a line that was cut, or that is not text. */
const NO_OBJECT = 'the line is not a JSON object';
const FOREIGN: SpanReading = { kind: 'foreign' };

function refused(reason: string): SpanReading {
  return { kind: 'refused', reason };
}

/**
 * Parses a line of a log group to which X-Ray or AgentCore writes spans. Each line is one span in JSON. Never
 * throws. Reads only known attributes, because others may contain prompts. The reason for refusing a line
 * quotes no text of the line.
 */
export function readSpanLine({ message }: LogLine, rules: SpanRules): SpanReading {
  if (message === undefined) return refused(NO_OBJECT);
  if (hasMoreValues(message)) {
    return refused(`the line has more than ${MAX_VALUES} JSON values`);
  }
  const record = asObject(parseJson(message));
  // The log group of an AgentCore runtime also contains the output of its program, as lines of text.
  if (!record) return message.includes('"traceId"') ? refused(NO_OBJECT) : FOREIGN;
  try {
    return readSpan(record, rules);
  } catch {
    return refused('the span cannot be read');
  }
}

function readSpan(record: Json, rules: SpanRules): SpanReading {
  const started = own(record, 'startTimeUnixNano');
  const ended = own(record, 'endTimeUnixNano');
  // A record without these times is an event of a span. It contains prompts and answers.
  if (started === undefined || ended === undefined) return FOREIGN;
  const attributes = new Attributes(asObject(own(record, 'attributes')) ?? {});
  const ids = readIds(record);
  if (!isModelCall(attributes)) return { kind: 'foreign', ids };
  const providers = findProviders(attributes);
  const scope = asObject(own(record, 'scope'));
  const scopeName = textOf(own(scope, 'name'));
  const rule = findScopeRule(scopeName, providers);
  const written = findModelId(attributes);
  if (!rule.isBedrock && !isBedrockCall(attributes, providers, written)) return { kind: 'foreign', ids };
  const resource = new Attributes(asObject(own(asObject(own(record, 'resource')), 'attributes')) ?? {});
  const names = findServiceNames(resource, attributes);
  if (names.all.some(name => rules.ignoredServices.has(name))) return { kind: 'leftToTracker' };

  const timestamp = momentOf(toMilliseconds(started));
  if (!ids) return refused('the span has no traceId or no spanId');
  if (written === undefined) return refused('the span has no model id');
  if (timestamp === undefined) return refused('the start of the span is not a time');

  const scoped: ScopedCall = {
    version: textOf(own(scope, 'version')),
    operation: METHOD.exec(attributes.text('method') ?? '')?.[1],
    modelId: completeModelId(written),
    distroVersion: resource.text('distroVersion'),
  };
  const error = findError(attributes, own(asObject(own(record, 'status')), 'code'));
  const isComplete = error === undefined && attributes.text('cancellation') === undefined;
  const { hasUsage, hasCacheCounts, reading } = readSpanUsage(attributes, { call: scoped, rule, isComplete });
  const span: SpanCall = {
    ...ids,
    parentSpanId: readSpanId(own(record, 'parentSpanId')),
    maker: rule.maker,
    isNode: resource.text('language') === NODE_LANGUAGE,
    isLambda: isOnLambda(resource, attributes),
    isInLog:
      isLoggedCall(attributes, scoped.operation) && !names.all.some(name => rules.unloggedServices.has(name)),
    requestId: matching(attributes.text('requestId'), REQUEST_ID),
    hasCacheCounts,
    hasUsage,
    call: {
      modelId: scoped.modelId,
      operation: scoped.operation,
      timestamp,
      region: findRegion(attributes, resource),
      ...readIdentity(attributes, { resource, names, rules }),
      ...reading,
      latencyMs: readDuration(attributes, rule) ?? elapsedMs(started, ended),
      timeToFirstTokenMs: readTimeToFirstToken(attributes, rule),
      serviceTier: readTier(attributes),
      stopReason: matching(attributes.finishReason(), STOP_REASON),
      error,
    },
  };
  return { kind: 'span', span };
}

/** Returns the ids of a span, or undefined if they are not valid. */
function readIds(record: Json): SpanIds | undefined {
  const traceId = matching(own(record, 'traceId'), TRACE_ID)?.toLowerCase();
  const spanId = readSpanId(own(record, 'spanId'));
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
}

function readSpanId(value: unknown): string | undefined {
  const id = matching(value, SPAN_ID)?.toLowerCase();
  return id === NO_SPAN ? undefined : id;
}

/** Resource and service of a span, and the rules for its agent. */
interface IdentityContext {
  readonly resource: Attributes;
  readonly names: ServiceNames;
  readonly rules: SpanRules;
}

/** Reads the agent, the session and the incident of a span. Ids of users are not read. */
function readIdentity(
  attributes: Attributes,
  { resource, names, rules }: IdentityContext,
): Pick<RecordInput, 'agentId' | 'sessionId' | 'incidentId'> {
  const { agentsByService, incidentAttribute, callers } = rules;
  const agent = matching(attributes.text('agent'), AGENT) ?? names.service;
  return {
    agentId:
      names.all.map(name => agentsByService.get(name)).find(configured => configured !== undefined) ??
      (agent === undefined ? OTHER : plain(agent)),
    sessionId: keepSession(attributes.text('session'), callers),
    incidentId:
      incidentAttribute === undefined
        ? undefined
        : (attributes.configured(incidentAttribute) ?? resource.configured(incidentAttribute)),
  };
}

/** Returns the error of a failed call, and undefined for all other calls. Only the name is read. */
function findError(attributes: Attributes, status: unknown): { readonly name: string } | undefined {
  const type = attributes.text('errorType');
  if (!ERROR_STATUS.has(status) && (type === undefined || OK_STATUS.has(status))) return undefined;
  return { name: EXCEPTION.exec(type ?? '')?.[1] ?? NAMELESS_ERROR };
}

/**
 * Returns the service tier that served the call. Other names are dropped, because they do not name a price:
 * `auto`, for example, is the tier of a request.
 */
function readTier(attributes: Attributes): string | undefined {
  const tier = attributes.text('tier');
  return tier !== undefined && NAMED_TIERS.has(tier) ? tier : undefined;
}

function findRegion(attributes: Attributes, resource: Attributes): string | undefined {
  return [
    attributes.text('region'),
    REGION_IN_HOST.exec(attributes.text('serverAddress') ?? '')?.[1],
    resource.text('region'),
  ].find(isRegion);
}

function readDuration(attributes: Attributes, rule: ScopeRule): number | undefined {
  return scaled(attributes.amount('duration'), rule.isInMilliseconds ? 1 : MS_PER_SECOND);
}

function readTimeToFirstToken(attributes: Attributes, rule: ScopeRule): number | undefined {
  return (
    scaled(attributes.amount('timeToFirstToken'), rule.isInMilliseconds ? 1 : MS_PER_SECOND) ??
    scaled(attributes.amount('secondsToFirstChunk'), MS_PER_SECOND) ??
    scaled(attributes.amount('millisecondsToFirstChunk'), 1)
  );
}

function scaled(amount: number | undefined, factor: number): number | undefined {
  return amount === undefined ? undefined : validAmount(Math.round(amount * factor));
}

function elapsedMs(started: unknown, ended: unknown): number | undefined {
  const [start, end] = [toMilliseconds(started), toMilliseconds(ended)];
  return start === undefined || end === undefined ? undefined : validAmount(end - start);
}

/**
 * Converts nanoseconds since 1970, a number or its digits, to whole milliseconds. JSON numbers above 2⁵³ are
 * rounded, which changes them by less than a microsecond.
 */
function toMilliseconds(value: unknown): number | undefined {
  const nanoseconds = typeof value === 'string' && NANOSECONDS.test(value) ? Number(value) : value;
  return typeof nanoseconds === 'number' && Number.isFinite(nanoseconds) && nanoseconds >= 0
    ? Math.floor(nanoseconds / NANOSECONDS_PER_MS)
    : undefined;
}

/** Returns the name or version of an instrumentation. Returns an empty text if it is absent or too long. */
function textOf(value: unknown): string {
  return typeof value === 'string' && value.length <= MAX_SCOPE_LENGTH ? value : '';
}

/**
 * Reads the rules for spans from environment variables.
 *
 * @throws if the variable for the services is not a JSON object of agent ids by service
 * @throws if a variable with names of services is not a JSON array of names
 * @throws if the variable for the callers has an unknown value
 */
export function readSpanRules(env: Readonly<Record<string, string | undefined>>): SpanRules {
  return {
    agentsByService: new Map(parseServices(env[ENV.ingestServices])),
    ignoredServices: new Set(parseNames(env, ENV.ingestIgnoredServices)),
    unloggedServices: new Set(parseNames(env, ENV.ingestUnloggedServices)),
    incidentAttribute: env[ENV.ingestIncidentAttribute] || undefined,
    callers: readCallers(env[ENV.ingestCallers], ENV.ingestCallers),
  };
}

function parseServices(json: string | undefined): readonly (readonly [string, string])[] {
  const services: unknown = json ? JSON.parse(json) : {};
  const agents = Object.entries(asObject(services) ?? { '': undefined });
  if (!agents.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    throw new Error(`${ENV.ingestServices} must be a JSON object of agent ids by service`);
  }
  return agents;
}

function parseNames(env: Readonly<Record<string, string | undefined>>, variable: string): readonly string[] {
  const json = env[variable];
  const names: unknown = json ? JSON.parse(json) : [];
  if (!Array.isArray(names) || !names.every(name => typeof name === 'string')) {
    throw new Error(`${variable} must be a JSON array of service names`);
  }
  return names;
}
