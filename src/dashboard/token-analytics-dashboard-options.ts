import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { DashboardSection } from './dashboard-section';
import type { BudgetAlertLambda } from '../budget/budget-alert-lambda';
import type { ITokenTraceTable } from '../traces/trace-table-interface';

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
   * @default - the parts of the namespace except `Analytics`, and `Token-Analytics`. For example,
   * `OPX-dev-Token-Analytics` for the namespace `OPX/Analytics/dev`
   */
  readonly dashboardName?: string;

  /**
   * The ids of the agents to show, as in the dimension `AgentId`.
   *
   * With this list, each agent has the same color in all widgets, and the token usage widget shows the output
   * tokens of each agent. Up to 14 agents have different colors.
   *
   * Without `agents` and `variables`, the widgets by agent show the ten agents with the highest sums over
   * all models in the time range. A Metrics Insights query finds them. Such a query reads only the last two
   * weeks. It is free of charge in the console.
   *
   * @default - the agents with metrics in the last two weeks, found by a query or by search
   */
  readonly agents?: string[];

  /**
   * The ids of the models to show, such as `amazon.nova-lite-v1:0`.
   *
   * If you set both `agents` and `models`, the dashboard reads the metrics by name. Otherwise it finds them
   * by query or by search, which cover only the last two weeks. Without `agents`, totals and sums by agent
   * include all models.
   *
   * @default - every model, found by query or by search
   */
  readonly models?: string[];

  /**
   * The daily budget, in US dollars. The budget blocks no invocations. The budget widget shows the cost of
   * the current UTC day as a share of the budget, in per cent.
   *
   * The cost trend widget shows the cost per hour, and a line at one 24th of the budget. If the budget is
   * known only at deployment, the line is omitted.
   *
   * @default - no daily budget is shown
   */
  readonly dailyBudget?: number;

  /**
   * The monthly budget, in US dollars. The budget blocks no invocations. The budget widget shows the cost of
   * the last 30 days as a share of the budget, in per cent.
   *
   * The cost trend widget shows the cost per hour, and a line at one 730th of the budget. A month has 730
   * hours. If the budget is known only at deployment, the line is omitted.
   *
   * @default - no monthly budget is shown
   */
  readonly monthlyBudget?: number;

  /**
   * The budget alert function. If the function is enabled, the shares in the budget widget are of the current
   * day and the current month in the time zone of the function. Without a budget, the widget shows the cost
   * of the day and of the month.
   *
   * @default - the shares are of the current UTC day and of the last 30 days
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
   * For alarms of TokenAnalyticsAlarms, graphs have a line at the threshold: the cost per invocation, the
   * error rate, and the response latency.
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
   * True if a reader can choose an agent and a model on the dashboard. The reader chooses from the lists
   * `agents` and `models`. If a list is omitted, the reader types the name.
   *
   * The graphs then find all metrics by search, which covers the last two weeks. Totals include only the
   * chosen agent and model. The choice has no effect on the budget widget, on averages over all invocations,
   * on the numbers of traces, and on metrics that AWS publishes.
   *
   * @default false
   */
  readonly variables?: boolean;

  /**
   * False to omit the text widget with links, below the six core widgets.
   *
   * @default - true: the widget is shown if `runbookUrl` or `traceTable` is given
   */
  readonly links?: boolean;

  /**
   * The URL of the runbook, which the text widget links to. It must begin with `https://`.
   *
   * @default - no link to a runbook
   */
  readonly runbookUrl?: string;

  /**
   * The trace table. The text widget shows the commands that print the cost of each day and of an incident
   * from this table.
   *
   * @default - no commands are shown
   */
  readonly traceTable?: ITokenTraceTable;

  /**
   * Widgets to show at the bottom of the dashboard. Each inner list is one row.
   *
   * @default - no further widgets
   */
  readonly additionalWidgets?: cloudwatch.IWidget[][];
}
