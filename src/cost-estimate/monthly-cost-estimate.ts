import type { IConstruct } from 'constructs';
import { costItems, picoOf } from './cost-items';
import { countTree } from './count-tree';
import type { FunctionRuns, MonthlyCostEstimateProps, MonthlyUsage } from './monthly-usage';
import { SERVICE_PRICES_AS_OF, SERVICE_PRICES_REGION } from './service-prices';
import { DetailLevel } from '../metrics/detail-level';
import { MetricSink } from '../metrics/metric-sink';
import {
  BOOLEAN,
  DURATION,
  listOf,
  NUMBER,
  oneOf,
  options,
  required,
  requireShape,
  type Shape,
  TEXT,
  TEXTS,
} from '../private/shape';

/** One line of an estimate. */
export interface MonthlyCostLine {
  /** The name of the billed item. */
  readonly name: string;

  /** The number of billed units. */
  readonly quantity: number;

  /** The unit of the price, such as `metric` or `GB`. */
  readonly unit: string;

  /** The list price of one unit, in US dollars. */
  readonly unitPrice: number;

  /** Quantity × unit price, in US dollars. */
  readonly usd: number;
}

const RUNS: Shape<FunctionRuns> = {
  name: TEXT,
  runsPerMonth: NUMBER,
  memorySize: NUMBER,
  duration: required(DURATION),
  metricsRead: NUMBER,
};
const USAGE: Shape<MonthlyUsage> = {
  agents: required(NUMBER),
  models: required(NUMBER),
  pairs: NUMBER,
  detailLevel: oneOf('DetailLevel', DetailLevel),
  optionalMetrics: TEXTS,
  callsPerMonth: NUMBER,
  metricSink: oneOf('MetricSink', MetricSink),
  traces: BOOLEAN,
  incidentShare: NUMBER,
  traceTtl: DURATION,
  pointInTimeRecovery: BOOLEAN,
  traceReads: NUMBER,
  metricsRead: NUMBER,
  assumptions: TEXTS,
  functions: listOf(options(RUNS)),
};
const SHAPE: Shape<MonthlyCostEstimateProps> = {
  ...USAGE,
  alarmMetrics: NUMBER,
  highResolutionAlarmMetrics: NUMBER,
  queryAlarms: NUMBER,
  compositeAlarms: NUMBER,
  dashboards: NUMBER,
};
const NAME = 'MonthlyCostEstimate';
const PICO_PER_USD = 1e12;

/**
 * Estimated monthly cost of token analytics itself, at list prices of us-east-1. The cost of the models is
 * not included.
 *
 * The estimate does not subtract free tiers, because all resources of an account share them. Each month, 10
 * metrics, 10 alarms, 3 dashboards, 5 GB of logs, 25 GB of table storage and 1 million function runs are
 * free.
 *
 * AWS lowers the price of a custom metric if the account has more than 10,000 metrics. The estimate assumes
 * that the account has no other metrics.
 */
export class MonthlyCostEstimate {
  /**
   * Estimates the cost of all constructs inside `scope`. Constructs that the app adds after this call are not
   * included.
   *
   * @param scope the root of the tree
   * @param usage the usage in a month
   * @throws if a number is invalid or known only at deployment
   */
  public static ofTree(scope: IConstruct, usage: MonthlyUsage): MonthlyCostEstimate {
    requireShape(scope, usage, USAGE);
    const props = { ...usage, ...countTree(scope) };
    // Throws errors that name the construct. Errors of the constructor below cannot name the construct.
    costItems(scope, props);
    return new MonthlyCostEstimate(props);
  }

  /** The lines of the estimate. A line without cost is omitted. */
  public readonly lines: MonthlyCostLine[];

  /** The sum of the lines, in US dollars. */
  public readonly usd: number;

  /** Sentences about the assumptions behind the numbers. */
  public readonly assumptions: string[];

  /** The date on which the list prices were read, such as `2026-11-22`. */
  public readonly pricesAsOf: string = SERVICE_PRICES_AS_OF;

  /** The region of the list prices. */
  public readonly pricesRegion: string = SERVICE_PRICES_REGION;

  /** Size of the app for the text of the estimate, such as "1 agent and 2 models". */
  private readonly sizeText: string;

  /**
   * Estimates the cost for the given usage.
   *
   * @throws if a number is invalid or known only at deployment
   * @throws if `optionalMetrics` contains the name of an unknown metric
   */
  constructor(props: MonthlyCostEstimateProps) {
    requireShape(NAME, props, SHAPE);
    const items = costItems(NAME, props);
    this.assumptions = [...(props.assumptions ?? [])];
    this.sizeText = `${countText(props.agents, 'agent')} and ${countText(props.models, 'model')}`;
    this.lines = items.map(item => {
      const { name, count, price } = item;
      return {
        name,
        quantity: Number(count) / Number(price.per),
        unit: price.unit,
        unitPrice: usdOf(price.pico),
        usd: usdOf(picoOf(item)),
      };
    });
    this.usd = usdOf(items.reduce((sum, item) => sum + picoOf(item), 0n));
  }

  /**
   * Returns the estimate as text: the sum, the lines and the assumptions.
   */
  public toString(): string {
    const lines = this.lines.map(
      ({ name, quantity, unit, unitPrice, usd }) =>
        `  ${name}: ${quantityText(quantity)} × ${unitPrice} USD / ${unit} = ${usdText(usd)}`,
    );
    return [
      `About ${usdText(this.usd)} a month for ${this.sizeText}, by list prices of ${this.pricesRegion}, ` +
        `${this.pricesAsOf}; free tiers are not deducted.`,
      ...lines,
      ...this.assumptions,
    ].join('\n');
  }
}

/** Returns a number with a noun, such as "1 agent" or "2 agents". */
function countText(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function usdOf(pico: bigint): number {
  return Number(pico) / PICO_PER_USD;
}

/**
 * Returns a quantity as text, e.g. "12,345" or "0.01234". Rounds it to four digits, but keeps all digits
 * before the decimal point.
 */
function quantityText(quantity: number): string {
  return quantity.toLocaleString('en-US', {
    maximumSignificantDigits: Math.max(4, Math.trunc(quantity).toString().length),
  });
}

/**
 * Returns an amount as text, such as "1.23 USD". Returns "less than 0.01 USD" instead of "0.00 USD", unless
 * the amount is 0.
 */
function usdText(usd: number): string {
  return usd > 0 && usd < 0.005 ? 'less than 0.01 USD' : `${usd.toFixed(2)} USD`;
}
