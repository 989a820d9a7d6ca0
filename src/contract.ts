/**
 * Names, units, keys and rules that the constructs and the runtime share. It imports nothing, so that both
 * halves can import it.
 */

/**
 * The CloudWatch namespace unless another is given. Stages are kept
 * apart by namespace (`OPX/Analytics/dev`), never by a dimension.
 */
export const DEFAULT_NAMESPACE = 'OPX/Analytics';

/** CloudWatch's longest namespace (PutMetricData, API reference). */
export const MAX_NAMESPACE_LENGTH = 255;

/** The only dimensions there are, in the order in which they are written. */
export const DIMENSIONS = { agentId: 'AgentId', model: 'Model' } as const;

/** The dimension value of an agent or model that the cardinality rule does not let through. */
export const OTHER = 'Other';

/**
 * Shapes of an id of one call, user or moment. An agent's name has none of them, so that an agent id with one
 * is counted under {@link OTHER} unless it is among the agents that are given.
 */
export const ID_SHAPES: readonly RegExp[] = [
  // UUID, with or without hyphens; any other long hexadecimal with digits in it
  /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/i,
  /(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,}/i,
  // ULID
  /\b[0-9A-HJKMNP-TV-Z]{26}\b/i,
  // ISO date or time
  /\d{4}-\d{2}-\d{2}/,
  /\d{2}:\d{2}/,
  // Six digits and more: counters, epochs, account ids
  /\d{6,}/,
  // Number of an incident, a ticket, a session or a request
  /\b(?:inc|incident|ticket|case|session|sess|req|request|user|run|trace)[-_#:]?\d{3,}/i,
  // ARN or address
  /^arn:/i,
  /@/,
];

/** Runtime cardinality limits: one more agent or model is counted under {@link OTHER}. */
export const MAX_AGENTS = 50;
export const MAX_MODELS = 25;
/** The longest agent id that becomes a dimension value. */
export const MAX_AGENT_ID_LENGTH = 64;

/** CloudWatch units; there is none for money, so cost is `None` and means US dollars. */
export type MetricUnit = 'Count' | 'None' | 'Milliseconds';

/** Which of the two dimension sets a metric is published under. */
export type MetricScope = 'pair-and-total' | 'total';

/** The statistic that reads a metric rightly. */
export type MetricStatistic = 'Sum' | 'Average' | 'Maximum';

/** How much is sent: each metric name costs $0.30 a month for each (agent, model) pair. */
export type DetailLevel = 'core' | 'standard';
export const DEFAULT_DETAIL_LEVEL: DetailLevel = 'core';
export const DETAIL_LEVELS: readonly DetailLevel[] = ['core', 'standard'];

/** How metrics reach CloudWatch. */
export type MetricSinkName = 'emf' | 'putMetricData';
export const METRIC_SINKS: readonly MetricSinkName[] = ['emf', 'putMetricData'];

/** One metric, as both halves know it. */
export interface MetricContract {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly scope: MetricScope;
  readonly statistic: MetricStatistic;
  /** The lowest detail level that sends it. */
  readonly level: DetailLevel;
}

/** Every metric that can be published in the namespace. */
export const METRICS = {
  /** All input tokens of a call, cached ones included. */
  inputTokens: {
    name: 'InputTokens',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'core',
  },
  outputTokens: {
    name: 'OutputTokens',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'core',
  },
  /** US dollars, sent where the price is known. */
  totalCost: { name: 'TotalCost', unit: 'None', scope: 'pair-and-total', statistic: 'Sum', level: 'core' },
  /** Output ÷ input, sent where input > 0. */
  tokenEfficiency: {
    name: 'TokenEfficiency',
    unit: 'None',
    scope: 'pair-and-total',
    statistic: 'Average',
    level: 'core',
  },
  /** 1 for each call that the model answered. */
  invocationCount: {
    name: 'InvocationCount',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'core',
  },
  totalTokens: {
    name: 'TotalTokens',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'standard',
  },
  cacheReadTokens: {
    name: 'CacheReadTokens',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'standard',
  },
  cacheWriteTokens: {
    name: 'CacheWriteTokens',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'standard',
  },
  /** Sent where the latency of an answered call is known. */
  responseLatency: {
    name: 'ResponseLatency',
    unit: 'Milliseconds',
    scope: 'pair-and-total',
    statistic: 'Average',
    level: 'standard',
  },
  /** 1 for each answer from the application's own cache. */
  cachedResponses: {
    name: 'CachedResponses',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'core',
  },
  /** 1 for each call that failed. */
  invocationErrors: {
    name: 'InvocationErrors',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'core',
  },
  /** 1 for each call whose price is not known: its cost is unknown, not zero. */
  unpricedInvocations: {
    name: 'UnpricedInvocations',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'core',
  },
  /** Sent where the caller says how many items a call held. */
  tokensPerItem: {
    name: 'TokensPerItem',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Average',
    level: 'core',
  },
  /** Traces that reached neither the table nor the log. */
  tracesDropped: { name: 'TracesDropped', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /** Traces that went to the log instead of the table; they can be replayed. */
  tracesSpilled: { name: 'TracesSpilled', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /**
   * PutMetricData requests that CloudWatch may or may not have taken. Each is a `MetricSpill` line in the log
   * that can be replayed.
   */
  metricsSpilled: { name: 'MetricsSpilled', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /** Metric values that CloudWatch does not accept: older than two weeks or more than two hours ahead. */
  metricsDropped: { name: 'MetricsDropped', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /** 1 each time the circuit breaker of the trace writer opened. */
  breakerOpened: { name: 'BreakerOpened', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /**
   * Gauges of the budget alert function: US dollars since
   * local midnight, and since the first of the local month.
   */
  dayToDateCost: { name: 'DayToDateCost', unit: 'None', scope: 'total', statistic: 'Maximum', level: 'core' },
  monthToDateCost: {
    name: 'MonthToDateCost',
    unit: 'None',
    scope: 'total',
    statistic: 'Maximum',
    level: 'core',
  },
} as const satisfies Record<string, MetricContract>;

/** A metric's key in {@link METRICS}. */
export type MetricKey = keyof typeof METRICS;

/**
 * The dimension sets that a metric of a scope is published
 * under; `[]` is the dimensionless total, which alarms watch.
 */
export const DIMENSION_SETS: Record<MetricScope, readonly (readonly string[])[]> = {
  'pair-and-total': [[], [DIMENSIONS.agentId, DIMENSIONS.model]],
  'total': [[]],
};

/** Environment variables, set by the constructs and read by the runtime and the handlers. */
export const ENV = {
  namespace: 'TOKEN_ANALYTICS_NAMESPACE',
  tableName: 'TOKEN_ANALYTICS_TABLE',
  writeShards: 'TOKEN_ANALYTICS_WRITE_SHARDS',
  traceTtlDays: 'TOKEN_ANALYTICS_TTL_DAYS',
  agentId: 'TOKEN_ANALYTICS_AGENT_ID',
  /** JSON list of agent ids. If it is set, no other agent becomes a dimension value. */
  agents: 'TOKEN_ANALYTICS_AGENTS',
  detailLevel: 'TOKEN_ANALYTICS_DETAIL_LEVEL',
  enabled: 'TOKEN_ANALYTICS_ENABLED',
  /** `emf` or `putMetricData`. */
  sink: 'TOKEN_ANALYTICS_SINK',
  /** True to log each call in one line at INFO. */
  logCalls: 'TOKEN_ANALYTICS_LOG_CALLS',
  batchSize: 'TOKEN_ANALYTICS_BATCH_SIZE',
  maxQueue: 'TOKEN_ANALYTICS_MAX_QUEUE',
  flushIntervalSeconds: 'TOKEN_ANALYTICS_FLUSH_INTERVAL_SECONDS',
  flushTimeoutMs: 'TOKEN_ANALYTICS_FLUSH_TIMEOUT_MS',
  breakerFailures: 'TOKEN_ANALYTICS_BREAKER_FAILURES',
  breakerResetSeconds: 'TOKEN_ANALYTICS_BREAKER_RESET_SECONDS',
  dailyBudget: 'TOKEN_ANALYTICS_DAILY_BUDGET',
  monthlyBudget: 'TOKEN_ANALYTICS_MONTHLY_BUDGET',
  timeZone: 'TOKEN_ANALYTICS_TIME_ZONE',
  /** The ARN of the topic that is told of a crossed threshold. */
  alertTopic: 'TOKEN_ANALYTICS_ALERT_TOPIC',
  warningPercent: 'TOKEN_ANALYTICS_WARNING_PERCENT',
  criticalPercent: 'TOKEN_ANALYTICS_CRITICAL_PERCENT',
  /** The dashboard that a message links to, by its name. */
  dashboardName: 'TOKEN_ANALYTICS_DASHBOARD',
  /** JSON: custom prices by model or pattern, in USD per million tokens. */
  prices: 'TOKEN_ANALYTICS_PRICES',
  /** JSON: discounts on list prices by vendor, model or pattern, as shares: 0.1 is 10 % less. */
  discounts: 'TOKEN_ANALYTICS_DISCOUNTS',
  /** JSON: the model that each application inference profile stands for. */
  inferenceProfiles: 'TOKEN_ANALYTICS_INFERENCE_PROFILES',
  /** Comma-separated: ARNs of profiles whose model Bedrock is asked for; or `true` for each that is named. */
  resolveProfiles: 'TOKEN_ANALYTICS_RESOLVE_PROFILES',
  bareIdPrice: 'TOKEN_ANALYTICS_BARE_ID_PRICE',
  /** Whether instrumented calls are stamped in `requestMetadata`. */
  requestMetadata: 'TOKEN_ANALYTICS_REQUEST_METADATA',
  /** Comma-separated: operations that instrumented clients do not record, as the ingest does. */
  leftToIngest: 'TOKEN_ANALYTICS_LEFT_TO_INGEST',
  /**
   * Comma-separated: operations whose log records the ingest
   * does not take, as instrumented clients record them.
   */
  leftToTracker: 'TOKEN_ANALYTICS_LEFT_TO_TRACKER',
  /** JSON: the agent of each role's calls, by the role's name. */
  ingestRoles: 'TOKEN_ANALYTICS_INGEST_ROLES',
  /** Comma-separated: names of roles whose log records the ingest does not take. */
  ingestIgnoredRoles: 'TOKEN_ANALYTICS_INGEST_IGNORED_ROLES',
  /** The URL of the queue of what the ingest could not take in. */
  ingestQueue: 'TOKEN_ANALYTICS_INGEST_QUEUE',
} as const;

/** Environment variables of the function that sets the account's logging. No other program reads them. */
export const LOGGING_ENV = {
  /** Log group that Bedrock logs model invocations to. */
  logGroup: 'TOKEN_ANALYTICS_LOGGING_LOG_GROUP',
  /** The ARN of the role by which Bedrock writes to it. */
  role: 'TOKEN_ANALYTICS_LOGGING_ROLE',
  /** Comma-separated: kinds of {@link INVOCATION_LOGGING_DATA} that log records hold. */
  data: 'TOKEN_ANALYTICS_LOGGING_DATA',
  /** Bucket and key prefix for bodies that are too large for a log record. */
  largeDataBucket: 'TOKEN_ANALYTICS_LOGGING_LARGE_DATA_BUCKET',
  largeDataPrefix: 'TOKEN_ANALYTICS_LOGGING_LARGE_DATA_PREFIX',
  /** `restore` or `leave`. */
  onDelete: 'TOKEN_ANALYTICS_LOGGING_ON_DELETE',
  /** Comma-separated: ARNs of the stack and of the outermost one, whose operations the setting follows. */
  stack: 'TOKEN_ANALYTICS_LOGGING_STACK',
  /** Domain of AWS services in the partition, such as `amazonaws.com`. */
  urlSuffix: 'TOKEN_ANALYTICS_LOGGING_URL_SUFFIX',
} as const;

/** The trace table's keys, index and TTL attribute. */
export const TRACE_TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'ttl',
  incidentIndex: { name: 'IncidentIndex', partitionKey: 'incidentId', sortKey: 'sk' },
} as const;

/** First parts of the trace table's keys; the parts after them are joined by {@link KEY_SEPARATOR}. */
export const KEY_PREFIX = { agent: 'AGENT', day: 'DAY', rollup: 'ROLLUP', alert: 'ALERT' } as const;
export const KEY_SEPARATOR = '#';

/** Exactly what the runtime calls when it sends metrics instead of printing them. */
export const METRIC_WRITE_ACTIONS = ['cloudwatch:PutMetricData'] as const;
/** Exactly what the runtime calls when it writes traces. */
export const TRACE_WRITE_ACTIONS = ['dynamodb:BatchWriteItem'] as const;
/** Exactly what reading traces calls. */
export const TRACE_READ_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'] as const;
/** Exactly what the nightly rollup calls to read; it writes by {@link TRACE_WRITE_ACTIONS}. */
export const ROLLUP_READ_ACTIONS = ['dynamodb:Query'] as const;

/**
 * Exactly what a budget alert calls to claim a threshold and to read the
 * day, beside {@link TRACE_WRITE_ACTIONS}, by which it marks what was sent.
 */
export const ALERT_ACTIONS = ['dynamodb:PutItem', 'dynamodb:Query'] as const;

/** At what share of a budget it is warned of, and at what share that is critical, in per cent. */
export const DEFAULT_WARNING_PERCENT = 80;
export const DEFAULT_CRITICAL_PERCENT = 95;

/**
 * Exactly what the ingest calls: each trace is put on
 * condition that it is not there, which a batch cannot do.
 */
export const INGEST_WRITE_ACTIONS = ['dynamodb:PutItem'] as const;
/** Exactly what the ingest calls to hand over what it could not take in. */
export const INGEST_QUEUE_ACTIONS = ['sqs:SendMessage'] as const;

/**
 * What the records of Bedrock's model invocation log are named, and the
 * operations that it has (Bedrock User Guide, "Monitor model invocation").
 */
export const INVOCATION_LOG_SCHEMA = 'ModelInvocationLog';
export const LOGGED_OPERATIONS = [
  'Converse',
  'ConverseStream',
  'InvokeModel',
  'InvokeModelWithResponseStream',
] as const;
/** The `detail-type` of events that tell one model call each. */
export const USAGE_EVENT_TYPE = 'TokenUsage';
/**
 * The member of `requestMetadata` that says that whoever made
 * the call records it: the ingest passes its log record over.
 */
export const RECORDED_MARK = { name: 'tokenAnalytics', value: 'recorded' } as const;

/** Exactly what setting the account's logging of model invocations calls. */
export const INVOCATION_LOGGING_ACTIONS = [
  'bedrock:DeleteModelInvocationLoggingConfiguration',
  'bedrock:GetModelInvocationLoggingConfiguration',
  'bedrock:PutModelInvocationLoggingConfiguration',
] as const;
/** Exactly what is called to tell a rollback of the stack from other operations. */
export const INVOCATION_LOGGING_STACK_ACTIONS = ['cloudformation:DescribeStacks'] as const;
/** Kinds of data that log records can hold. */
export const INVOCATION_LOGGING_DATA = ['text', 'image', 'embedding', 'video', 'audio'] as const;
/** Properties of the custom resource that the setting's function compares with its environment. */
export const LOGGING_PROPERTY = {
  logGroup: 'logGroupName',
  role: 'roleArn',
  largeDataBucket: 'largeDataBucket',
  largeDataPrefix: 'largeDataPrefix',
} as const;
/** The same for kinds of data: `true` or `false`. */
export const LOGGING_DATA_PROPERTY = {
  text: 'textData',
  image: 'imageData',
  embedding: 'embeddingData',
  video: 'videoData',
  audio: 'audioData',
} as const satisfies Record<(typeof INVOCATION_LOGGING_DATA)[number], string>;
/** Fates of the setting when the construct is deleted. */
export const INVOCATION_LOGGING_ON_DELETE = { restore: 'restore', leave: 'leave' } as const;

/** Billing buckets of speech tokens. Only speech models have them. */
export const SPEECH_BUCKETS = ['speechInput', 'speechOutput'] as const;
/** The billing buckets of a price, in USD per million tokens. */
export const PRICE_BUCKETS = [
  'input',
  'output',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'speechInput',
  'speechOutput',
] as const;
/**
 * Highest rate of a price of your own, in USD per million tokens. No model costs nearly as much, and a cost
 * stays within the 38 digits of a number in DynamoDB.
 */
export const MAX_RATE = 10_000_000;
/** Highest factor of a tier, for the same reason. */
export const MAX_TIER_FACTOR = 1000;
/** How a call may be billed otherwise than at the standard rate. */
export const PRICE_TIERS = ['flex', 'priority', 'batch', 'optimized'] as const;

/**
 * Vendors that Bedrock has had, as model ids begin with them. What begins with one has no region prefix, also
 * if a version gives the id a second dot.
 */
export const MODEL_VENDORS = [
  'ai21',
  'amazon',
  'anthropic',
  'cohere',
  'deepseek',
  'google',
  'luma',
  'meta',
  'minimax',
  'mistral',
  'moonshot',
  'moonshotai',
  'nvidia',
  'openai',
  'qwen',
  'stability',
  'twelvelabs',
  'upstage',
  'writer',
  'xai',
  'zai',
] as const;

/** ARN of any partition: service, region, resource type, resource. */
export const MODEL_ARN = /^arn:aws[^:]*:([a-z-]+):([a-z0-9-]*):[^:]*:([a-z-]+)\/(.+)$/;
/** Resource types of ARNs of Bedrock that name the foundation model itself. */
export const TRANSPARENT_RESOURCES: readonly string[] = ['foundation-model', 'inference-profile'];
/** Longest model name that becomes a dimension value as it is. The runtime ends a longer one in a hash. */
export const MAX_MODEL_NAME_LENGTH = 64;

/** Candidate for a geography: `us.`, `us-gov.`, `apac.`, and those that are still to come. */
const REGION_PREFIX = /^([a-z]{2,6}(?:-[a-z]+)*)\.(.+)$/;
/** Vendor and begin of a model's name. A digit after the dot belongs to a version, as in `glm5.1`. */
const VENDOR_AND_MODEL = /^[a-z][a-z0-9]*\.[a-z]/;
const VENDOR = /^([a-z][a-z0-9]*)\.(?=[a-z0-9])/;
/** Variants of one model by context length, such as `:0:200k`, `:2:8k`, `:0:512`. */
const CONTEXT_SUFFIX = /(:\d+):(?:\d+k?|mm)$/;

/** Plain model id without its region prefix and context suffix. */
export interface FoundationModelId {
  /** Value of the dimension `Model`, unless it is too long. */
  readonly name: string;
  readonly vendor: string;
  /** Region prefix, such as `us` or `global`. */
  readonly prefix?: string;
}

/** Returns the foundation model that a plain id names; undefined if the id does not tell one. */
export function foundationModelOf(id: string): FoundationModelId | undefined {
  const prefix = regionPrefixOf(id);
  const rest = prefix === undefined ? id : id.slice(prefix.length + 1);
  const vendor = VENDOR.exec(rest)?.[1];
  return vendor === undefined ? undefined : { name: rest.replace(CONTEXT_SUFFIX, '$1'), vendor, prefix };
}

function regionPrefixOf(id: string): string | undefined {
  const [, prefix, rest] = REGION_PREFIX.exec(id) ?? [];
  if (prefix === undefined || isVendor(prefix)) return undefined;
  const vendor = VENDOR.exec(rest)?.[1];
  const isPrefix = vendor !== undefined && (isVendor(vendor) || VENDOR_AND_MODEL.test(rest));
  return isPrefix ? prefix : undefined;
}

function isVendor(name: string): boolean {
  return (MODEL_VENDORS as readonly string[]).includes(name);
}

/** Name of a discount: a vendor, or what looks like a model id or a pattern. */
export const DISCOUNT_NAME = new RegExp(`^(?:${MODEL_VENDORS.join('|')})$|[.:/*~]`);

/** Exactly what resolving an application inference profile calls. */
export const PROFILE_READ_ACTIONS = ['bedrock:GetInferenceProfile'] as const;

/**
 * Which list price holds for a bare id of a Claude model that AWS
 * lists at two. Without a choice, the region of the call decides.
 */
export const BARE_ID_PRICES = ['global', 'in-region'] as const;

/**
 * Lambda takes 4 KB of environment variables in all (Lambda
 * quotas); this much of it is left to prices and profiles.
 */
export const MAX_PRICING_ENVIRONMENT_BYTES = 3072;

/** Traces are kept this long, in days; 0 keeps them for ever. */
export const DEFAULT_TRACE_TTL_DAYS = 90;
/** Longest time that the runtime keeps traces for, other than for ever. */
export const MAX_TRACE_TTL_DAYS = 36_500;
export const DEFAULT_WRITE_SHARDS = 1;
/** A read of one agent's day asks each shard: more than this makes reading dear. */
export const MAX_WRITE_SHARDS = 100;

/**
 * The stack's outputs by which the command finds a table, and tells the tables of
 * stages apart: the begin of their names, in which the construct's path follows.
 */
export const STACK_OUTPUTS = {
  traceTable: 'TokenAnalyticsTraceTable',
  namespace: 'TokenAnalyticsNamespace',
} as const;

/** The namespace of CloudWatch Logs' own metrics, by log group. */
export const LOGS_NAMESPACE = 'AWS/Logs';
/**
 * Metric lines that CloudWatch Logs took in and made no metrics of
 * (CloudWatch Logs User Guide, "Monitoring with CloudWatch metrics").
 */
export const EMF_ERRORS = {
  parsing: 'EMFParsingErrors',
  validation: 'EMFValidationErrors',
  disabled: 'EMFDisabledErrors',
} as const;
