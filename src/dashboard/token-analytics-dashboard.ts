import { ArnFormat, Duration, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { BudgetAlertLambda } from '../budget/budget-alert-lambda';
import { DEFAULT_NAMESPACE, MAX_AGENT_ID_LENGTH } from '../contract';
import type { DashboardSection } from './dashboard-section';
import {
  heading,
  MAX_METRICS_A_WIDGET,
  MAX_SEARCHES_A_WIDGET,
  MAX_WIDGETS,
  requireDrawable,
  WHOLE,
  widgetCount,
} from './layout';
import type { SeriesSource } from './series';
import { warnOfStandardSections } from './standard-sections';
import { dashboardVariables } from './variables';
import { coreWidgets } from './widgets';
import { countedModels } from '../metrics/model-names';
import { MAX_MODEL_LENGTH } from '../metrics/token-metric';
import { TokenMetrics } from '../metrics/token-metrics';
import { isInOtherStack, literalAlarmName } from '../private/alarm-stacks';
import { ALARM, BUDGET_ALERT, DASHBOARD, SECTION, WIDGET } from '../private/kinds';
import { compareWithPublishers, warnOfUnlistedAgent } from '../private/publishers';
import { requireSamePlace, requireStackPlace, sharesAccount } from '../private/region-account';
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
import {
  propError,
  requireDashboardName,
  requireNames,
  requireNamespace,
  requireUsd,
} from '../private/validate';

/**
 * Properties of a dashboard.
 */
export interface TokenAnalyticsDashboardProps {
  /**
   * The CloudWatch namespace that the runtime publishes in.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;

  /**
   * The dashboard's name: letters, digits, `-` and `_`. It is one of a kind in the account.
   *
   * @default - the namespace's first part and `-Token-Analytics`: `OPX-Token-Analytics`.
   * A second dashboard of that name in the app adds a part of its construct's address.
   */
  readonly dashboardName?: string;

  /**
   * The agents to show, as the runtime publishes them.
   *
   * @default - every agent that published in the last two weeks, found by search
   */
  readonly agents?: string[];

  /**
   * The models to show, as foundation-model ids. With `agents`, metrics are
   * named instead of searched, so that they show also after two quiet weeks.
   *
   * @default - every model, found by search
   */
  readonly models?: string[];

  /**
   * The daily budget, in US dollars, to be named on the budget widget, and drawn on the cost trend as
   * what it allows an hour. A budget that is known only at deployment is not drawn. Nothing is enforced.
   *
   * @default - none is named
   */
  readonly dailyBudget?: number;

  /**
   * The monthly budget, in US dollars, to be named on the budget
   * widget, and drawn on the cost trend as what it allows an hour of
   * 730. A budget that is known only at deployment is not drawn. Nothing is enforced.
   *
   * @default - none is named
   */
  readonly monthlyBudget?: number;

  /**
   * The budget alert function: where it is enabled, the budget
   * widget shows its day-to-date and month-to-date cost.
   *
   * @default - the budget widget shows the last 30 days alone
   */
  readonly budgetAlert?: BudgetAlertLambda;

  /**
   * A dashboard to put the widgets on.
   *
   * @default - a dashboard of its own
   */
  readonly existingDashboard?: cloudwatch.Dashboard;

  /**
   * Alarms whose state is shown after the six, in a row for each 100.
   *
   * @default - none
   */
  readonly alarms?: cloudwatch.IAlarm[];

  /**
   * Sections to put after the six and the alarms, in their order, each under a heading.
   *
   * @default - none
   */
  readonly sections?: DashboardSection[];

  /**
   * Whether a reader can choose an agent and a model: from a list
   * where `agents` or `models` are given, else by typing the name.
   *
   * All series are then searched for, also where agents and models are given, so that they show what
   * published in the last two weeks. Totals follow the choice, but for the budget widget, for averages over
   * all calls, for traces, and for what AWS counts.
   *
   * @default false
   */
  readonly variables?: boolean;

  /**
   * Rows of widgets to put last.
   *
   * @default - none
   */
  readonly additionalWidgets?: cloudwatch.IWidget[][];
}

/** Kinds of the properties. */
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
  additionalWidgets: listOf(listOf(WIDGET)),
};

/** CloudWatch API Reference, "Dashboard Body Structure and Syntax": an alarm widget shows so many. */
const MAX_ALARMS_A_WIDGET = 100;
const ALARMS_HEIGHT = 3;
const NAME_SUFFIX = 'Token-Analytics';
/** As much of a construct's address as tells a second dashboard of one default name apart. */
const ADDRESS_LENGTH = 8;

/**
 * A dashboard of six widgets: token usage, cost by agent, token efficiency, cost trend, budget utilisation
 * and cost per invocation; and after them what is asked for of alarms, sections and other widgets.
 */
export class TokenAnalyticsDashboard extends Construct {
  /**
   * The dashboard.
   */
  public readonly dashboard: cloudwatch.Dashboard;

  /**
   * The metrics that it shows.
   */
  public readonly metrics: TokenMetrics;

  private readonly ownName: string | undefined;
  private readonly hasVariables: boolean;
  private widgets = 0;

