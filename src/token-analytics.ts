import { CfnOutput, Names, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { TokenAnalyticsAlarms } from './alarms/token-analytics-alarms';
import type { TokenAnalyticsAlarmsOptions } from './alarms/token-analytics-alarms-options';
import { BudgetAlertLambda } from './budget/budget-alert-lambda';
import { DEFAULT_NAMESPACE, ENV, MAX_AGENT_ID_LENGTH, STACK_OUTPUTS } from './contract';
import type { MonthlyCostEstimate } from './cost-estimate/monthly-cost-estimate';
import {
  TokenAnalyticsDashboard,
  type TokenAnalyticsDashboardProps,
} from './dashboard/token-analytics-dashboard';
import { TokenDimensionCheck } from './dimension-check/dimension-check';
import { TokenUsageIngest } from './ingest/token-usage-ingest';
import {
  addEnvironment,
  type OwnFunction,
  requireLayerRuntime,
  requireNodeRuntime,
  requireOwnFunction,
  warnOfLogClass,
  warnOfLogLevel,
  warnOfMetricsOff,
} from './instrument/instrumented-function';
import { warnOfMissingLogRights } from './instrument/log-rights';
import { DetailLevel } from './metrics/detail-level';
import { MetricSink } from './metrics/metric-sink';
import { countedModels, knownModel } from './metrics/model-names';
import { MAX_MODEL_LENGTH } from './metrics/token-metric';
import { TokenMetrics } from './metrics/token-metrics';
import { markReferencedByFunctions } from './private/alarm-stacks';
import { requireGrantee } from './private/grants';
import { FUNCTION } from './private/kinds';
import { addPublisher } from './private/publishers';
import { requireSamePlace, requireStackPlace } from './private/region-account';
import { requireKind, requireShape } from './private/shape';
import { atSynth, inform } from './private/synth-messages';
import { jsonList } from './private/token-text';
import {
  requireAgents,
  requireDimensionValue,
  requireGiven,
  requireListed,
  requireNames,
  requireNamespace,
  requireUsd,
} from './private/validate';
import { NightlyRollup } from './rollup/nightly-rollup';
import {
  requireConsistent,
  warnOfIdShape,
  warnOfIneffectiveProps,
  warnOfUnloggedIncidents,
} from './token-analytics-checks';
import { estimateMonthlyCost, knownList } from './token-analytics-estimate';
import type {
  InstrumentFunctionOptions,
  InstrumentOptions,
  TokenAnalyticsProps,
} from './token-analytics-options';
import { INSTRUMENT_SHAPE, TOKEN_ANALYTICS_SHAPE } from './token-analytics-shape';
import { type ITokenTraceTable, TokenTraceTable } from './traces/token-trace-table';

/**
 * So much of the construct's path is in an output's name,
 * which has at most 255 characters (CloudFormation quotas).
 */
const MAX_OUTPUT_PATH = 128;
const TABLE_FIX = 'Make the table, or another TokenAnalytics, in a stack of that place.';
const FUNCTION_FIX = 'Make another TokenAnalytics in a stack of that place.';

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
   * The nightly rollup, where there is one.
   */
  public readonly nightlyRollup?: NightlyRollup;

  /**
   * The ingest, where there is one.
   */
  public readonly ingest?: TokenUsageIngest;

  private readonly props: TokenAnalyticsProps;
  private readonly instrumented: OwnFunction[] = [];

  /**
   * @throws where a budget, the namespace, an agent or a model
   * is none, or a part is both switched off and described
   */
  constructor(scope: Construct, id: string, props: TokenAnalyticsProps) {
    super(scope, id);
    markReferencedByFunctions(this);
    requireShape(this, props, TOKEN_ANALYTICS_SHAPE);
    const {
      namespace = DEFAULT_NAMESPACE,
      dailyBudget,
      monthlyBudget,
      notificationTopic,
      encryptionKey,
    } = props;
    requireGiven(this, 'dailyBudget', dailyBudget, 'Give the amount in US dollars, such as 10.');
    requireUsd(this, 'dailyBudget', dailyBudget);
    requireUsd(this, 'monthlyBudget', monthlyBudget);
    requireNamespace(this, namespace);
    requireAgents(this, 'agents', props.agents);
    requireNames(this, 'models', props.models, MAX_MODEL_LENGTH);
    requireConsistent(this, props);
    if (props.traceTable) requireStackPlace(this, 'traceTable', props.traceTable, TABLE_FIX);
    this.props = props;
    this.metrics = new TokenMetrics({ namespace });
    // Lists that are known only at deployment cannot be shown one by one.
    const agents = knownList(props.agents);
    const profiles = props.pricing?._inferenceProfiles;
    const models =
      knownList(props.models) && countedModels(this, 'models', knownList(props.models) ?? [], profiles);

    if (props.traces ?? true) {
      this.traceTable =
        props.traceTable ??
        new TokenTraceTable(this, 'Traces', {
          encryption: encryptionKey && dynamodb.TableEncryptionV2.customerManagedKey(encryptionKey),
          ...withoutUndefined(props.traceTableOptions),
        });
    }
    if (this.traceTable && (props.nightlyRollup ?? true)) {
      this.nightlyRollup = new NightlyRollup(this, 'NightlyRollup', {
        traceTable: this.traceTable,
        encryptionKey,
      });
    }
    if (this.traceTable && props.ingest) {
      const { pricing, detailLevel } = props;
      this.ingest = new TokenUsageIngest(this, 'Ingest', {
        pricing,
        detailLevel,
        encryptionKey,
        agents: props.agents,
        ...withoutUndefined(props.ingest),
        namespace,
        traceTable: this.traceTable,
      });
    }
    this.budgetAlert = new BudgetAlertLambda(this, 'BudgetAlert', {
      // What it tells is read from the traces.
      dailyBudget,
      monthlyBudget,
      encryptionKey,
      ...(this.traceTable && props.budgetAlertOptions?.enabled
        ? { notificationTopic, traceTable: this.traceTable }
        : {}),
      ...withoutUndefined(props.budgetAlertOptions),
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
        ...withoutUndefined(props.alarmsOptions),
        ...this.budgetsWithModelNames(),
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
        ...withoutUndefined(props.dashboardOptions),
        ...this.dashboardWithModelNames(),
        namespace,
      });
      this.budgetAlert.linkDashboard(this.dashboard.dashboard.dashboardName);
    }
    if (props.dimensionCheck ?? true) TokenDimensionCheck.applyTo(this, { namespaces: [namespace] });
    if (this.traceTable) this.addCommandOutputs(this.traceTable, namespace);
    warnOfIneffectiveProps(this, props);
    addPublisher({
      scope: this,
      namespace,
      isStandard: [props.detailLevel, props.ingest?.detailLevel].includes(DetailLevel.STANDARD),
      agents,
    });
    atSynth(this, () => warnOfUnloggedIncidents(this, props, this.instrumented));
    inform(this, 'estimatedMonthlyCost', this.estimatedMonthlyCost.toString());
  }

  /**
   * Estimates what this costs in a month, by list prices and without the models: for the agents and models
   * that are named, or for one of each, and for `callsPerMonth`. Alarms and dashboards are those in here. The
   * text says what is assumed.
   */
  public get estimatedMonthlyCost(): MonthlyCostEstimate {
    return estimateMonthlyCost(this, this.props, {
      traces: this.traceTable !== undefined,
      nightlyRollup: this.nightlyRollup !== undefined,
      budgetAlert: this.budgetAlert.enabled,
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
    requireGiven(this, 'fn', fn, 'Give the function that invokes models.');
    requireKind(this, 'fn', fn, FUNCTION);
    const own = requireOwnFunction(this, fn);
    const variables = this.environment(options);
    requireNodeRuntime(this, own);
    requireSamePlace(this, 'fn', fn, FUNCTION_FIX);
    if (options.layer) requireLayerRuntime(this, own, options.layer);
    addEnvironment(this, own, variables);
    this.instrumented.push(own);
    if (options.layer) own.addLayers(options.layer);
    this.grantSink(fn, this.props.metricSink ?? MetricSink.EMF);
    atSynth(fn, () => {
      warnOfMetricsOff(fn);
      if (this.props.metricSink === MetricSink.PUT_METRIC_DATA) return;
      warnOfLogLevel(fn);
      warnOfMissingLogRights(fn);
      warnOfLogClass(fn);
    });
  }

  /**
   * The environment variables of a program that is no Lambda function, such as a
   * container of ECS or of AgentCore, an EC2 instance; its role needs `grant`.
   *
   * @param options whose calls it makes
   */
  public environment(options: InstrumentOptions): { [key: string]: string } {
    const { agents, detailLevel, metricSink, pricing } = this.props;
    requireGiven(this, 'options', options, "Give, for example, { agentId: 'triage' }.");
    requireShape(this, options, INSTRUMENT_SHAPE);
    requireGiven(this, 'agentId', options.agentId, 'Give the name of the agent.');
    requireDimensionValue(this, 'agentId', options.agentId, MAX_AGENT_ID_LENGTH);
    requireListed(this, 'agentId', options.agentId, agents);
    warnOfIdShape(this, options.agentId, agents);
    return {
      [ENV.agentId]: options.agentId,
      [ENV.namespace]: this.metrics.namespace,
      ...(agents ? { [ENV.agents]: jsonList(agents) } : {}),
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
   * @returns undefined if there is nothing to grant
   */
  public grant(grantee: iam.IGrantable): iam.Grant | undefined {
    requireGrantee(this, grantee);
    return this.grantSink(grantee, this.props.metricSink ?? MetricSink.PUT_METRIC_DATA);
  }

  /**
   * Lets a grantee write traces.
   *
   * @param grantee who writes
   * @returns undefined if there are no traces
   */
  public grantWriteTraces(grantee: iam.IGrantable): iam.Grant | undefined {
    requireGrantee(this, grantee);
    return this.traceTable?.grantWriteTraces(grantee);
  }

  /**
   * Lets a grantee publish metrics of the namespace by PutMetricData.
   *
   * @param grantee who publishes
   */
  public grantPutMetricData(grantee: iam.IGrantable): iam.Grant {
    return this.metrics._grantPutMetricData(this, grantee);
  }

  private grantSink(grantee: iam.IGrantable, sink: MetricSink): iam.Grant | undefined {
    const grants = [
      this.grantWriteTraces(grantee),
      this.props.pricing?._grantResolveProfiles(this, grantee),
      sink === MetricSink.PUT_METRIC_DATA ? this.grantPutMetricData(grantee) : undefined,
    ].filter(grant => grant !== undefined);
    return grants.length === 0 ? undefined : grants.reduce((all, grant) => all.combine(grant));
  }

  /** Budgets of agents with the models that the pricing knows behind inference profiles. */
  private budgetsWithModelNames(): Pick<TokenAnalyticsAlarmsOptions, 'agentBudgets'> {
    const { alarmsOptions, pricing } = this.props;
    const profiles = pricing?._inferenceProfiles;
    const budgets = alarmsOptions?.agentBudgets;
    if (!Array.isArray(budgets) || !profiles) return {};
    return {
      agentBudgets: budgets.map(budget => ({
        ...budget,
        models: budget.models?.map(model => knownModel(model, profiles)),
      })),
    };
  }

  /** Models of the dashboard, likewise. */
  private dashboardWithModelNames(): Pick<TokenAnalyticsDashboardProps, 'models'> {
    const models = knownList(this.props.dashboardOptions?.models);
    const profiles = this.props.pricing?._inferenceProfiles;
    return models && profiles ? { models: models.map(model => knownModel(model, profiles)) } : {};
  }

  /** The outputs by which the command finds the table. */
  private addCommandOutputs(table: ITokenTraceTable, namespace: string): void {
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
}

/**
 * What is really given: jsii has undefined for what is left
 * out, and that must not hide what is said once for all.
 */
function withoutUndefined<Props extends object>(props: Props | undefined): Partial<Props> {
  return Object.fromEntries(
    Object.entries(props ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<Props>;
}
