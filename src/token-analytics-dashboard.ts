import { Duration, Stack, Stage, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { BudgetAlertLambda } from './budget-alert-lambda';
import { DEFAULT_NAMESPACE, MAX_AGENT_ID_LENGTH } from './contract';
import { coreWidgets } from './private/dashboard-widgets';
import { MAX_MODEL_LENGTH } from './private/token-metric';
import { propError, requireNames, requireNamespace, requireUsd } from './private/validate';
import { TokenMetrics } from './token-metrics';

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
   * @default - the namespace's first part and `-Token-Analytics`: `OPX-Token-Analytics`. A second dashboard of that name in
   *   the app adds a part of its construct's address.
   */
  readonly dashboardName?: string;

  /**
   * The agents to show, as the runtime publishes them.
   *
   * @default - every agent that published in the last two weeks, found by search
   */
  readonly agents?: string[];

  /**
   * The models to show, as foundation-model ids. With `agents`, metrics are named instead of searched, so that they show also
   * after two quiet weeks.
   *
   * @default - every model, found by search
   */
  readonly models?: string[];

  /**
   * The daily budget, in US dollars, to be named on the budget widget. Nothing is enforced.
   *
   * @default - none is named
   */
  readonly dailyBudget?: number;

  /**
   * The monthly budget, in US dollars, to be named on the budget widget. Nothing is enforced.
   *
   * @default - none is named
   */
  readonly monthlyBudget?: number;

  /**
   * The budget alert function: where it is enabled, the budget widget shows its day-to-date and month-to-date cost.
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
   * Rows of widgets to put after the six.
   *
   * @default - none
   */
  readonly additionalWidgets?: cloudwatch.IWidget[][];
}

/** A widget takes so many metrics (CloudWatch quotas), those of its expressions included. */
const MAX_METRICS_A_WIDGET = 500;
/** CloudWatch User Guide, "Use search expressions in graphs". */
const MAX_SEARCHES_A_WIDGET = 100;
const DASHBOARD_NAME = /^[A-Za-z0-9_-]{1,255}$/;
const NAME_SUFFIX = 'Token-Analytics';
/** As much of a construct's address as tells a second dashboard of one default name apart. */
const ADDRESS_LENGTH = 8;

/**
 * A dashboard of six widgets: token usage, cost by agent, token efficiency, cost trend, budget utilisation and cost per
 * invocation.
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

  /**
   * @throws where a budget, the namespace, an agent, a model or the name is none, the budget alert function has another
   *   namespace, or another dashboard of the app has the same
   *   explicit name in the same account
   */
  constructor(scope: Construct, id: string, props: TokenAnalyticsDashboardProps = {}) {
    super(scope, id);
    const { namespace = DEFAULT_NAMESPACE } = props;
    requireNamespace(this, namespace);
    requireUsd(this, 'dailyBudget', props.dailyBudget);
    requireUsd(this, 'monthlyBudget', props.monthlyBudget);
    requireNames(this, 'agents', props.agents, MAX_AGENT_ID_LENGTH);
    requireNames(this, 'models', props.models, MAX_MODEL_LENGTH);
    this.requireSize(props.agents?.length ?? 0, props.models?.length);
    this.requireSameNamespace(namespace, props.budgetAlert);
    this.metrics = new TokenMetrics({ namespace });

    if (props.existingDashboard) {
      if (props.dashboardName !== undefined) {
        throw propError(this, 'dashboardName', 'left out where `existingDashboard` is given', props.dashboardName, 'Name the existing dashboard where it is made.');
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

    const widgets = coreWidgets({
      scope: this,
      metrics: this.metrics,
      agents: props.agents,
      models: props.models,
      dailyBudget: props.dailyBudget,
      monthlyBudget: props.monthlyBudget,
      budgetGauges: props.budgetAlert?.enabled ?? false,
    });
    for (let first = 0; first < widgets.length; first += 2) this.dashboard.addWidgets(...widgets.slice(first, first + 2));
    for (const row of props.additionalWidgets ?? []) this.addWidgets(...row);
  }

  /**
   * Puts a row of widgets after those that are there.
   *
   * @param widgets what to add
   */
  public addWidgets(...widgets: cloudwatch.IWidget[]): void {
    if (widgets.length > 0) this.dashboard.addWidgets(...widgets);
  }

  private requireSize(agents: number, models: number | undefined): void {
    if (models === undefined) {
      // Token usage searches input and output of each agent.
      if (2 * agents > MAX_SEARCHES_A_WIDGET) {
        throw propError(this, 'agents', `at most ${MAX_SEARCHES_A_WIDGET / 2} without \`models\``, `${agents} agents`, 'Leave `agents` out, too: one search then finds them all.');
      }
      return;
    }
    // The widget of token usage is the largest: input and output of each pair, and where there are pairs to add up, a sum for each agent.
    const metrics = 2 * agents * (models + (models > 1 ? 1 : 0));
    if (metrics > MAX_METRICS_A_WIDGET) {
      throw propError(this, 'agents', `few enough that a widget has at most ${MAX_METRICS_A_WIDGET} metrics`, `${agents} agents × ${models} models, ${metrics} metrics`,
        'Show fewer, or leave `models` out: each agent is then one search.');
    }
  }

  private requireSameNamespace(namespace: string, budgetAlert: BudgetAlertLambda | undefined): void {
    if (!budgetAlert?.enabled || Token.isUnresolved(namespace) || Token.isUnresolved(budgetAlert.namespace)) return;
    if (budgetAlert.namespace !== namespace) {
      throw propError(this, 'budgetAlert', `of the dashboard's namespace (${namespace})`, budgetAlert.namespace, 'Give both the same `namespace`.');
    }
  }

  private nameOf(given: string | undefined): string {
    if (given !== undefined && !Token.isUnresolved(given) && !DASHBOARD_NAME.test(given)) {
      throw propError(this, 'dashboardName', '1 to 255 letters, digits, `-` and `_`', given, 'Give a name such as OPX-Token-Analytics.');
    }
    const name = given ?? this.defaultName();
    const other = Token.isUnresolved(name) ? undefined : this.node.root.node.findAll().find(construct =>
      construct instanceof TokenAnalyticsDashboard && construct !== this && construct.ownName === name && this.sharesAccount(construct));
    if (!other) return name;
    if (given === undefined) return `${name}-${this.node.addr.slice(-ADDRESS_LENGTH)}`;
    throw propError(this, 'dashboardName', `one of a kind in the account: [${other.node.path}] has the same`, name, 'Give each its own `dashboardName`.');
  }

  private defaultName(): string {
    const { namespace } = this.metrics;
    if (Token.isUnresolved(namespace)) return NAME_SUFFIX;
    const [first] = namespace.split('/').map(part => part.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '')).filter(part => part !== '');
    return [...(first ? [first] : []), NAME_SUFFIX].join('-');
  }

  /** Stacks of no stated account are taken for one account only within a stage: stages are often deployed to their own. */
  private sharesAccount(other: TokenAnalyticsDashboard): boolean {
    const [mine, others] = [Stack.of(this).account, Stack.of(other).account];
    if (Token.isUnresolved(mine) || Token.isUnresolved(others)) return Stage.of(this) === Stage.of(other);
    return mine === others;
  }
}
