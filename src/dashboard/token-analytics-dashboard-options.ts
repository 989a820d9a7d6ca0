import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { DashboardSection } from './dashboard-section';
import type { BudgetAlertLambda } from '../budget/budget-alert-lambda';

/**
 * Properties of a dashboard.
 */
export interface TokenAnalyticsDashboardProps {
  /**
   * The CloudWatch namespace in which the runtime publishes.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;

  /**
   * The name of the dashboard: letters, digits, `-` and `_`. It must be unique in the account.
   *
   * @default - the first part of the namespace and `-Token-Analytics`: `OPX-Token-Analytics`. If another
   * dashboard of the app already has this name, a part of the construct's address is appended.
   */
  readonly dashboardName?: string;

  /**
   * The agents to show, as in the dimension `AgentId`.
   *
   * @default - every agent with metrics in the last two weeks, found by search
   */
  readonly agents?: string[];

  /**
   * The models to show, as foundation-model ids. If `agents` is also set, the dashboard names the metrics
   * instead of searching for them, so it shows them even after two weeks without values.
   *
   * @default - every model, found by search
   */
  readonly models?: string[];

  /**
   * The daily budget, in US dollars. The budget widget shows it in its title, and the cost trend shows its
   * hourly share (÷ 24) as a line. A budget that is known only at deployment has no line. Nothing is
   * enforced.
   *
   * @default - no daily budget is shown
   */
  readonly dailyBudget?: number;

  /**
   * The monthly budget, in US dollars. The budget widget shows it in its title, and the cost trend shows its
   * hourly share (÷ 730) as a line. A budget that is known only at deployment has no line. Nothing is
   * enforced.
   *
   * @default - no monthly budget is shown
   */
  readonly monthlyBudget?: number;

  /**
   * The budget alert function. If the function is enabled, the budget widget shows the cost of the day and of
   * the month so far.
   *
   * @default - the budget widget shows only the last 30 days
   */
  readonly budgetAlert?: BudgetAlertLambda;

  /**
   * A dashboard to add the widgets to.
   *
   * @default - a new dashboard
   */
  readonly existingDashboard?: cloudwatch.Dashboard;

  /**
   * Alarms to show after the six core widgets, with their states: one row for each 100 alarms.
   *
   * @default - no alarms
   */
  readonly alarms?: cloudwatch.IAlarm[];

  /**
   * Sections to show after the six core widgets and the alarms, in this order, each under its heading.
   *
   * @default - no sections
   */
  readonly sections?: DashboardSection[];

  /**
   * True if a reader can choose an agent and a model. If `agents` or `models` is set, the reader chooses from
   * a list; otherwise the reader types the name.
   *
   * All series are then found by search, even if agents and models are set. A search covers the last two
   * weeks. Totals include only the chosen agent and model. The choice does not apply to the budget widget,
   * averages over all invocations, traces, and metrics of AWS.
   *
   * @default false
   */
  readonly variables?: boolean;

  /**
   * Rows of widgets to show last.
   *
   * @default - no further widgets
   */
  readonly additionalWidgets?: cloudwatch.IWidget[][];
}
