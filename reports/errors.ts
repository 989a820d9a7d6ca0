/**
 * Details of a {@link ReportArgumentError}, by error code. `argument` is the path of the invalid argument,
 * such as `range.from` or `to.scope`.
 */
export interface ArgumentFields {
  readonly 'empty': { readonly argument: string };
  readonly 'invalid-day': { readonly argument: string; readonly value: string };
  readonly 'reversed-range': { readonly from: string; readonly to: string };
  readonly 'range-too-long': {
    readonly from: string;
    readonly to: string;
    readonly days: number;
    readonly maxDays: number;
  };
  readonly 'invalid-time-zone': { readonly value: string };
  readonly 'not-a-whole-number': {
    readonly argument: string;
    readonly value: number;
    readonly min: number;
    readonly max: number;
  };
  readonly 'not-one-of': {
    readonly argument: string;
    readonly value: string;
    readonly allowed: readonly string[];
  };
  readonly 'not-a-boolean': { readonly argument: string; readonly value: string };
  readonly 'no-limit': object;
  readonly 'invalid-limit': { readonly argument: string; readonly value: number };
  /**
   * `member` is an unknown field of the what-if target (argument `to`). Undefined if the target has no
   * fields.
   */
  readonly 'invalid-target': { readonly member?: string; readonly allowed: readonly string[] };
  readonly 'invalid-region': { readonly argument: string; readonly value: string };
  readonly 'two-models': { readonly model: string; readonly modelId: string };
  readonly 'two-scopes': { readonly modelId: string; readonly scope: string };
  readonly 'two-regions': { readonly modelId: string; readonly region: string };
  readonly 'tier-in-batch': { readonly serviceTier: string };
  readonly 'prefixed-model': { readonly model: string };
  readonly 'unpriced-model': { readonly model: string; readonly suggestions: readonly string[] };
  readonly 'amount-too-large': {
    readonly column: string;
    readonly requestId: string;
    readonly value: bigint;
  };
  readonly 'price-file-too-large': {
    readonly file: string;
    readonly bytes: number;
    readonly maxBytes: number;
  };
  /**
   * `line` and `column` are the position of the first wrong character, counted from 1. Both are
   * undefined if the position is unknown.
   */
  readonly 'price-file-not-json': { readonly file: string; readonly line?: number; readonly column?: number };
  readonly 'price-file-not-an-object': { readonly file: string };
  readonly 'price-file-empty': { readonly file: string };
  /**
   * `problems` has one text for each invalid price. Each text begins with the model id or pattern of the
   * price.
   */
  readonly 'invalid-prices': { readonly file: string; readonly problems: readonly string[] };
}

/** Details of a {@link BillError}, by error code. `awsError` is the name and the message of the AWS error. */
export interface BillFields {
  /** `costUsd` is the price of `maxRequests` requests to Cost Explorer, as decimal text in US dollars. */
  readonly 'request-limit': {
    readonly from: string;
    readonly to: string;
    readonly maxRequests: number;
    readonly costUsd: string;
  };
  readonly 'foreign-currency': { readonly currency: string };
  /** `operation` is the IAM action that AWS refused, such as `ce:GetCostAndUsage`. */
  readonly 'access-denied': { readonly operation: string; readonly awsError: string };
  readonly 'no-data': { readonly awsError: string };
  readonly 'outside-history': { readonly awsError: string };
  readonly 'throttled': { readonly awsError: string };
  readonly 'no-credentials': { readonly awsError: string };
}

type Problem<Fields> = {
  readonly [Code in keyof Fields]: { readonly code: Code } & Fields[Code];
}[keyof Fields];

/** Error code of a {@link ReportArgumentError}, and the details for this code. */
export type ArgumentProblem = Problem<ArgumentFields>;
/** Error code of a {@link BillError}, and the details for this code. */
export type BillProblem = Problem<BillFields>;

/**
 * Error for an invalid argument of a report. `code` says what is wrong, such as `invalid-day`. `problem`
 * contains the code and further details.
 *
 * @example
 * const reports = new UsageReports({ tableName: 'TokenTraces' });
 * await reports.daily('2026-02-30').catch((error: unknown) => {
 *   if (!(error instanceof ReportArgumentError)) throw error;
 *   console.log(error.code, error.problem); // invalid-day
 * });
 */
export class ReportArgumentError extends RangeError {
  /**
   * Returns true for any error with the name and fields of this class. If the module is loaded twice,
   * `instanceof` also accepts errors of the other copy.
   */
  static [Symbol.hasInstance](value: unknown): boolean {
    return isErrorNamed(value, 'ReportArgumentError');
  }

