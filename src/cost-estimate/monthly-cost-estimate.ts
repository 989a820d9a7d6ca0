import type { IConstruct } from 'constructs';
import { costItems, picoOf } from './items';
import type { FunctionRuns, MonthlyCostEstimateProps, MonthlyUsage } from './monthly-usage';
import { SERVICE_PRICES_AS_OF, SERVICE_PRICES_REGION } from './service-prices';
import { countTree } from './tree';
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

/**
 * One line of an estimate.
 */
export interface MonthlyCostLine {
  /**
   * What is billed.
   */
  readonly name: string;

  /**
   * How many units.
   */
  readonly quantity: number;

  /**
   * What the price is for, such as `metric` or `GB`.
   */
  readonly unit: string;

  /**
   * The list price of a unit, in US dollars.
   */
  readonly unitPrice: number;

  /**
   * Quantity × unit price, in US dollars.
   */
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
 * What token analytics itself costs in a month, by list prices
 * of us-east-1: a sum of lines, without the cost of the models.
 *
 * Free tiers are not deducted: an account has them once, for all that is in it. So a small set-up costs less
 * than this: 10 metrics, 10 alarms, 3 dashboards, 5 GB of logs, 25 GB of table and 1 million function runs
 * are free each month. Prices of metrics go down in steps that count all metrics of the account; here they
 * begin at the first.
 */
export class MonthlyCostEstimate {
  /**
   * The estimate of what is in a tree of constructs: its alarms and
   * dashboards are counted, as they are at the time of the call.
   *
   * @param scope the tree
   * @param usage what is measured
   * @throws where a number is none or known only at deployment
   */
  public static ofTree(scope: IConstruct, usage: MonthlyUsage): MonthlyCostEstimate {
    requireShape(scope, usage, USAGE);
    const props = { ...usage, ...countTree(scope) };
    // Errors then name the construct.
    costItems(scope, props);
    return new MonthlyCostEstimate(props);
  }

  /**
   * The lines, those that cost nothing left out.
   */
  public readonly lines: MonthlyCostLine[];

  /**
   * The sum of the lines, in US dollars.
   */
  public readonly usd: number;

  /**
   * Sentences on what the numbers assume.
   */
  public readonly assumptions: string[];

  /**
   * The day on which the list prices were read, such as `2026-11-22`.
   */
  public readonly pricesAsOf: string = SERVICE_PRICES_AS_OF;

  /**
   * The region that the list prices hold in.
   */
  public readonly pricesRegion: string = SERVICE_PRICES_REGION;

  private readonly measured: string;

  /**
   * @throws where a number is none or known only at deployment, or a metric is not published
   */
  constructor(props: MonthlyCostEstimateProps) {
    requireShape(NAME, props, SHAPE);
    const items = costItems(NAME, props);
    this.assumptions = [...(props.assumptions ?? [])];
    this.measured = `${counted(props.agents, 'agent')} and ${counted(props.models, 'model')}`;
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
   * The sum, a line of text for each line, and the assumptions.
   */
  public toString(): string {
    const lines = this.lines.map(
      ({ name, quantity, unit, unitPrice, usd }) =>
        `  ${name}: ${shown(quantity)} × ${unitPrice} USD / ${unit} = ${cents(usd)}`,
    );
    return [
      `About ${cents(this.usd)} a month for ${this.measured}, by list prices of ${this.pricesRegion}, ` +
        `${this.pricesAsOf}; free tiers are not deducted.`,
      ...lines,
      ...this.assumptions,
    ].join('\n');
  }
}

function counted(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}

function usdOf(pico: bigint): number {
  return Number(pico) / PICO_PER_USD;
}

function shown(quantity: number): string {
  return quantity.toLocaleString('en-US', {
    maximumSignificantDigits: Math.max(4, Math.trunc(quantity).toString().length),
  });
}

function cents(usd: number): string {
  return usd > 0 && usd < 0.005 ? 'less than 0.01 USD' : `${usd.toFixed(2)} USD`;
}
