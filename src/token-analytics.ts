import { CfnOutput, Names, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { TokenAnalyticsAlarms } from './alarms/token-analytics-alarms';
import type { TokenAnalyticsAlarmsOptions } from './alarms/token-analytics-alarms-options';
import { BudgetAlertLambda } from './budget/budget-alert-lambda';
import { DEFAULT_NAMESPACE, ENV, STACK_OUTPUTS } from './contract';
import type { MonthlyCostEstimate } from './cost-estimate/monthly-cost-estimate';
import { TokenAnalyticsDashboard } from './dashboard/token-analytics-dashboard';
import type { TokenAnalyticsDashboardProps } from './dashboard/token-analytics-dashboard-options';
import { TokenDimensionCheck } from './dimension-check/dimension-check';
import { TokenUsageIngest } from './ingest/token-usage-ingest';
import { requireRoleTagKey } from './instrument/role-tags';
import { DetailLevel } from './metrics/detail-level';
import { countedModels, knownModel } from './metrics/model-names';
import { MAX_MODEL_LENGTH } from './metrics/token-metric';
import { TokenMetrics } from './metrics/token-metrics';
import { markReferencedByFunctions } from './private/alarm-stacks';
import { addPublisher } from './private/publishers';
import { requireStackPlace } from './private/region-account';
import { requireShape } from './private/shape';
import { atSynth, inform } from './private/synth-messages';
import { requireGiven, requireNames, requireNamespace, requireUsd } from './private/validate';
import { requireAgents } from './private/validate-agents';
import { NightlyRollup } from './rollup/nightly-rollup';
import type { TokenAnalyticsAttributes } from './token-analytics-attributes';
import { type ProgramSettings, TokenAnalyticsBase } from './token-analytics-base';
import { requireConsistent, warnOfIneffectiveProps, warnOfUnloggedIncidents } from './token-analytics-checks';
import { estimateMonthlyCost, knownList } from './token-analytics-estimate';
import { ImportedTokenAnalytics } from './token-analytics-imported';
import type { ITokenAnalytics } from './token-analytics-interface';
import type { TokenAnalyticsProps } from './token-analytics-options';
import { TOKEN_ANALYTICS_SHAPE } from './token-analytics-shape';
import { TokenTraceTable } from './traces/token-trace-table';
import type { ITokenTraceTable } from './traces/trace-table-interface';

/**
 * Maximum length of the construct path in the name of a stack output, in characters. CloudFormation allows
 * 255 characters for the whole name (CloudFormation quotas).
 */
const MAX_OUTPUT_PATH = 128;
const TABLE_FIX = 'Create the table, or another TokenAnalytics, in a stack with the same region and account.';

/**
 * Token usage and cost analytics for the agents of a team. The parts are a trace table, a dashboard, alarms,
 * a nightly rollup, and the environment variables of instrumented functions. Each part can be replaced or
 * switched off.
 *
 * The construct only observes. It blocks no calls.
 */
export class TokenAnalytics extends TokenAnalyticsBase {
  /**
   * Imports a TokenAnalytics that another stack or another app has created. Its programs, dashboards and
   * alarms then share the metrics and the trace table of the original.
   *
   * The trace table can be in another region or account. A table in another account must allow the account
   * of the stack in its resource policy.
   *
   * @param scope parent construct
   * @param id id of the construct
   * @param attributes attributes of the original
   * @throws if an attribute is invalid. Also if the table is not given, unless `traces` is false
   */
  public static fromTokenAnalyticsAttributes(
    scope: Construct,
    id: string,
    attributes: TokenAnalyticsAttributes,
  ): ITokenAnalytics {
    return new ImportedTokenAnalytics(scope, id, attributes);
  }

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

  public readonly agents?: string[];
  public readonly models?: string[];

  /** @internal */
  public readonly _settings: ProgramSettings;

  private readonly props: TokenAnalyticsProps;

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
    this.agents = props.agents;
    this.models = props.models;
    this._settings = {
      detailLevel: props.detailLevel,
      metricSink: props.metricSink,
      pricing: props.pricing,
      tagRoles: props.tagRoles,
      roleTagKey: props.roleTagKey,
      ingestEnvironment: () => this.ingest?.trackerEnvironment() ?? {},
    };
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
    atSynth(this, () => warnOfUnloggedIncidents(this, props, this._instrumented));
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
      // For a table that may be in another region or account, this is its ARN.
      table.environment[ENV.tableName],
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
