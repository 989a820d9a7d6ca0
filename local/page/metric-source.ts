import type { Properties } from './dashboard-body';
import type { Filters } from './views';
import type { AlarmState } from '../emulators/cloudwatch/alarm';
import type { WidgetData } from '../emulators/cloudwatch/widget';

export interface TimeRange {
  readonly start: Date;
  readonly end: Date;
}

/** What a metric widget shows, and what to know of it. */
export interface MetricAnswer extends WidgetData {
  readonly notes?: readonly string[];
}

/** Where a dashboard's data comes from. */
export interface MetricSource {
  /** In a few words. */
  readonly generatedFrom: string;
  /** Whether it goes on while it is looked at. */
  readonly live: boolean;
  /** Where a range ends that is counted back from its end. */
  end(): Date;
  /** The agents and models that there are of some namespaces, in order of name. */
  names(
    namespaces: readonly string[],
  ): Promise<{ readonly agents: readonly string[]; readonly models: readonly string[] }>;
  /** Evaluates a metric widget's properties over a range; the widget's own range goes before it. */
  evaluate(properties: Properties, range: TimeRange, filters: Filters): Promise<MetricAnswer>;
  /** The state of an alarm with these properties at the end; undefined where nothing is known of it. */
  alarm?(properties: Properties): { readonly state: AlarmState; readonly reason: string };
}

/** No data: the layout alone. */
export const NO_METRICS: MetricSource = {
  generatedFrom: 'none: the layout alone',
  live: false,
  end: () => new Date(),
  names: () => Promise.resolve({ agents: [], models: [] }),
  evaluate: () => Promise.resolve({ series: [], errors: [] }),
};
