/** Types of the JSON that the server sends to the page in the browser. */

/** Dashboard that users can select on the page. */
export interface DashboardName {
  /** Id with which the page requests the dashboard. */
  readonly id: string;
  readonly name: string;
  readonly stack: string;
}

/** JSON that the page loads first: the dashboards that users can select. */
export interface StartView {
  readonly dashboards: readonly DashboardName[];
  /** Origin of the data, as the header of the page shows it. */
  readonly generatedFrom: string;
  /** Sentences about dashboards or values that could not be read. */
  readonly notes: readonly string[];
}

/** Kind of chart or content that the page shows for a widget. */
export type WidgetKind =
  'line' | 'stackedArea' | 'bar' | 'pie' | 'singleValue' | 'gauge' | 'table' | 'text' | 'alarms' | 'other';

/** Point of a series. `time` is in epoch milliseconds. */
export type PointView = readonly [time: number, value: number];

/** Series that a widget draws as a line, a bar or a number. */
export interface SeriesView {
  readonly label: string;
  readonly yAxis: 'left' | 'right';
  readonly color?: string;
  readonly points: readonly PointView[];
}

/** Line that a dashboard draws into a chart: horizontal at `value`, or vertical at `time`. */
export interface AnnotationView {
  readonly label: string;
  readonly yAxis: 'left' | 'right';
  readonly color?: string;
  readonly value?: number;
  /** Position on the time axis, in epoch milliseconds. */
  readonly time?: number;
}

export interface AxisView {
  readonly label?: string;
  readonly min?: number;
  readonly max?: number;
}

export interface AlarmView {
  readonly name: string;
  /** State of the alarm, such as `OK`. Undefined if it is unknown. */
  readonly state?: string;
  readonly reason?: string;
}

export interface WidgetView {
  /** Type of the widget in the DashboardBody, such as `metric`, `text` or `log`. */
  readonly type: string;
  readonly kind: WidgetKind;
  readonly title: string;
  /** First column of the widget, from 0 to 23. Undefined if the dashboard sets no position. */
  readonly x?: number;
  readonly y?: number;
  readonly width: number;
  readonly height: number;
  /**
   * Start of the widget's time range, ISO 8601. If the widget sets no start, this is the start of the
   * dashboard's time range.
   */
  readonly start: string;
  /** End of the widget's time range, ISO 8601. */
  readonly end: string;
  readonly series: readonly SeriesView[];
  readonly annotations: readonly AnnotationView[];
  readonly left: AxisView;
  readonly right: AxisView;
  /** True if each number of the widget has a small line chart of its series. */
  readonly sparkline: boolean;
  readonly alarms: readonly AlarmView[];
  readonly markdown?: string;
  /** Reasons why metrics of the widget could not be evaluated. */
  readonly errors: readonly string[];
  /**
   * Sentences that the page shows below the widget, such as "Thresholds of alarms outside this template are
   * not drawn."
   */
  readonly notes: readonly string[];
}

export interface DashboardView {
  readonly dashboard: DashboardName;
  /** Start of the dashboard's time range, ISO 8601. */
  readonly start: string;
  /** End of the dashboard's time range, ISO 8601. */
  readonly end: string;
  /** True if new data may arrive while the page is open. */
  readonly live: boolean;
  readonly agents: readonly string[];
  readonly models: readonly string[];
  readonly notes: readonly string[];
  readonly widgets: readonly WidgetView[];
}

/** Amount of money. `text` is for display, e.g. "≥ $1.20 (3 at least)". `usd` is a number for charts. */
export interface MoneyView {
  readonly text: string;
  readonly usd: number;
}

/** Costs of one agent or model. `days` has one amount for each day of the report. */
export interface DailySeriesView {
  readonly name: string;
  readonly days: readonly MoneyView[];
  readonly total: MoneyView;
}

export interface IncidentView {
  readonly name: string;
  readonly cost: MoneyView;
  readonly calls: number;
  readonly tokens: number;
}

export interface ForecastView {
  /** Days before the forecast, with their actual costs. */
  readonly history: readonly { readonly day: string; readonly cost: MoneyView }[];
  /** Days of the forecast, with their expected costs and the bounds of the 80 % and 95 % intervals. */
  readonly days: readonly {
    readonly day: string;
    readonly cost: MoneyView;
    readonly from80: MoneyView;
    readonly to80: MoneyView;
    readonly from95: MoneyView;
    readonly to95: MoneyView;
  }[];
  /** Expected cost of all forecast days together. */
  readonly total?: MoneyView;
  /** 80 % interval of `total` as text, such as "$10 to $14". */
  readonly totalRange?: string;
  /** Sentences that the page shows below the forecast, for example the reason why there is no forecast. */
  readonly notes: readonly string[];
}

export interface ReportView {
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
  readonly days: readonly { readonly day: string; readonly complete: boolean; readonly cost: MoneyView }[];
  readonly agents: readonly DailySeriesView[];
  readonly models: readonly DailySeriesView[];
  readonly total: MoneyView;
  /** Part of `total` that is the cost of billed units besides tokens. Undefined if there are none. */
  readonly unitCost?: MoneyView;
  readonly calls: number;
  readonly tokens: number;
  /** Sentences about `total`: the reasons why it is a lower bound, and the numbers of units. */
  readonly costNotes: readonly string[];
  /** Incidents with the highest costs, highest cost first. */
  readonly incidents: readonly IncidentView[];
  readonly incidentCount: number;
  readonly forecast: ForecastView;
  readonly notes: readonly string[];
}

/** Comparison of the recorded calls of one day with the account's calls in CloudWatch. */
export interface CoveredShareView {
  /** One sentence with the share and the missing calls, or the reason why there is no share. */
  readonly summary: string;
  readonly models: readonly {
    readonly model: string;
    readonly accountCalls: number;
    readonly recordedCalls: number;
    /** Recorded input tokens as a percentage, such as "97.2 %". Empty if the account has no input tokens. */
    readonly share: string;
    /** Likely reason of the difference. Empty if there is no difference. */
    readonly reason: string;
  }[];
  /** Sentences that the page shows below the table: limits of the comparison, and fixes. */
  readonly notes: readonly string[];
  /** Price of the metrics that were read, such as "CloudWatch: 8 metrics read, $0.00008". */
  readonly cost: string;
}

/** Agent and model to which the page is limited. Undefined means all. */
export interface Filters {
  readonly agent?: string;
  readonly model?: string;
}
