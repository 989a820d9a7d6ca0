import { type BillLine, dimensionOf, parsePeriod, type TimePeriod } from './bill-lines';
import { costAndUsage, type CostAndUsageInput } from './cost-and-usage';
import {
  jsonProtocol,
  pageOf,
  type Emulator,
  type EmulatorOptions,
  startEmulator,
} from '../../../local/emulators/emulators';

interface DimensionValuesInput {
  readonly TimePeriod?: TimePeriod;
  readonly Dimension: string;
  readonly SearchString?: string;
  readonly NextPageToken?: string;
}

export interface CostExplorerOptions extends EmulatorOptions {
  readonly lines: readonly BillLine[];
  /**
   * First UTC day whose costs are marked as estimated.
   *
   * @default - no cost is marked as estimated
   */
  readonly estimatedFrom?: string;
  /**
   * Maximum number of groups or dimension values on a page.
   *
   * @default 1000
   */
  readonly pageSize?: number;
  /**
   * First UTC day with data. Requests for earlier days fail.
   *
   * @default - all days have data
   */
  readonly keptFrom?: string;
}

const PAGE_SIZE = 1000;

/** Starts a local server that fakes GetCostAndUsage (daily or monthly) and GetDimensionValues. */
export async function startCostExplorer({
  lines,
  estimatedFrom,
  pageSize = PAGE_SIZE,
  keptFrom,
  ...options
}: CostExplorerOptions): Promise<Emulator> {
  return startEmulator(
    jsonProtocol('AWSInsightsIndexService', {
      GetCostAndUsage: input =>
        costAndUsage(input as unknown as CostAndUsageInput, lines, { estimatedFrom, pageSize, keptFrom }),
      GetDimensionValues: input => {
        const {
          TimePeriod,
          Dimension,
          SearchString = '',
          NextPageToken,
        } = input as unknown as DimensionValuesInput;
        const { start, end } = parsePeriod(TimePeriod, keptFrom);
        const values = [
          ...new Set(
            lines.filter(({ day }) => day >= start && day < end).map(line => dimensionOf(line, Dimension)),
          ),
        ]
          .filter(value => value.toLowerCase().includes(SearchString.toLowerCase()))
          .sort();
        const { page, next } = pageOf(values, NextPageToken, pageSize, 'InvalidNextTokenException');
        return {
          DimensionValues: page.map(Value => ({ Value, Attributes: {} })),
          ReturnSize: page.length,
          TotalSize: values.length,
          NextPageToken: next,
        };
      },
    }),
    options,
  );
}
