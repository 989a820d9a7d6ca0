import { Annotations, CfnOutput, Duration, Names, Stack } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { TokenAnalyticsAlarms } from './alarms/token-analytics-alarms';
import { BudgetAlertLambda } from './budget/budget-alert-lambda';
import { DEFAULT_NAMESPACE, ENV, MAX_AGENT_ID_LENGTH, STACK_OUTPUTS } from './contract';
import { MonthlyCostEstimate } from './cost-estimate/monthly-cost-estimate';
import type { FunctionRuns } from './cost-estimate/monthly-usage';
import { TokenAnalyticsDashboard } from './dashboard/token-analytics-dashboard';
import { TokenDimensionCheck } from './dimension-check/dimension-check';
import { TokenUsageIngest } from './ingest/token-usage-ingest';
import {
  addEnvironment,
  requireOwnFunction,
  requireSamePlace,
  warnOfLogLevel,
} from './instrument/instrumented-function';
import { MetricSink } from './metrics/metric-sink';
import { MAX_MODEL_LENGTH } from './metrics/token-metric';
import { TokenMetrics } from './metrics/token-metrics';
import {
  propError,
  requireDimensionValue,
  requireNames,
  requireNamespace,
  requireUsd,
} from './private/validate';
import { NightlySeal } from './rollup/nightly-rollup';
import type {
  InstrumentFunctionOptions,
  InstrumentOptions,
  TokenAnalyticsProps,
} from './token-analytics-options';
import { type ITokenTraceTable, TokenTraceTable } from './traces/token-trace-table';

/**
 * Runs of the functions in a month of 30 days, for the estimate:
 * what they take at some hundred thousand calls a day.
 */
const SEAL_RUNS: FunctionRuns = {
  name: 'nightly seal',
  runsPerMonth: 30,
  memorySize: 512,
  duration: Duration.seconds(60),
};
const ALERT_RUNS: FunctionRuns = {
  name: 'budget alert',
  runsPerMonth: 720,
  memorySize: 256,
  duration: Duration.seconds(2),
  metricsRead: 1,
};
/** The annotation of the estimate. */
const ESTIMATE_INFO = 'cdk-token-analytics:estimatedMonthlyCost';
/**
 * So much of the construct's path is in an output's name,
 * which has at most 255 characters (CloudFormation quotas).
 */
const MAX_OUTPUT_PATH = 128;
/** The nightly seal reads each day twice, so that late traces are in. */
const SEAL_READS = 2;

/**
 * All that a team needs to know what its agents use and cost: a table of traces, a
 * dashboard, alarms, and what sets functions up. Each part can be replaced or left out.
 *
 * It only observes: nothing is blocked or enforced.
 */
export class TokenAnalytics extends Construct {
  /**
   * The metrics, for alarms and widgets of your own.
   */
  public readonly metrics: TokenMetrics;

  /**
   * The table of traces, where there are some.
   */
  public readonly traceTable?: ITokenTraceTable;

  /**
   * The dashboard, where there is one.
   */
  public readonly dashboard?: TokenAnalyticsDashboard;

  /**
   * The alarms, where there are some.
   */
  public readonly alarms?: TokenAnalyticsAlarms;

  /**
   * The budget alert function; it has no resource unless it is enabled.
   */
  public readonly budgetAlert: BudgetAlertLambda;

  /**
   * The nightly seal, where there is one.
   */
  public readonly nightlySeal?: NightlySeal;

  /**
   * The ingest, where there is one.
   */
  public readonly ingest?: TokenUsageIngest;

  private readonly props: TokenAnalyticsProps;
  private readonly instrumented = new Map<string, string>();

