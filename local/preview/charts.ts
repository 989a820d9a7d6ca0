import { type ChartData, chartOptions } from '../page/browser/chart-options';

export interface ChartFrame {
  /** Prefix of all ids in the chart's SVG. It must be different for each chart of a page. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

/**
 * Colors of text and lines in a chart. `currentColor` is the text color of the page, so text is readable on
 * light and on dark backgrounds.
 */
const INK = { text: 'currentColor', line: 'rgba(128,128,128,0.25)' };

/** Draws a chart, and returns it as SVG text without scripts. */
export async function drawChart(
  data: Omit<ChartData, 'width'>,
  { id, width, height }: ChartFrame,
): Promise<string> {
  // Loads the chart library here and not at the start, because it is large and not always needed.
  const echarts = await import('echarts');
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(chartOptions({ ...data, width }, INK));
    return withoutInteraction(chart.renderToSVGString(), id);
  } finally {
    chart.dispose();
  }
}

/**
 * Removes the styles, classes and pointer events of the SVG. Replaces the id prefix of the chart library,
 * such as `zr0-`, by `id`. Equal data then gives an equal SVG.
 */
function withoutInteraction(svg: string, id: string): string {
  return svg
    .replaceAll(/<style ?>.*?<\/style>/gs, '')
    .replaceAll(/ (?:class="zr[^"]*"|pointer-events="[^"]*")/g, '')
    .replaceAll(/\bzr\d+-/g, `${id}-`);
}