  override readonly name = 'ReportArgumentError';
  /** Error code, such as `invalid-day`. */
  readonly code: keyof ArgumentFields;

  /** @param problem error code, and the details for this code */
  constructor(readonly problem: ArgumentProblem) {
    super(argumentErrorText(problem));
    this.code = problem.code;
  }
}

/**
 * Error for an AWS bill that cannot be read. `code` says why, such as `access-denied`. `problem` contains the
 * code and further details. `cause` is the error of the AWS SDK, or undefined if it threw none.
 */
export class BillError extends Error {
  /**
   * Returns true for any error with the name and fields of this class. If the module is loaded twice,
   * `instanceof` also accepts errors of the other copy.
   */
  static [Symbol.hasInstance](value: unknown): boolean {
    return isErrorNamed(value, 'BillError');
  }

  override readonly name = 'BillError';
  /** Error code, such as `access-denied`. */
  readonly code: keyof BillFields;

  /** @param problem error code, and the details for this code */
  constructor(
    readonly problem: BillProblem,
    options?: ErrorOptions,
  ) {
    super(billErrorText(problem), options);
    this.code = problem.code;
  }
}

/**
 * Function that converts the path of an argument to the name in an error message. For example, the command
 * converts `timeZone` to the name of its option.
 */
export type NameArgument = (argument: string) => string;

type Texts<Fields> = {
  readonly [Code in keyof Fields]: (fields: Fields[Code], nameOf: NameArgument) => string;
};

/** Maximum number of invalid prices that an error message lists. */
const MAX_PROBLEMS = 5;

const ARGUMENT_TEXTS: Texts<ArgumentFields> = {
  'empty': ({ argument }, nameOf) => `${nameOf(argument)} must not be empty`,
  'invalid-day': ({ argument, value }, nameOf) =>
    `${nameOf(argument)} must be a day such as 2026-11-20, got: ${value}`,
  'reversed-range': ({ from, to }, nameOf) =>
    `${nameOf('range.from')} must not be after ${nameOf('range.to')}, got: ${from} and ${to}`,
  'range-too-long': ({ from, to, days, maxDays }) =>
    `the range must have at most ${maxDays} days, got: ${days} (${from} to ${to}). Read fewer days at a time`,
  'invalid-time-zone': ({ value }, nameOf) =>
    `${nameOf('timeZone')} must be an IANA time zone such as Europe/Berlin, got: ${value}`,
  'not-a-whole-number': ({ argument, value, min, max }, nameOf) =>
    `${nameOf(argument)} must be a whole number from ${min} to ${max}, got: ${value}`,
  'not-one-of': ({ argument, value, allowed }, nameOf) =>
    `${nameOf(argument)} must be one of ${allowed.join(', ')}, got: ${value}`,
  'not-a-boolean': ({ argument, value }, nameOf) =>
    `${nameOf(argument)} must be true or false, got: ${value}`,
  'no-limit': (_, nameOf) =>
    `${nameOf('limits.daily')} or ${nameOf('limits.hourly')} must be given, in US dollars. Pass, for ` +
    'example, 25',
  'invalid-limit': ({ argument, value }, nameOf) =>
    `${nameOf(argument)} must be an amount of US dollars, 0 or more, got: ${value}. Pass, for example, 25`,
  'invalid-target': ({ member = 'nothing', allowed }, nameOf) =>
    `${nameOf('to')} must be a model, or an object with some of ${allowed.join(', ')}, got: ${member}`,
  'invalid-region': ({ argument, value }, nameOf) =>
    `${nameOf(argument)} must be an AWS region such as eu-central-1, got: ${value}`,
  'two-models': ({ model, modelId }, nameOf) =>
    `${nameOf('to.model')} and ${nameOf('to.modelId')} must not be given together, got: ${model} and ` +
    `${modelId}. Omit one of them`,
  'two-scopes': ({ modelId, scope }, nameOf) =>
    `${nameOf('to.scope')} must not be given with an inference profile or an ARN, which has a scope of its ` +
    `own, got: ${scope} and ${modelId}. Omit ${nameOf('to.scope')}, or pass the id of the foundation model ` +
    `as ${nameOf('to.model')}`,
  'two-regions': ({ modelId, region }, nameOf) =>
    `${nameOf('to.region')} must be the region of the ARN, got: ${region} and ${modelId}. Omit ` +
    nameOf('to.region'),
  'tier-in-batch': ({ serviceTier }, nameOf) =>
    `${nameOf('to.serviceTier')} must not be given with ${nameOf('to.batch')}, because a batch job has no ` +
    `service tier, got: ${serviceTier}. Omit one of them`,
  'prefixed-model': ({ model }, nameOf) =>
    `${nameOf('to.model')} must be the id of a foundation model without a prefix, got: ${model}. Pass it ` +
    `as ${nameOf('to.modelId')}`,
  'unpriced-model': ({ model, suggestions }, nameOf) =>
    `${nameOf('to')} must be a model that has a price, got: ${model}. ` +
    (suggestions.length > 0
      ? `Did you mean ${suggestions.join(', ')}?`
      : `Add its price to ${nameOf('prices.customPrices')}`),
  'amount-too-large': ({ column, requestId, value }) =>
    `${column} of ${requestId} must fit a 64-bit number of parquet, got: ${value}. Export it as csv, json ` +
    'or jsonl',
  'price-file-too-large': ({ file, bytes, maxBytes }) =>
    `the price file ${file} must have at most ${maxBytes} bytes, got: ${bytes}. Use a pattern for several ` +
    'models',
  'price-file-not-json': ({ file, line, column }) =>
    `the price file ${file} must be JSON` +
    (line === undefined ? '' : `, and is not at line ${line}, column ${column}`) +
    '. It begins with {, has a comma between two members, and no comma after the last',
  'price-file-not-an-object': ({ file }) =>
    `the price file ${file} must be an object of prices by model id, such as { "amazon.nova-lite-v1:0": ` +
    '{ "input": 0.06, "output": 0.24 } }',
  'price-file-empty': ({ file }) => `the price file ${file} must have a price, got: {}`,
  'invalid-prices': ({ file, problems }) => {
    const more = problems.length - MAX_PROBLEMS;
    const shown = problems.slice(0, MAX_PROBLEMS).join('; ');
    return `the price file ${file}: ${shown}${more > 0 ? `; and ${more} more` : ''}`;
  },
};

