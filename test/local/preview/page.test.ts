import { MetricStore } from '../../../local/emulators/cloudwatch/metrics/metric-store';
import { parseBody } from '../../../local/page/dashboard-body';
import { renderDashboardPage } from '../../../local/preview/page';

const NOW = new Date('2026-11-22T00:00:00Z');

function draw(widgets: unknown[]) {
  const store = new MetricStore();
  for (let hour = 0; hour < 24; hour += 1) {
    store.putDatum({
      namespace: 'N',
      name: 'Cost',
      dimensions: {},
      timestamp: new Date(NOW.getTime() - hour * 3_600_000 - 1),
      values: [hour],
    });
  }
  return renderDashboardPage({
    dashboardName: 'Name <b>',
    body: parseBody(JSON.stringify({ start: '-P1D', periodOverride: 'inherit', widgets })),
    store,
    now: NOW,
    generatedFrom: 'a test',
  });
}

const metric = (title: string, properties: Record<string, unknown>) => ({
  type: 'metric',
  width: 12,
  height: 6,
  x: 0,
  y: 0,
  properties: {
    title,
    period: 3600,
    stat: 'Sum',
    region: 'us-east-1',
    metrics: [['N', 'Cost']],
    ...properties,
  },
});

describe('renderDashboardPage', () => {
  test.each([
    ['line', { view: 'timeSeries' }, 24],
    ['stackedArea', { view: 'timeSeries', stacked: true }, 24],
    ['bar', { view: 'bar' }, 24],
    ['pie', { view: 'pie' }, 24],
  ])('draws a %s chart from the data of a widget', async (kind, properties, points) => {
    const { html, widgets } = await draw([metric('Widget', properties)]);

    expect(widgets).toEqual([{ title: 'Widget', kind, series: 1, points, errors: [] }]);
    expect(html).toMatch(/<svg[^>]*width="520"/);
    expect(html).toMatch(/<path[^>]* d="M[^"]{20,}"/);
  });

  test('shows a single value as a number', async () => {
    const { html } = await draw([metric('Sum', { view: 'singleValue', setPeriodToTimeRange: true })]);

    expect(html).toContain('<dd>276</dd>');
  });

  test.each([0.025, 0.1 + 0.2, 40])('draws an annotation at %d with its label', async value => {
    const { html } = await draw([
      metric('Limit', {
        metrics: [
          [{ expression: `c * 0 + ${value / 2}`, label: 'Half' }],
          ['N', 'Cost', { id: 'c', visible: false }],
        ],
        annotations: { horizontal: [{ value, label: 'Threshold', color: '#123456' }] },
      }),
    ]);

    expect(html).toMatch(/<path[^>]*stroke="#123456"/);
    expect(html).toMatch(/<text[^>]*>Threshold<\/text>/);
    expect(html).toContain(`Threshold: ${Number(value.toPrecision(4))}`);
    expect(html).not.toMatch(/\d\.\d*(?:0{8}|9{8})\d*/);
  });

  test('draws a sparkline below each number, with a percent sign for a share', async () => {
    const { html } = await draw([
      metric('Share', {
        view: 'singleValue',
        sparkline: true,
        metrics: [
          ['N', 'Cost', { id: 'c', label: 'Cost' }],
          [{ expression: '100 * RUNNING_SUM(FILL(c, 0)) / 1000', label: '% of the budget' }],
        ],
      }),
    ]);

    // The values of the hours are 23, 22, … 0, with the sum 276.
    expect(html.match(/<dd>[^<]*<\/dd>/g)).toEqual(['<dd>0</dd>', '<dd>27.6 %</dd>']);
    expect(html.match(/<dd class="sparkline" aria-hidden="true"><svg/g)).toHaveLength(2);
  });

  test('renders Markdown of a text widget', async () => {
    const { html } = await draw([
      {
        type: 'text',
        properties: { markdown: '# Title\n**bold** `code` [a](https://b.c)\n- item\n```\n# raw <b>\n```' },
      },
    ]);

    expect(html).toMatch(
      /<h3>Title<\/h3>\s*<p>\s*<strong>bold<\/strong> <code>code<\/code> a \(https:\/\/b\.c\)\s*<\/p>/,
    );
    expect(html).toMatch(/<ul>\s*<li>item<\/li>\s*<\/ul>\s*<pre># raw &#60;b&#62;<\/pre>/);
  });

  test('shows an expression that cannot be evaluated with the reason instead of an empty chart', async () => {
    const { html, widgets } = await draw([
      metric('Odd', { metrics: [[{ expression: 'SELECT P90(Cost) FROM "N"' }]] }),
    ]);

    expect(widgets[0].errors).toHaveLength(1);
    expect(html).toContain('Cannot be evaluated here');
    expect(html).toContain('SELECT P90(Cost) FROM &#34;N&#34;');
    expect(html).not.toContain('<svg');
  });

  test('notes widgets without data and widgets of unsupported types', async () => {
    const { html } = await draw([
      metric('None', { metrics: [['N', 'Nothing']] }),
      { type: 'log', properties: { title: 'Logs' } },
    ]);

    expect(html).toContain('No data in this range');
    expect(html).toContain('Widgets of type log are not drawn');
  });

  test('escapes all text in the preview, including text in charts', async () => {
    const evil = '<img src=x onerror=alert(1)>"\'';
    const { html } = await draw([
      metric(evil, { view: 'bar', metrics: [['N', 'Cost', { label: evil }]] }),
      metric('lines', { metrics: [['N', 'Cost', { label: evil }]] }),
      { type: 'text', properties: { markdown: evil } },
    ]);

    expect(html).not.toContain('<img');
    expect(html).toContain('&#60;img src=x onerror=alert(1)&#62;');
    expect(html).toContain('Name &#60;b&#62;');
  });

  test('notes that CloudWatch did not draw the preview, and forbids scripts and external resources', async () => {
    const { html } = await draw([metric('Widget', {})]);

    expect(html).toContain('not by CloudWatch');
    expect(html).toContain("default-src 'none'");
    expect(html).not.toContain('<script');
  });

  test('draws the same preview from the same data', async () => {
    expect((await draw([metric('Widget', {})])).html).toBe((await draw([metric('Widget', {})])).html);
  });
});
