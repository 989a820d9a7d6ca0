import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { propError, type Where } from '../private/validate';

/** Width of a dashboard in grid units (CloudWatch API Reference, "Dashboard Body Structure and Syntax"). */
export const WHOLE = 24;
export const HALF = 12;
export const THIRD = 8;
export const HEIGHT = 6;
const HEADING_HEIGHT = 1;

export const LAST_DAY = '-PT24H';
export const MINUTE = Duration.minutes(1);
export const FIVE_MINUTES = Duration.minutes(5);
export const QUARTER_HOUR = Duration.minutes(15);
export const HOUR = Duration.hours(1);

/** Maximum number of metrics in a widget, including the metrics in math expressions (CloudWatch quotas). */
export const MAX_METRICS_A_WIDGET = 500;
/** Maximum number of metrics on a dashboard, including metrics in math expressions (CloudWatch quotas). */
export const MAX_METRICS_A_DASHBOARD = 2500;
/**
 * Maximum number of search expressions in a widget (CloudWatch User Guide, "Use search expressions in
 * graphs").
 */
export const MAX_SEARCHES_A_WIDGET = 100;
/**
 * Maximum number of Metrics Insights queries in a widget (CloudWatch User Guide, "Metrics Insights quotas").
 */
const MAX_QUERIES_A_WIDGET = 1;
/** Maximum number of widgets on a dashboard (CloudWatch quotas). */
export const MAX_WIDGETS = 500;

/**
 * Creates a graph with a default height. It is half as wide as the dashboard, unless `props` contains a
 * width.
 */
export function graphWidget(title: string, props: cloudwatch.GraphWidgetProps): cloudwatch.IWidget {
  return new cloudwatch.GraphWidget({ title, width: HALF, height: HEIGHT, ...props });
}

/** Returns the horizontal lines of a graph. Returns undefined if there are none. */
export function lines(
  annotations: readonly cloudwatch.HorizontalAnnotation[],
): cloudwatch.HorizontalAnnotation[] | undefined {
  return annotations.length > 0 ? [...annotations] : undefined;
}

/** Creates the heading of a section: one line of text. */
export function headingWidget(markdown: string): cloudwatch.IWidget {
  return new cloudwatch.TextWidget({ markdown: `### ${markdown}`, width: WHOLE, height: HEADING_HEIGHT });
}

/** Returns the number of widgets in a row, including all widgets in columns. */
export function widgetCount(row: readonly cloudwatch.IWidget[]): number {
  return bodyOf(row).length;
}

/** Returns the number of metrics and expressions in a row, including those that are not shown. */
export function metricCount(row: readonly cloudwatch.IWidget[]): number {
  return bodyOf(row)
    .map(({ properties: { metrics } }) => (Array.isArray(metrics) ? metrics.length : 0))
    .reduce((sum, count) => sum + count, 0);
}

/** Throws an error if a widget has more metrics, searches or queries than CloudWatch can show. */
export function requireDrawable(where: Where, row: readonly cloudwatch.IWidget[]): void {
  for (const {
    properties: { title, metrics },
  } of bodyOf(row)) {
    if (!Array.isArray(metrics)) continue;
    const text = JSON.stringify(metrics);
    const searches = text.split('SEARCH(').length - 1;
    const queries = text.split('"SELECT ').length - 1;
    requireAtMost(where, title, 'metrics', metrics.length, MAX_METRICS_A_WIDGET);
    requireAtMost(where, title, 'searches', searches, MAX_SEARCHES_A_WIDGET);
    requireAtMost(where, title, 'queries', queries, MAX_QUERIES_A_WIDGET);
  }
}

function requireAtMost(where: Where, title: unknown, noun: string, count: number, max: number): void {
  if (count <= max) return;
  throw propError(
    where,
    'sections',
    `drawable: a widget has at most ${max} ${noun}`,
    `${count} in '${String(title)}'`,
    'Show fewer `agents` or `models`, or omit both: one search then finds all of them.',
  );
}

interface WidgetBody {
  readonly properties: { readonly title?: unknown; readonly metrics?: unknown };
}

function bodyOf(row: readonly cloudwatch.IWidget[]): WidgetBody[] {
  return row.flatMap(widget => widget.toJson() as WidgetBody[]);
}
