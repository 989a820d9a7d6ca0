import { CHARACTER_WIDTH, FONT_SIZE, type Ink } from './chart-text';
import type { AnnotationView, SeriesView } from '../views';

/** Colors of annotation lines without a color of their own. */
const LINE_COLORS = ['#ef4444', '#d97706', '#a855f7', '#14b8a6'];

/** Positions of the texts of annotation lines, from the highest line to the lowest. */
const LINE_TEXT_POSITIONS = ['insideStartTop', 'insideEndTop', 'insideMiddleTop'];
/** Minimum distance of a line with a text to the next higher line, as a fraction of the axis. */
const MIN_TEXT_DISTANCE = 0.12;
/** Maximum width of these texts together, as a fraction of the chart width. Axis labels need the rest. */
const TEXT_SHARE = 0.85;

/** Returns the color of each annotation line, in order: its own color, or a default color. */
export function annotationColors(annotations: readonly Pick<AnnotationView, 'color'>[]): string[] {
  return annotations.map(({ color }, index) => color ?? LINE_COLORS[index % LINE_COLORS.length]);
}

/** Returns the highest value of the data and of the annotation lines at one axis. */
export function highestValue(
  series: readonly SeriesView[],
  annotations: readonly AnnotationView[],
  side: 'left' | 'right',
): number {
  const data = series
    .filter(({ yAxis }) => yAxis === side)
    .reduce((most, { points }) => points.reduce((high, [, value]) => Math.max(high, value), most), -Infinity);
  return annotations.reduce(
    (most, { yAxis, value }) => (yAxis === side && value !== undefined ? Math.max(most, value) : most),
    data,
  );
}

/**
 * Creates the annotation lines of a chart. Only the three highest horizontal lines have labels, at different
 * positions. A label is not drawn if it is too long, or if a higher line would cross it. The legend names all
 * lines with their values.
 *
 * @param highest highest value of the axis
 */
export function markLine(
  annotations: readonly (AnnotationView & { readonly color: string })[],
  ink: Ink,
  width: number,
  highest: number,
) {
  const sorted = [...annotations].sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity));
  const textWidth = (width * TEXT_SHARE) / Math.min(sorted.length, LINE_TEXT_POSITIONS.length);
  return {
    silent: true,
    symbol: 'none',
    animation: false,
    // Draws a line at its exact value. By default, the chart library rounds values to two decimals.
    precision: -1,
    data: sorted.map(({ color, value, time, label }, index) => ({
      ...(value === undefined ? { xAxis: time } : { yAxis: value }),
      lineStyle: { color, type: 'dashed', width: 1.5 },
      label: {
        show:
          value !== undefined &&
          index < LINE_TEXT_POSITIONS.length &&
          (index === 0 || (sorted[index - 1].value ?? Infinity) - value >= MIN_TEXT_DISTANCE * highest) &&
          label.length * CHARACTER_WIDTH <= textWidth,
        position: LINE_TEXT_POSITIONS[index],
        color: ink.text,
        fontSize: FONT_SIZE,
        formatter: () => label,
      },
    })),
  };
}
