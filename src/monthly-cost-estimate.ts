import type { Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { DetailLevel } from './detail-level';
import type { MetricSink } from './metric-sink';
import { costItems, picoOf } from './private/cost-items';
import { countTree } from './private/cost-tree';
import { SERVICE_PRICES_AS_OF, SERVICE_PRICES_REGION } from './private/service-prices';

/**
 * How often a function runs.
 */
export interface FunctionRuns {
  /**
   * What the function is called in the estimate.
   */
  readonly name: string;

  /**
   * Its runs in a month.
   */
  readonly runsPerMonth: number;

  /**
   * Its memory, in megabytes.
   */
  readonly memorySize: number;

  /**
   * How long a run takes.
   */
  readonly duration: Duration;

  /**
   * How many metrics a run asks `GetMetricData` for.
   *
   * @default 0
   */
  readonly metricsRead?: number;
}

/**
 * What is measured in a month.
 */
export interface MonthlyUsage {
  /**
   * How many agents there are.
   */
  readonly agents: number;

  /**
   * How many models they call.
   */
  readonly models: number;

  /**
   * How many (agent, model) pairs make calls.
   *
   * @default - agents × models: each agent calls each model
   */
  readonly pairs?: number;

  /**
   * How much is published of each call.
   *
   * @default DetailLevel.CORE
   */
  readonly detailLevel?: DetailLevel;

  /**
   * Names of metrics that are published only where there is something to tell, such as `InvocationErrors`: each is counted as
   * if there were something all month, in each pair.
   *
   * @default - none
   */
  readonly optionalMetrics?: string[];

  /**
   * Model calls in a month.
   *
   * @default - unknown: what is billed by the call is not in the estimate
   */
  readonly callsPerMonth?: number;

  /**
   * How metrics reach CloudWatch. A line, or a request, is counted for each call.
   *
   * @default MetricSink.EMF
   */
  readonly metricSink?: MetricSink;

  /**
   * Whether each call's trace is written.
   *
   * @default true
   */
  readonly traces?: boolean;

  /**
   * The share of the calls that belong to an incident, 0 to 1: their traces are written to the incident index, too.
   *
   * @default 1
   */
  readonly incidentShare?: number;

  /**
   * How long traces are kept. What is kept for ever (`Duration.days(0)`) is counted as after a year.
   *
   * @default Duration.days(90)
   */
  readonly traceTtl?: Duration;

  /**
   * Whether the table of traces can be restored to a point in time.
   *
   * @default true
   */
  readonly pointInTimeRecovery?: boolean;

  /**
   * How often each trace is read in all; the nightly seal reads it twice.
   *
   * @default 0
   */
  readonly traceReads?: number;

  /**
   * Functions of token analytics itself.
   *
   * @default - none
   */
  readonly functions?: FunctionRuns[];
}

/**
 * What is measured in a month, and what shows it.
 */
export interface MonthlyCostEstimateProps extends MonthlyUsage {
  /**
   * Metrics of standard alarms: each alarm has one, one on metric math as many as it names, one on an anomaly band three.
   *
   * @default 0
   */
  readonly alarmMetrics?: number;

  /**
   * Metrics of alarms with a period under a minute.
   *
   * @default 0
   */
  readonly highResolutionAlarmMetrics?: number;

  /**
   * Alarms on a Metrics Insights query, each counted with a metric for each (agent, model) pair.
   *
   * @default 0
   */
  readonly queryAlarms?: number;

  /**
   * Composite alarms.
   *
   * @default 0
   */
  readonly compositeAlarms?: number;

  /**
   * Dashboards.
   *
   * @default 0
   */
  readonly dashboards?: number;
}

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

const PICO_PER_USD = 1e12;

/**
 * What token analytics itself costs in a month, by list prices of us-east-1: a sum of lines, without the cost of the models.
 *
 * Free tiers are not deducted: an account has them once, for all that is in it. So a small set-up costs less than this: 10
 * metrics, 10 alarms, 3 dashboards, 5 GB of logs, 25 GB of table and 1 million function runs are free each month. Prices of
 * metrics go down in steps that count all metrics of the account; here they begin at the first.
 */
export class MonthlyCostEstimate {
  /**
   * The estimate of what is in a tree of constructs: its alarms and dashboards are counted, as they are at the time of the call.
   *
   * @param scope the tree
   * @param usage what is measured
   * @throws where a number is none or known only at deployment
   */
  public static ofTree(scope: IConstruct, usage: MonthlyUsage): MonthlyCostEstimate {
    return new MonthlyCostEstimate({ ...usage, ...countTree(scope) });
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
   * The day on which the list prices were read, such as `2026-11-22`.
   */
  public readonly pricesAsOf: string = SERVICE_PRICES_AS_OF;

  /**
   * The region that the list prices hold in.
   */
  public readonly pricesRegion: string = SERVICE_PRICES_REGION;

  /**
   * @throws where a number is none or known only at deployment, or a metric is not published
   */
  constructor(props: MonthlyCostEstimateProps) {
    const items = costItems(props);
    this.lines = items.map((item) => {
      const { name, count, price } = item;
      return { name, quantity: Number(count) / Number(price.per), unit: price.unit, unitPrice: usdOf(price.pico), usd: usdOf(picoOf(item)) };
    });
    this.usd = usdOf(items.reduce((sum, item) => sum + picoOf(item), 0n));
  }

  /**
   * The sum, and a line of text for each line.
   */
  public toString(): string {
    const lines = this.lines.map(({ name, quantity, unit, unitPrice, usd }) => `  ${name}: ${shown(quantity)} × ${unitPrice} USD / ${unit} = ${cents(usd)}`);
    return [`About ${cents(this.usd)} a month by list prices of ${this.pricesRegion}, ${this.pricesAsOf}; free tiers are not deducted.`, ...lines].join('\n');
  }
}

function usdOf(pico: bigint): number {
  return Number(pico) / PICO_PER_USD;
}

function shown(quantity: number): string {
  return quantity.toLocaleString('en-US', { maximumSignificantDigits: Math.max(4, Math.trunc(quantity).toString().length) });
}

function cents(usd: number): string {
  return usd > 0 && usd < 0.005 ? 'less than 0.01 USD' : `${usd.toFixed(2)} USD`;
}
