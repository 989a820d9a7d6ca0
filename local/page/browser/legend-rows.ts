import { annotationColors } from './annotation-lines';
import { colorsOf } from './chart-options';
import { formatNumber, formatTime } from './format';
import type { AnnotationView, SeriesView } from '../views';

/** Entry of a legend: a series, or an annotation line if `isLine` is true. */
export interface LegendRow {
  readonly color: string;
  readonly text: string;
  readonly isLine: boolean;
}

/** Returns the legend of a chart: its series in order, then its annotation lines with their values. */
export function legendRows(
  series: readonly Pick<SeriesView, 'label' | 'color'>[],
  annotations: readonly AnnotationView[],
): LegendRow[] {
  const [colors, lines] = [colorsOf(series), annotationColors(annotations)];
  return [
    ...series.map(({ label }, index) => ({ color: colors[index], text: label, isLine: false })),
    ...annotations.map(({ label, value, time }, index) => ({
      color: lines[index],
      text: [label, value === undefined ? `${formatTime(time ?? 0)} UTC` : formatNumber(value)]
        .filter(text => text !== '')
        .join(': '),
      isLine: true,
    })),
  ];
}
