import type { Properties } from './dashboard-body';
import type { Filters } from './views';
import type { AlarmState } from '../emulators/cloudwatch/alarm';
import type { WidgetData } from '../emulators/cloudwatch/widget';

export interface TimeRange {
  readonly start: Date;
  readonly end: Date;
}

/** Data of a metric widget, and notes for the reader. */
export interface MetricAnswer extends WidgetData {
  readonly notes?: readonly string[];
}

/** Source of the data in a dashboard. */
export interface MetricSource {
  /** Short description of the data, shown in the header of the page. */
  readonly generatedFrom: string;
  /** True if new data may arrive while the page is open. */
  readonly live: boolean;
  /** Returns the default end of time ranges. */
  end(): Date;
  /** Lists the agents and models that have metrics in the given namespaces. Both lists are sorted by name. */
  names(
    namespaces: readonly string[],
  ): Promise<{ readonly agents: readonly string[]; readonly models: readonly string[] }>;
  /**
   * Evaluates a metric widget over a time range. If the widget sets its own range, this range takes
   * precedence.
   */
  evaluate(properties: Properties, range: TimeRange, filters: Filters): Promise<MetricAnswer>;
  /**
   * Returns the state of an alarm at the end of the data. The method is absent if the source cannot read
   * alarm states.
   */
  alarm?(properties: Properties): { readonly state: AlarmState; readonly reason: string };
}

/** Source without data. It is used to preview the layout. */
export const NO_METRICS: MetricSource = {
  generatedFrom: 'none, layout only',
  live: false,
  end: () => new Date(),
  names: () => Promise.resolve({ agents: [], models: [] }),
  evaluate: () => Promise.resolve({ series: [], errors: [] }),
};
