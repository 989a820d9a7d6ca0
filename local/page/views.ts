/** What the server sends as JSON and the page in the browser shows. */

/** A dashboard that can be chosen. */
export interface DashboardName {
  /** One of a kind among them. */
  readonly id: string;
  readonly name: string;
  readonly stack: string;
}

/** What the page begins with. */
export interface StartView {
  readonly dashboards: readonly DashboardName[];
  /** Where the data comes from, in a few words. */
  readonly generatedFrom: string;
  /** What could not be read, each in a sentence. */
  readonly notes: readonly string[];
}

/** How a widget is drawn. */
export type WidgetKind =
  'line' | 'stackedArea' | 'bar' | 'pie' | 'singleValue' | 'gauge' | 'table' | 'text' | 'alarms' | 'other';

/** Epoch milliseconds, and a value. */
export type PointView = readonly [time: number, value: number];

/** One line, bar or number of a widget. */
export interface SeriesView {
  readonly label: string;
  readonly yAxis: 'left' | 'right';
  readonly color?: string;
  readonly points: readonly PointView[];
}

/** A line at a value, or at a moment. */
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
  /** Undefined where nothing tells it. */
  readonly state?: string;
  readonly reason?: string;
}

export interface WidgetView {
  /** Of the DashboardBody: `metric`, `text`, `log` … */
  readonly type: string;
  readonly kind: WidgetKind;
  readonly title: string;
  /** On a grid of 24 columns; undefined where the body leaves the place open. */
  readonly x?: number;
  readonly y?: number;
  readonly width: number;
  readonly height: number;
  /** ISO 8601: its own range, or the page's. */
  readonly start: string;
  readonly end: string;
  readonly series: readonly SeriesView[];
  readonly annotations: readonly AnnotationView[];
  readonly left: AxisView;
  readonly right: AxisView;
  readonly alarms: readonly AlarmView[];
  readonly markdown?: string;
  /** Why what is not shown is missing. */
  readonly errors: readonly string[];
  /** What a reader must know of what is shown. */
  readonly notes: readonly string[];
}

export interface DashboardView {
  readonly dashboard: DashboardName;
  /** ISO 8601. */
  readonly start: string;
  readonly end: string;
  /** Whether a newer answer may be another: live data is. */
  readonly live: boolean;
  readonly agents: readonly string[];
  readonly models: readonly string[];
  readonly notes: readonly string[];
  readonly widgets: readonly WidgetView[];
}

/** An amount of money: as text, exact to what it shows, and as a number of US dollars to draw. */
export interface MoneyView {
  readonly text: string;
  readonly usd: number;
}

/** One agent or model: its cost of each day of the report, and of all. */
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
  /** Days of the past that it rests on, and what they cost. */
  readonly history: readonly { readonly day: string; readonly cost: MoneyView }[];
  /** Bounds between which the cost lies with a likelihood of 80 and of 95 %. */
  readonly days: readonly {
    readonly day: string;
    readonly cost: MoneyView;
    readonly from80: MoneyView;
    readonly to80: MoneyView;
    readonly from95: MoneyView;
    readonly to95: MoneyView;
  }[];
  /** Of all the days together, and where 80 of 100 such totals are expected. */
  readonly total?: MoneyView;
  readonly totalRange?: string;
  /** What to know of it, each in a sentence; also why there is none. */
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
  /** The dearest, dearest first. */
  readonly incidents: readonly IncidentView[];
  readonly incidentCount: number;
  readonly forecast: ForecastView;
  readonly notes: readonly string[];
}

/** What is left in of data. */
export interface Filters {
  readonly agent?: string;
  readonly model?: string;
}
