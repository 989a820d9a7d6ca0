import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { DashboardSection } from './dashboard-section';
import type { BudgetAlertLambda } from '../budget/budget-alert-lambda';

/**
 * Properties of a dashboard.
 */
export interface TokenAnalyticsDashboardProps {
  /**
   * The CloudWatch namespace in which the runtime publishes metrics.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;

  /**
   * The name of the dashboard: letters, digits, `-` and `_`. It must be unique in the account.
   *
   * @default - the first part of the namespace, followed by `-Token-Analytics`, such as
   * `OPX-Token-Analytics`. If another dashboard of the app already has this name, a part of the construct's
   * address is appended.
   */
  readonly dashboardName?: string;

  /**
   * The agents to show. Each agent is a value of the dimension `AgentId`.
   *
   * @default - every agent with metrics in the last two weeks, found by search
   */
  readonly agents?: string[];

  /**
   * The models to show, as foundation model ids. If `agents` is also set, the dashboard needs no search. The
   * dashboard then also shows metrics that have had no values for two weeks.
   *
   * @default - every model, found by search
   */
  readonly models?: string[];

  /**
   * The daily budget, in US dollars. The title of the budget widget contains the budget. The cost trend
   * widget shows the hourly share of the budget (÷ 24) as a line, unless the budget is known only at
   * deployment. Nothing is enforced.
   *
   * @default - no daily budget is shown
   */
  readonly dailyBudget?: number;

  /**
   * The monthly budget, in US dollars. The title of the budget widget contains the budget. The cost trend
   * widget shows the hourly share of the budget (÷ 730) as a line, unless the budget is known only at
   * deployment. Nothing is enforced.
   *
   * @default - no monthly budget is shown
   */
  readonly monthlyBudget?: number;

  /**
   * The budget alert function. If the function is enabled, the budget widget also shows the cost of the
   * current day and of the current month.
   *
   * @default - the budget widget shows only the cost of the last 30 days
   */
  readonly budgetAlert?: BudgetAlertLambda;

  /**
   * An existing dashboard to which the widgets are added.
   *
   * @default - a new dashboard
   */
  readonly existingDashboard?: cloudwatch.Dashboard;

  /**
   * Alarms whose states are shown after the six core widgets. Each row shows up to 100 alarms.
   *
   * @default - no alarms
   */
  readonly alarms?: cloudwatch.IAlarm[];

  /**
   * Sections to show after the six core widgets and the alarms, in the given order. Each section has a
   * heading.
   *
   * @default - no sections
   */
  readonly sections?: DashboardSection[];

  /**
   * True if a reader can choose an agent and a model on the dashboard. The reader chooses the agent from a
   * list if `agents` is set, and the model from a list if `models` is set. Otherwise, the reader types the
   * name.
   *
   * All series are then found by search, even if `agents` and `models` are set. A search covers the last two
   * weeks. Totals include only the chosen agent and model. The choice has no effect on the budget widget, on
   * averages over all invocations, on the numbers of traces, and on metrics that AWS publishes.
   *
   * @default false
   */
  readonly variables?: boolean;

  /**
   * Rows of widgets to show at the bottom of the dashboard.
   *
   * @default - no further widgets
   */
  readonly additionalWidgets?: cloudwatch.IWidget[][];
}
