/**
 * Names, units, keys and rules that the CDK constructs and the Lambda runtime share. This file must import
 * nothing, because it is part of both.
 */

// ---------- Namespace and dimensions ----------

/**
 * Default CloudWatch namespace of all metrics. An app with several stages uses one namespace per stage, e.g.
 * `OPX/Analytics/dev`, because no dimension contains the stage.
 */
export const DEFAULT_NAMESPACE = 'OPX/Analytics';

/** Maximum number of characters in a namespace (CloudWatch API reference, PutMetricData). */
export const MAX_NAMESPACE_LENGTH = 255;

/** The only two dimensions of metrics, in the order in which they are written. */
export const DIMENSIONS = { agentId: 'AgentId', model: 'Model' } as const;

/**
 * Dimension value that replaces the names of some agents and models, to limit the number of metrics. All
 * these agents or models share the metrics with the value `Other`.
 */
export const OTHER = 'Other';

/** Cardinality rule: maximum number of agents. Every further agent is counted under {@link OTHER}. */
export const MAX_AGENTS = 50;
/** Cardinality rule: maximum number of models. Every further model is counted under {@link OTHER}. */
export const MAX_MODELS = 25;
/** Maximum characters of an agent id as a dimension value. A longer id is counted under {@link OTHER}. */
export const MAX_AGENT_ID_LENGTH = 64;

/**
 * Patterns of ids that identify one invocation, user or time instead of an agent. An agent id that matches a
 * pattern is counted as {@link OTHER}. Ids in the list of agents are never replaced.
 */
