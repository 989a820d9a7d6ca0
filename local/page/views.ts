/** Types of the JSON that the server sends and the page shows. */

/** Entry in the list of dashboards. */
export interface DashboardName {
  /** Id that is unique in the list. */
  readonly id: string;
  readonly name: string;
  readonly stack: string;
}

/** Data that the page loads first. */
export interface StartView {
  readonly dashboards: readonly DashboardName[];
  /** Short description of the data, shown in the header of the page. */
  readonly generatedFrom: string;
  /** Notes about dashboards and values that could not be read, one sentence each. */
  readonly notes: readonly string[];
}

/** Kind of chart or card that shows a widget. */
export type WidgetKind =
  'line' | 'stackedArea' | 'bar' | 'pie' | 'singleValue' | 'gauge' | 'table' | 'text' | 'alarms' | 'other';

/** Data point. `time` is in epoch milliseconds. */
export type PointView = readonly [time: number, value: number];

/** Series that a widget draws as a line, a bar or a number. */
export interface SeriesView {
  readonly label: string;
  readonly yAxis: 'left' | 'right';
  readonly color?: string;
  readonly points: readonly PointView[];
}

/** Annotation line, either at a value or at a time. */
export interface AnnotationView {
  readonly label: string;
  readonly yAxis: 'left' | 'right';
  readonly color?: string;
  readonly value?: number;
  /** Time in epoch milliseconds. */
  readonly time?: number;
}

export interface AxisView {
  readonly label?: string;
  readonly min?: number;
  readonly max?: number;
}

export interface AlarmView {
  readonly name: string;
  /** State of the alarm. Undefined if the state is unknown. */
  readonly state?: string;
  readonly reason?: string;
}

export interface WidgetView {
  /** Type of the widget in the DashboardBody, such as `metric`, `text` or `log`. */
  readonly type: string;
  readonly kind: WidgetKind;
  readonly title: string;
  /** Column in the grid, which has 24 columns. Undefined if the DashboardBody sets no position. */
  readonly x?: number;
  readonly y?: number;
  readonly width: number;
  readonly height: number;
  /** Start of the time range, ISO 8601. A range of the widget takes precedence over the range of the page. */
  readonly start: string;
  /** End of the time range, ISO 8601. */
  readonly end: string;
  readonly series: readonly SeriesView[];
  readonly annotations: readonly AnnotationView[];
  readonly left: AxisView;
  readonly right: AxisView;
  readonly alarms: readonly AlarmView[];
  readonly markdown?: string;
  /** Reasons why series are missing. */
  readonly errors: readonly string[];
  /** Notes about the series, for the reader. */
  readonly notes: readonly string[];
}

export interface DashboardView {
  readonly dashboard: DashboardName;
  /** Start of the time range, ISO 8601. */
  readonly start: string;
  /** End of the time range, ISO 8601. */
  readonly end: string;
  /** True if new data may arrive while the page is open. */
  readonly live: boolean;
  readonly agents: readonly string[];
  readonly models: readonly string[];
  readonly notes: readonly string[];
  readonly widgets: readonly WidgetView[];
}

/** Amount of money. `text` is exact, and `usd` is a number of US dollars for charts. */
export interface MoneyView {
  readonly text: string;
  readonly usd: number;
}

/** Cost of one agent or one model, for each day of the report and in total. */
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
  /** Past days on which the forecast is based, with the actual cost of each day. */
  readonly history: readonly { readonly day: string; readonly cost: MoneyView }[];
  /** Forecast days, with the bounds of the 80 % and 95 % intervals. */
  readonly days: readonly {
    readonly day: string;
    readonly cost: MoneyView;
    readonly from80: MoneyView;
    readonly to80: MoneyView;
    readonly from95: MoneyView;
    readonly to95: MoneyView;
  }[];
  /** Sum of the forecast costs of all days. */
  readonly total?: MoneyView;
  /** Bounds of the 80 % interval of `total`, as text. */
  readonly totalRange?: string;
  /** Notes for the reader, one sentence each. If there is no forecast, the notes contain the reason. */
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
  readonly calls: number;
  readonly tokens: number;
  /** Most expensive incidents, highest cost first. */
  readonly incidents: readonly IncidentView[];
  readonly incidentCount: number;
  readonly forecast: ForecastView;
  readonly notes: readonly string[];
}

/** Agent and model to show. An undefined field means all. */
export interface Filters {
  readonly agent?: string;
  readonly model?: string;
}
