import { ArnFormat, Duration, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { BudgetAlertLambda } from '../budget/budget-alert-lambda';
import { DEFAULT_NAMESPACE, MAX_AGENT_ID_LENGTH } from '../contract';
import { coreWidgets, usageMetricCount } from './core-widgets';
import { dashboardName, type NamedDashboard } from './dashboard-name';
import type { DashboardSection } from './dashboard-section';
import {
  headingWidget,
  MAX_METRICS_A_DASHBOARD,
  MAX_METRICS_A_WIDGET,
  MAX_SEARCHES_A_WIDGET,
  MAX_WIDGETS,
  metricCount,
  requireDrawable,
  WHOLE,
  widgetCount,
} from './layout';
import { linksWidget } from './links-widget';
import { warnOfStandardSections } from './section';
import type { SeriesSource } from './series';
import { thresholdsOf } from './thresholds';
import type { TokenAnalyticsDashboardProps } from './token-analytics-dashboard-options';
import { dashboardVariables } from './variables';
import { countedModels } from '../metrics/model-names';
import { MAX_MODEL_LENGTH } from '../metrics/token-metric';
import { TokenMetrics } from '../metrics/token-metrics';
import { isInOtherStack, literalAlarmName } from '../private/alarm-stacks';
import { ALARM, BUDGET_ALERT, DASHBOARD, SECTION, TRACE_TABLE, WIDGET } from '../private/kinds';
import { compareWithPublishers, warnOfUnlistedAgent } from '../private/publishers';
import { requireSamePlace, requireStackPlace } from '../private/region-account';
import {
  BOOLEAN,
  listOf,
  NUMBER,
  requireShape,
  requireValue,
  type Shape,
  TEXT,
  TEXTS,
} from '../private/shape';
import { acceptTokensInMath, warn } from '../private/synth-messages';
import { propError, requireNames, requireNamespace, requireUsd } from '../private/validate';

const SHAPE: Shape<TokenAnalyticsDashboardProps> = {
  namespace: TEXT,
  dashboardName: TEXT,
  agents: TEXTS,
  models: TEXTS,
  dailyBudget: NUMBER,
  monthlyBudget: NUMBER,
  budgetAlert: BUDGET_ALERT,
  existingDashboard: DASHBOARD,
  alarms: listOf(ALARM),
  sections: listOf(SECTION),
  variables: BOOLEAN,
  links: BOOLEAN,
  runbookUrl: TEXT,
  traceTable: TRACE_TABLE,
  additionalWidgets: listOf(listOf(WIDGET)),
};

/**
 * Maximum number of alarms in an alarm widget (CloudWatch API Reference, "Dashboard Body Structure and
 * Syntax").
 */
const MAX_ALARMS_A_WIDGET = 100;
const ALARMS_HEIGHT = 3;

/**
 * A dashboard with six core widgets: token usage, cost by agent, token efficiency, cost trend, budget
 * utilisation and cost per invocation. Below the core widgets, it shows links, and the given alarms, sections
 * and widgets.
 */
export class TokenAnalyticsDashboard extends Construct {
  /** The CloudWatch dashboard. */
  public readonly dashboard: cloudwatch.Dashboard;

  /** Methods that create metrics in the namespace of the dashboard, e.g. for further widgets. */
  public readonly metrics: TokenMetrics;

  /** Name of the dashboard that this construct creates. Undefined if `existingDashboard` is set. */
  private readonly newName: string | undefined;
  private readonly hasVariables: boolean;
  private widgetTotal = 0;
  private metricTotal = 0;

  /**
   * Creates the dashboard.
   *
   * @throws if a budget, the namespace, an agent, a model, the name or the URL of the runbook is invalid
   * @throws if an enabled budget alert function has another namespace, region or account than the dashboard
   * @throws if another dashboard of the app in the same account has the same name, by default or by
   * `dashboardName`
   * @throws if the widgets exceed a CloudWatch limit
   */
  constructor(scope: Construct, id: string, props: TokenAnalyticsDashboardProps = {}) {
    super(scope, id);
    requireShape(this, props, SHAPE);
    const { namespace = DEFAULT_NAMESPACE } = props;
    requireNamespace(this, namespace);
    requireUsd(this, 'dailyBudget', props.dailyBudget);
    requireUsd(this, 'monthlyBudget', props.monthlyBudget);
    requireNames(this, 'agents', props.agents, MAX_AGENT_ID_LENGTH);
    requireNames(this, 'models', props.models, MAX_MODEL_LENGTH);
    // Ignores a list that is known only at deployment. The dashboard then finds the agents or models by
    // search.
    const agents = Token.isUnresolved(props.agents) ? undefined : props.agents;
    const models = Token.isUnresolved(props.models)
      ? undefined
      : props.models && countedModels(this, 'models', props.models);
    this.hasVariables = props.variables ?? false;
    this.requireSize(agents?.length ?? 0, this.hasVariables ? undefined : models?.length);
    this.requireSameNamespace(namespace, props.budgetAlert);
    this.metrics = new TokenMetrics({ namespace });

    if (props.existingDashboard) {
      requireSamePlace(
        this,
        'existingDashboard',
        props.existingDashboard,
        'A dashboard shows metrics of its own region and account: create one in this stack.',
      );
      if (props.dashboardName !== undefined) {
        throw propError(
          this,
          'dashboardName',
          'omitted if `existingDashboard` is set',
          props.dashboardName,
          'Set the name where the existing dashboard is created.',
        );
      }
      this.dashboard = props.existingDashboard;
    } else {
      this.newName = dashboardName(this, props.dashboardName, namespace, this.otherDashboards());
      this.dashboard = new cloudwatch.Dashboard(this, 'Resource', {
        dashboardName: this.newName,
        // Keeps the period of each widget. Otherwise, the console changes the periods if the reader selects
        // another time range, and a sum over a day becomes wrong.
        periodOverride: cloudwatch.PeriodOverride.INHERIT,
        defaultInterval: Duration.days(1),
      });
    }

    const source = {
      scope: this,
      metrics: this.metrics,
      agents,
      models,
      variables: this.hasVariables,
      thresholds: thresholdsOf(props.alarms ?? [], namespace),
    };
    if (this.hasVariables) this.addVariables(source);
    const { dailyBudget, monthlyBudget, budgetAlert } = props;
    const widgets = coreWidgets({
      ...source,
      dailyBudget,
      monthlyBudget,
      budgetGauges: budgetAlert?.enabled ?? false,
    });
    for (let first = 0; first < widgets.length; first += 2) {
      this.addWidgets(...widgets.slice(first, first + 2));
    }
    acceptTokensInMath(this.dashboard, [dailyBudget, monthlyBudget]);
    this.addLinks(props);
    compareWithPublishers(this, namespace, publishers => {
      for (const agent of agents ?? []) warnOfUnlistedAgent(this, 'agents', agent, publishers);
      const sections = (props.sections ?? []).map(({ _name }) => _name);
      const isStandard = publishers.some(publisher => publisher.isStandard);
      if (!isStandard) warnOfStandardSections(this, 'sections', sections);
    });
    this.addAlarms(props.alarms ?? []);
    for (const section of props.sections ?? []) this.addSection(section, source);
    for (const row of props.additionalWidgets ?? []) this.addWidgets(...row);
  }

  /**
   * Adds a row of widgets below the existing widgets.
   *
   * @param widgets the widgets of the row
   * @throws if the dashboard would have more widgets than CloudWatch allows
   */
  public addWidgets(...widgets: cloudwatch.IWidget[]): void {
    requireValue(this, 'widgets', widgets, listOf(WIDGET));
    if (widgets.length === 0) return;
    this.widgetTotal += widgetCount(widgets);
    if (this.widgetTotal > MAX_WIDGETS) {
      throw propError(
        this,
        'additionalWidgets',
        `few enough for at most ${MAX_WIDGETS} widgets on the dashboard`,
        this.widgetTotal,
        'Create a second dashboard.',
      );
    }
    this.metricTotal += metricCount(widgets);
    if (this.metricTotal > MAX_METRICS_A_DASHBOARD) {
      warn(
        this,
        'dashboardMetrics',
        `CloudWatch documents at most ${MAX_METRICS_A_DASHBOARD} metrics on a dashboard, including the metrics in ` +
          'expressions. Show fewer `agents`, `models` or `sections`, or create a second dashboard.',
      );
    }
    this.dashboard.addWidgets(...widgets);
  }

  /** Adds the widget with links. If `links` is false, other options of the widget are an error. */
  private addLinks({ links = true, runbookUrl, traceTable }: TokenAnalyticsDashboardProps): void {
    if (!links && runbookUrl !== undefined) {
      throw propError(this, 'runbookUrl', 'omitted if `links` is false', runbookUrl, 'Omit `links`.');
    }
    const widget = links ? linksWidget(this, this.dashboard, { runbookUrl, traceTable }) : undefined;
    if (widget) this.addWidgets(widget);
  }

  private addSection(section: DashboardSection, source: SeriesSource): void {
    const { heading, rows } = section._render(source);
    this.addWidgets(headingWidget(heading));
    for (const row of rows) {
      requireDrawable(this, row);
      this.addWidgets(...row);
    }
  }

  private addAlarms(alarms: cloudwatch.IAlarm[]): void {
    const shown = alarms.map((alarm, index) => this.withoutReference(alarm, index));
    for (let first = 0; first < shown.length; first += MAX_ALARMS_A_WIDGET) {
      this.addWidgets(
        new cloudwatch.AlarmStatusWidget({
          title: 'Alarms',
          alarms: shown.slice(first, first + MAX_ALARMS_A_WIDGET),
          width: WHOLE,
          height: ALARMS_HEIGHT,
        }),
      );
    }
  }

  /**
   * Returns an alarm for the alarm widget. If the alarm is in another stack and its name is known at
   * synthesis, imports the alarm by its ARN. A reference to the other stack could make the two stacks depend
   * on each other.
   */
  private withoutReference(alarm: cloudwatch.IAlarm, index: number): cloudwatch.IAlarm {
    const name = literalAlarmName(alarm);
    if (name === undefined || !isInOtherStack(this.dashboard, alarm)) return alarm;
    const arn = Stack.of(alarm).formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return cloudwatch.Alarm.fromAlarmArn(this, `Alarm${index}`, arn);
  }

  /**
   * Adds two variables to the dashboard. A reader uses them to choose an agent and a model.
   *
   * @throws if another construct has added variables to the same dashboard
   */
  private addVariables({ agents, models }: SeriesSource): void {
    const other = this.node.root.node
      .findAll()
      .find(
        construct =>
          construct instanceof TokenAnalyticsDashboard &&
          construct !== this &&
          construct.hasVariables &&
          construct.dashboard === this.dashboard,
      );
    if (other) {
      throw propError(
        this,
        'variables',
        `omitted: [${other.node.path}] already adds variables to this dashboard`,
        true,
        'Set `variables` on only one of them: the variables apply to the whole dashboard.',
      );
    }
    for (const variable of dashboardVariables(this, agents, models)) this.dashboard.addVariable(variable);
  }

  /**
   * Throws an error if the token usage widget would have too many metrics or searches. This widget has the
   * most metrics and searches of all core widgets.
   */
  private requireSize(agents: number, models: number | undefined): void {
    if (models === undefined) {
      // Each agent has two searches: one for input tokens and one for output tokens.
      const maxAgents = MAX_SEARCHES_A_WIDGET / 2;
      if (agents > maxAgents) {
        throw propError(
          this,
          'agents',
          `at most ${maxAgents} ${this.hasVariables ? 'with `variables`' : 'without `models`'}`,
          `${agents} agents`,
          `Omit \`agents\`${this.hasVariables ? '' : ' too'}: one search then finds all of them.`,
        );
      }
      return;
    }
    const metrics = usageMetricCount(agents, models);
    if (metrics > MAX_METRICS_A_WIDGET) {
      throw propError(
        this,
        'agents',
        `few enough for at most ${MAX_METRICS_A_WIDGET} metrics in a widget`,
        `${agents} agents × ${models} models, ${metrics} metrics`,
        'Show fewer, or omit `models`: each agent is then found by one search.',
      );
    }
  }

  /**
   * Throws an error if an enabled budget alert function has another region, account or namespace than the
   * dashboard.
   */
  private requireSameNamespace(namespace: string, budgetAlert: BudgetAlertLambda | undefined): void {
    if (!budgetAlert?.enabled) return;
    requireStackPlace(
      this,
      'budgetAlert',
      budgetAlert,
      'The function publishes its metrics in its own region and account: create it in this stack.',
    );
    if (Token.isUnresolved(namespace) || Token.isUnresolved(budgetAlert.namespace)) {
      return;
    }
    if (budgetAlert.namespace !== namespace) {
      throw propError(
        this,
        'budgetAlert',
        `in the namespace of the dashboard (${namespace})`,
        budgetAlert.namespace,
        'Give both the same `namespace`.',
      );
    }
  }

  /** Returns the other dashboards of the app that this library creates. */
  private otherDashboards(): NamedDashboard[] {
    return this.node.root.node
      .findAll()
      .filter(construct => construct instanceof TokenAnalyticsDashboard)
      .filter(dashboard => dashboard !== this)
      .flatMap(dashboard =>
        dashboard.newName === undefined ? [] : [{ where: dashboard, name: dashboard.newName }],
      );
  }
}
