import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { propError, type Where } from '../private/validate';

/**
 * A dashboard is 24 units wide (CloudWatch API Reference, "Dashboard
 * Body Structure and Syntax"): rows are of two or of three.
 */
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

/** A widget takes so many metrics (CloudWatch quotas), those of its expressions included. */
export const MAX_METRICS_A_WIDGET = 500;
/** CloudWatch User Guide, "Use search expressions in graphs". */
export const MAX_SEARCHES_A_WIDGET = 100;
/** CloudWatch quotas. */
export const MAX_WIDGETS = 500;

export function graph(title: string, props: cloudwatch.GraphWidgetProps): cloudwatch.IWidget {
  return new cloudwatch.GraphWidget({ title, width: HALF, height: HEIGHT, ...props });
}

/** One line over a section. */
export function heading(markdown: string): cloudwatch.IWidget {
  return new cloudwatch.TextWidget({ markdown: `### ${markdown}`, width: WHOLE, height: HEADING_HEIGHT });
}

/** How many widgets a row is, those inside of its columns counted. */
export function widgetCount(row: readonly cloudwatch.IWidget[]): number {
  return bodyOf(row).length;
}

/**
 * @throws where a widget has more metrics or searches than CloudWatch draws
 */
export function requireDrawable(where: Where, row: readonly cloudwatch.IWidget[]): void {
  for (const {
    properties: { title, metrics },
  } of bodyOf(row)) {
    if (!Array.isArray(metrics)) continue;
    const searches = JSON.stringify(metrics).split('SEARCH(').length - 1;
    requireFew(where, title, 'metrics', metrics.length, MAX_METRICS_A_WIDGET);
    requireFew(where, title, 'searches', searches, MAX_SEARCHES_A_WIDGET);
  }
}

function requireFew(where: Where, title: unknown, what: string, count: number, most: number): void {
  if (count <= most) return;
  throw propError(
    where,
    'sections',
    `drawable: a widget has at most ${most} ${what}`,
    `${count} in '${String(title)}'`,
    'Show fewer `agents` or `models`, or leave both out: one search then finds them all.',
  );
}

interface WidgetBody {
  readonly properties: { readonly title?: unknown; readonly metrics?: unknown };
}

function bodyOf(row: readonly cloudwatch.IWidget[]): WidgetBody[] {
  return row.flatMap(widget => widget.toJson() as WidgetBody[]);
}
