import type { Browser, Page } from 'playwright-core';
import { dashboardSource } from '../../../../local/page/dashboard-source';
import { RecordedMetrics } from '../../../../local/page/recorded-metrics';
import { type PageServer, servePage } from '../../../../local/page/server';
import {
  buildPageFiles,
  dashboardOf,
  END,
  EVIL,
  metricWidget,
  NS,
  reportOf,
  SEARCH,
  shareOf,
  storeOf,
} from '../../../local/page/support';
import { findChromium, launchChromium } from '../../../support/browser';

const PAIRS = [
  ['triage', 'nova', 3],
  ['triage', 'haiku', 5],
  [EVIL, 'nova', 7],
] as const;
const metrics = [[{ expression: SEARCH, label: "${PROP('Dim.AgentId')} ${PROP('Dim.Model')}" }]];
const ARN = 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:TooExpensive';
const ALARM = {
  Namespace: NS,
  MetricName: 'TotalCost',
  Statistic: 'Sum',
  Period: 3600,
  EvaluationPeriods: 1,
  Threshold: 10,
  ComparisonOperator: 'GreaterThanThreshold',
};

const WIDGETS = [
  metricWidget(
    'Lines',
    { metrics, annotations: { horizontal: [{ value: 20, label: `Limit ${EVIL}` }] } },
    { x: 0, y: 0 },
  ),
  metricWidget('Area', { metrics, stacked: true, yAxis: { left: { label: 'USD' } } }, { x: 12, y: 0 }),
  metricWidget('Bars', { metrics, view: 'bar', setPeriodToTimeRange: true }, { x: 0, y: 6 }),
  metricWidget('Pie', { metrics, view: 'pie', setPeriodToTimeRange: true }, { x: 12, y: 6 }),
  metricWidget(
    'Number',
    { metrics: [[NS, 'TotalCost', { label: 'all' }]], view: 'singleValue', setPeriodToTimeRange: true },
    { x: 0, y: 12, width: 8 },
  ),
  metricWidget(
    'Gauge',
    { metrics: [[NS, 'TotalCost', { label: 'all' }]], view: 'gauge', yAxis: { left: { min: 0, max: 30 } } },
    { x: 8, y: 12, width: 8 },
  ),
  metricWidget('Table', { metrics, view: 'table' }, { x: 16, y: 12, width: 8 }),
  {
    type: 'text',
    x: 0,
    y: 18,
    width: 24,
    height: 2,
    properties: {
      markdown: `# Words\n**bold** [link](javascript:alert(1)) [page](https://example.com) ${EVIL}\n- item`,
    },
  },
  { type: 'alarm', x: 0, y: 20, width: 12, height: 3, properties: { title: 'Alarms', alarms: [ARN] } },
  metricWidget(EVIL, { metrics: [[{ expression: `SELECT ${EVIL}` }]] }, { x: 12, y: 20 }),
  metricWidget('Nothing', { metrics: [[NS, 'Nothing']] }, { x: 0, y: 26 }),
];

const chromium = findChromium();
if (chromium === undefined) {
  process.stderr.write(
    'SKIPPED: Chromium is not installed, so the pages of preview and demo are not opened in a browser\n',
  );
}

