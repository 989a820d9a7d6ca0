import {
  type BillLine,
  type CostFilter,
  type CostGroupBy,
  groupKeysOf,
  parsePeriod,
  matchesFilter,
  type TimePeriod,
} from './bill-lines';
import { picoToDecimalString, usdToPico } from '../../../lambda/pricing/pico';
import { countDays, addUtcDays } from '../../../lambda/rollup/utc-day';
import { pageOf, refuseIf } from '../../../local/emulators/emulators';

export interface CostAndUsageInput {
  readonly TimePeriod?: TimePeriod;
  readonly Granularity?: string;
  readonly Metrics?: readonly string[];
  readonly Filter?: CostFilter;
  readonly GroupBy?: readonly CostGroupBy[];
  readonly NextPageToken?: string;
}

export interface CostAndUsageSettings {
  readonly estimatedFrom?: string;
  readonly pageSize: number;
  readonly keptFrom?: string;
}

interface Group {
  readonly keys: readonly string[];
  readonly lines: BillLine[];
}

/** Group of bill lines on a result page, with the first day of its period. */
interface Entry {
  readonly start: string;
  readonly group?: Group;
}

const METRICS: ReadonlySet<string> = new Set([
  'UnblendedCost',
  'BlendedCost',
  'AmortizedCost',
  'NetUnblendedCost',
  'NetAmortizedCost',
  'UsageQuantity',
]);
const MAX_GROUP_BY = 2;

/** Returns one page of the GetCostAndUsage response: the costs of each day or month, in groups. */
export function costAndUsage(
  input: CostAndUsageInput,
  lines: readonly BillLine[],
  { estimatedFrom, pageSize, keptFrom }: CostAndUsageSettings,
): unknown {
  const { Granularity = '', Metrics = [], GroupBy = [] } = input;
  const period = parsePeriod(input.TimePeriod, keptFrom);
  refuseIf(
    Granularity !== 'DAILY' && Granularity !== 'MONTHLY',
    'ValidationException',
    `Granularity ${Granularity} is not enabled`,
  );
  refuseIf(
    Metrics.length === 0 || Metrics.some(metric => !METRICS.has(metric)),
    'ValidationException',
    `Invalid metrics: ${Metrics.join(', ')}`,
  );
  refuseIf(
    GroupBy.length > MAX_GROUP_BY,
    'ValidationException',
    `Only ${MAX_GROUP_BY} groupings can be specified`,
  );
  const matching = lines
    .filter(line => line.day >= period.start && line.day < period.end)
    .filter(line => matchesFilter(input.Filter, line));
  const starts = periodStarts(period, Granularity === 'MONTHLY');
  const startOf = (day: string) => starts.filter(start => start <= day).at(-1) ?? period.start;
  const entries = starts.flatMap((start): Entry[] => {
    const groups =
      GroupBy.length === 0
        ? []
        : groupsOf(
            matching.filter(({ day }) => startOf(day) === start),
            GroupBy,
          );
    return groups.length === 0 ? [{ start }] : groups.map(group => ({ start, group }));
  });
  const { page, next } = pageOf(entries, input.NextPageToken, pageSize, 'InvalidNextTokenException');
  return {
    GroupDefinitions: GroupBy,
    ResultsByTime: [...new Set(page.map(({ start }) => start))].map(start => {
      const end = starts[starts.indexOf(start) + 1] ?? period.end;
      return {
        TimePeriod: { Start: start, End: end },
        Total:
          GroupBy.length > 0
            ? {}
            : sumMetrics(
                matching.filter(({ day }) => startOf(day) === start),
                Metrics,
              ),
        Groups: page.flatMap(({ start: ofEntry, group }) =>
          ofEntry === start && group ? [{ Keys: group.keys, Metrics: sumMetrics(group.lines, Metrics) }] : [],
        ),
        Estimated: estimatedFrom !== undefined && end > estimatedFrom,
      };
    }),
    NextPageToken: next,
  };
}

function groupsOf(lines: readonly BillLine[], groupBy: readonly CostGroupBy[]): Group[] {
  const groups = new Map<string, Group>();
  for (const line of lines) {
    const keys = groupKeysOf(groupBy, line);
    const name = JSON.stringify(keys);
    const group = groups.get(name) ?? { keys, lines: [] };
    groups.set(name, group);
    group.lines.push(line);
  }
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, group]) => group);
}

/** Adds up each metric over the lines. Cost Explorer also adds quantities that have different units. */
function sumMetrics(
  lines: readonly BillLine[],
  metrics: readonly string[],
): Record<string, { Amount: string; Unit: string }> {
  return Object.fromEntries(
    metrics.map(metric => {
      const isQuantity = metric === 'UsageQuantity';
      const sum = lines.reduce(
        (total, { amount, quantity = '0' }) => total + usdToPico(isQuantity ? quantity : amount),
        0n,
      );
      const units = new Set(lines.map(({ unit = 'N/A' }) => unit));
      const [unit = 'N/A'] = units;
      return [
        metric,
        { Amount: picoToDecimalString(sum), Unit: !isQuantity ? 'USD' : units.size === 1 ? unit : 'N/A' },
      ];
    }),
  );
}

function periodStarts(
  { start, end }: { readonly start: string; readonly end: string },
  monthly: boolean,
): string[] {
  const days = Array.from({ length: countDays(start, end) - 1 }, (_, index) => addUtcDays(start, index));
  return monthly ? days.filter((day, index) => index === 0 || day.endsWith('-01')) : days;
}