  /**
   * @throws where a budget, the namespace, an agent or a model
   * is none, or a part is both switched off and described
   */
  constructor(scope: Construct, id: string, props: TokenAnalyticsProps) {
    super(scope, id);
    const {
      namespace = DEFAULT_NAMESPACE,
      dailyBudget,
      monthlyBudget,
      agents,
      models,
      notificationTopic,
    } = props;
    // Callers of other languages, and of plain JavaScript, can leave it out.
    if (dailyBudget === undefined) {
      throw propError(this, 'dailyBudget', 'given', undefined, 'Give the amount in US dollars, such as 10.');
    }
    requireUsd(this, 'dailyBudget', dailyBudget);
    requireUsd(this, 'monthlyBudget', monthlyBudget);
    requireNamespace(this, namespace);
    requireNames(this, 'agents', agents, MAX_AGENT_ID_LENGTH);
    requireNames(this, 'models', models, MAX_MODEL_LENGTH);
    this.props = props;
    this.requireConsistent();
    this.metrics = new TokenMetrics({ namespace });

    if (props.traces ?? true) {
      this.traceTable = props.traceTable ?? new TokenTraceTable(this, 'Traces', props.traceTableProps);
    }
    if (this.traceTable && (props.nightlySeal ?? true)) {
      this.nightlySeal = new NightlySeal(this, 'NightlySeal', { traceTable: this.traceTable });
    }
    if (this.traceTable && props.ingest) {
      const { pricing, detailLevel } = props;
      this.ingest = new TokenUsageIngest(this, 'Ingest', {
        pricing,
        detailLevel,
        agents,
        ...given(props.ingest),
        namespace,
        traceTable: this.traceTable,
      });
    }
    this.budgetAlert = new BudgetAlertLambda(this, 'BudgetAlert', {
      // What it tells is read from the traces.
      dailyBudget,
      monthlyBudget,
      ...(this.traceTable ? { notificationTopic, traceTable: this.traceTable } : {}),
      ...given(props.budgetAlertProps),
      namespace,
    });
    if (props.alarms ?? true) {
      const deadLetters = this.ingest && { queues: this.ingest.queues };
      const functionErrors = this.ingest && { functions: this.ingest.functions };
      this.alarms = new TokenAnalyticsAlarms(this, 'Alarms', {
        dailyBudget,
        topic: notificationTopic,
        deadLetters,
        functionErrors,
        ...given(props.alarmOptions),
        namespace,
      });
    }
    if (props.dashboard ?? true) {
      this.dashboard = new TokenAnalyticsDashboard(this, 'Dashboard', {
        dailyBudget,
        monthlyBudget,
        agents,
        models,
        budgetAlert: this.budgetAlert,
        alarms: this.alarms?.alarms,
        ...given(props.dashboardProps),
        namespace,
      });
      this.budgetAlert.linkDashboard(this.dashboard.dashboard.dashboardName);
    }
    if (props.dimensionCheck ?? true) TokenDimensionCheck.applyTo(this, { namespaces: [namespace] });
    if (this.traceTable) this.tellCommand(this.traceTable, namespace);
    Annotations.of(this).addInfoV2(ESTIMATE_INFO, this.estimatedMonthlyCost.toString());
  }

  /**
   * What this costs in a month, by list prices and without the models: for the agents and models that
   * are named, or for one of each, and for `callsPerMonth`. Alarms and dashboards are those in here.
   */
  public get estimatedMonthlyCost(): MonthlyCostEstimate {
    const { agents = [], models = [], detailLevel, metricSink, callsPerMonth, traceTableProps } = this.props;
    return MonthlyCostEstimate.ofTree(this, {
      agents: Math.max(agents.length, 1),
      models: Math.max(models.length, 1),
      detailLevel,
      metricSink,
      callsPerMonth,
      traces: this.traceTable !== undefined,
      traceTtl: traceTableProps?.traceTtl,
      pointInTimeRecovery: traceTableProps?.pointInTimeRecovery,
      traceReads: this.nightlySeal ? SEAL_READS : 0,
      functions: [
        ...(this.nightlySeal ? [SEAL_RUNS] : []),
        ...(this.budgetAlert.enabled ? [ALERT_RUNS] : []),
      ],
    });
  }

  /**
   * Sets a Lambda function up, so that `TokenTracker.fromEnvironment()` in it measures its calls:
   * environment, rights, and the layer where one is given. Node.js alone runs the tracker; a function of any
   * other language reports through an ingest.
   *
   * @param fn a function of this app
   * @param options whose calls it makes
   * @throws for an imported function, a version or an alias, for one of
   * another region or account, and for one that has another agent already
   */
  public instrument(fn: lambda.IFunction, options: InstrumentFunctionOptions): void {
    const own = requireOwnFunction(this, fn);
    const known = this.instrumented.get(fn.node.path);
    if (known !== undefined) {
      throw propError(
        this,
        'fn',
        'instrumented once',
        `${fn.node.path}, for the agent ${known}`,
        'Name the agent of single calls in code, by `run` or `instrument` of the tracker.',
      );
    }
    if (this.traceTable) requireSamePlace(this, fn, 'the trace table');
    addEnvironment(own, this.environment(options));
    this.instrumented.set(fn.node.path, options.agentId);
    if (options.layer) own.addLayers(options.layer);
    this.grantSink(fn, this.props.metricSink ?? MetricSink.EMF);
    if (this.props.metricSink !== MetricSink.PUT_METRIC_DATA) warnOfLogLevel(fn);
  }

