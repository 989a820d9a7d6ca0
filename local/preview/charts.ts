import { chartOptions } from '../page/browser/chart-options';
import type { SeriesView, WidgetKind } from '../page/views';

export interface ChartFrame {
  /** Tells the parts of this chart from those of others on the page. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly start: Date;
  readonly end: Date;
}

/** Text and lines take the page's own colour, so that they can be read on light and on dark ground. */
const INK = { text: 'currentColor', line: 'rgba(128,128,128,0.25)' };

/** Draws a chart as SVG text; nothing of it runs in the page. */
export async function drawChart(
  kind: WidgetKind,
  series: readonly SeriesView[],
  { id, width, height, start, end }: ChartFrame,
): Promise<string> {
  // The chart library is large: it is loaded when a page is drawn, and not before.
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
 * Leaves out what only answers a pointer, and names the parts
 * after the chart, so that the same data gives the same text.
 */
function withoutInteraction(svg: string, id: string): string {
  return svg
    .replaceAll(/<style ?>.*?<\/style>/gs, '')
    .replaceAll(/ (?:class="zr[^"]*"|pointer-events="[^"]*")/g, '')
    .replaceAll(/\bzr\d+-/g, `${id}-`);
}
