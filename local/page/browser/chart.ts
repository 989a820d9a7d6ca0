import { type EChartsCoreOption, type EChartsType, init } from 'echarts';
import type { Ink } from './chart-text';
import { element, swatch } from './dom';

/** Row of a tooltip: the value of one series. */
export interface HoverRow {
  readonly color: string;
  readonly label: string;
  readonly value: string;
}
export interface Hover {
  readonly title: string;
  readonly rows: readonly HoverRow[];
}

/** Chart that `drawCharts` draws, with its tooltip. */
export interface Chart {
  /** Label of the chart for screen readers. */
  readonly name: string;
  /** Minimum height of the chart in pixels. It can depend on the width. */
  readonly height: number | ((width: number) => number);
  readonly options: (ink: Ink, width: number) => EChartsCoreOption;
  /**
   * Content of the tooltip. `axis`: all series at the time under the pointer. `item`: the bar or slice under
   * the pointer.
   */
  readonly trigger: 'axis' | 'item';
  /** Creates the content of the tooltip for the points under the pointer. */
  readonly hover: (points: readonly HoverPoint[]) => Hover;
  /**
   * Number of points that users can reach with the arrow keys. In a line chart, these are the points of the
   * first series. In other charts, each bar or slice is one point.
   */
  readonly pointCount: number;
}

/** Data point under the pointer, as the chart library describes it. */
export interface HoverPoint {
  readonly seriesIndex: number;
  readonly dataIndex: number;
  readonly name: string;
  readonly color: string;
  readonly axisValue?: number | string;
  readonly value: unknown;
}

/** Distance between the pointer and the tooltip, in pixels. */
const HOVER_GAP = 14;
/** Maximum number of rows in a tooltip. With more rows, the tooltip could be higher than the window. */
const MAX_HOVER_ROWS = 14;

interface Drawn {
  readonly container: HTMLElement;
  readonly chart: Chart;
  readonly drawing: EChartsType;
}

const drawn = new Set<Drawn>();
const resized = new ResizeObserver(entries => {
  for (const { target } of entries) {
    const found = [...drawn].find(({ container }) => container === target);
    if (
      found &&
      found.container.clientWidth > 0 &&
      (found.drawing.getWidth() !== found.container.clientWidth ||
        found.drawing.getHeight() !== found.container.clientHeight)
    ) {
      redraw(found);
    }
  }
});

/** Creates the empty element for a chart. Call {@link drawCharts} after the element is added to the page. */
export function chartContainer(chart: Chart): HTMLElement {
  const container = element('div', {
    'class': 'chart',
    'role': 'img',
    'tabindex': 0,
    'aria-label': chart.name,
  });
  undrawn.set(container, chart);
  return container;
}

const undrawn = new Map<HTMLElement, Chart>();

/** Draws all charts that were added to the page, and frees the memory of charts that were removed. */
export function drawCharts(): void {
  for (const one of drawn) {
    if (one.container.isConnected) continue;
    resized.unobserve(one.container);
    one.drawing.dispose();
    drawn.delete(one);
  }
  for (const [container, chart] of undrawn) {
    if (!container.isConnected) continue;
    setHeight(container, chart);
    const one: Drawn = { container, chart, drawing: init(container, null, { renderer: 'canvas' }) };
    drawn.add(one);
    redraw(one);
    resized.observe(container);
    addKeyboardNavigation(one);
  }
  undrawn.clear();
}

/** Draws all charts again, for example after a change between light and dark. */
export function redrawCharts(): void {
  for (const one of drawn) redraw(one);
}

/**
 * Sets the minimum height of a chart. The style sheet lets the chart grow to the height of its card. With
 * `contain: size`, the drawn chart does not keep its container large, so the chart can shrink again.
 */
function setHeight(container: HTMLElement, { height }: Chart): void {
  container.style.minHeight = `${typeof height === 'number' ? height : height(container.clientWidth)}px`;
}

function redraw({ container, chart, drawing }: Drawn): void {
  setHeight(container, chart);
  drawing.resize();
  const style = getComputedStyle(container);
  const ground = getComputedStyle(container.closest('.card') ?? container).backgroundColor;
  drawing.setOption(
    {
      ...chart.options({ text: style.color, line: style.borderTopColor }, container.clientWidth),
      tooltip: {
        trigger: chart.trigger,
        className: 'hover',
        backgroundColor: ground,
        borderColor: style.borderTopColor,
        textStyle: { color: style.color, fontSize: 12 },
        transitionDuration: 0,
        // Keeps the tooltip inside the window, and between the left and right sides of the chart. It may
        // overlap content below the chart.
        position: (
          [x, y]: [number, number],
          _points: unknown,
          _box: unknown,
          _part: unknown,
          { contentSize: [width, height] }: { contentSize: [number, number] },
        ) => [
          Math.max(0, Math.min(x + HOVER_GAP, container.clientWidth - width)),
          Math.min(y + HOVER_GAP, innerHeight - container.getBoundingClientRect().top - height - HOVER_GAP),
        ],
        axisPointer: { type: 'line', lineStyle: { color: style.color, opacity: 0.4 } },
        formatter: (points: HoverPoint | HoverPoint[]) => tooltipElement(chart.hover([points].flat())),
      },
    },
    { notMerge: true },
  );
}

function tooltipElement({ title, rows }: Hover): HTMLElement {
  const hiddenRows = rows.length - MAX_HOVER_ROWS;
  return element(
    'div',
    {},
    element('strong', {}, title),
    ...rows
      .slice(0, MAX_HOVER_ROWS)
      .map(({ color, label, value }) =>
        element(
          'div',
          { class: 'hover-row' },
          swatch(color),
          element('span', { class: 'hover-label' }, label),
          element('span', { class: 'hover-value' }, value),
        ),
      ),
    hiddenRows > 0 ? element('div', {}, `and ${hiddenRows} more`) : undefined,
  );
}

/** Lets users move the tooltip from point to point with the left and right arrow keys. */
function addKeyboardNavigation({ container, chart, drawing }: Drawn): void {
  let at = -1;
  container.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      drawing.dispatchAction({ type: 'hideTip' });
      return;
    }
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0 || chart.pointCount === 0) return;
    event.preventDefault();
    at =
      at < 0 ? (step > 0 ? 0 : chart.pointCount - 1) : Math.min(chart.pointCount - 1, Math.max(0, at + step));
    drawing.dispatchAction({ type: 'showTip', seriesIndex: 0, dataIndex: at });
  });
  container.addEventListener('blur', () => drawing.dispatchAction({ type: 'hideTip' }));
}
