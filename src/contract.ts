/**
 * Names, units, keys and rules that the CDK constructs and the Lambda runtime share. This file must not
 * import anything, because the build includes it in the constructs and in the runtime.
 */

// ---------- Namespace and dimensions ----------

/**
 * Default CloudWatch namespace of all metrics. An app with several stages uses one namespace per stage, e.g.
 * `OPX/Analytics/dev`, because no dimension contains the stage.
 */
export const DEFAULT_NAMESPACE = 'OPX/Analytics';

/** Maximum number of characters in a namespace (CloudWatch API reference, PutMetricData). */
export const MAX_NAMESPACE_LENGTH = 255;

/** Names of the metric dimensions: the agent and the model of an invocation. */
export const DIMENSIONS = { agentId: 'AgentId', model: 'Model' } as const;

/**
 * Value of the dimension `AgentId` or `Model` for all agents or models without their own metrics. CloudWatch
 * charges for each metric, so the number of names is limited.
 */
export const OTHER = 'Other';

/** Maximum number of agents with their own metrics. Further agents are counted as {@link OTHER}. */
export const MAX_AGENTS = 50;
/** Maximum number of models with their own metrics. Further models are counted as {@link OTHER}. */
export const MAX_MODELS = 25;
/** Maximum length of an agent id in metrics. Agents with longer ids are counted as {@link OTHER}. */
export const MAX_AGENT_ID_LENGTH = 64;

/** Pattern of ARNs and email addresses. Unlike {@link ID_SHAPES}, also applies to ids without a digit. */
const ADDRESS = /^arn:|@/i;
const DIGIT = /\d/;
const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|' +
  'oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
/**
 * Patterns of ids with digits that identify something other than an agent, such as one request or one user.
 * See {@link looksLikeId}.
 */
