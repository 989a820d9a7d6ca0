import { CfnOutput, Names, Stack, Token } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { TokenAnalyticsAlarms } from './alarms/token-analytics-alarms';
import type { TokenAnalyticsAlarmsOptions } from './alarms/token-analytics-alarms-options';
import { BudgetAlertLambda } from './budget/budget-alert-lambda';
import { DEFAULT_NAMESPACE, ENV, STACK_OUTPUTS } from './contract';
import type { MonthlyCostEstimate } from './cost-estimate/monthly-cost-estimate';
import { TokenAnalyticsDashboard } from './dashboard/token-analytics-dashboard';
import type { TokenAnalyticsDashboardProps } from './dashboard/token-analytics-dashboard-options';
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
import { requireRoleTagKey, ROLE_TAG_KEY, tagRole } from './instrument/role-tags';
import { DetailLevel } from './metrics/detail-level';
import { MetricSink } from './metrics/metric-sink';
import { countedModels, knownModel } from './metrics/model-names';
import { MAX_MODEL_LENGTH } from './metrics/token-metric';
import { TokenMetrics } from './metrics/token-metrics';
import { markReferencedByFunctions } from './private/alarm-stacks';
import { requireGrantee } from './private/grants';
import { FUNCTION, ROLE } from './private/kinds';
import { addPublisher } from './private/publishers';
import { requireSamePlace, requireStackPlace } from './private/region-account';
import { requireKind, requireShape, requireValue } from './private/shape';
import { atSynth, inform } from './private/synth-messages';
import { jsonListWith } from './private/token-text';
import {
  requireAgentCount,
  requireAgentId,
  requireAgents,
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
 * Maximum length of the construct path in the name of a stack output, in characters. CloudFormation allows
 * 255 characters for the whole name (CloudFormation quotas).
 */
const MAX_OUTPUT_PATH = 128;
const TABLE_FIX = 'Create the table, or another TokenAnalytics, in a stack with the same region and account.';
const FUNCTION_FIX = 'Create another TokenAnalytics in a stack with the region and account of the function.';

/**
 * Token usage and cost analytics for the agents of a team. The parts are a trace table, a dashboard, alarms,
 * a nightly rollup, and the environment variables of instrumented functions. Each part can be replaced or
 * switched off.
 *
 * The construct only observes. It blocks no calls.
 */
export class TokenAnalytics extends Construct {
  /**
   * Metrics for custom alarms and widgets.
   */
  public readonly metrics: TokenMetrics;

  /**
   * Trace table. Undefined if `traces` is false.
   */
  public readonly traceTable?: ITokenTraceTable;

  /**
   * Dashboard. Undefined if `dashboard` is false.
   */
  public readonly dashboard?: TokenAnalyticsDashboard;

  /**
   * Alarms. Undefined if `alarms` is false.
   */
  public readonly alarms?: TokenAnalyticsAlarms;

  /**
   * Budget alert function. It has resources only if `budgetAlertOptions.enabled` is true.
   */
  public readonly budgetAlert: BudgetAlertLambda;

  /**
   * Nightly rollup. Undefined if `traces` or `nightlyRollup` is false.
   */
  public readonly nightlyRollup?: NightlyRollup;

  /**
   * Ingest. Undefined if the `ingest` prop is omitted.
   */
  public readonly ingest?: TokenUsageIngest;

  private readonly props: TokenAnalyticsProps;
  private readonly instrumented: OwnFunction[] = [];

  /**
   * @throws if a budget, the namespace, an agent or a model is invalid. Also if options are given for a part
   * that is switched off
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
    requireGiven(this, 'dailyBudget', dailyBudget, 'Pass the amount in US dollars, such as 10.');
    requireUsd(this, 'dailyBudget', dailyBudget);
    requireUsd(this, 'monthlyBudget', monthlyBudget);
    requireNamespace(this, namespace);
    requireAgents(this, 'agents', props.agents);
    requireNames(this, 'models', props.models, MAX_MODEL_LENGTH);
    requireRoleTagKey(this, 'roleTagKey', props.roleTagKey);
    requireConsistent(this, props);
    if (props.traceTable) requireStackPlace(this, 'traceTable', props.traceTable, TABLE_FIX);
    this.props = props;
    this.metrics = new TokenMetrics({ namespace });
    // If the names are known only at deployment, `agents` is undefined. In this case, the dashboard finds the
    // agents with a search expression.
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
      dailyBudget,
      monthlyBudget,
      encryptionKey,
      // If the budget alert function is enabled, it needs the trace table and the topic for its messages.
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
        traceTable: this.traceTable,
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
   * Estimated monthly cost of this construct in US dollars, at AWS list prices. The cost of the model
   * invocations is not included. The estimate depends on `callsPerMonth`, `agents` and `models`. If `agents`
   * or `models` is not given, the estimate assumes one agent or one model. The text of the estimate lists the
   * assumptions.
   */
  public get estimatedMonthlyCost(): MonthlyCostEstimate {
    return estimateMonthlyCost(this, this.props, {
      traces: this.traceTable !== undefined,
      nightlyRollup: this.nightlyRollup !== undefined,
      budgetAlert: this.budgetAlert.enabled,
    });
  }

  /**
   * Instruments a Lambda function, so that `TokenTracker.fromEnvironment()` in its code measures model
   * invocations. Sets the environment variables, grants the permissions, and adds the layer if `options`
   * contains one. The tracker runs only in Node.js. For other languages, use an ingest.
   *
   * @param fn a function made in this app, with Node.js 20 or later
   * @param options agent and layer of the function
   * @throws if the function is imported, or is a version or an alias. Also if the function is in another
   * region or account. Also if the runtime of the function cannot run the tracker. Also if the function is
   * already instrumented. Also if the app itself sets a variable of the tracker on the function.
   */
  public instrument(fn: lambda.IFunction, options: InstrumentFunctionOptions): void {
    requireGiven(this, 'fn', fn, 'Pass the function that invokes models.');
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
    const { agentId, agents: furtherAgents } = options;
    const key = (this.props.tagRoles ?? true) ? this.roleTagKey : undefined;
    tagRole({ role: fn.role, program: fn, agentId, furtherAgents, key });
    atSynth(fn, () => {
      warnOfMetricsOff(fn);
      if (this.props.metricSink === MetricSink.PUT_METRIC_DATA) return;
      warnOfLogLevel(fn);
      warnOfMissingLogRights(fn);
      warnOfLogClass(fn);
    });
  }

  /**
   * Returns the environment variables for a program outside Lambda, for example in ECS, in AgentCore or on an
   * EC2 instance. To grant the permissions that the program needs, call `grant` with its role.
   *
   * @param options agent of the program
   * @throws if the agent is invalid, or if `agents` is set and does not contain the agent
   */
  public environment(options: InstrumentOptions): { [key: string]: string } {
    const { agents, detailLevel, metricSink, pricing } = this.props;
    requireGiven(this, 'options', options, "Pass, for example, { agentId: 'triage' }.");
    requireShape(this, options, INSTRUMENT_SHAPE);
    requireAgentId(this, options.agentId, agents);
    requireAgents(this, 'agents', options.agents);
    const listed = options.agents ?? agents ?? [];
    if (!Token.isUnresolved(listed)) {
      listed.forEach((agent, index) => requireListed(this, `agents[${index}]`, agent, agents));
      requireAgentCount(this, 'agents', [...new Set([options.agentId, ...listed])]);
    }
    warnOfIdShape(this, options.agentId, options.agents ?? agents, 'It gets metrics of its own.');
    return {
      [ENV.agentId]: options.agentId,
      [ENV.namespace]: this.metrics.namespace,
      [ENV.agents]: jsonListWith(options.agentId, listed),
      ...(detailLevel === undefined ? {} : { [ENV.detailLevel]: detailLevel }),
      ...(metricSink === undefined ? {} : { [ENV.sink]: metricSink }),
      ...this.traceTable?.environment,
      ...pricing?.environment,
      ...this.ingest?.trackerEnvironment(),
    };
  }

  /**
   * Tags a role with its agent, so that the AWS bill can show the cost of this agent. `instrument` tags the
   * roles of Lambda functions. Use this method for other programs, for example in ECS or in AgentCore. The
   * tag must be activated in the settings of the bill.
   *
   * The tag is set at synth. If several agents use the role, it gets no tag, and a warning names the agents.
   *
   * @param role role with which the program calls models
   * @param agentId agent of the program
   * @throws if the agent is invalid, or if `agents` is set and does not contain the agent
   */
  public tagRole(role: iam.IRole, agentId: string): void {
    requireValue(this, 'role', role, ROLE);
    requireAgentId(this, agentId, this.props.agents);
    warnOfIdShape(this, agentId, this.props.agents, 'It gets a tag value of its own.');
    tagRole({ role, program: this, agentId, key: this.roleTagKey });
  }

  /**
   * Grants all permissions that the runtime needs in a program outside Lambda. The runtime writes traces and
   * looks up the models of inference profiles. The permission to publish metrics is granted unless
   * `metricSink` is `MetricSink.EMF`.
   *
   * @param grantee role of the program
   * @returns the grant, or undefined if no permission is needed
   */
  public grant(grantee: iam.IGrantable): iam.Grant | undefined {
    requireGrantee(this, grantee);
    return this.grantSink(grantee, this.props.metricSink ?? MetricSink.PUT_METRIC_DATA);
  }

  /**
   * Grants the permission to write traces to the trace table.
   *
   * @param grantee principal that writes traces
   * @returns the grant, or undefined if `traces` is false
   */
  public grantWriteTraces(grantee: iam.IGrantable): iam.Grant | undefined {
    requireGrantee(this, grantee);
    return this.traceTable?.grantWriteTraces(grantee);
  }

  /**
   * Grants the permission to publish metrics with PutMetricData. The permission is limited to the namespace
   * of this construct.
   *
   * @param grantee principal that publishes metrics
   */
  public grantPutMetricData(grantee: iam.IGrantable): iam.Grant {
    return this.metrics._grantPutMetricData(this, grantee);
  }

  private get roleTagKey(): string {
    return this.props.roleTagKey ?? ROLE_TAG_KEY;
  }

  private grantSink(grantee: iam.IGrantable, sink: MetricSink): iam.Grant | undefined {
    const grants = [
      this.grantWriteTraces(grantee),
      this.props.pricing?._grantResolveProfiles(this, grantee),
      sink === MetricSink.PUT_METRIC_DATA ? this.grantPutMetricData(grantee) : undefined,
    ].filter(grant => grant !== undefined);
    return grants.length === 0 ? undefined : grants.reduce((all, grant) => all.combine(grant));
  }

  /**
   * Returns the agent budgets for the alarms. Each inference profile in a budget is replaced with its model,
   * if `pricing` contains the model.
   */
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

  /**
   * Returns the models that the dashboard shows. Each inference profile is replaced with its model, if
   * `pricing` contains the model.
   */
  private dashboardWithModelNames(): Pick<TokenAnalyticsDashboardProps, 'models'> {
    const models = knownList(this.props.dashboardOptions?.models);
    const profiles = this.props.pricing?._inferenceProfiles;
    return models && profiles ? { models: models.map(model => knownModel(model, profiles)) } : {};
  }

  /** Adds stack outputs. The `token-analytics` command reads them to find the trace table. */
  private addCommandOutputs(table: ITokenTraceTable, namespace: string): void {
    const path = Names.uniqueResourceName(this, { maxLength: MAX_OUTPUT_PATH });
    const output = (name: string, value: string, description: string) =>
      new CfnOutput(Stack.of(this), `${name}${path}`, { value, description });
    output(
      STACK_OUTPUTS.traceTable,
      table.tableName,
      'Trace table. The token-analytics command finds it by this output.',
    );
    output(
      STACK_OUTPUTS.namespace,
      namespace,
      'Namespace of the metrics. It identifies the stage of the trace table.',
    );
  }
}

/**
 * Returns a copy of the props without undefined values. jsii passes undefined for an omitted prop, and a
 * spread of undefined would overwrite a value of TokenAnalytics.
 */
function withoutUndefined<Props extends object>(props: Props | undefined): Partial<Props> {
  return Object.fromEntries(
    Object.entries(props ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<Props>;
}
