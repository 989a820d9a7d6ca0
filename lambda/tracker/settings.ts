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
import {
  type CustomPrice,
  type CustomPrices,
  priceProblem,
  discountProblem,
  type Discounts,
} from '../pricing/custom-prices';
import type { InferenceProfiles } from '../pricing/model-id';
import { BareIdPrice } from '../pricing/price-lookup';
import { parseBoolean } from '../process/parse-boolean';
import { warnOnce } from '../process/warn-once';
import { MAX_BATCH } from '../traces/trace-item';
import { asObject } from '../usage/counts';

/** Settings of a tracker. An omitted setting has its default value. */
export interface TrackerSettings {
  /** Agent id for calls that do not name an agent. Default: `unnamed` */
  readonly agentId?: string;
  /**
   * Ids of the agents that have their own dimension value in the metrics. All other agents share the
   * dimension value `Other`. Default: the first 50 agent ids that look like names
   */
  readonly agents?: readonly string[];
  /** CloudWatch namespace of the metrics. Default: `OPX/Analytics` */
  readonly namespace?: string;
  /** Set of metrics to emit: `core`, or `standard` for all metrics. Default: `core` */
  readonly detailLevel?: DetailLevel;
  /**
   * Name of the trace table. For a table in another region or account, its ARN. Default: no traces are
   * written
   */
  readonly tableName?: string;
  /**
   * Number of table partitions for the traces of one agent on one day. It must equal `writeShards` of the
   * trace table. Default: 1
   */
  readonly writeShards?: number;
  /** Days until a trace expires. If 0, traces never expire. Default: 90 */
  readonly traceTtlDays?: number;
  /** True to record calls. False to record nothing. Default: true */
  readonly enabled?: boolean;
  /**
   * Custom prices in US dollars per million tokens. Each key is a model id or a pattern. Custom prices take
   * precedence over the catalog. Default: no custom prices
   */
  readonly customPrices?: CustomPrices;
  /**
   * Discounts on list prices. Each key is a vendor, a model id or a pattern. The value 0.1 means 10 % less.
   * Default: no discounts
   */
  readonly discounts?: Discounts;
  /**
   * Models behind application inference profiles. Each key is the ARN or the id of a profile. Default: no
   * profiles
   */
  readonly inferenceProfiles?: InferenceProfiles;
  /**
   * ARNs of the application inference profiles to look up in Bedrock. The model of each profile is looked up
   * once, during a call. If the value is true, each profile in a call is looked up, even if the profile does
   * not exist. Default: false
   */
  readonly resolveProfiles?: boolean | readonly string[];
  /**
   * List price for a Claude model id without a prefix such as `us.`: `global` or `in-region`. It is used if
   * AWS has two list prices for the model. Default: the regional price. If the region of the call is unknown,
   * the default is the global price, marked as a lower bound
   */
  readonly bareIdPrice?: BareIdPrice;
  /**
   * Region of the calls. Only some models have prices that differ by region. Default: the value of
   * `AWS_REGION`. If this variable is not set, the prices of the United States apply
   */
  readonly region?: string;
  /**
   * Way in which metrics reach CloudWatch. `emf` prints metrics to the log in the embedded metric format.
   * `putMetricData` sends metrics to the CloudWatch API. Default: `emf` in Lambda, `putMetricData` elsewhere
   */
  readonly sink?: MetricSinkName;
  /**
   * True to add the agent, the incident and a mark to `requestMetadata` of instrumented calls. An ingest of
   * the invocation log skips calls with this mark, so that they are not recorded twice. Default: false
   */
  readonly requestMetadata?: boolean;
  /**
   * Names of operations that instrumented clients do not record. Use this setting if an ingest of the
   * invocation log records these operations. Default: no operations
   */
  readonly leftToIngest?: readonly string[];
  /**
   * True to write a claim with the request id of each call to the trace table. An ingest of OpenTelemetry
   * spans skips calls with a claim, so that they are not recorded twice. Default: false
   */
  readonly claimCalls?: boolean;
  /** True to log a line for each call at level INFO. If false, the line has level DEBUG. Default: false */
  readonly logCalls?: boolean;
  /** Maximum number of items in one request to the trace table, from 1 to 25. Default: 25 */
  readonly batchSize?: number;
  /**
   * Maximum number of traces in the queue. Further traces go to the log as `TraceSpill` lines. Default: 1000
   */
  readonly maxQueue?: number;
  /**
   * Number of seconds between two deliveries of metrics and traces, for calls outside of a handler. Default:
   * 60
   */
  readonly flushIntervalSeconds?: number;
  /**
   * Time limit in milliseconds for the delivery of metrics and traces at the end of a handler. Metrics and
   * traces that are not sent in time go to the log. Default: 1000
   */
  readonly flushTimeoutMs?: number;
  /**
   * Number of consecutive failed requests after which the circuit breaker of the trace table opens. Default:
   * 5
   */
  readonly breakerFailures?: number;
  /**
   * Number of seconds for which the open circuit breaker stops all requests to the trace table. Then one
   * request tests the table. Default: 60
   */
  readonly breakerResetSeconds?: number;
}

