import { refuseIf } from '../../../local/emulators/emulators';

export interface BillLine {
  /** UTC day of the cost, e.g. `2026-11-20`. */
  readonly day: string;
  /** Name of the billed service, such as `Amazon Bedrock` or `Claude Sonnet 4.6 (Amazon Bedrock Edition)`. */
  readonly service: string;
  readonly usageType: string;
  /** Cost in US dollars, as decimal text, e.g. `12.5`. */
  readonly amount: string;
  readonly quantity?: string;
  /**
   * Unit of `quantity`.
   *
   * @default N/A
   */
  readonly unit?: string;
  /**
   * Record type, such as `Usage`, `Credit`, `Refund` or `Tax`.
   *
   * @default Usage
   */
  readonly recordType?: string;
  /**
   * Account to which the cost is billed.
   *
   * @default 123456789012
   */
  readonly account?: string;
  /**
   * Region in which the service was used.
   *
   * @default us-east-1
   */
  readonly region?: string;
}

/** Filter that selects lines of the bill. Exactly one of its members must be set. */
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

export interface CostGroupBy {
  readonly Type?: string;
  readonly Key?: string;
}

/** Days for which costs are requested. `Start` is included, and `End` is not included. */
export interface TimePeriod {
  readonly Start?: string;
  readonly End?: string;
}

const DAY = /^\d{4}-\d\d-\d\d$/;

/**
 * Validates the time period of a request. `keptFrom` is the first day with data.
 *
 * @throws Refusal if Cost Explorer would not accept the period
 */
export function parsePeriod(
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
  refuseIf(!Object.hasOwn(values, dimension), 'ValidationException', `Dimension ${dimension} is unknown`);
  return values[dimension];
}

/** Values that Cost Explorer accepts in `MatchOptions` of a filter. */
const MATCH_OPTIONS: ReadonlySet<string> = new Set(['EQUALS', 'CASE_SENSITIVE']);

export function matchesFilter(filter: CostFilter | undefined, line: BillLine): boolean {
  if (!filter) return true;
  const { And, Or, Not, Dimensions } = filter;
  refuseIf(
    Object.keys(filter).length !== 1,
    'ValidationException',
    'Expression must have one of And, Or, Not, Dimensions',
  );
  if (And) return And.map(each => matchesFilter(each, line)).every(Boolean);
  if (Or) return Or.map(each => matchesFilter(each, line)).some(Boolean);
  if (Not) return !matchesFilter(Not, line);
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

export function groupKeysOf(groupBy: readonly CostGroupBy[] | undefined, line: BillLine): string[] {
  return (groupBy ?? []).map(({ Type, Key = '' }) => {
    refuseIf(Type !== 'DIMENSION', 'ValidationException', `Group type ${Type} is unknown`);
    return dimensionOf(line, Key);
  });
}
