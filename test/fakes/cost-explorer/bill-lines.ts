import { refuseIf } from '../../../local/emulators/emulators';

/** A line of the bill. */
export interface BillLine {
  /** The UTC day. */
  readonly day: string;
  /** Such as `Amazon Bedrock`, `Claude Sonnet 4.6 (Amazon Bedrock Edition)`. */
  readonly service: string;
  readonly usageType: string;
  /** A decimal of US dollars. */
  readonly amount: string;
  readonly quantity?: string;
  /**
   * What the quantity counts.
   *
   * @default N/A
   */
  readonly unit?: string;
  /**
   * `Usage`, `Credit`, `Refund`, `Tax` …
   *
   * @default Usage
   */
  readonly recordType?: string;
  /**
   * The account.
   *
   * @default 123456789012
   */
  readonly account?: string;
  /**
   * The AWS region.
   *
   * @default us-east-1
   */
  readonly region?: string;
}

/** What lines are taken by: one of the four. */
export interface CostFilter {
  readonly And?: readonly CostFilter[];
  readonly Or?: readonly CostFilter[];
  readonly Not?: CostFilter;
  readonly Dimensions?: {
    readonly Key?: string;
    readonly Values?: readonly string[];
    readonly MatchOptions?: readonly string[];
  };
}

/** What lines are grouped by. */
export interface CostGroupBy {
  readonly Type?: string;
  readonly Key?: string;
}

/** The end is not included. */
export interface TimePeriod {
  readonly Start?: string;
  readonly End?: string;
}

const DAY = /^\d{4}-\d\d-\d\d$/;

/** A period that the service takes. */
export function periodOf(
  { Start = '', End = '' }: TimePeriod = {},
  keptFrom = '',
): { readonly start: string; readonly end: string } {
  for (const day of [Start, End]) {
    refuseIf(
      !DAY.test(day) || Number.isNaN(Date.parse(day)),
      'ValidationException',
      `Start/end time must be in yyyy-MM-dd format, got: ${day}`,
    );
  }
  refuseIf(Start >= End, 'ValidationException', 'Start date (and hour) should be before end date (and hour)');
  refuseIf(Start < keptFrom, 'ValidationException', "You haven't enabled historical data beyond 14 months");
  return { start: Start, end: End };
}

/** A line's value of a dimension. */
export function dimensionOf(
  { service, usageType, recordType = 'Usage', account = '123456789012', region = 'us-east-1' }: BillLine,
  dimension: string,
): string {
  const values: Readonly<Record<string, string>> = {
    SERVICE: service,
    USAGE_TYPE: usageType,
    RECORD_TYPE: recordType,
    LINKED_ACCOUNT: account,
    REGION: region,
  };
  refuseIf(
    !Object.hasOwn(values, dimension),
    'ValidationException',
    `Dimension ${dimension} is not known here`,
  );
  return values[dimension];
}

/** Match options of this API, where Budgets has others. */
const MATCH_OPTIONS: ReadonlySet<string> = new Set(['EQUALS', 'CASE_SENSITIVE']);

/** Whether a filter takes a line. */
export function takes(filter: CostFilter | undefined, line: BillLine): boolean {
  if (!filter) return true;
  const { And, Or, Not, Dimensions } = filter;
  refuseIf(
    Object.keys(filter).length !== 1,
    'ValidationException',
    'Expression must have one of And, Or, Not, Dimensions',
  );
  if (And) return And.map(each => takes(each, line)).every(Boolean);
  if (Or) return Or.map(each => takes(each, line)).some(Boolean);
  if (Not) return !takes(Not, line);
  const { Key = '', Values = [], MatchOptions = [] } = Dimensions ?? {};
  const unknown = MatchOptions.filter(option => !MATCH_OPTIONS.has(option));
  refuseIf(
    unknown.length > 0,
    'ValidationException',
    `Unsupported match option: ${unknown.join(', ')}. Only EQUALS and CASE_SENSITIVE are supported`,
  );
  refuseIf(Values.length === 0, 'ValidationException', 'Dimension values cannot be empty');
  return Values.includes(dimensionOf(line, Key));
}

/** What lines are grouped by: at most two. */
export function groupKeysOf(groupBy: readonly CostGroupBy[] | undefined, line: BillLine): string[] {
  return (groupBy ?? []).map(({ Type, Key = '' }) => {
    refuseIf(Type !== 'DIMENSION', 'ValidationException', `Group type ${Type} is not known here`);
    return dimensionOf(line, Key);
  });
}
