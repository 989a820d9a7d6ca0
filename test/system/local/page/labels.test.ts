import type { Browser, Page } from 'playwright-core';
import { dashboardSource } from '../../../../local/page/dashboard-source';
import { RecordedMetrics } from '../../../../local/page/recorded-metrics';
import { type PageServer, servePage } from '../../../../local/page/server';
import { buildPageFiles, dashboardOf, END, metricWidget, NS, storeOf } from '../../../local/page/support';
import { findChromium, launchChromium } from '../../../support/browser';

const LONG_AGENT = 'an-agent-with-a-very-long-name-for-the-reconciliation-of-bills-in-all-regions';
const QUERY = `SELECT SUM(TotalCost) FROM SCHEMA("${NS}", AgentId, Model) GROUP BY AgentId ORDER BY SUM() DESC`;
const byAgent = [[{ expression: QUERY, id: 'q1' }]];

const WIDGETS = [
  metricWidget(
    'By agent',
    { metrics: [[NS, 'TotalCost', { label: 'Total', color: '#0a7f5a' }], ...byAgent] },
    { x: 0, y: 0 },
  ),
  metricWidget('Bars', { metrics: byAgent, view: 'bar' }, { x: 12, y: 0 }),
  metricWidget(
    'Budget',
    {
      view: 'singleValue',
      sparkline: true,
      metrics: [
        [NS, 'TotalCost', { id: 'cost', visible: false }],
        [{ expression: 'RUNNING_SUM(FILL(cost, 0))', id: 'sum', label: 'Cost' }],
        [{ expression: '100 * sum / 1000', id: 'share', label: '% of the monthly budget' }],
        [{ expression: 'cost * 0 + 0.1 + 0.2', label: 'Inexact' }],
      ],
    },
    { x: 0, y: 6 },
  ),
  metricWidget(
    'Limits',
    {
      metrics: [
        [{ expression: 'cost * 0 + 0.1 + 0.2', label: 'Sum' }],
        [NS, 'TotalCost', { id: 'cost', visible: false }],
      ],
      annotations: { horizontal: [{ value: 0.1 + 0.2, label: 'Limit' }] },
      yAxis: { left: { label: 'USD', max: 0.1 + 0.7 } },
    },
    { x: 12, y: 6 },
  ),
];

const chromium = findChromium();
if (chromium === undefined) {
  process.stderr.write('SKIPPED: Chromium is not installed, so labels are not measured in a browser\n');
}

(chromium === undefined ? describe.skip : describe)('labels and numbers of the page in Chromium', () => {
  let browser: Browser;
  let files: Awaited<ReturnType<typeof buildPageFiles>>;
  let server: PageServer;
  let page: Page;

  beforeAll(async () => {
    [browser, files] = await Promise.all([launchChromium(chromium ?? ''), buildPageFiles()]);
    const store = storeOf([
      ['triage', 'nova', 0.1],
      ['triage', 'haiku', 0.2],
      [LONG_AGENT, 'nova', 7],
    ]);
    server = await servePage({
      dashboards: dashboardSource([dashboardOf(WIDGETS)], new RecordedMetrics(store, 'a test', END)),
      filesDir: files.dir,
    });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    await files.remove();
  });

  async function openPage(colorScheme: 'light' | 'dark', width = 1280): Promise<void> {
    page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    // 0 turns off Playwright's time limit for waits. The time limit of the Jest test remains.
    page.setDefaultTimeout(0);
    await page.goto(server.url);
    await page.locator('#content[aria-busy="false"]').waitFor();
  }
  afterEach(() => page.close());

  const card = (title: string) => page.locator(`section[data-title="${title}"]`);
  /** Number of pixels of a canvas, by opaque color, e.g. `10,127,90`. */
  const colorsOf = (title: string, index = 0) =>
    card(title)
      .locator('canvas')
      .nth(index)
      .evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {
          data: [],
        };
        const counts: Record<string, number> = {};
        for (let at = 0; at < data.length; at += 4) {
          if (data[at + 3] < 255) continue;
          const color = `${data[at]},${data[at + 1]},${data[at + 2]}`;
          counts[color] = (counts[color] ?? 0) + 1;
        }
        return counts;
      });

  test.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 400],
  ] as const)('shows whole titles, labels and legends in %s at %i pixels', async (scheme, width) => {
    await openPage(scheme, width);

    const cut = await page
      .locator('h1, h2, .legend, .legend li, dt, dd:not(.sparkline), .note')
      .evaluateAll(all =>
        all
          .filter(one => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1)
          .map(({ textContent }) => textContent),
      );

    expect(cut).toEqual([]);
    expect(await card('By agent').locator('.legend li').allTextContents()).toEqual([
      'Total',
      LONG_AGENT,
      'triage',
    ]);
  });

  test.each(['light', 'dark'] as const)('draws the colors of the dashboard unchanged in %s', async scheme => {
    await openPage(scheme);

    expect((await colorsOf('By agent'))['10,127,90']).toBeGreaterThan(20);
    expect(
      await card('By agent')
        .locator('.legend .swatch')
        .first()
        .evaluate(swatch => getComputedStyle(swatch).backgroundColor),
    ).toBe('rgb(10, 127, 90)');
  });

  test('draws a sparkline below each number, and a percent sign after a share', async () => {
    await openPage('light');

    expect(await card('Budget').locator('dd:not(.sparkline)').allTextContents()).toEqual([
      '175.2',
      '17.52 %',
      '0.3',
    ]);
    expect(await card('Budget').locator('.sparkline canvas').count()).toBe(3);
    // The first two colors of the palette.
    expect((await colorsOf('Budget', 0))['59,130,246']).toBeGreaterThan(20);
    expect((await colorsOf('Budget', 1))['249,115,22']).toBeGreaterThan(20);
  });

  test('shows no rounding errors of floating-point numbers, also in tables and tooltips', async () => {
    await openPage('light');
    for (const summary of await page.locator('summary').all()) await summary.click();
    await card('Limits').locator('tbody tr').first().waitFor();
    const chart = card('Limits').locator('.chart');
    await chart.focus();
    await page.keyboard.press('ArrowRight');
    await chart.locator('.hover').waitFor();

    const text = await page.locator('body').innerText();

    expect(text).not.toMatch(/\d\.\d*(?:0{8}|9{8})\d*/);
    expect(await chart.locator('.hover-value').allTextContents()).toEqual(['0.3']);
    expect(await card('Limits').locator('.legend li').allTextContents()).toEqual(['Sum', 'Limit: 0.3']);
  });

  test('limits a Metrics Insights query to the selected agent', async () => {
    await openPage('light');

    await page.selectOption('#agent', 'triage');
    await page.locator('#status', { hasText: 'filtered by triage' }).waitFor();

    expect(await card('By agent').locator('.legend li').allTextContents()).toEqual(['Total', 'triage']);
  });
});