const ID_SHAPES: readonly RegExp[] = [
  // UUID, with or without hyphens
  /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/i,
  // Hexadecimal number of 7 or more characters with both digits and letters, such as a Git hash
  /(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}/i,
  // ULID: sortable id of 26 letters and digits
  /\b[0-9A-HJKMNP-TV-Z]{26}\b/i,
  // Date: 2026-11-29, 2026-11, 29/11/2026, 29.11.2026, 11/29/26, 29-Nov-2026, Nov 29
  /\d{4}[-/.]\d{1,2}[-/.]\d{1,2}/,
  /\b(?:19|20)\d\d[-/](?:0[1-9]|1[0-2])\b/,
  /\b\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d\b/,
  /\b\d{1,2}\/\d{1,2}\/\d\d\b/,
  new RegExp(`\\b\\d{1,2}[- .]${MONTH}\\b|\\b${MONTH}[- .]\\d`, 'i'),
  // Time of day
  /\d{1,2}:\d{2}/,
  // IPv4 address, or four numbers in a row
  /\d{1,3}[.-]\d{1,3}[.-]\d{1,3}[.-]\d{1,3}/,
  // IPv6 or MAC address
  /(?:[0-9a-f]{1,4}:){3}|::/i,
  // Six or more digits: counters, epoch timestamps, account ids
  /\d{6,}/,
  // Number without a word, or after `#`
  /^\d+$|#\d/,
  // Word such as "incident", "session" or "user", followed by two or more digits, e.g. "ticket-4711"
  /(?:\b|_)(?:inc|incident|ticket|case|session|sess|req|request|user|customer|tenant|account|order|invoice|job|task|thread|chat|message|run|trace)[-_#: ]*(?:\d{3,}|\d\d\b)/i,
  // Ticket such as OPS-1042
  /^[A-Z][A-Z0-9]+-\d+$/,
  /\b[A-Z]{2,10}\d?-\d{3,}$/,
  /^[a-z]{1,5}\d?[-_#:]\d{3,}$/i,
  // Incident by severity such as sev1-1
  /^(?:sev|p)[-_]?\d[-_]\d+$/i,
];

/**
 * Frequency of each pair of letters in English words and in names of software. The row is the first letter of
 * the pair, from a to z. The position in the row is the second letter.
 *
 * Each digit compares the frequency of a pair with its frequency in random text. The digit 7 means that both
 * are equal. Each step up doubles the frequency, and each step down halves it. `scripts/letter-pairs.mjs`
 * computes the digits.
 */
const LETTER_PAIRS: readonly string[] = [
  '38874574725979172989665454',
  '97659533853943953875832253',
  '92658319808732932868731061',
  '86579554944755841784744361',
  '75796663523778564997555652',
  '85439863913844923867833161',
  '84449378912867842984734063',
  '95449424912665941767714072',
  '76878671234879863788460507',
  '95459444848445964584955444',
  '86569655924866653696645264',
  '94569443904854950376743281',
  '97459402903575883374722261',
  '84889694836556854589653253',
  '66775673636889772987867543',
  '94559438814844874977723160',
  '44456444444854454745945444',
  '95679464926666852687753161',
  '74849338815675775489735060',
  '84649538902654850887724073',
  '77777562713889470898341434',
  '95539332911562831464544353',
  '95469548925758952774424442',
  '74869646955575795479654573',
  '86878664833888793797455475',
  '94439433924652753242643267',
];
/** Acronyms in names of software, whose pairs of letters are rare in words. */
const ACRONYMS: ReadonlySet<string> = new Set([
  ...['api', 'aws', 'css', 'csv', 'db', 'docx', 'edi', 'etl', 'gpt', 'gql', 'html', 'http', 'https', 'img'],
  ...['json', 'kpi', 'llm', 'md', 'mqtt', 'mssql', 'nlp', 'npm', 'pdf', 'php', 'png', 'ppt', 'pptx'],
  ...['rfc', 'rss', 'sdk', 'sftp', 'sms', 'sql', 'ssh', 'ssl', 'svg', 'tls', 'txt', 'url', 'vpc', 'xls'],
  ...['xlsx', 'xml', 'yaml', 'yml'],
]);

/** Digit of a pair that is as frequent in words as in random text. */
const BY_CHANCE = 7;

/**
 * Features that are rare in names and frequent in generated ids. Each feature lowers the likeness, which
 * measures how much a part of an id resembles a name.
 *
 * The likeness of a part is the sum of the values of its pairs of letters and of its features. The value -1
 * means half as frequent in names.
 */
const RARE = {
  /** Number among letters, such as 0 in `kab0penx`. */
  number: -4.5,
  /** The digit 2 or 4 between letters, which stands for "to" or "for": `text2sql`. */
  wordDigit: -1,
  /** Each digit of a number after the first. */
  digit: -0.5,
  /** Word of one or two letters among three or more words and numbers, such as `Ox` in `OxTfquUn`. */
  shortWord: -4.5,
} as const;

/**
 * Minimum likeness of a part with {@link FULL_LENGTH} or more characters. Most generated ids have a lower
 * likeness.
 */
const MIN_LIKENESS = -5;
/**
 * Reduction of {@link MIN_LIKENESS} for each character below {@link FULL_LENGTH}. Short parts can be
 * acronyms.
 */
const LENIENCE = 2.5;
const FULL_LENGTH = 8;
/** Minimum number of characters in a part. The likeness of shorter parts is not checked. */
const MIN_LENGTH = 4;
/** Number of letters and digits from which an id must contain a word. Shorter ids are often acronyms. */
const NEEDS_WORD = 7;
const WORD_LENGTH = 3;
const MIN_WORD_LIKENESS = -3;

/**
 * Cardinality rule: returns true if an agent id looks generated, and so identifies a request, a user or a
 * time. Such an id is counted as {@link OTHER}, unless the list of agents contains it. The rule cannot
 * distinguish names of people, customers and tenants from names of agents.
 */
export function looksLikeId(agentId: string): boolean {
  const parts = agentId.split(/[^A-Za-z0-9]+/);
  return (
    ADDRESS.test(agentId) ||
    (DIGIT.test(agentId) && ID_SHAPES.some(shape => shape.test(agentId))) ||
    parts.some(part => part.length >= MIN_LENGTH && !isLikeAName(part)) ||
    (parts.join('').length >= NEEDS_WORD && !parts.flatMap(itemsOf).some(isWord))
  );
}

/** Returns the words and numbers of a part: S, 3, Cleanup and Agent of `S3CleanupAgent`. */
function itemsOf(part: string): readonly string[] {
  return part.match(/\d+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
}

function isWord(item: string): boolean {
  return !DIGIT.test(item) && item.length >= WORD_LENGTH && wordLikeness(item) >= MIN_WORD_LIKENESS;
}

function isLikeAName(part: string): boolean {
  const limit = MIN_LIKENESS - LENIENCE * Math.max(0, FULL_LENGTH - part.length);
  const items = itemsOf(part);
  const likeness = items.map((item, index) =>
    DIGIT.test(item)
      ? numberLikeness(item, index > 0 && index < items.length - 1)
      : wordLikeness(item) + (isShortWord(item, index, items.length) ? RARE.shortWord : 0),
  );
  return likeness.reduce((sum, value) => sum + value, 0) >= limit;
}

function numberLikeness(digits: string, isInside: boolean): number {
  const first = isInside && (digits === '2' || digits === '4') ? RARE.wordDigit : RARE.number;
  return first + (digits.length - 1) * RARE.digit;
}

function isShortWord(word: string, index: number, count: number): boolean {
  return word.length < 3 && count > 2 && !(index === 0 && word === word.toUpperCase());
}

function wordLikeness(word: string): number {
  if (ACRONYMS.has(word.toLowerCase())) return 0;
  const letters = [...word.toLowerCase()].map(letter => letter.charCodeAt(0) - 'a'.charCodeAt(0));
  return letters
    .slice(1)
    .reduce((sum, letter, index) => sum + Number(LETTER_PAIRS[letters[index]][letter]) - BY_CHANCE, 0);
}

// ---------- Metrics ----------

/**
 * CloudWatch unit of a metric. A cost in US dollars has the unit `None`, because CloudWatch has no unit for
 * money.
 */
export type MetricUnit = 'Count' | 'None' | 'Milliseconds';

/**
 * Scope of a metric. `total`: one series for all invocations. `pair-and-total`: the total, and one series for
 * each pair of agent and model.
 */
export type MetricScope = 'pair-and-total' | 'total';

/** Default CloudWatch statistic to read a metric. */
export type MetricStatistic = 'Sum' | 'Average' | 'Maximum';

/**
 * Level of detail of the metrics. `standard` adds metrics such as the latency to the metrics of `core`.
 * CloudWatch charges $0.30 a month for each metric of each pair of agent and model.
 */
export type DetailLevel = 'core' | 'standard';
export const DEFAULT_DETAIL_LEVEL: DetailLevel = 'core';
export const DETAIL_LEVELS: readonly DetailLevel[] = ['core', 'standard'];

/**
 * Way to deliver metrics to CloudWatch: as log lines in embedded metric format (`emf`), or as PutMetricData
 * requests (`putMetricData`).
 */
export type MetricSinkName = 'emf' | 'putMetricData';
export const METRIC_SINKS: readonly MetricSinkName[] = ['emf', 'putMetricData'];

/** Definition of one CloudWatch metric. */
export interface MetricContract {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly scope: MetricScope;
  readonly statistic: MetricStatistic;
  /** Lowest detail level at which the metric is published. `standard` includes all metrics of `core`. */
  readonly level: DetailLevel;
}

/** Definitions of all metrics that the library publishes. */
export const METRICS = {
  /** Number of input tokens, including the tokens that are read from or written to the prompt cache. */
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
  /** Cost of the invocations in US dollars. An invocation without a known price has no value. */
  totalCost: { name: 'TotalCost', unit: 'None', scope: 'pair-and-total', statistic: 'Sum', level: 'core' },
  /** Number of output tokens ÷ number of input tokens. An invocation without input tokens has no value. */
  tokenEfficiency: {
    name: 'TokenEfficiency',
    unit: 'None',
    scope: 'pair-and-total',
    statistic: 'Average',
    level: 'core',
  },
  /** Number of invocations that the model answered. The value is 1 for each invocation. */
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
  /** Response time of answered invocations. An invocation without a known response time has no value. */
  responseLatency: {
    name: 'ResponseLatency',
    unit: 'Milliseconds',
    scope: 'pair-and-total',
    statistic: 'Average',
    level: 'standard',
  },
  /** Number of answers that came from the application's own cache. The value is 1 for each answer. */
  cachedResponses: {
    name: 'CachedResponses',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'core',
  },
  /** Number of failed invocations. The value is 1 for each failed invocation. */
  invocationErrors: {
    name: 'InvocationErrors',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'core',
  },
  /** Number of invocations without a known price. `TotalCost` does not include their cost. */
  unpricedInvocations: {
    name: 'UnpricedInvocations',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Sum',
    level: 'core',
  },
  /**
   * Tokens of an invocation ÷ items in its batch. If the caller does not report the number of items, the
   * invocation has no value.
   */
  tokensPerItem: {
    name: 'TokensPerItem',
    unit: 'Count',
    scope: 'pair-and-total',
    statistic: 'Average',
    level: 'core',
  },
  /** Number of lost traces. A lost trace is neither in the trace table nor in the log. */
  tracesDropped: { name: 'TracesDropped', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /**
   * Number of traces that were written to the log instead of the table. The `replay` command writes them to
   * the table.
   */
  tracesSpilled: { name: 'TracesSpilled', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /**
   * Number of PutMetricData requests that may not have reached CloudWatch. The runtime writes such a request
   * to the log as a `MetricSpill` line, and `replay --metrics` sends it again.
   */
  metricsSpilled: { name: 'MetricsSpilled', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /**
   * Number of metric values that were too old or too new to send. CloudWatch rejects values from more than
   * two weeks ago, and from more than two hours in the future.
   */
  metricsDropped: { name: 'MetricsDropped', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /**
   * Number of times that the circuit breaker of the trace writer opened. While it is open, the runtime writes
   * traces to the log instead of the table.
   */
  breakerOpened: { name: 'BreakerOpened', unit: 'Count', scope: 'total', statistic: 'Sum', level: 'core' },
  /** Cost in US dollars since local midnight. The budget alert function publishes this value at each run. */
  dayToDateCost: { name: 'DayToDateCost', unit: 'None', scope: 'total', statistic: 'Maximum', level: 'core' },
  /**
   * Cost in US dollars since the first day of the local month. The budget alert function publishes this value
   * at each run.
   */
  monthToDateCost: {
    name: 'MonthToDateCost',
    unit: 'None',
    scope: 'total',
    statistic: 'Maximum',
    level: 'core',
  },
} as const satisfies Record<string, MetricContract>;

/** Key of a metric in {@link METRICS}, such as `inputTokens`. */
export type MetricKey = keyof typeof METRICS;

/**
 * Lists of dimensions of a metric in each scope. The empty list `[]` is the total of all agents and models.
 * The alarms read this total.
 */
export const DIMENSION_SETS: Record<MetricScope, readonly (readonly string[])[]> = {
  'pair-and-total': [[], [DIMENSIONS.agentId, DIMENSIONS.model]],
  'total': [[]],
};

// ---------- Environment variables ----------

/** Names of the environment variables that the constructs set on Lambda functions. */
export const ENV = {
  namespace: 'TOKEN_ANALYTICS_NAMESPACE',
  tableName: 'TOKEN_ANALYTICS_TABLE',
  writeShards: 'TOKEN_ANALYTICS_WRITE_SHARDS',
  traceTtlDays: 'TOKEN_ANALYTICS_TTL_DAYS',
  agentId: 'TOKEN_ANALYTICS_AGENT_ID',
  /**
   * Ids of the agents with their own metrics, as a JSON list. All other agents are counted as {@link OTHER}.
   * If the variable is not set, up to {@link MAX_AGENTS} agents have their own metrics.
   */
  agents: 'TOKEN_ANALYTICS_AGENTS',
  detailLevel: 'TOKEN_ANALYTICS_DETAIL_LEVEL',
  enabled: 'TOKEN_ANALYTICS_ENABLED',
  /** Way to deliver metrics to CloudWatch: `emf` or `putMetricData`. */
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
  /**
   * Custom prices as a JSON object, in US dollars per million tokens. Each key is a model id, or a pattern
   * with `*`.
   */
  prices: 'TOKEN_ANALYTICS_PRICES',
  /**
   * Discounts as a JSON object, e.g. `{"anthropic":0.1}`. Each key is a vendor, a model id or a pattern. The
   * value 0.1 lowers the list price by 10 %.
   */
  discounts: 'TOKEN_ANALYTICS_DISCOUNTS',
  /** Model of each application inference profile, as a JSON object. */
  inferenceProfiles: 'TOKEN_ANALYTICS_INFERENCE_PROFILES',
  /**
   * ARNs of inference profiles, separated by commas. The runtime looks up the models of these profiles in
   * Bedrock. `true` means all profiles.
   */
  resolveProfiles: 'TOKEN_ANALYTICS_RESOLVE_PROFILES',
  bareIdPrice: 'TOKEN_ANALYTICS_BARE_ID_PRICE',
  /**
   * True if instrumented clients add `requestMetadata` to each request: the agent, the incident and
   * {@link RECORDED_MARK}. Bedrock writes `requestMetadata` to its invocation log.
   */
  requestMetadata: 'TOKEN_ANALYTICS_REQUEST_METADATA',
  /**
   * Bedrock operations, separated by commas, that only the ingest records. Instrumented clients skip them.
   */
  leftToIngest: 'TOKEN_ANALYTICS_LEFT_TO_INGEST',
  /**
   * Bedrock operations, separated by commas, that only instrumented clients record. The ingest skips them.
   */
  leftToTracker: 'TOKEN_ANALYTICS_LEFT_TO_TRACKER',
  /**
   * Agent of each IAM role, as a JSON object with role names as keys. The ingest counts the invocations of a
   * role for its agent.
   */
  ingestRoles: 'TOKEN_ANALYTICS_INGEST_ROLES',
  /** Names of IAM roles, separated by commas. The ingest skips invocations by these roles. */
  ingestIgnoredRoles: 'TOKEN_ANALYTICS_INGEST_IGNORED_ROLES',
  /** URL of the queue that receives usage data which the ingest could not record. */
  ingestQueue: 'TOKEN_ANALYTICS_INGEST_QUEUE',
  /**
   * Identity of callers that the ingest keeps in `sessionId`, one of {@link CALLERS}. If it is not set, the
   * ingest keeps none.
   */
  ingestCallers: 'TOKEN_ANALYTICS_INGEST_CALLERS',
  /**
   * Agent of each service that sends OpenTelemetry spans, as a JSON object with service names as keys.
   */
  ingestServices: 'TOKEN_ANALYTICS_INGEST_SERVICES',
  /** Names of services, as a JSON array. The ingest skips their spans. */
  ingestIgnoredServices: 'TOKEN_ANALYTICS_INGEST_IGNORED_SERVICES',
  /**
   * Names of services, as a JSON array, whose calls the ingest does not read from the invocation log. All
   * their spans count.
   */
  ingestUnloggedServices: 'TOKEN_ANALYTICS_INGEST_UNLOGGED_SERVICES',
  /** Name of the attribute of a span that contains the incident id. */
  ingestIncidentAttribute: 'TOKEN_ANALYTICS_INGEST_INCIDENT_ATTRIBUTE',
  /** Span that counts if a call has two, one of {@link SPAN_MAKERS}. */
  ingestPreferredSpan: 'TOKEN_ANALYTICS_INGEST_PREFERRED_SPAN',
  /** URL of the queue in which a span waits for the second span of its call. */
  ingestWaitingQueue: 'TOKEN_ANALYTICS_INGEST_WAITING_QUEUE',
  /**
   * True if the ingest also reads the invocation log, which contains the calls of most spans. Such a span
   * counts only if it has a request id that the log does not contain.
   */
  ingestSpansLeftToLog: 'TOKEN_ANALYTICS_INGEST_SPANS_LEFT_TO_LOG',
  /**
   * True if the ingest reads spans. Each component that records a call then also writes a claim with the
   * request id of the call to the trace table, so that no other component counts the call.
   */
  claimCalls: 'TOKEN_ANALYTICS_CLAIM_CALLS',
} as const;

/**
 * Names of the environment variables of the function that sets Bedrock's invocation logging in the account.
 */
export const LOGGING_ENV = {
  /** Name of the log group that Bedrock writes model invocations to. */
  logGroup: 'TOKEN_ANALYTICS_LOGGING_LOG_GROUP',
  /** ARN of the role that Bedrock assumes to write to the log group. */
  role: 'TOKEN_ANALYTICS_LOGGING_ROLE',
  /**
   * Kinds of data to log, separated by commas, such as `text,image`. {@link INVOCATION_LOGGING_DATA} lists
   * all kinds.
   */
  data: 'TOKEN_ANALYTICS_LOGGING_DATA',
  /** Name of the S3 bucket for requests and responses that are too large for a log record. */
  largeDataBucket: 'TOKEN_ANALYTICS_LOGGING_LARGE_DATA_BUCKET',
  /** Prefix of the S3 keys for requests and responses that are too large for a log record. */
  largeDataPrefix: 'TOKEN_ANALYTICS_LOGGING_LARGE_DATA_PREFIX',
  /** Action on the invocation logging when the construct is deleted: `restore` or `leave`. */
  onDelete: 'TOKEN_ANALYTICS_LOGGING_ON_DELETE',
  /**
   * ARN of the stack, a comma, and the ARN of its outermost parent stack. The function reads the status of
   * both stacks to detect a rollback.
   */
  stack: 'TOKEN_ANALYTICS_LOGGING_STACK',
  /** Domain of AWS services in the partition, such as `amazonaws.com`. */
  urlSuffix: 'TOKEN_ANALYTICS_LOGGING_URL_SUFFIX',
} as const;

// ---------- Trace table ----------

/** Names of the key attributes, the index and the TTL attribute of the trace table. */
export const TRACE_TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'ttl',
  incidentIndex: { name: 'IncidentIndex', partitionKey: 'incidentId', sortKey: 'sk' },
} as const;

/**
 * First part of a key in the trace table, e.g. `AGENT` in `AGENT#support#2026-11-22`. {@link KEY_SEPARATOR}
 * separates the parts.
 */
export const KEY_PREFIX = {
  agent: 'AGENT',
  day: 'DAY',
  rollup: 'ROLLUP',
  alert: 'ALERT',
  claim: 'CLAIM',
} as const;
export const KEY_SEPARATOR = '#';

/** Default retention of traces, in days. With a retention of 0, traces are kept forever. */
export const DEFAULT_TRACE_TTL_DAYS = 90;
/** Maximum retention of traces, in days. Only a retention of 0 keeps traces longer. */
export const MAX_TRACE_TTL_DAYS = 36_500;
export const DEFAULT_WRITE_SHARDS = 1;
/**
 * Maximum number of write shards. The traces of one agent and day are spread over the shards. A query reads
 * every shard, so more shards make reading more expensive.
 */
export const MAX_WRITE_SHARDS = 100;

// ---------- IAM actions ----------

/** IAM actions to send metrics as PutMetricData requests. Metrics as log lines need no IAM action. */
export const METRIC_WRITE_ACTIONS = ['cloudwatch:PutMetricData'] as const;
/** IAM actions to write traces. */
export const TRACE_WRITE_ACTIONS = ['dynamodb:BatchWriteItem'] as const;
/** IAM actions to read traces. */
export const TRACE_READ_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'] as const;
/**
 * IAM action with which the nightly rollup reads traces. It writes rollups with {@link TRACE_WRITE_ACTIONS}.
 */
export const ROLLUP_READ_ACTIONS = ['dynamodb:Query'] as const;
/**
 * IAM actions with which the budget alert function uses the trace table. `PutItem` reserves a budget
 * threshold for one run, so that only this run sends a message. `Query` reads the traces of the day.
 */
export const ALERT_ACTIONS = ['dynamodb:PutItem', 'dynamodb:Query'] as const;
/**
 * IAM action with which the ingest writes traces. `PutItem` can skip a trace that is already in the table,
 * but `BatchWriteItem` cannot.
 */
export const INGEST_WRITE_ACTIONS = ['dynamodb:PutItem'] as const;
/** IAM action with which the ingest sends usage data to a queue if it could not record the data. */
export const INGEST_QUEUE_ACTIONS = ['sqs:SendMessage'] as const;
/** IAM actions with which Lambda reads the queue of waiting spans (Lambda Developer Guide, "Amazon SQS"). */
export const INGEST_WAITING_ACTIONS = [
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
] as const;
/** IAM actions to read and change Bedrock's invocation logging in the account. */
export const INVOCATION_LOGGING_ACTIONS = [
  'bedrock:DeleteModelInvocationLoggingConfiguration',
  'bedrock:GetModelInvocationLoggingConfiguration',
  'bedrock:PutModelInvocationLoggingConfiguration',
] as const;
/**
 * IAM action to read the status of the stack. The function reads the status to detect a rollback.
 */
export const INVOCATION_LOGGING_STACK_ACTIONS = ['cloudformation:DescribeStacks'] as const;
/** IAM actions to look up the model of an application inference profile. */
export const PROFILE_READ_ACTIONS = ['bedrock:GetInferenceProfile'] as const;

// ---------- Budgets ----------

/** Default percentage of a budget at which a warning is sent. */
export const DEFAULT_WARNING_PERCENT = 80;
/** Default percentage of a budget at which a critical alert is sent. */
export const DEFAULT_CRITICAL_PERCENT = 95;

// ---------- Ingest ----------

/** Value of `schemaType` in each record of Bedrock's invocation log. */
export const INVOCATION_LOG_SCHEMA = 'ModelInvocationLog';
/**
 * Bedrock operations that Bedrock can write to its invocation log (Bedrock User Guide, "Monitor model
 * invocation").
 */
export const LOGGED_OPERATIONS = [
  'Converse',
  'ConverseStream',
  'InvokeModel',
  'InvokeModelWithResponseStream',
] as const;
/** Maximum number of times that SQS delivers a message of a queue of the ingest. */
export const INGEST_MAX_RECEIVES = 5;
/** IAM action with which the ingest reads the spans that wait in the trace table. */
export const INGEST_NOTES_ACTIONS = ['dynamodb:Query'] as const;
/** Value of `detail-type` in EventBridge events that report an invocation to the ingest. */
export const USAGE_EVENT_TYPE = 'TokenUsage';
/**
 * Name and value in `requestMetadata` of each request that an instrumented client records. The ingest skips
 * log records with this mark, so that no invocation is counted twice.
 */
export const RECORDED_MARK = { name: 'tokenAnalytics', value: 'recorded' } as const;

/**
 * Programs that make a span of a model call: an agent framework such as Strands, or the instrumentation of an
 * AWS SDK client.
 */
export const SPAN_MAKERS = { framework: 'framework', client: 'client' } as const;
/**
 * Time in seconds for which a span waits for other spans of its call, and for the claim of a tracker that
 * delivers every minute.
 */
export const SPAN_WAIT_SECONDS = 120;
/**
 * Time in seconds for which a span waits for a record of the invocation log, or for the claim of a tracker in
 * a Lambda function. 15 minutes are the maximum delay of SQS, and the maximum time of a function.
 */
export const LONG_SPAN_WAIT_SECONDS = 900;
/** Log group to which X-Ray writes spans if Transaction Search is enabled (CloudWatch User Guide). */
export const SPANS_LOG_GROUP = 'aws/spans';
/**
 * Identities of callers that the ingest can keep in `sessionId`. With `session`, e-mail addresses are hashed.
 */
export const CALLERS = { session: 'session', sessionWithEmails: 'session-with-emails' } as const;

// ---------- Invocation logging ----------

/** Kinds of data that Bedrock's invocation log can contain. */
export const INVOCATION_LOGGING_DATA = ['text', 'image', 'embedding', 'video', 'audio'] as const;
/**
 * Names of the properties of the custom resource that sets the invocation logging. Each property must have
 * the same value as its environment variable in {@link LOGGING_ENV}.
 */
export const LOGGING_PROPERTY = {
  logGroup: 'logGroupName',
  role: 'roleArn',
  largeDataBucket: 'largeDataBucket',
  largeDataPrefix: 'largeDataPrefix',
} as const;
/**
 * Names of the custom resource properties for each kind of data. `true` enables the kind of data, and `false`
 * disables it.
 */
export const LOGGING_DATA_PROPERTY = {
  text: 'textData',
  image: 'imageData',
  embedding: 'embeddingData',
  video: 'videoData',
  audio: 'audioData',
} as const satisfies Record<(typeof INVOCATION_LOGGING_DATA)[number], string>;
/**
 * Actions on the account's invocation logging when the app deletes the construct. `restore` undoes the
 * changes of the construct. `leave` keeps the logging as it is.
 */
export const INVOCATION_LOGGING_ON_DELETE = { restore: 'restore', leave: 'leave' } as const;

// ---------- Prices ----------

/** Kinds of tokens that only speech models have. Each kind has its own price. */
export const SPEECH_BUCKETS = ['speechInput', 'speechOutput'] as const;
/** Kinds of tokens with their own price, in US dollars per million tokens. */
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
 * Maximum rate of a custom price, in US dollars per million tokens. DynamoDB numbers have at most 38 digits,
 * and a higher rate could lead to a cost with more digits.
 */
export const MAX_RATE = 10_000_000;
/**
 * Maximum factor of a tier: the price in the tier ÷ the standard price. A higher factor could lead to a cost
 * with more than 38 digits, which DynamoDB cannot store.
 */
export const MAX_TIER_FACTOR = 1000;
/** Bedrock service tiers with their own price. The standard tier is not in this list. */
export const PRICE_TIERS = ['flex', 'priority', 'batch', 'optimized'] as const;
/**
 * List prices for a Claude model id without a prefix such as `us.` or `global.`. By default, the regional
 * price applies if the region is known, and otherwise the global price.
 */
export const BARE_ID_PRICES = ['global', 'in-region'] as const;
/**
 * Maximum number of bytes for prices and inference profiles in environment variables. Lambda allows 4 KB for
 * all environment variables of a function (Lambda quotas).
 */
export const MAX_PRICING_ENVIRONMENT_BYTES = 3072;

// ---------- Model ids ----------

/**
 * Vendors with which Bedrock model ids begin, e.g. `amazon` in `amazon.nova-lite-v1:0`. In
 * `us.amazon.nova-lite-v1:0`, the first part is not a vendor, so it is a region prefix.
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

/** Pattern of a valid key in `discounts`: a vendor such as `anthropic`, a model id, or a pattern with `*`. */
export const DISCOUNT_NAME = new RegExp(`^(?:${MODEL_VENDORS.join('|')})$|[.:/*~]`);
/** Pattern of a model ARN. The groups are the service, the region, the resource type and the resource id. */
export const MODEL_ARN = /^arn:aws[^:]*:([a-z-]+):([a-z0-9-]*):[^:]*:([a-z-]+)\/(.+)$/;
/** Pattern of the text of a CDK token. */
const TOKEN_TEXT = String.raw`\$\{Token\[[^\]]*\]\}`;
/**
 * Pattern of the ARN of a DynamoDB table, with one partition, region and account. The groups are the region,
 * the account and the name. At synth, each part can be a token. The name is checked separately.
 */
export const TABLE_ARN = new RegExp(
  `^arn:(?:${TOKEN_TEXT}|aws[a-z-]*):dynamodb:(${TOKEN_TEXT}|[a-z0-9-]+):(${TOKEN_TEXT}|\\d{12}):` +
    'table/([^/]+)$',
);
/**
 * Resource types of Bedrock ARNs that end with a model id, e.g. `inference-profile/us.amazon.nova-lite-v1:0`.
 */
export const TRANSPARENT_RESOURCES: readonly string[] = ['foundation-model', 'inference-profile'];
/** Maximum length of a model name in metrics. The runtime replaces the end of a longer name with a hash. */
export const MAX_MODEL_NAME_LENGTH = 64;

/**
 * Pattern of a model id. The first group is the part before the first dot, e.g. `us`, `us-gov` or `amazon`.
 * The pattern lists no regions, so it also accepts prefixes that AWS adds later.
 */
const REGION_PREFIX = /^([a-z]{2,6}(?:-[a-z]+)*)\.(.+)$/;
/**
 * Pattern of a vendor, a dot and a letter, e.g. `zai.glm`. It does not match `glm5.1`, because a digit
 * follows the dot.
 */
const VENDOR_AND_MODEL = /^[a-z][a-z0-9]*\.[a-z]/;
const VENDOR = /^([a-z][a-z0-9]*)\.(?=[a-z0-9])/;
/**
 * Pattern of a version and a suffix at the end of a model id, e.g. `:0:200k`. The group is the version, e.g.
 * `:0`.
 */
const CONTEXT_SUFFIX = /(:\d+):(?:\d+k?|mm)$/;

/** Parts of a model id such as `us.amazon.nova-lite-v1:0`. */
export interface FoundationModelId {
  /** Model id without the region prefix, e.g. `amazon.nova-lite-v1:0`. */
  readonly name: string;
  readonly vendor: string;
  /** Region prefix, such as `us` or `global`. */
  readonly prefix?: string;
}

/**
 * Parses a model id that is not an ARN, such as `us.amazon.nova-lite-v1:0`. Returns undefined if the id
 * contains no vendor.
 */
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
 * Prefixes of stack output names. The path of the construct follows the prefix. The `token-analytics` command
 * reads these outputs to find trace tables and namespaces.
 */
export const STACK_OUTPUTS = {
  traceTable: 'TokenAnalyticsTraceTable',
  namespace: 'TokenAnalyticsNamespace',
} as const;

// ---------- CloudWatch Logs ----------

/** CloudWatch namespace of the metrics of CloudWatch Logs. These metrics exist for each log group. */
export const LOGS_NAMESPACE = 'AWS/Logs';
/**
 * Names of the metrics that count log lines from which CloudWatch could not extract metrics (CloudWatch Logs
 * User Guide, "Monitoring with CloudWatch metrics").
 */
export const EMF_ERRORS = {
  parsing: 'EMFParsingErrors',
  validation: 'EMFValidationErrors',
  disabled: 'EMFDisabledErrors',
} as const;

// ---------- Amazon Bedrock ----------

/**
 * Names of the metrics that Amazon Bedrock publishes for each model id of an account and region (Amazon
 * Bedrock User Guide, "Monitor bedrock-runtime inference"). They include the calls of all programs.
 */
export const BEDROCK_METRICS = {
  namespace: 'AWS/Bedrock',
  /** Dimension with the model id in the request, e.g. the id of an inference profile. */
  modelDimension: 'ModelId',
  /**
   * Number of answered calls, without throttled calls. According to a newer version of the page, it also
   * includes calls that failed after Bedrock had accepted them.
   */
  invocations: 'Invocations',
  /** Number of input tokens without cache reads and cache writes. */
  inputTokens: 'InputTokenCount',
  outputTokens: 'OutputTokenCount',
  cacheReadTokens: 'CacheReadInputTokens',
  cacheWriteTokens: 'CacheWriteInputTokens',
} as const;
