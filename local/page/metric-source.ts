import type { Properties } from './dashboard-body';
import type { Filters } from './views';
import type { AlarmState } from '../emulators/cloudwatch/alarm';
import type { WidgetData } from '../emulators/cloudwatch/widget';

export interface TimeRange {
  readonly start: Date;
  readonly end: Date;
}

/** Series of a metric widget. The page shows the sentences in `notes` below the widget. */
export interface MetricAnswer extends WidgetData {
  readonly notes?: readonly string[];
}

/** Source of the metric data that the widgets of a dashboard show. */
export interface MetricSource {
  /** Origin of the data, as the header of the page shows it. */
  readonly generatedFrom: string;
  /** True if new data may arrive while the page is open. */
  readonly live: boolean;
  /** Returns the default end of a time range. */
  end(): Date;
  /** Lists the agents and models that have metrics in any of the namespaces. Both arrays are sorted. */
  names(
    namespaces: readonly string[],
  ): Promise<{ readonly agents: readonly string[]; readonly models: readonly string[] }>;
  /**
   * Evaluates the metrics of a widget. If the widget sets `start` or `end`, this value replaces the one in
   * `range`.
   */
  evaluate(properties: Properties, range: TimeRange, filters: Filters): Promise<MetricAnswer>;
  /**
   * Returns the current state of an alarm. Undefined if this source cannot evaluate alarms.
   *
   * @param properties resolved properties of an `AWS::CloudWatch::Alarm`
   */
  alarm?(properties: Properties): { readonly state: AlarmState; readonly reason: string };
}

/** Metric source that returns no data. With it, the page shows only the layout of a dashboard. */
export const NO_METRICS: MetricSource = {
  generatedFrom: 'none, layout only',
  live: false,
  end: () => new Date(),
  names: () => Promise.resolve({ agents: [], models: [] }),
  evaluate: () => Promise.resolve({ series: [], errors: [] }),
};