const BILL_TEXTS: Texts<BillFields> = {
  'request-limit': ({ from, to, maxRequests, costUsd }, nameOf) =>
    `the bill from ${from} to ${to} takes more than ${maxRequests} requests to Cost Explorer ($${costUsd}). ` +
    `Read fewer days, or raise ${nameOf('maxRequests')}`,
  'foreign-currency': ({ currency }) =>
    `the bill must be in USD to be compared with recorded costs, got: ${currency}`,
  'access-denied': ({ operation, awsError }) =>
    `Cost Explorer refused ${operation} (${awsError}). Allow the caller ce:GetCostAndUsage and ` +
    'ce:GetDimensionValues on *, and enable Cost Explorer in the account. A member account also needs ' +
    'access from its management account (Cost Management preferences, "Linked account access")',
  'no-data': ({ awsError }) =>
    `Cost Explorer has no data yet (${awsError}). It takes up to 24 hours after it is first enabled`,
  'outside-history': ({ awsError }) =>
    `Cost Explorer refused the days (${awsError}). It keeps the current month and the 13 months before, ` +
    'and accepts no future days',
  'throttled': ({ awsError }) =>
    `Cost Explorer received too many requests (${awsError}). Try again in some minutes`,
  'no-credentials': ({ awsError }, nameOf) =>
    `there are no AWS credentials for Cost Explorer (${awsError}). Sign in, or name a profile with ` +
    nameOf('AWS_PROFILE'),
};

/**
 * Returns the error message for an invalid argument: what must hold, what was passed and, if not obvious, the
 * fix.
 *
 * @param nameOf converts the path of an argument to its name in the message. Default: no conversion
 */
export function argumentErrorText(problem: ArgumentProblem, nameOf: NameArgument = String): string {
  const text = ARGUMENT_TEXTS[problem.code] as (fields: ArgumentProblem, nameOf: NameArgument) => string;
  return text(problem, nameOf);
}

/**
 * Returns the error message for a bill that cannot be read: the reason and the fix.
 *
 * @param nameOf converts the path of an argument to its name in the message. Default: no conversion
 */
export function billErrorText(problem: BillProblem, nameOf: NameArgument = String): string {
  const text = BILL_TEXTS[problem.code] as (fields: BillProblem, nameOf: NameArgument) => string;
  return text(problem, nameOf);
}

function isErrorNamed(value: unknown, name: string): boolean {
  return value instanceof Error && value.name === name && 'problem' in value;
}
