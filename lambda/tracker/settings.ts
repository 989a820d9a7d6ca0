import {
  BARE_ID_PRICES,
  DETAIL_LEVELS,
  type DetailLevel,
  ENV,
  LOGGED_OPERATIONS,
  MAX_NAMESPACE_LENGTH,
  MAX_TRACE_TTL_DAYS,
  MAX_WRITE_SHARDS,
  METRIC_SINKS,
  type MetricSinkName,
} from '../../src/contract';
import type { InferenceProfiles } from '../pricing/model-id';
import {
  type CustomPrice,
  type CustomPrices,
  priceProblem,
  discountProblem,
  type Discounts,
  BareIdPrice,
} from '../pricing/price-lookup';
import { parseBoolean } from '../process/parse-boolean';
import { warnOnce } from '../process/warn-once';
import { MAX_BATCH } from '../traces/trace-item';
import { asObject } from '../usage/counts';

/** Settings of a tracker. Each omitted setting has its default. */
export interface TrackerSettings {
  /** Agent of calls that name no agent. Default: `unnamed` */
  readonly agentId?: string;
  /**
   * Agents that become dimension values. Other agents are counted under `Other`. Default: agent ids that look
   * like names, the first 50 of them
   */
  readonly agents?: readonly string[];
  /** CloudWatch namespace of the metrics. Default: `OPX/Analytics` */
  readonly namespace?: string;
  /** Metrics that are emitted: `core`, or `standard` with all of them. Default: `core` */
  readonly detailLevel?: DetailLevel;
  /** Name of the trace table. Default: no traces are written */
  readonly tableName?: string;
  /**
   * Number of partitions for each agent and day. It must equal `writeShards` of the trace table. Default: 1
   */
  readonly writeShards?: number;
  /** Days until a trace expires. 0 keeps it for ever. Default: 90 */
  readonly traceTtlDays?: number;
  /** False records nothing. Default: true */
  readonly enabled?: boolean;
  /**
   * Prices by model id or pattern, in US dollars per million tokens. They take precedence over the catalog.
   * Default: no custom prices
   */
  readonly customPrices?: CustomPrices;
  /** Discounts on list prices by vendor, model id or pattern. 0.1 means 10 % less. Default: no discounts */
  readonly discounts?: Discounts;
  /** Model of each application inference profile, by the ARN or id of the profile. Default: no profiles */
  readonly inferenceProfiles?: InferenceProfiles;
  /**
   * ARNs of application inference profiles whose model the tracker looks up in Bedrock, once for each
   * profile, while the call runs. True looks up each profile that a call names, even if it does not exist.
   * Default: false
   */
  readonly resolveProfiles?: boolean | readonly string[];
  /**
   * List price for the bare id of a Claude model, if AWS lists a regional and a global price for it. Default:
   * the regional price if the region of the call is known, otherwise the global price as a lower bound
   */
  readonly bareIdPrice?: BareIdPrice;
  /**
   * Region of the calls, for models whose price depends on it. Default: `AWS_REGION`, or prices of the United
   * States without it
   */
  readonly region?: string;
  /**
   * Path of metrics to CloudWatch. `emf` prints them in the embedded metric format, `putMetricData` sends
   * them. Default: `emf` in Lambda, `putMetricData` elsewhere
   */
  readonly sink?: MetricSinkName;
  /**
   * True to write the agent, the incident and a mark into `requestMetadata` of instrumented calls. An ingest
   * of the invocation log then skips these calls, because they are recorded already. Default: false
   */
  readonly requestMetadata?: boolean;
  /**
   * Operations that instrumented clients do not record, because an ingest of the invocation log records them.
   * Default: no operations
   */
  readonly leftToIngest?: readonly string[];
  /** True to log one line for each call at INFO. Default: false, which logs it at DEBUG */
  readonly logCalls?: boolean;
  /** Maximum items in one request to the trace table, from 1 to 25. Default: 25 */
  readonly batchSize?: number;
  /** Maximum traces in the queue. Further traces go to the log as `TraceSpill` lines. Default: 1000 */
  readonly maxQueue?: number;
  /**
   * Seconds for which metrics and traces of calls outside of a handler are collected before they are sent.
   * Default: 60
   */
  readonly flushIntervalSeconds?: number;
  /**
   * Time limit for sending metrics and traces at the end of a handler, in milliseconds. The rest goes to the
   * log. Default: 1000
   */
  readonly flushTimeoutMs?: number;
  /** Consecutive failed requests after which the circuit breaker of the trace table opens. Default: 5 */
  readonly breakerFailures?: number;
  /**
   * Seconds for which the circuit breaker stays open. After that, one request tries the table. Default: 60
   */
  readonly breakerResetSeconds?: number;
}