  /**
   * The environment variables of a program that is no Lambda function, such as a
   * container of ECS or of AgentCore, an EC2 instance; its role needs `grant`.
   *
   * @param options whose calls it makes
   */
  public environment(options: InstrumentOptions): { [key: string]: string } {
    const { agents, detailLevel, metricSink, pricing } = this.props;
    requireDimensionValue(this, 'agentId', options.agentId, MAX_AGENT_ID_LENGTH);
    if (agents && !agents.includes(options.agentId)) {
      throw propError(
        this,
        'agentId',
        `one of \`agents\` (${agents.join(', ')})`,
        options.agentId,
        'Add it there; it would be counted under Other.',
      );
    }
    return {
      [ENV.agentId]: options.agentId,
      [ENV.namespace]: this.metrics.namespace,
      ...(agents ? { [ENV.agents]: agents.join(',') } : {}),
      ...(detailLevel === undefined ? {} : { [ENV.detailLevel]: detailLevel }),
      ...(metricSink === undefined ? {} : { [ENV.sink]: metricSink }),
      ...this.traceTable?.environment,
      ...pricing?.environment,
      ...this.ingest?.trackerEnvironment(),
    };
  }

  /**
   * Lets the role of a program that is no Lambda function do all that the runtime does there:
   * write traces, ask for the models of profiles, and put metrics, unless they are printed.
   *
   * @param grantee the program's role
   */
  public grant(grantee: iam.IGrantable): void {
    this.grantSink(grantee, this.props.metricSink ?? MetricSink.PUT_METRIC_DATA);
  }

  /**
   * Lets a grantee write traces; nothing where there are none.
   *
   * @param grantee who writes
   */
  public grantWriteTraces(grantee: iam.IGrantable): void {
    this.traceTable?.grantWriteTraces(grantee);
  }

  /**
   * Lets a grantee publish metrics of the namespace by PutMetricData.
   *
   * @param grantee who publishes
   */
  public grantPutMetricData(grantee: iam.IGrantable): void {
    this.metrics.grantPutMetricData(grantee);
  }

  private grantSink(grantee: iam.IGrantable, sink: MetricSink): void {
    this.grantWriteTraces(grantee);
    this.props.pricing?.grantResolveProfiles(grantee);
    if (sink === MetricSink.PUT_METRIC_DATA) this.grantPutMetricData(grantee);
  }

  /** The outputs by which the command finds the table. */
  private tellCommand(table: ITokenTraceTable, namespace: string): void {
    const path = Names.uniqueResourceName(this, { maxLength: MAX_OUTPUT_PATH });
    const output = (name: string, value: string, description: string) =>
      new CfnOutput(Stack.of(this), `${name}${path}`, { value, description });
    output(
      STACK_OUTPUTS.traceTable,
      table.tableName,
      'The table of traces, where `token-analytics` looks for it.',
    );
    output(
      STACK_OUTPUTS.namespace,
      namespace,
      'The namespace of its metrics, which tells the tables of stages apart.',
    );
  }

  private requireConsistent(): void {
    const { props } = this;
    const parts = [
      ['traces', 'traceTable', props.traceTable],
      ['traces', 'traceTableProps', props.traceTableProps],
      ['dashboard', 'dashboardProps', props.dashboardProps],
      ['alarms', 'alarmOptions', props.alarmOptions],
      ['traces', 'ingest', props.ingest],
      ['traces', 'nightlySeal', props.nightlySeal || undefined],
    ] as const;
    for (const [part, prop, value] of parts) {
      if (props[part] === false && value !== undefined) {
        throw propError(
          this,
          prop,
          `left out where \`${part}\` is false`,
          'a value',
          `Leave out one of \`${part}\` and \`${prop}\`.`,
        );
      }
    }
    if (props.alarmOptions?.window?.isDayToDate && !props.budgetAlertProps?.enabled) {
      throw propError(
        this,
        'alarmOptions.window',
        'another one where there is no budget alert function',
        'BudgetWindow.dayToDate()',
        'Enable it (`budgetAlertProps: { enabled: true }`): it publishes what such alarms watch.',
      );
    }
    if (props.traceTable && props.traceTableProps) {
      throw propError(
        this,
        'traceTableProps',
        'left out where `traceTable` is given',
        'a value',
        'Describe the table where it is made.',
      );
    }
  }
}

/**
 * What is really given: jsii has undefined for what is left
 * out, and that must not hide what is said once for all.
 */
function given<Props extends object>(props: Props | undefined): Partial<Props> {
  return Object.fromEntries(
    Object.entries(props ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<Props>;
}
