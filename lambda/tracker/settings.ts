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
} from '../pricing/price-book';
import { parseBoolean } from '../process/parse-boolean';
import { warnOnce } from '../process/warn-once';
import { MAX_BATCH } from '../traces/queued-item';
import { asObject } from '../usage/counts';

/** What a tracker is told; each option that is left out has its default. */
export interface TrackerSettings {
  /** The agent of calls that name none. */
  readonly agentId?: string;
  /** The agents that become dimension values. Default: each that looks like a name. */
  readonly agents?: readonly string[];
  /** Default: `OPX/Analytics`. */
  readonly namespace?: string;
  /** Default: `core`. */
  readonly detailLevel?: DetailLevel;
  /** The trace table. Default: no traces are written. */
  readonly tableName?: string;
  /** Default: 1. */
  readonly writeShards?: number;
  /** Days until a trace expires; 0 keeps it for ever. Default: 90. */
  readonly traceTtlDays?: number;
  /** Whether anything is measured. Default: true. */
  readonly enabled?: boolean;
  /** Prices that go before the catalog, by model id or pattern, in USD per million tokens. Default: none. */
  readonly customPrices?: CustomPrices;
  /** Discounts on list prices by vendor, model id or pattern, as shares: 0.1 is 10 % less. Default: none. */
  readonly discounts?: Discounts;
  /** The model that each application inference profile stands for, by its ARN or id. Default: none. */
  readonly inferenceProfiles?: InferenceProfiles;
  /**
   * ARNs of application inference profiles whose model Bedrock is asked for: once, beside the call. True asks
   * for each profile that a call names, also for one that a caller made up. Default: false.
   */
  readonly resolveProfiles?: boolean | readonly string[];
  /**
   * Which list price holds for a bare id of a Claude model that AWS lists at two. Default: the regional one
   * where the region of the call is known, else the global one as a lower bound.
   */
  readonly bareIdPrice?: BareIdPrice;
  /**
   * The region of the calls, for models that cost more in
   * some. Default: `AWS_REGION`, else the United States.
   */
  readonly region?: string;
  /**
   * How metrics reach CloudWatch: printed in the embedded metric
   * format, or sent. Default: `emf` in Lambda, else `putMetricData`.
   */
  readonly sink?: MetricSinkName;
  /**
   * Whether instrumented calls are stamped in `requestMetadata`, with their agent, their incident and
   * that they are recorded, so that an ingest of the invocation log passes them over. Default: false.
   */
  readonly requestMetadata?: boolean;
  /**
   * Operations that instrumented clients do not record, as
   * an ingest of the invocation log does. Default: none.
   */
  readonly leftToIngest?: readonly string[];
  /** True to log each call in one line at INFO. Default: false, at DEBUG. */
  readonly logCalls?: boolean;
  /** How many traces go in one request, 1 to 25. Default: 25. */
  readonly batchSize?: number;
  /** How many traces may wait; one more goes to the log as a `TraceSpill` line. Default: 1000. */
  readonly maxQueue?: number;
  /**
   * Outside of a handler, how long metrics and traces wait
   * for others to go with them, in seconds. Default: 60.
   */
  readonly flushIntervalSeconds?: number;
  /**
   * What sending may take at a handler's end, in milliseconds;
   * what is left then goes to the log. Default: 1000.
   */
  readonly flushTimeoutMs?: number;
  /** After so many failed requests in a row, the table is left alone. Default: 5. */
  readonly breakerFailures?: number;
  /** For so long, in seconds; then one request tries it. Default: 60. */
  readonly breakerResetSeconds?: number;
}

/** The same, with what only tests and unusual networks need. */
export interface TokenTrackerOptions extends TrackerSettings {
  /** Where DynamoDB is. Default: the SDK's own. */
  readonly endpoint?: string;
  /** Where CloudWatch is, for the sink `putMetricData`. Default: the SDK's own. */
  readonly cloudWatchEndpoint?: string;
}

