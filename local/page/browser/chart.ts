import { type EChartsCoreOption, type EChartsType, init } from 'echarts';
import type { Ink } from './chart-options';
import { element, swatch } from './dom';

/** One row of what a chart says where it is pointed at. */
export interface HoverRow {
  readonly color: string;
  readonly label: string;
  readonly value: string;
}
export interface Hover {
  readonly title: string;
  readonly rows: readonly HoverRow[];
}

/** A chart that can be put into the page. */
export interface Chart {
  /** Names the chart for those who do not see it. */
  readonly name: string;
  /** Pixels. */
  readonly height: number;
  readonly options: (ink: Ink, width: number) => EChartsCoreOption;
  /** Whether the pointer chooses a moment for all series, or one thing. */
  readonly trigger: 'axis' | 'item';
  /** What is said of that. */
  readonly hover: (points: readonly HoverPoint[]) => Hover;
  /** How many places of the first series the arrow keys go through. */
  readonly places: number;
}

/** What the chart library tells of a thing that is pointed at. */
export interface HoverPoint {
  readonly seriesIndex: number;
  readonly dataIndex: number;
  readonly name: string;
  readonly color: string;
  readonly axisValue?: number | string;
  readonly value: unknown;
}

/** Pixels between the pointer and what is said. */
const HOVER_GAP = 14;
/** More rows than these would cover the page. */
const MAX_HOVER_ROWS = 14;

interface Drawn {
  readonly place: HTMLElement;
  readonly chart: Chart;
  readonly drawing: EChartsType;
}

const drawn = new Set<Drawn>();
const resized = new ResizeObserver(entries => {
  for (const { target } of entries) {
    const found = [...drawn].find(({ place }) => place === target);
    if (found && found.place.clientWidth > 0 && found.drawing.getWidth() !== found.place.clientWidth) {
      redraw(found);
    }
  }
});

/** Makes the place of a chart. It is drawn by {@link drawCharts}, when the place stands in the page. */
export function chartPlace(chart: Chart): HTMLElement {
  const place = element('div', { 'class': 'chart', 'role': 'img', 'tabindex': 0, 'aria-label': chart.name });
  place.style.height = `${chart.height}px`;
  waiting.set(place, chart);
  return place;
}

const waiting = new Map<HTMLElement, Chart>();

/** Draws the charts whose places now stand in the page, and lets go of those that do not any more. */
export function drawCharts(): void {
  for (const one of drawn) {
    if (one.place.isConnected) continue;
    resized.unobserve(one.place);
    one.drawing.dispose();
    drawn.delete(one);
  }
  for (const [place, chart] of waiting) {
    if (!place.isConnected) continue;
    const one: Drawn = { place, chart, drawing: init(place, null, { renderer: 'canvas' }) };
    drawn.add(one);
    redraw(one);
    resized.observe(place);
    steerByKeys(one);
  }
  waiting.clear();
}

/** Draws all charts anew, in the colours that the page now has. */
export function redrawCharts(): void {
  for (const one of drawn) redraw(one);
}

function redraw({ place, chart, drawing }: Drawn): void {
  drawing.resize();
  const style = getComputedStyle(place);
  const ground = getComputedStyle(place.closest('.card') ?? place).backgroundColor;
  drawing.setOption(
    {
      ...chart.options({ text: style.color, line: style.borderTopColor }, place.clientWidth),
      tooltip: {
        trigger: chart.trigger,
        className: 'hover',
        backgroundColor: ground,
        borderColor: style.borderTopColor,
        textStyle: { color: style.color, fontSize: 12 },
        transitionDuration: 0,
        // It may stand over what is below the chart, and never beyond the chart's sides or the window's end.
        position: (
          [x, y]: [number, number],
          _points: unknown,
          _box: unknown,
          _part: unknown,
          { contentSize: [width, height] }: { contentSize: [number, number] },
        ) => [
          Math.max(0, Math.min(x + HOVER_GAP, place.clientWidth - width)),
          Math.min(y + HOVER_GAP, innerHeight - place.getBoundingClientRect().top - height - HOVER_GAP),
        ],
        axisPointer: { type: 'line', lineStyle: { color: style.color, opacity: 0.4 } },
        formatter: (points: HoverPoint | HoverPoint[]) => hoverBox(chart.hover([points].flat())),
      },
    },
    { notMerge: true },
  );
}

function hoverBox({ title, rows }: Hover): HTMLElement {
  const left = rows.length - MAX_HOVER_ROWS;
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
    left > 0 ? element('div', {}, `and ${left} more`) : undefined,
  );
}

/** The arrow keys show the values place by place, as the pointer does. */
function steerByKeys({ place, chart, drawing }: Drawn): void {
  let at = -1;
  place.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      drawing.dispatchAction({ type: 'hideTip' });
      return;
    }
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0 || chart.places === 0) return;
    event.preventDefault();
    at = at < 0 ? (step > 0 ? 0 : chart.places - 1) : Math.min(chart.places - 1, Math.max(0, at + step));
    drawing.dispatchAction({ type: 'showTip', seriesIndex: 0, dataIndex: at });
  });
  place.addEventListener('blur', () => drawing.dispatchAction({ type: 'hideTip' }));
}
