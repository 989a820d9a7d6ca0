import { chartOptions } from '../page/browser/chart-options';
import type { SeriesView, WidgetKind } from '../page/views';

export interface ChartFrame {
  /** Unique prefix of the ids in the SVG of this chart. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly start: Date;
  readonly end: Date;
}

/**
 * Colors of text and lines. Text has the color of the page, so it is readable on light and on dark
 * backgrounds.
 */
const INK = { text: 'currentColor', line: 'rgba(128,128,128,0.25)' };

/** Draws a chart as SVG text. The SVG contains no scripts. */
export async function drawChart(
  kind: WidgetKind,
  series: readonly SeriesView[],
  { id, width, height, start, end }: ChartFrame,
): Promise<string> {
  // The chart library is large, so it is loaded only when a chart is drawn.
  const echarts = await import('echarts');
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(chartOptions({ kind, series, start: start.getTime(), end: end.getTime(), width }, INK));
    return withoutInteraction(chart.renderToSVGString(), id);
  } finally {
    chart.dispose();
  }
}

/**
 * Removes styles and attributes that only serve interaction. Replaces generated ids, so that the same data
 * always gives the same SVG.
 */
function withoutInteraction(svg: string, id: string): string {
  return svg
    .replaceAll(/<style ?>.*?<\/style>/gs, '')
    .replaceAll(/ (?:class="zr[^"]*"|pointer-events="[^"]*")/g, '')
    .replaceAll(/\bzr\d+-/g, `${id}-`);
}