  /**
   * @throws where a budget, the namespace, an agent, a model or the name is none, the budget alert function
   * has another namespace, another dashboard of the app has the same explicit name in the same account, or
   * there is more to show than CloudWatch draws
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
    // A list that is known only at deployment cannot be shown one by one: a search finds them.
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
        'Its widgets show metrics of its own place: make a dashboard here.',
      );
      if (props.dashboardName !== undefined) {
        throw propError(
          this,
          'dashboardName',
          'left out where `existingDashboard` is given',
          props.dashboardName,
          'Name the existing dashboard where it is made.',
        );
      }
      this.dashboard = props.existingDashboard;
    } else {
      this.ownName = this.nameOf(props.dashboardName);
      this.dashboard = new cloudwatch.Dashboard(this, 'Resource', {
        dashboardName: this.ownName,
        // Else the console adapts periods to its range, and a sum over a day becomes another one.
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
   * Puts a row of widgets after those that are there.
   *
   * @param widgets what to add
   * @throws where the dashboard then has more widgets than CloudWatch takes
   */
  public addWidgets(...widgets: cloudwatch.IWidget[]): void {
    requireValue(this, 'widgets', widgets, listOf(WIDGET));
    if (widgets.length === 0) return;
    this.widgets += widgetCount(widgets);
    if (this.widgets > MAX_WIDGETS) {
      throw propError(
        this,
        'additionalWidgets',
        `few enough that a dashboard has at most ${MAX_WIDGETS} widgets`,
        this.widgets,
        'Make a second dashboard.',
      );
    }
    this.dashboard.addWidgets(...widgets);
  }

  private addSection(section: DashboardSection, source: SeriesSource): void {
    const { heading: markdown, rows } = section._render(source);
    this.addWidgets(heading(markdown));
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
   * An alarm of another stack by a literal ARN, if its name is known. A reference would be
   * half of a cycle as soon as a function of the other stack is instrumented.
   */
  private withoutReference(alarm: cloudwatch.IAlarm, index: number): cloudwatch.IAlarm {
    const name = literalAlarmName(alarm);
    if (name === undefined || !isInOtherStack(this, alarm)) return alarm;
    const arn = Stack.of(alarm).formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return cloudwatch.Alarm.fromAlarmArn(this, `Alarm${index}`, arn);
  }

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
        `left out: [${other.node.path}] gives the same dashboard its variables`,
        true,
        'One pair of variables serves a dashboard.',
      );
    }
    for (const variable of dashboardVariables(this, agents, models)) this.dashboard.addVariable(variable);
  }

  private requireSize(agents: number, models: number | undefined): void {
    if (models === undefined) {
      // Token usage searches input and output of each agent.
      if (2 * agents > MAX_SEARCHES_A_WIDGET) {
        throw propError(
          this,
          'agents',
          `at most ${MAX_SEARCHES_A_WIDGET / 2} ` +
            `${this.hasVariables ? 'with `variables`' : 'without `models`'}`,
          `${agents} agents`,
          `Leave \`agents\` out${this.hasVariables ? '' : ', too'}: one search then finds them all.`,
        );
      }
      return;
    }
    // The widget of token usage is the largest: input and output of each
    // pair, and where there are pairs to add up, a sum for each agent.
    const metrics = 2 * agents * (models + (models > 1 ? 1 : 0));
    if (metrics > MAX_METRICS_A_WIDGET) {
      throw propError(
        this,
        'agents',
        `few enough that a widget has at most ${MAX_METRICS_A_WIDGET} metrics`,
        `${agents} agents × ${models} models, ${metrics} metrics`,
        'Show fewer, or leave `models` out: each agent is then one search.',
      );
    }
  }

  private requireSameNamespace(namespace: string, budgetAlert: BudgetAlertLambda | undefined): void {
    if (!budgetAlert?.enabled) return;
    requireStackPlace(this, 'budgetAlert', budgetAlert, 'Its gauges are published in its own place.');
    if (Token.isUnresolved(namespace) || Token.isUnresolved(budgetAlert.namespace)) {
      return;
    }
    if (budgetAlert.namespace !== namespace) {
      throw propError(
        this,
        'budgetAlert',
        `of the dashboard's namespace (${namespace})`,
        budgetAlert.namespace,
        'Give both the same `namespace`.',
      );
    }
  }

  private nameOf(given: string | undefined): string {
    if (given !== undefined) requireDashboardName(this, given);
    const name = given ?? this.defaultName();
    const other = Token.isUnresolved(name)
      ? undefined
      : this.node.root.node
          .findAll()
          .find(
            construct =>
              construct instanceof TokenAnalyticsDashboard &&
              construct !== this &&
              construct.ownName === name &&
              sharesAccount(this, construct),
          );
    if (!other) return name;
    if (given === undefined) return `${name}-${this.node.addr.slice(-ADDRESS_LENGTH)}`;
    throw propError(
      this,
      'dashboardName',
      `one of a kind in the account: [${other.node.path}] has the same`,
      name,
      'Give each its own `dashboardName`.',
    );
  }

  private defaultName(): string {
    const { namespace } = this.metrics;
    if (Token.isUnresolved(namespace)) return NAME_SUFFIX;
    const [first] = namespace
      .split('/')
      .map(part => part.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, ''))
      .filter(part => part !== '');
    return [...(first ? [first] : []), NAME_SUFFIX].join('-');
  }
}