/** Options of a tracker: its settings, and two endpoint URLs for tests and private networks. */
export interface TokenTrackerOptions extends TrackerSettings {
  /** Endpoint URL of DynamoDB. Default: the endpoint of the AWS SDK */
  readonly endpoint?: string;
  /**
   * Endpoint URL of CloudWatch. Only the sink `putMetricData` uses it. Default: the endpoint of the AWS SDK
   */
  readonly cloudWatchEndpoint?: string;
}

const MAX_QUEUE = 100_000;
const MAX_SECONDS = 86_400;
/** Maximum of `flushTimeoutMs`: 15 minutes, the longest timeout of a Lambda function. */
const MAX_FLUSH_MS = 900_000;
const MAX_FAILURES = 1000;
/** Maximum number of characters of an invalid value in a warning. */
const SHOWN_LENGTH = 100;
const NAMESPACE = /^(?!AWS\/)[A-Za-z0-9 ._#:/-]+$/;

/** Name, format and validation of one setting, such as `writeShards`. */
interface Setting<T> {
  /** Environment variable of the setting. Undefined if the setting has no variable. */
  readonly variable?: string;
  /** Valid values in words, such as `true or false`. A warning shows these words after "must be". */
  readonly wanted: string;
  /**
   * Parses the value of the environment variable before `accept` checks it. Default: the text is not parsed
   */
  readonly parse?: (text: string) => unknown;
  /**
   * Returns `value` if it is valid, otherwise undefined. If `value` is an object with an invalid entry, logs
   * a warning that begins with `name`.
   */
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
/** Creates a setting with the value true, false or a list. `resolveProfiles` is an example. */
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

function withoutEmpty(value: unknown): unknown {
  return Array.isArray(value) ? value.filter(item => item !== '') : value;
}

const SETTINGS: { readonly [Name in keyof TokenTrackerOptions]-?: Setting<TokenTrackerOptions[Name]> } = {
  agentId: text('an agent id', ENV.agentId),
  agents: {
    ...list(ENV.agents, 'a JSON list of agent ids', id => id.trim() !== ''),
    // A list that is known only at deployment can be empty. Its text is then one empty id.
    parse: json => withoutEmpty(parseJson(json)),
  },
  namespace: text(
    `a namespace of 1 to ${MAX_NAMESPACE_LENGTH} of A-Z a-z 0-9 . - _ / # : and blank that does not ` +
      'begin with AWS/',
    ENV.namespace,
    value => NAMESPACE.test(value) && value.length <= MAX_NAMESPACE_LENGTH,
  ),
  detailLevel: choice(ENV.detailLevel, DETAIL_LEVELS),
  tableName: text('the name or the ARN of a table', ENV.tableName),
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
  claimCalls: flag(ENV.claimCalls),
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
 * Reads the settings from environment variables. An invalid value is ignored, with a warning that contains
 * the name of its variable.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): TrackerSettings {
  return collectSettings(({ variable, parse = value => value }) => {
    const value = variable === undefined ? undefined : env[variable]?.trim();
    return value ? { name: variable!, given: value, value: parse(value) } : undefined;
  });
}

/**
 * Returns the valid options, and logs a warning for each invalid one. Options are checked like environment
 * variables, because a caller without type checks can pass any value.
 */
export function checkedOptions(options: TokenTrackerOptions): TokenTrackerOptions {
  const given = asObject(options) ?? {};
  return collectSettings((_, name) =>
    given[name] === undefined
      ? undefined
      : { name: `The tracker's option ${name}`, given: given[name], value: given[name] },
  );
}

/** Value of a setting before validation, from an environment variable or an option. */
interface Found {
  /** Name of the environment variable or the option, as shown in warnings. */
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
 * Returns an object with only the valid entries of `value`, and logs a warning for each invalid entry.
 * `Object.fromEntries` also copies an entry with the key `__proto__`. An assignment would lose this entry.
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