export const ID_SHAPES: readonly RegExp[] = [
  // UUID, with or without hyphens
  /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/i,
  // Other hexadecimal number of 12 or more characters that contains both digits and letters
  /(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,}/i,
  // ULID
  /\b[0-9A-HJKMNP-TV-Z]{26}\b/i,
  // ISO date
  /\d{4}-\d{2}-\d{2}/,
  // Time of day
  /\d{2}:\d{2}/,
  // Six or more digits: counters, epoch timestamps, account ids
  /\d{6,}/,
  // Incident, ticket, case, session, request, user, run or trace, followed by a number of three or more
  // digits
  /\b(?:inc|incident|ticket|case|session|sess|req|request|user|run|trace)[-_#:]?\d{3,}/i,
  // ARN
  /^arn:/i,
  // Email address
  /@/,
];

// ---------- Metrics ----------

/**
 * CloudWatch units of the metrics. CloudWatch has no unit for money, so a cost has the unit `None`. A cost is
 * in US dollars.
 */
export type MetricUnit = 'Count' | 'None' | 'Milliseconds';

/** Scope of a metric. The scope decides the dimension sets of the metric; see {@link DIMENSION_SETS}. */
export type MetricScope = 'pair-and-total' | 'total';

/** CloudWatch statistic that is used to read a metric. */
export type MetricStatistic = 'Sum' | 'Average' | 'Maximum';

/**
 * Level of detail, which decides how many metrics are sent for each pair of agent and model. CloudWatch
 * charges $0.30 a month for each metric of each pair.
 */
export type DetailLevel = 'core' | 'standard';
export const DEFAULT_DETAIL_LEVEL: DetailLevel = 'core';
export const DETAIL_LEVELS: readonly DetailLevel[] = ['core', 'standard'];

/**
 * Ways to deliver metrics to CloudWatch. `emf` writes log lines. `putMetricData` sends PutMetricData
 * requests.
 */
export type MetricSinkName = 'emf' | 'putMetricData';
export const METRIC_SINKS: readonly MetricSinkName[] = ['emf', 'putMetricData'];

/** Definition of one metric. */
export interface MetricContract {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly scope: MetricScope;
  readonly statistic: MetricStatistic;
  /** Lowest detail level that sends the metric. */
  readonly level: DetailLevel;
}

/** All metrics that can be published in the namespace. */
export const METRICS = {
  /**
   * All input tokens of an invocation. This includes tokens that are read from the prompt cache or written to
   * it.
   */
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
  /** Cost in US dollars. Sent only if the price is known. */
  totalCost: { name: 'TotalCost', unit: 'None', scope: 'pair-and-total', statistic: 'Sum', level: 'core' },
  /** Output tokens ÷ input tokens. Sent only if there are input tokens. */
  tokenEfficiency: {
    name: 'TokenEfficiency',
    unit: 'None',
    scope: 'pair-and-total',
    statistic: 'Average',
    level: 'core',
  },
  /** 1 for each invocation that the model answered. */
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
  /** Sent only for answered invocations with a known latency. */
  responseLatency: {
    name: 'ResponseLatency',
    unit: 'Milliseconds',
    scope: 'pair-and-total',
    statistic: 'Average',
    level: 'standard',
  },
  /** 1 for each invocation that the application's own cache answered. */
  cachedResponses: {
    name: 'CachedResponses',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'core',
  },
  /** 1 for each invocation that failed. */
  invocationErrors: {
    name: 'InvocationErrors',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'core',
  },
  /** 1 for each invocation whose price is unknown. The cost of such an invocation is unknown, not zero. */
  unpricedInvocations: {
    name: 'UnpricedInvocations',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'core',
  },
  /** Sent only if the caller reports the number of items in an invocation. */
  tokensPerItem: {
    name: 'TokensPerItem',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Average',
    level: 'core',
  },
  /** Number of lost traces. They were written neither to the table nor to the log. */
  tracesDropped: { name: 'TracesDropped', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /**
   * Number of traces that were written to the log instead of the table. The `replay` command writes them to
   * the table.
   */
  tracesSpilled: { name: 'TracesSpilled', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /**
   * Number of PutMetricData requests after which it is unknown if CloudWatch has stored the values. Each of
   * these requests is written to the log as a `MetricSpill` line. `replay --metrics` sends the request again.
   */
  metricsSpilled: { name: 'MetricsSpilled', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /**
   * Number of metric values that were not sent because of their time. CloudWatch rejects values that are
   * older than two weeks, and values that are more than two hours in the future.
   */
  metricsDropped: { name: 'MetricsDropped', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /** 1 each time the circuit breaker of the trace writer opens. */
  breakerOpened: { name: 'BreakerOpened', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /** Gauge of the budget alert function: cost in US dollars since local midnight. */
  dayToDateCost: { name: 'DayToDateCost', unit: 'None', scope: 'total', statistic: 'Maximum', level: 'core' },
  /** Gauge of the budget alert function: cost in US dollars since the first day of the local month. */
  monthToDateCost: {
    name: 'MonthToDateCost',
    unit: 'None',
    scope: 'total',
    statistic: 'Maximum',
    level: 'core',
  },
} as const satisfies Record<string, MetricContract>;

/** Key of a metric in {@link METRICS}. */
export type MetricKey = keyof typeof METRICS;

/**
 * Dimension sets of each scope. The empty set `[]` is the total over all agents and models. Alarms watch this
 * total.
 */
export const DIMENSION_SETS: Record<MetricScope, readonly (readonly string[])[]> = {
  'pair-and-total': [[], [DIMENSIONS.agentId, DIMENSIONS.model]],
  'total': [[]],
};

// ---------- Environment variables ----------

/** Environment variables that the constructs set, and that the runtime and the handlers read. */
export const ENV = {
  namespace: 'TOKEN_ANALYTICS_NAMESPACE',
  tableName: 'TOKEN_ANALYTICS_TABLE',
  writeShards: 'TOKEN_ANALYTICS_WRITE_SHARDS',
  traceTtlDays: 'TOKEN_ANALYTICS_TTL_DAYS',
  agentId: 'TOKEN_ANALYTICS_AGENT_ID',
  /**
   * JSON list of agent ids. If the list is set, every agent that is not in the list is counted under {@link
   * OTHER}.
   */
  agents: 'TOKEN_ANALYTICS_AGENTS',
  detailLevel: 'TOKEN_ANALYTICS_DETAIL_LEVEL',
  enabled: 'TOKEN_ANALYTICS_ENABLED',
  /** `emf` or `putMetricData`. */
  sink: 'TOKEN_ANALYTICS_SINK',
  /** True if one INFO line is logged for each invocation. */
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
  /** ARN of the SNS topic that receives a message when a budget threshold is reached. */
  alertTopic: 'TOKEN_ANALYTICS_ALERT_TOPIC',
  warningPercent: 'TOKEN_ANALYTICS_WARNING_PERCENT',
  criticalPercent: 'TOKEN_ANALYTICS_CRITICAL_PERCENT',
  /** Name of the dashboard that budget messages link to. */
  dashboardName: 'TOKEN_ANALYTICS_DASHBOARD',
  /** JSON object with custom prices, in USD per million tokens. Each key is a model or a pattern. */
  prices: 'TOKEN_ANALYTICS_PRICES',
  /**
   * JSON object with discounts. Each key is a vendor, a model or a pattern. A discount of 0.1 lowers the list
   * price by 10 %.
   */
  discounts: 'TOKEN_ANALYTICS_DISCOUNTS',
  /** JSON object with the model of each application inference profile. */
  inferenceProfiles: 'TOKEN_ANALYTICS_INFERENCE_PROFILES',
  /** Comma-separated ARNs of the inference profiles to look up in Bedrock. `true` looks up every profile. */
  resolveProfiles: 'TOKEN_ANALYTICS_RESOLVE_PROFILES',
  bareIdPrice: 'TOKEN_ANALYTICS_BARE_ID_PRICE',
  /** True if instrumented clients add agent, incident and {@link RECORDED_MARK} to `requestMetadata`. */
  requestMetadata: 'TOKEN_ANALYTICS_REQUEST_METADATA',
  /** Comma-separated operations that instrumented clients do not record, because the ingest records them. */
  leftToIngest: 'TOKEN_ANALYTICS_LEFT_TO_INGEST',
  /** Comma-separated operations that the ingest skips, because instrumented clients record them. */
  leftToTracker: 'TOKEN_ANALYTICS_LEFT_TO_TRACKER',
  /** JSON object with the agent of each IAM role. Each key is a role name. */
  ingestRoles: 'TOKEN_ANALYTICS_INGEST_ROLES',
  /** Comma-separated names of IAM roles whose log records the ingest skips. */
  ingestIgnoredRoles: 'TOKEN_ANALYTICS_INGEST_IGNORED_ROLES',
  /** URL of the queue for usage that the ingest could not record. */
  ingestQueue: 'TOKEN_ANALYTICS_INGEST_QUEUE',
} as const;

/**
 * Environment variables for the function that sets the account's invocation logging. No other program reads
 * these variables.
 */
export const LOGGING_ENV = {
  /** Name of the log group that Bedrock writes model invocations to. */
  logGroup: 'TOKEN_ANALYTICS_LOGGING_LOG_GROUP',
  /** ARN of the role that Bedrock assumes to write to the log group. */
  role: 'TOKEN_ANALYTICS_LOGGING_ROLE',
  /** Comma-separated kinds of data to log. The possible kinds are in {@link INVOCATION_LOGGING_DATA}. */
  data: 'TOKEN_ANALYTICS_LOGGING_DATA',
  /** Name of the S3 bucket for bodies that are too large for a log record. */
  largeDataBucket: 'TOKEN_ANALYTICS_LOGGING_LARGE_DATA_BUCKET',
  /** Key prefix in the S3 bucket for large bodies. */
  largeDataPrefix: 'TOKEN_ANALYTICS_LOGGING_LARGE_DATA_PREFIX',
  /**
   * Action when the construct is deleted. The possible actions are in {@link INVOCATION_LOGGING_ON_DELETE}.
   */
  onDelete: 'TOKEN_ANALYTICS_LOGGING_ON_DELETE',
  /**
   * ARNs of the stack and of its outermost parent stack, separated by a comma. The function reads the status
   * of both stacks before it changes the logging setting.
   */
  stack: 'TOKEN_ANALYTICS_LOGGING_STACK',
  /** Domain of AWS services in the partition, such as `amazonaws.com`. */
  urlSuffix: 'TOKEN_ANALYTICS_LOGGING_URL_SUFFIX',
} as const;

// ---------- Trace table ----------

/** Keys, index and TTL attribute of the trace table. */
export const TRACE_TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'ttl',
  incidentIndex: { name: 'IncidentIndex', partitionKey: 'incidentId', sortKey: 'sk' },
} as const;

/** Prefixes of the keys in the trace table. {@link KEY_SEPARATOR} joins a prefix to the parts that follow. */
export const KEY_PREFIX = { agent: 'AGENT', day: 'DAY', rollup: 'ROLLUP', alert: 'ALERT' } as const;
export const KEY_SEPARATOR = '#';

/** Default retention of traces, in days. With a retention of 0, traces are kept forever. */
export const DEFAULT_TRACE_TTL_DAYS = 90;
/** Maximum retention of traces, in days. Only a retention of 0 keeps traces longer. */
export const MAX_TRACE_TTL_DAYS = 36_500;
export const DEFAULT_WRITE_SHARDS = 1;
/**
 * Maximum number of write shards. To read one day of an agent, every shard is queried, so each additional
 * shard makes reading more expensive.
 */
export const MAX_WRITE_SHARDS = 100;

// ---------- IAM actions ----------

/** IAM actions to send metrics with PutMetricData. Metrics that are printed to the log need no IAM action. */
export const METRIC_WRITE_ACTIONS = ['cloudwatch:PutMetricData'] as const;
/** IAM actions to write traces. */
export const TRACE_WRITE_ACTIONS = ['dynamodb:BatchWriteItem'] as const;
/** IAM actions to read traces. */
export const TRACE_READ_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'] as const;
/**
 * IAM actions that the nightly rollup needs to read traces. To write rollups, it also needs {@link
 * TRACE_WRITE_ACTIONS}.
 */
export const ROLLUP_READ_ACTIONS = ['dynamodb:Query'] as const;
/**
 * IAM actions of the budget alert function. `PutItem` reserves a message, so that only one run sends the
 * message. `Query` reads the traces of the day.
 */
export const ALERT_ACTIONS = ['dynamodb:PutItem', 'dynamodb:Query'] as const;
/**
 * IAM action with which the ingest writes traces. `PutItem` has a condition, so that a trace that is already
 * in the table is not written again. `BatchWriteItem` supports no conditions.
 */
export const INGEST_WRITE_ACTIONS = ['dynamodb:PutItem'] as const;
/** IAM actions that the ingest needs to queue usage that it could not record. */
export const INGEST_QUEUE_ACTIONS = ['sqs:SendMessage'] as const;
/** IAM actions to set the account's invocation logging. */
export const INVOCATION_LOGGING_ACTIONS = [
  'bedrock:DeleteModelInvocationLoggingConfiguration',
  'bedrock:GetModelInvocationLoggingConfiguration',
  'bedrock:PutModelInvocationLoggingConfiguration',
] as const;
/** IAM actions to distinguish a rollback of the stack from other operations of the stack. */
export const INVOCATION_LOGGING_STACK_ACTIONS = ['cloudformation:DescribeStacks'] as const;
/** IAM actions to look up the model of an application inference profile. */
export const PROFILE_READ_ACTIONS = ['bedrock:GetInferenceProfile'] as const;

// ---------- Budgets ----------

/** Default share of a budget that triggers a warning, in per cent. */
export const DEFAULT_WARNING_PERCENT = 80;
/** Default share of a budget that triggers a critical alert, in per cent. */
export const DEFAULT_CRITICAL_PERCENT = 95;

// ---------- Ingest ----------

/** Name of the schema in the records of Bedrock's model invocation log. */
export const INVOCATION_LOG_SCHEMA = 'ModelInvocationLog';
/**
 * Operations that Bedrock's model invocation log contains (Bedrock User Guide, "Monitor model invocation").
 */
export const LOGGED_OPERATIONS = [
  'Converse',
  'ConverseStream',
  'InvokeModel',
  'InvokeModelWithResponseStream',
] as const;
/** `detail-type` of EventBridge events. Each event reports one invocation. */
export const USAGE_EVENT_TYPE = 'TokenUsage';
/**
 * Entry of `requestMetadata` for an invocation that the caller records. The ingest skips log records with
 * this entry.
 */
export const RECORDED_MARK = { name: 'tokenAnalytics', value: 'recorded' } as const;

// ---------- Invocation logging ----------

/** Kinds of data that log records can contain. */
export const INVOCATION_LOGGING_DATA = ['text', 'image', 'embedding', 'video', 'audio'] as const;
/**
 * Properties of the custom resource. The handler of the resource compares their values with its environment
 * variables.
 */
export const LOGGING_PROPERTY = {
  logGroup: 'logGroupName',
  role: 'roleArn',
  largeDataBucket: 'largeDataBucket',
  largeDataPrefix: 'largeDataPrefix',
} as const;
/** Properties of the custom resource, one for each kind of data. Each value is `true` or `false`. */
export const LOGGING_DATA_PROPERTY = {
  text: 'textData',
  image: 'imageData',
  embedding: 'embeddingData',
  video: 'videoData',
  audio: 'audioData',
} as const satisfies Record<(typeof INVOCATION_LOGGING_DATA)[number], string>;
/** Actions when the construct is deleted: restore the previous setting, or leave the current setting. */
export const INVOCATION_LOGGING_ON_DELETE = { restore: 'restore', leave: 'leave' } as const;

// ---------- Prices ----------

/** Billing buckets of speech tokens. Only speech models have them. */
export const SPEECH_BUCKETS = ['speechInput', 'speechOutput'] as const;
/** All billing buckets of a price. Rates are in USD per million tokens. */
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
 * Maximum rate of a custom price, in US dollars per million tokens. With this limit, each cost fits into the
 * 38 digits of a DynamoDB number.
 */
export const MAX_RATE = 10_000_000;
/** Maximum price factor of a tier. With this limit, a cost fits into the 38 digits of a DynamoDB number. */
export const MAX_TIER_FACTOR = 1000;
/** Billing tiers other than the standard tier. */
export const PRICE_TIERS = ['flex', 'priority', 'batch', 'optimized'] as const;
/**
 * Names of the two list prices of a Claude model whose id has no prefix such as `us.` or `global.`. By
 * default, the region of the invocation decides which price applies.
 */
export const BARE_ID_PRICES = ['global', 'in-region'] as const;
/**
 * Maximum total size in bytes of the environment variables for prices and inference profiles. Lambda allows 4
 * KB for all environment variables of a function (Lambda quotas).
 */
export const MAX_PRICING_ENVIRONMENT_BYTES = 3072;

// ---------- Model ids ----------

/**
 * Vendors in Bedrock's model ids. An id that begins with a vendor has no region prefix, even if the version
 * in the id contains a second dot.
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

/** Pattern for the name of a discount: a vendor, or text that looks like a model id or a pattern. */
export const DISCOUNT_NAME = new RegExp(`^(?:${MODEL_VENDORS.join('|')})$|[.:/*~]`);
/** Pattern of an ARN in any AWS partition. Its groups are service, region, resource type and resource. */
export const MODEL_ARN = /^arn:aws[^:]*:([a-z-]+):([a-z0-9-]*):[^:]*:([a-z-]+)\/(.+)$/;
/** Resource types of the Bedrock ARNs that contain the id of the foundation model. */
export const TRANSPARENT_RESOURCES: readonly string[] = ['foundation-model', 'inference-profile'];
/** Maximum characters of a model name as a dimension value. The runtime shortens longer names with a hash. */
export const MAX_MODEL_NAME_LENGTH = 64;

/**
 * Pattern of a possible region prefix, such as `us.`, `us-gov.` or `apac.`. It also matches prefixes that AWS
 * may add later.
 */
const REGION_PREFIX = /^([a-z]{2,6}(?:-[a-z]+)*)\.(.+)$/;
/**
 * Pattern of a vendor, a dot and the first letter of a model name. A digit after the dot would belong to a
 * version, as in `glm5.1`.
 */
const VENDOR_AND_MODEL = /^[a-z][a-z0-9]*\.[a-z]/;
const VENDOR = /^([a-z][a-z0-9]*)\.(?=[a-z0-9])/;
/** Suffix with the context length of a model variant, such as `:0:200k`, `:2:8k` or `:0:512`. */
const CONTEXT_SUFFIX = /(:\d+):(?:\d+k?|mm)$/;

/** Parts of a model id. The suffix with the context length is removed. */
export interface FoundationModelId {
  /** Model id without region prefix. It is the value of the dimension `Model`, unless it is too long. */
  readonly name: string;
  readonly vendor: string;
  /** Region prefix, such as `us` or `global`. */
  readonly prefix?: string;
}

/** Parses a model id that is not an ARN. Returns undefined if the id does not name a vendor. */
export function foundationModelOf(id: string): FoundationModelId | undefined {
  const prefix = regionPrefixOf(id);
  const rest = prefix === undefined ? id : id.slice(prefix.length + 1);
  const vendor = VENDOR.exec(rest)?.[1];
  return vendor === undefined ? undefined : { name: rest.replace(CONTEXT_SUFFIX, '$1'), vendor, prefix };
}

/** Returns the region prefix of a model id, or undefined if the id has no region prefix. */
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

// ---------- Stack outputs ----------

/**
 * Prefixes of the names of stack outputs. Each prefix is followed by the path of the construct. The
 * `token-analytics` command finds trace tables by these outputs.
 */
export const STACK_OUTPUTS = {
  traceTable: 'TokenAnalyticsTraceTable',
  namespace: 'TokenAnalyticsNamespace',
} as const;

// ---------- CloudWatch Logs ----------

/** Namespace of the metrics that CloudWatch Logs publishes for each log group. */
export const LOGS_NAMESPACE = 'AWS/Logs';
/**
 * CloudWatch metrics that count log lines in an invalid embedded metric format. CloudWatch Logs stores these
 * lines, but extracts no metrics from them (CloudWatch Logs User Guide, "Monitoring with CloudWatch
 * metrics").
 */
export const EMF_ERRORS = {
  parsing: 'EMFParsingErrors',
  validation: 'EMFValidationErrors',
  disabled: 'EMFDisabledErrors',
} as const;