/** Settings of a tracker, with endpoints that only tests and private networks need. */
export interface TokenTrackerOptions extends TrackerSettings {
  /** Endpoint URL of DynamoDB. Default: endpoint of the AWS SDK */
  readonly endpoint?: string;
  /** Endpoint URL of CloudWatch, for the sink `putMetricData`. Default: endpoint of the AWS SDK */
  readonly cloudWatchEndpoint?: string;
}

const MAX_QUEUE = 100_000;
const MAX_SECONDS = 86_400;
/** Maximum timeout of a Lambda function. */
const MAX_FLUSH_MS = 900_000;
const MAX_FAILURES = 1000;
/** Maximum characters of a value in a warning. */
const SHOWN_LENGTH = 100;
const NAMESPACE = /^(?!AWS\/)[A-Za-z0-9 ._#:/-]+$/;

/** Rules for one setting. */
interface Setting<T> {
  /** Environment variable of the setting. Undefined if it has none. */
  readonly variable?: string;
  /** Valid values, as the end of the sentence "it must be …". */
  readonly wanted: string;
  /** Parses the text of the variable, before `accept` validates it. Default: keeps the text */
  readonly parse?: (text: string) => unknown;
  /** Returns the valid value, or undefined. Warnings about its entries use `name`. */
  readonly accept: (value: unknown, name: string) => T | undefined;
}

const accept =
  <T>(isValid: (value: T) => boolean, type: string) =>
  (value: unknown) =>
    typeof value === type && isValid(value as T) ? (value as T) : undefined;
const text = (
  wanted: string,
  variable?: string,
  isValid = (value: string) => value !== '',
): Setting<string> => ({ variable, wanted, accept: accept(isValid, 'string') });
const flag = (variable: string): Setting<boolean> => ({
  variable,
  wanted: 'true or false',
  parse: parseBoolean,
  accept: accept<boolean>(() => true, 'boolean'),
});
const number = (
  variable: string,
  min: number,
  max: number,
  kind = 'a whole number',
  isValid: (value: number) => boolean = Number.isInteger,
): Setting<number> => ({
  variable,
  wanted: `${kind} from ${min} to ${max}`,
  parse: value => (/^[\d.]+$/.test(value) ? Number(value) : undefined),
  accept: accept<number>(value => value >= min && value <= max && isValid(value), 'number'),
});
const choice = <T extends string>(variable: string, choices: readonly T[]): Setting<T> => ({
  variable,
  wanted: choices.join(' or '),
  accept: value =>
    typeof value === 'string' ? choices.find(each => each.toLowerCase() === value.toLowerCase()) : undefined,
});
const list = (
  variable: string,
  wanted: string,
  isValid: (value: string) => boolean = () => true,
): Setting<readonly string[]> => ({
  variable,
  wanted,
  parse: items =>
    items
      .split(',')
      .map(item => item.trim())
      .filter(item => item !== ''),
  accept: value =>
    Array.isArray(value) && value.length > 0 && value.every(item => typeof item === 'string' && isValid(item))
      ? value
      : undefined,
});
/** Makes a setting that is a switch or a list. */
const flagOrList = (
  all: Setting<boolean>,
  some: Setting<readonly string[]>,
): Setting<boolean | readonly string[]> => ({
  variable: all.variable,
  wanted: `${all.wanted}, or ${some.wanted}`,
  parse: value => all.parse?.(value) ?? some.parse?.(value),
  accept: (value, name) => all.accept(value, name) ?? some.accept(value, name),
});
const entries = <Value>(
  variable: string,
  of: string,
  problemOf: (value: unknown, key: string) => string | undefined,
): Setting<Readonly<Record<string, Value>>> => ({
  variable,
  wanted: `a JSON object of ${of}`,
  parse: parseJson,
  accept: (value, name) => validEntries<Value>(value, name, problemOf),
});

const SETTINGS: { readonly [Name in keyof TokenTrackerOptions]-?: Setting<TokenTrackerOptions[Name]> } = {
  agentId: text('an agent id', ENV.agentId),
  agents: {
    ...list(ENV.agents, 'a JSON list of agent ids', id => id.trim() !== ''),
    parse: parseJson,
  },
  namespace: text(
    `a namespace of 1 to ${MAX_NAMESPACE_LENGTH} of A-Z a-z 0-9 . - _ / # : and blank that does not ` +
      'begin with AWS/',
    ENV.namespace,
    value => NAMESPACE.test(value) && value.length <= MAX_NAMESPACE_LENGTH,
  ),
  detailLevel: choice(ENV.detailLevel, DETAIL_LEVELS),
  tableName: text('a table name', ENV.tableName),
  writeShards: number(ENV.writeShards, 1, MAX_WRITE_SHARDS),
  traceTtlDays: number(ENV.traceTtlDays, 0, MAX_TRACE_TTL_DAYS, 'a whole number of days'),
  customPrices: entries<CustomPrice>(ENV.prices, 'prices by model id', priceProblem),
  discounts: entries<number>(
    ENV.discounts,
    'shares from 0 to 1 by vendor, model id or pattern',
    discountProblem,
  ),
  inferenceProfiles: entries<string>(ENV.inferenceProfiles, 'model ids by profile', model =>
    typeof model === 'string' && model !== '' ? undefined : 'must have a model id',
  ),
  resolveProfiles: flagOrList(
    flag(ENV.resolveProfiles),
    list(ENV.resolveProfiles, 'ARNs of inference profiles with commas between them', value =>
      value.startsWith('arn:'),
    ),
  ),
  bareIdPrice: choice(ENV.bareIdPrice, BARE_ID_PRICES),
  region: text('a region', 'AWS_REGION'),
  enabled: flag(ENV.enabled),
  sink: choice(ENV.sink, METRIC_SINKS),
  requestMetadata: flag(ENV.requestMetadata),
  leftToIngest: list(ENV.leftToIngest, `some of ${LOGGED_OPERATIONS.join(', ')}`, operation =>
    (LOGGED_OPERATIONS as readonly string[]).includes(operation),
  ),
  logCalls: flag(ENV.logCalls),
  batchSize: number(ENV.batchSize, 1, MAX_BATCH),
  maxQueue: number(ENV.maxQueue, 0, MAX_QUEUE),
  flushIntervalSeconds: number(
    ENV.flushIntervalSeconds,
    0.01,
    MAX_SECONDS,
    'a number of seconds',
    () => true,
  ),
  flushTimeoutMs: number(ENV.flushTimeoutMs, 0, MAX_FLUSH_MS),
  breakerFailures: number(ENV.breakerFailures, 1, MAX_FAILURES),
  breakerResetSeconds: number(ENV.breakerResetSeconds, 0.01, MAX_SECONDS, 'a number of seconds', () => true),
  endpoint: text('the URL of DynamoDB', undefined, URL.canParse),
  cloudWatchEndpoint: text('the URL of CloudWatch', undefined, URL.canParse),
};

/**
 * Reads the settings from the environment. An invalid value causes one warning with the name of its variable,
 * and the default is used.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): TrackerSettings {
  return collectSettings(({ variable, parse = value => value }) => {
    const value = variable === undefined ? undefined : env[variable]?.trim();
    return value ? { name: variable!, given: value, value: parse(value) } : undefined;
  });
}

/** Validates options in the same way, because callers without type checks can pass any value. */
export function checkedOptions(options: TokenTrackerOptions): TokenTrackerOptions {
  const given = asObject(options) ?? {};
  return collectSettings((_, name) =>
    given[name] === undefined
      ? undefined
      : { name: `The tracker's option ${name}`, given: given[name], value: given[name] },
  );
}

/** Value of a setting, from a variable or an option. */
interface Found {
  /** Name of the setting in warnings. */
  readonly name: string;
  readonly given: unknown;
  readonly value: unknown;
}

function collectSettings(
  valueOf: (setting: Setting<unknown>, name: string) => Found | undefined,
): TokenTrackerOptions {
  const settings: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(SETTINGS)) {
    const found = valueOf(setting, key);
    if (!found) continue;
    settings[key] = setting.accept(found.value, found.name);
    if (settings[key] === undefined) {
      warnOnce(
        `setting:${found.name}`,
        `${found.name} must be ${setting.wanted}, got: ${shorten(found.given)}. The default is used.`,
      );
    }
  }
  return settings;
}

/**
 * Returns the valid entries. Each invalid entry causes a warning. `Object.fromEntries` also keeps keys such
 * as `__proto__`.
 */
function validEntries<Value>(
  value: unknown,
  name: string,
  problemOf: (value: unknown, key: string) => string | undefined,
): Readonly<Record<string, Value>> | undefined {
  const all = asObject(value);
  return (
    all &&
    Object.fromEntries(
      Object.entries(all).filter((entry): entry is [string, Value] => {
        const problem = problemOf(entry[1], entry[0]);
        if (problem !== undefined) {
          warnOnce(`entry:${name}:${entry[0]}`, `${name}: ${shorten(entry[0])} ${problem}. It is ignored.`);
        }
        return problem === undefined;
      }),
    )
  );
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function shorten(value: unknown): string {
  return (typeof value === 'string' ? value : typeof value === 'object' ? 'an object' : String(value)).slice(
    0,
    SHOWN_LENGTH,
  );
}
