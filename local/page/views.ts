/** JSON that the server sends and the page in the browser shows. */

/** Dashboard in the list of dashboards. */
export interface DashboardName {
  /** Unique in the list. */
  readonly id: string;
  readonly name: string;
  readonly stack: string;
}

/** Data that the page loads first. */
export interface StartView {
  readonly dashboards: readonly DashboardName[];
  /** Short description of the data. */
  readonly generatedFrom: string;
  /** Dashboards and values that could not be read, a sentence each. */
  readonly notes: readonly string[];
}

/** Kind of chart or card that draws a widget. */
export type WidgetKind =
  'line' | 'stackedArea' | 'bar' | 'pie' | 'singleValue' | 'gauge' | 'table' | 'text' | 'alarms' | 'other';

/** Data point. The time is in epoch milliseconds. */
export type PointView = readonly [time: number, value: number];

/** Series that a widget shows as a line, a bar or a number. */
export interface SeriesView {
  readonly label: string;
  readonly yAxis: 'left' | 'right';
  readonly color?: string;
  readonly points: readonly PointView[];
}

/** Annotation line at a value or at a time. */
export interface AnnotationView {
  readonly label: string;
  readonly yAxis: 'left' | 'right';
  readonly color?: string;
  readonly value?: number;
  /** Epoch milliseconds. */
  readonly time?: number;
}

export interface AxisView {
  readonly label?: string;
  readonly min?: number;
  readonly max?: number;
}

export interface AlarmView {
  readonly name: string;
  /** Undefined if the state is unknown. */
  readonly state?: string;
  readonly reason?: string;
}

export interface WidgetView {
  /** Type in the DashboardBody, such as `metric`, `text` or `log`. */
  readonly type: string;
  readonly kind: WidgetKind;
  readonly title: string;
  /** Column in a grid of 24. Undefined if the DashboardBody does not set a position. */
  readonly x?: number;
  readonly y?: number;
  readonly width: number;
  readonly height: number;
  /** ISO 8601. The range of the widget if it sets one, otherwise the range of the page. */
  readonly start: string;
  readonly end: string;
  readonly series: readonly SeriesView[];
  readonly annotations: readonly AnnotationView[];
  readonly left: AxisView;
  readonly right: AxisView;
  readonly alarms: readonly AlarmView[];
  readonly markdown?: string;
  /** Reasons for missing series. */
  readonly errors: readonly string[];
  /** Notes for the reader about the series. */
  readonly notes: readonly string[];
}

export interface DashboardView {
  readonly dashboard: DashboardName;
  /** ISO 8601. */
  readonly start: string;
  readonly end: string;
  /** True if new data may arrive while the page is open. */
  readonly live: boolean;
  readonly agents: readonly string[];
  readonly models: readonly string[];
  readonly notes: readonly string[];
  readonly widgets: readonly WidgetView[];
}

/** Amount of money, as exact text and as a number of US dollars for charts. */
export interface MoneyView {
  readonly text: string;
  readonly usd: number;
}

/** Cost of one agent or model, for each day of the report and in total. */
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
  /** Past days that the forecast is based on, with their actual cost. */
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
  /** Forecast cost of all days together. */
  readonly total?: MoneyView;
  /** Bounds of the 80 % interval of the total, as text. */
  readonly totalRange?: string;
  /** Notes for the reader, a sentence each. If there is no forecast, they contain the reason. */
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
  /** Incidents with the highest costs, highest first. */
  readonly incidents: readonly IncidentView[];
  readonly incidentCount: number;
  readonly forecast: ForecastView;
  readonly notes: readonly string[];
}

/** Agent and model to show. Undefined fields show all. */
export interface Filters {
  readonly agent?: string;
  readonly model?: string;
}
