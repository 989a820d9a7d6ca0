import { BARE_ID_PRICES, DETAIL_LEVELS, type DetailLevel, ENV, MAX_NAMESPACE_LENGTH, MAX_WRITE_SHARDS, METRIC_SINKS, type MetricSinkName } from '../../src/contract';
import { type CustomPrice, type CustomPrices, priceProblem } from '../pricing/custom-prices';
import type { InferenceProfiles } from '../pricing/inference-profiles';
import type { BareIdPrice } from '../pricing/price-book';
import { switchOf } from '../switch';
import { MAX_BATCH } from '../traces/queued-item';
import { objectOf } from '../usage/counts';
import { warnOnce } from '../warn-once';

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
  /** The model that each application inference profile stands for, by its ARN or id. Default: none. */
  readonly inferenceProfiles?: InferenceProfiles;
  /** Whether Bedrock is asked for the model of a profile that is not given: once, beside the call. Default: false. */
  readonly resolveProfiles?: boolean;
  /** Which list price holds for a bare id of a Claude model that AWS lists at two. Default: `global`. */
  readonly bareIdPrice?: BareIdPrice;
  /** The region of the calls, for models that cost more in some. Default: `AWS_REGION`, else the United States. */
  readonly region?: string;
  /** How metrics reach CloudWatch: printed in the embedded metric format, or sent. Default: `emf` in Lambda, else `putMetricData`. */
  readonly sink?: MetricSinkName;
  /** How many traces go in one request, 1 to 25. Default: 25. */
  readonly batchSize?: number;
  /** How many traces may wait; one more goes to the log as a `TraceSpill` line. Default: 1000. */
  readonly maxQueue?: number;
  /** Outside of a handler, how long metrics and traces wait for others to go with them, in seconds. Default: 60. */
  readonly flushIntervalSeconds?: number;
  /** What sending may take at a handler's end, in milliseconds; what is left then goes to the log. Default: 1000. */
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

const MAX_TTL_DAYS = 36_500;
const MAX_QUEUE = 100_000;
const MAX_SECONDS = 86_400;
/** Lambda's longest run. */
const MAX_FLUSH_MS = 900_000;
const MAX_FAILURES = 1000;
const SHOWN_LENGTH = 100;
const NAMESPACE = /^(?!AWS\/)[A-Za-z0-9 ._#:/-]+$/;

/** Reads the environment; a bad value is warned of once, by the name of its variable, and its default is taken. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): TrackerSettings {
  const read = <T>(variable: string, wanted: string, parse: (text: string) => T | undefined): T | undefined => {
    const text = env[variable]?.trim();
    if (!text) return undefined;
    const value = parse(text);
    if (value === undefined) warnOnce(`setting:${variable}`, `${variable} must be ${wanted}, got: ${text.slice(0, SHOWN_LENGTH)}. The default is taken.`);
    return value;
  };
  const number = (variable: string, least: number, most: number, unit = '') => read(variable, `a whole number ${unit}from ${least} to ${most}`, text =>
    /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined);
  return {
    agentId: read(ENV.agentId, 'an agent id', text => text),
    agents: read(ENV.agents, 'agent ids with commas between them', text => text.split(',').map(agent => agent.trim()).filter(agent => agent !== '')),
    namespace: read(ENV.namespace, `a namespace of 1 to ${MAX_NAMESPACE_LENGTH} of A-Z a-z 0-9 . - _ / # : and blank that does not begin with AWS/`, text =>
      NAMESPACE.test(text) && text.length <= MAX_NAMESPACE_LENGTH ? text : undefined),
    detailLevel: read(ENV.detailLevel, DETAIL_LEVELS.join(' or '), text => DETAIL_LEVELS.find(level => level === text.toLowerCase())),
    tableName: read(ENV.tableName, 'a table name', text => text),
    writeShards: number(ENV.writeShards, 1, MAX_WRITE_SHARDS),
    traceTtlDays: number(ENV.traceTtlDays, 0, MAX_TTL_DAYS, 'of days '),
    customPrices: read(ENV.prices, 'a JSON object of prices by model id', pricesOf),
    inferenceProfiles: read(ENV.inferenceProfiles, 'a JSON object of model ids by profile', profilesOf),
    resolveProfiles: read(ENV.resolveProfiles, 'true or false', switchOf),
    bareIdPrice: read(ENV.bareIdPrice, BARE_ID_PRICES.join(' or '), text => BARE_ID_PRICES.find(price => price === text.toLowerCase())),
    region: read('AWS_REGION', 'a region', text => text),
    enabled: read(ENV.enabled, 'true or false', switchOf),
    sink: read(ENV.sink, METRIC_SINKS.join(' or '), text => METRIC_SINKS.find(sink => sink.toLowerCase() === text.toLowerCase())),
    batchSize: number(ENV.batchSize, 1, MAX_BATCH),
    maxQueue: number(ENV.maxQueue, 0, MAX_QUEUE),
    flushIntervalSeconds: number(ENV.flushIntervalSeconds, 1, MAX_SECONDS),
    flushTimeoutMs: number(ENV.flushTimeoutMs, 0, MAX_FLUSH_MS),
    breakerFailures: number(ENV.breakerFailures, 1, MAX_FAILURES),
    breakerResetSeconds: number(ENV.breakerResetSeconds, 1, MAX_SECONDS),
  };
}

/** What is wrong with one price is warned of, and the others hold. */
function pricesOf(text: string): CustomPrices | undefined {
  return entriesOf<CustomPrice>(text, (id, price) => {
    const problem = priceProblem(price);
    if (problem !== undefined) warnOnce(`price:${id}`, `${ENV.prices}: the price of ${id.slice(0, SHOWN_LENGTH)} ${problem}. It is left out.`);
    return problem === undefined;
  });
}

function profilesOf(text: string): InferenceProfiles | undefined {
  return entriesOf<string>(text, (profile, model) => {
    const isModel = typeof model === 'string' && model !== '';
    if (!isModel) warnOnce(`profile:${profile}`, `${ENV.inferenceProfiles}: ${profile.slice(0, SHOWN_LENGTH)} must have a model id. It is left out.`);
    return isModel;
  });
}

/** The entries of a JSON object that are good; a key that names the prototype is one like any other. */
function entriesOf<Value>(text: string, isGood: (key: string, value: unknown) => boolean): Readonly<Record<string, Value>> | undefined {
  try {
    const parsed = objectOf(JSON.parse(text));
    return parsed && Object.fromEntries(Object.entries(parsed).filter((entry): entry is [string, Value] => isGood(...entry)));
  } catch {
    return undefined;
  }
}