const MAX_QUEUE = 100_000;
const MAX_SECONDS = 86_400;
/** Lambda's longest run. */
const MAX_FLUSH_MS = 900_000;
const MAX_FAILURES = 1000;
const SHOWN_LENGTH = 100;
const NAMESPACE = /^(?!AWS\/)[A-Za-z0-9 ._#:/-]+$/;

/** How one setting is read. */
interface Setting<T> {
  /** The environment variable that sets it, where there is one. */
  readonly variable?: string;
  /** The end of the sentence "it must be". */
  readonly wanted: string;
  /** What a variable's text says, before it is looked over. Default: the text. */
  readonly read?: (text: string) => unknown;
  /** The value, if it is a good one; `name` is what a warning calls it. */
  readonly accept: (value: unknown, name: string) => T | undefined;
}

const accept =
  <T>(isGood: (value: T) => boolean, type: string) =>
  (value: unknown) =>
    typeof value === type && isGood(value as T) ? (value as T) : undefined;
const text = (
  wanted: string,
  variable?: string,
  isGood = (value: string) => value !== '',
): Setting<string> => ({ variable, wanted, accept: accept(isGood, 'string') });
const flag = (variable: string): Setting<boolean> => ({
  variable,
  wanted: 'true or false',
  read: parseBoolean,
  accept: accept<boolean>(() => true, 'boolean'),
});
const number = (
  variable: string,
  least: number,
  most: number,
  of = 'a whole number',
  isGood: (value: number) => boolean = Number.isInteger,
): Setting<number> => ({
  variable,
  wanted: `${of} from ${least} to ${most}`,
  read: value => (/^[\d.]+$/.test(value) ? Number(value) : undefined),
  accept: accept<number>(value => value >= least && value <= most && isGood(value), 'number'),
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
  isGood: (value: string) => boolean = () => true,
): Setting<readonly string[]> => ({
  variable,
  wanted,
  read: items =>
    items
      .split(',')
      .map(item => item.trim())
      .filter(item => item !== ''),
  accept: value =>
    Array.isArray(value) && value.length > 0 && value.every(item => typeof item === 'string' && isGood(item))
      ? value
      : undefined,
});
/** Setting that is a switch or a list. */
const flagOrList = (
  all: Setting<boolean>,
  some: Setting<readonly string[]>,
): Setting<boolean | readonly string[]> => ({
  variable: all.variable,
  wanted: `${all.wanted}, or ${some.wanted}`,
  read: value => all.read?.(value) ?? some.read?.(value),
  accept: (value, name) => all.accept(value, name) ?? some.accept(value, name),
});
const entries = <Value>(
  variable: string,
  of: string,
  problemOf: (value: unknown, key: string) => string | undefined,
): Setting<Readonly<Record<string, Value>>> => ({
  variable,
  wanted: `a JSON object of ${of}`,
  read: parsed,
  accept: (value, name) => goodEntries<Value>(value, name, problemOf),
});

const SETTINGS: { readonly [Name in keyof TokenTrackerOptions]-?: Setting<TokenTrackerOptions[Name]> } = {
  agentId: text('an agent id', ENV.agentId),
  agents: {
    ...list(ENV.agents, 'a JSON list of agent ids', id => id.trim() !== ''),
    read: parsed,
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
 * Reads the environment; a bad value is warned of once, by
 * the name of its variable, and its default is taken.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): TrackerSettings {
  return settingsOf(({ variable, read = value => value }) => {
    const value = variable === undefined ? undefined : env[variable]?.trim();
    return value ? { name: variable!, given: value, value: read(value) } : undefined;
  });
}

/** Looks options over in the same way: a program that is not type-checked can give anything. */
export function checkedOptions(options: TokenTrackerOptions): TokenTrackerOptions {
  const given = asObject(options) ?? {};
  return settingsOf((_, name) =>
    given[name] === undefined
      ? undefined
      : { name: `The tracker's option ${name}`, given: given[name], value: given[name] },
  );
}

interface Found {
  /** What a warning calls it. */
  readonly name: string;
  readonly given: unknown;
  readonly value: unknown;
}

function settingsOf(
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
        `${found.name} must be ${setting.wanted}, got: ${shown(found.given)}. The default is taken.`,
      );
    }
  }
  return settings;
}

/**
 * The entries that are good; what is wrong with one is warned of, and
 * the others hold. A key that names the prototype is one like any other.
 */
function goodEntries<Value>(
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
          warnOnce(`entry:${name}:${entry[0]}`, `${name}: ${shown(entry[0])} ${problem}. It is left out.`);
        }
        return problem === undefined;
      }),
    )
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function shown(value: unknown): string {
  return (typeof value === 'string' ? value : typeof value === 'object' ? 'an object' : String(value)).slice(
    0,
    SHOWN_LENGTH,
  );
}