(chromium === undefined ? describe.skip : describe)('the page in Chromium', () => {
  let browser: Browser;
  let files: Awaited<ReturnType<typeof buildPageFiles>>;
  let server: PageServer;
  let problems: string[];
  /** Number of times that the page has read the recorded share, for which CloudWatch charges. */
  let shareReads = 0;
  let page: Page;

  beforeAll(async () => {
    [browser, files] = await Promise.all([launchChromium(chromium ?? ''), buildPageFiles()]);
    const boards = [
      dashboardOf(WIDGETS, { alarms: new Map([[ARN, ALARM]]) }),
      dashboardOf([WIDGETS[4]], { id: 'Other', name: 'Second' }),
    ];
    server = await servePage({
      dashboards: dashboardSource(boards, new RecordedMetrics(storeOf(PAIRS), 'a test', END), [
        `A note ${EVIL}`,
      ]),
      reports: {
        report: (days, { agent }) =>
          days === 7
            ? Promise.reject(new Error(`the table does not exist ${EVIL}`))
            : Promise.resolve(reportOf(agent === undefined ? {} : { incidents: [], incidentCount: 0 })),
        coveredShare: () => {
          shareReads += 1;
          return shareReads > 1
            ? Promise.reject(new Error(`CloudWatch is not reachable ${EVIL}`))
            : Promise.resolve(shareOf());
        },
      },
      filesDir: files.dir,
    });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    await files.remove();
  });

  async function openPage({ width = 1400, dark = false, address = '' } = {}): Promise<void> {
    page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: dark ? 'dark' : 'light' });
    // 0 turns off Playwright's time limit for waits. The time limit of the Jest test remains.
    page.setDefaultTimeout(0);
    problems = [];
    page.on('console', message => problems.push(message.text()));
    page.on('pageerror', error => problems.push(error.message));
    page.on(
      'request',
      request =>
        new URL(request.url()).origin === new URL(server.url).origin ||
        request.url().startsWith('data:') ||
        problems.push(request.url()),
    );
    await page.goto(server.url + address);
    await waitUntilShown();
  }
  /** Waits until the page has loaded its data and shows it. */
  const waitUntilShown = () => page.locator('#content[aria-busy="false"]').waitFor();
  const card = (title: string) => page.locator(`section[data-title="${title}"]`);
  const pixelsOf = (title: string) =>
    card(title)
      .locator('canvas')
      .first()
      .evaluate((canvas: HTMLCanvasElement) => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {
          willReadFrequently: true,
        });
        copy?.drawImage(canvas, 0, 0);
        const { data } = copy?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
        let [drawn, light] = [0, 0];
        for (let at = 0; at < data.length; at += 4) {
          if (data[at + 3] < 128) continue;
          drawn += 1;
          if (data[at] > 220 && data[at + 1] > 220 && data[at + 2] > 220) light += 1;
        }
        return { drawn, light };
      });
  afterEach(async () => {
    const [title, foreign] = [await page.title(), await page.locator('img, main script, iframe').count()];
    await page.close();
    expect(problems).toEqual([]);
    expect([title === '1', foreign]).toEqual([false, 0]);
  });

  test('shows each widget of the dashboard with its data', async () => {
    await openPage();

    expect(await page.locator('main h2').allTextContents()).toEqual([
      'Lines',
      'Area',
      'Bars',
      'Pie',
      'Number',
      'Gauge',
      'Table',
      'Alarms',
      EVIL,
      'Nothing',
    ]);
    for (const title of ['Lines', 'Area', 'Bars', 'Pie', 'Gauge']) {
      expect((await pixelsOf(title)).drawn).toBeGreaterThan(500);
    }
    expect(await card('Number').locator('dd').textContent()).toBe('360');
    expect(await card('Table').locator('tbody tr').first().locator('th, td').allTextContents()).toEqual([
      `${EVIL} nova`,
      '7',
      '7',
      '7',
      '7',
    ]);
    expect(await card('Alarms').locator('li').textContent()).toMatch(
      /^ALARM TooExpensiveThreshold crossed: /,
    );
    expect(await card('Nothing').textContent()).toContain('No data in this range');
    expect(await page.locator('#about').textContent()).toContain('not by CloudWatch. Data: a test.');
    expect(await page.locator('#about').textContent()).toContain('2026-11-21 00:00 to 2026-11-22 00:00 UTC');
  });

  test('shows markup in labels, notes and widgets as text', async () => {
    await openPage();

    expect(await card('Lines').locator('.legend li').allTextContents()).toEqual([
      `${EVIL} nova`,
      'triage haiku',
      'triage nova',
      `Limit ${EVIL}: 20`,
    ]);
    expect(await page.locator('.markdown').innerText()).toContain(
      `bold link page (https://example.com) ${EVIL}`,
    );
    expect(await page.locator('.markdown a').count()).toBe(0);
    expect(await page.locator('section[data-kind="line"] .error').first().textContent()).toContain(
      `SELECT ${EVIL}`,
    );
    expect(await page.locator('#about').textContent()).toContain(`A note ${EVIL}`);
    expect(await page.locator('#agent option').allTextContents()).toEqual(['All agents', EVIL, 'triage']);
  });

  test('shows the values under the pointer in a tooltip', async () => {
    await openPage();
    const chart = card('Lines').locator('.chart');
    const box = await chart.boundingBox();

    await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2);
    const hover = chart.locator('.hover');
    await hover.waitFor();

    expect(await hover.locator('strong').textContent()).toMatch(/^2026-11-21 1\d:00 UTC$/);
    expect(await hover.locator('.hover-label').allTextContents()).toEqual([
      `${EVIL} nova`,
      'triage haiku',
      'triage nova',
    ]);
    expect(await hover.locator('.hover-value').allTextContents()).toEqual(['7', '5', '3']);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });

  test('filters the series by agent and model', async () => {
    await openPage();

    await page.selectOption('#agent', 'triage');
    await page.locator('#status', { hasText: 'filtered by triage' }).waitFor();
    expect(await card('Lines').locator('.legend li').allTextContents()).toEqual([
      'triage haiku',
      'triage nova',
      `Limit ${EVIL}: 20`,
    ]);
    expect(await card('Number').locator('dd').textContent()).toBe('192');

    await page.selectOption('#model', 'nova');
    await page.locator('#status', { hasText: 'filtered by triage and nova' }).waitFor();
    expect(await card('Number').locator('dd').textContent()).toBe('72');

    await page.selectOption('#agent', '');
    await page.locator('#status', { hasText: 'filtered by nova' }).waitFor();
    expect(await card('Number').locator('dd').textContent()).toBe('240');
  });

  test('shows the dashboard over another selected time range', async () => {
    await openPage();

    await page.selectOption('#range', '-PT3H');
    await page.locator('#about', { hasText: '2026-11-21 21:00 to 2026-11-22 00:00' }).waitFor();

    expect(await card('Number').locator('dd').textContent()).toBe('45');
    await card('Lines').locator('summary').click();
    await card('Lines').locator('tbody tr').first().waitFor();
    expect(await card('Lines').locator('tbody th').allTextContents()).toEqual([
      '2026-11-21 21:00',
      '2026-11-21 22:00',
      '2026-11-21 23:00',
    ]);
  });

  test('shows another selected dashboard', async () => {
    await openPage();

    await page.selectOption('#dashboard', 'Other');
    await page.locator('h1', { hasText: 'Second' }).waitFor();

    expect(await page.locator('main section').count()).toBe(1);
  });

  test('can be used with the keyboard only', async () => {
    await openPage();
    const order: string[] = [];
    const focused = () =>
      page.evaluate(() => {
        const { activeElement: at } = document;
        return at?.id || `${at?.className} ${at?.tagName} of ${at?.closest('section')?.dataset.title}`;
      });
    for (let press = 0; press < 12; press += 1) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }

    expect(order.slice(0, 8)).toEqual([
      'skip A of undefined',
      'to-dashboard',
      'to-report',
      'theme',
      'dashboard',
      'range',
      'agent',
      'model',
    ]);
    expect(order.slice(8)).toEqual(
      expect.arrayContaining(['chart DIV of Lines', ' SUMMARY of Lines', 'chart DIV of Area']),
    );
    const chart = card('Lines').locator('.chart');
    expect(await chart.getAttribute('aria-label')).toBe(
      `Line chart: Lines. 3 series: ${EVIL} nova, triage haiku, triage nova. The values are in the ` +
        'table below.',
    );
    await chart.focus();
    expect(await chart.evaluate(element => getComputedStyle(element).outlineStyle)).toBe('solid');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await chart.locator('.hover strong', { hasText: '2026-11-21 01:00 UTC' }).waitFor();
    await page.keyboard.press('Escape');
    await chart.locator('.hover').waitFor({ state: 'hidden' });
    await card('Lines').locator('summary').focus();
    await page.keyboard.press('Enter');
    const row = card('Lines').locator('tbody tr').first();
    await row.waitFor();
    expect(await row.locator('th, td').allTextContents()).toEqual(['2026-11-21 00:00', '7', '5', '3']);
  });

  test('reads the recorded share only after a click, and shows it or the error', async () => {
    await openPage({ address: '#report' });
    const share = card("Recorded share of the account's calls");
    expect(shareReads).toBe(0);
    expect(await share.textContent()).toContain('$0.01 for 1,000 metrics');

    await share.locator('button').click();
    await share.locator('tbody tr').first().waitFor();

    expect(await share.locator('tbody tr').first().locator('th, td').allTextContents()).toEqual([
      EVIL,
      '1,234',
      '0',
      '0 %',
      'no client is instrumented',
    ]);
    expect(await share.textContent()).toContain('CloudWatch: 4 metrics read, $0.00004');
    expect(shareReads).toBe(1);

    await share.locator('button:not([disabled])').click();
    await share.locator('.error').waitFor();

    expect(await share.locator('.error').textContent()).toBe(`CloudWatch is not reachable ${EVIL}`);
    expect(await share.locator('tbody').count()).toBe(0);
    // Expects only the console message of the browser about the response with status 500.
    expect(problems.splice(0)).toEqual([expect.stringContaining('500')]);
  });

  test('uses the color scheme of the system until the button changes it', async () => {
    await openPage({ dark: true });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await ground()).toBe('rgb(15, 20, 26)');
    // Counts light pixels of the chart. In dark mode, the labels of the chart are light.
    expect((await pixelsOf('Lines')).light).toBeGreaterThan(50);

    await page.click('#theme');

    expect(await ground()).toBe('rgb(244, 245, 247)');
    expect(await page.getAttribute('#theme', 'aria-pressed')).toBe('false');
    expect((await pixelsOf('Lines')).light).toBeLessThan(50);
  });

  test.each([
    ['dashboard', ''],
    ['report', '#report'],
  ])('fits the %s into 400 pixels', async (_page, address) => {
    await openPage({ width: 400, address });

    const sections = await page
      .locator('main section')
      .evaluateAll(all =>
        all.map(section => section.getBoundingClientRect()).map(({ left, width }) => [left, width]),
      );
    expect(sections.length).toBeGreaterThan(4);
    for (const [left, width] of sections) {
      expect(left).toBeLessThan(30);
      expect(width).toBeGreaterThan(340);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
  });

  test('shows cost by day, incidents and the forecast in the report', async () => {
    await openPage();
    await page.click('#to-report');
    await card('Total').waitFor();

    expect(await card('Total').locator('dd').allTextContents()).toEqual([
      '≥ $7.00 (3 unpriced, 1 at least)',
      '$0.50',
      '1,234',
      '56,789',
    ]);
    expect(await card('Total').locator('dt').allTextContents()).toEqual([
      'Cost',
      'Units besides tokens (part of the cost)',
      'Calls',
      'Tokens',
    ]);
    expect(await card('Total').locator('.note').allTextContents()).toEqual([
      '2026-11-19 to 2026-11-21, days in UTC. ≥ means at least: the amount does not include unpriced calls, and ' +
        'calls counted as “at least” may have cost more.',
      `At least: 1 call may have cost more: 1 × ${EVIL}.`,
    ]);
    expect(await card('Cost by day and agent, USD').locator('.legend li').allTextContents()).toEqual([
      'triage ≥ $7.00 (3 unpriced, 1 at least)',
      `${EVIL} $0.00`,
    ]);
    for (const title of [
      'Cost by day and agent, USD',
      'Cost by day and model, USD',
      'Most expensive incidents, USD',
      'Forecast of daily cost, USD',
    ]) {
      expect((await pixelsOf(title)).drawn).toBeGreaterThan(500);
    }
    expect(
      await card('Most expensive incidents, USD')
        .locator('tbody tr')
        .last()
        .locator('th, td')
        .allTextContents(),
    ).toEqual([EVIL, '$1.00', '2', '10']);
    expect(await card('Most expensive incidents, USD').textContent()).toContain(
      'Top 2 of 9 incidents by cost.',
    );
    expect(await card('Forecast of daily cost, USD').textContent()).toContain(
      'Next 2 days: $9.00 (80 % interval: $7.00 to $12.00)',
    );
    await card('Forecast of daily cost, USD').locator('summary').click();
    await card('Forecast of daily cost, USD').locator('tbody tr').first().waitFor();
    expect(
      await card('Forecast of daily cost, USD')
        .locator('tbody tr')
        .nth(3)
        .locator('th, td')
        .allTextContents(),
    ).toEqual(['2026-11-22 (forecast)', '$4.00', '$3.00 to $6.00', '$2.00 to $8.00']);
    await card('Cost by day and agent, USD').locator('summary').click();
    await card('Cost by day and agent, USD').locator('tbody tr').first().waitFor();
    expect(
      await card('Cost by day and agent, USD').locator('tbody tr').last().locator('th, td').allTextContents(),
    ).toEqual(['2026-11-21 (incomplete)', '$4.00', '$4.00', '$0.00']);
  });

  test('shows the values of a day and of the forecast in a tooltip', async () => {
    await openPage({ address: '#report' });
    const hoverAt = async (title: string, part: number) => {
      const chart = card(title).locator('.chart');
      await chart.scrollIntoViewIfNeeded();
      const box = await chart.boundingBox();
      await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) * part, (box?.y ?? 0) + (box?.height ?? 0) / 2);
      await chart.locator('.hover').waitFor();
      return chart.locator('.hover').innerText();
    };

    expect(await hoverAt('Cost by day and agent, USD', 0.5)).toMatch(
      /2026-11-20: ≥ \$2\.00 \(3 unpriced, 1 at least\)\s+triage\s+≥ \$2\.00 \(3 unpriced, 1 at least\)/,
    );
    expect(await hoverAt('Forecast of daily cost, USD', 0.95)).toMatch(
      /2026-11-23\s+Expected\s+\$5\.00\s+80 % interval\s+\$3\.00 to \$6\.00\s+95 % interval\s+\$2\.00 to \$8\.00/,
    );
  });

  test('passes the selected agent to the report, and shows an error if the report fails', async () => {
    await openPage({ address: '#report' });

    await page.selectOption('#agent', 'triage');
    await page.locator('.empty', { hasText: 'No call on these days has an incident' }).waitFor();
    const logged = page.waitForEvent('console');
    await page.selectOption('#days', '7');
    const error = page.locator('main [role=alert]');
    await Promise.all([error.waitFor(), logged]);

    expect(await error.textContent()).toBe(`the table does not exist ${EVIL}`);
    // Expects only the console message of the browser about the response with status 500.
    expect(problems.splice(0)).toEqual([expect.stringContaining('500')]);
  });
});
