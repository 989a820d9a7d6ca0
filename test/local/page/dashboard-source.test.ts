import { dashboardOf, END, EVIL, metricWidget, NS, SEARCH, storeOf } from './support';
import {
  type MetricStore,
  MetricStore as Store,
} from '../../../local/emulators/cloudwatch/metrics/metric-store';
import { parseBody } from '../../../local/page/dashboard-body';
import {
  type DashboardQuery,
  dashboardSource,
  type ResolvedDashboard,
  UnknownDashboard,
} from '../../../local/page/dashboard-source';
import { NO_METRICS } from '../../../local/page/metric-source';
import { RecordedMetrics } from '../../../local/page/recorded-metrics';

const PAIRS = [
  ['triage', 'nova', 3],
  ['triage', 'haiku', 5],
  ['report', 'nova', 7],
] as const;
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

function viewOf(
  dashboard: ResolvedDashboard,
  query: DashboardQuery = { filters: {} },
  store: MetricStore = storeOf(PAIRS),
) {
  return dashboardSource([dashboard], new RecordedMetrics(store, 'a test', END)).dashboard(
    dashboard.id,
    query,
  );
}

/** Returns the first value of each line in a widget, by the label of the line. */
async function firstValues(properties: Record<string, unknown>, query?: DashboardQuery) {
  const {
    widgets: [{ series }],
  } = await viewOf(dashboardOf([metricWidget('W', properties)]), query);
  return Object.fromEntries(
    series.flatMap(({ label, points }) => (points.length > 0 ? [[label, points[0][1]]] : [])),
  );
}

describe('dashboardSource', () => {
  test('returns the kind, position, range and data of each widget', async () => {
    const { widgets, start, end, live } = await viewOf(
      dashboardOf([
        metricWidget(
          'Lines',
          { metrics: [[{ expression: SEARCH, label: '' }]], yAxis: { left: { label: 'USD', min: 0 } } },
          { x: 12, y: 6 },
        ),
        metricWidget('Own range', { metrics: [[NS, 'TotalCost']], start: '-PT2H', view: 'pie' }),
        { type: 'text', width: 24, height: 2, properties: { markdown: '# Title' } },
        { type: 'log', properties: { title: 'Logs' } },
      ]),
    );

    expect([start, end, live]).toEqual(['2026-11-21T00:00:00.000Z', '2026-11-22T00:00:00.000Z', false]);
    expect(widgets.map(({ kind, title }) => [kind, title])).toEqual([
      ['line', 'Lines'],
      ['pie', 'Own range'],
      ['text', ''],
      ['other', 'Logs'],
    ]);
    expect(widgets[0]).toEqual(
      expect.objectContaining({ x: 12, y: 6, width: 12, height: 6, left: { label: 'USD', min: 0 } }),
    );
    expect(widgets[0].series.map(({ label }) => label.trim())).toEqual([
      'report nova',
      'triage haiku',
      'triage nova',
    ]);
    expect(widgets[0].series[0].points).toHaveLength(24);
    expect(widgets[1]).toEqual(
      expect.objectContaining({ start: '2026-11-21T22:00:00.000Z', end: '2026-11-22T00:00:00.000Z' }),
    );
    expect(widgets[1].series[0].points).toHaveLength(2);
    expect(widgets[2].markdown).toBe('# Title');
  });

  test('evaluates a widget without its own range over the requested range', async () => {
    const { widgets } = await viewOf(dashboardOf([metricWidget('W', { metrics: [[NS, 'TotalCost']] })]), {
      start: '-PT12H',
      end: '2026-11-21T18:00:00Z',
      filters: {},
    });

    const times = widgets[0].series[0].points.map(([time]) => new Date(time).toISOString());
    expect([times[0], times.at(-1)]).toEqual(['2026-11-21T06:00:00.000Z', '2026-11-21T17:00:00.000Z']);
  });

  test('lists the agents and models of the namespaces on the dashboard', async () => {
    const store = storeOf(PAIRS);
    store.putDatum({
      namespace: 'Other',
      name: 'M',
      dimensions: { AgentId: 'elsewhere', Model: 'x' },
      timestamp: END,
      values: [1],
    });

    const { agents, models } = await viewOf(
      dashboardOf([metricWidget('W', { metrics: [[{ expression: SEARCH }]] })]),
      undefined,
      store,
    );

    expect([agents, models]).toEqual([
      ['report', 'triage'],
      ['haiku', 'nova'],
    ]);
  });

  test.each([
    [{}, { 'all': 15, 'average': 0.5, 'report nova': 7, 'triage haiku': 5, 'triage nova': 3 }],
    [{ agent: 'triage' }, { 'all': 8, 'average': 0.4, 'triage haiku': 5, 'triage nova': 3 }],
    [{ model: 'nova' }, { 'all': 10, 'average': 0.5, 'report nova': 7, 'triage nova': 3 }],
    [
      { agent: 'report', model: 'nova' },
      { 'all': 7, 'average': 0.7, 'report nova': 7 },
    ],
    [{ agent: 'report', model: 'haiku' }, {}],
    [{ agent: EVIL }, {}],
  ])('filters series and totals of recorded data by %j', async (filters, values) => {
    const metrics = [
      [NS, 'TotalCost', { label: 'all' }],
      [NS, 'TokenEfficiency', { label: 'average', stat: 'Average' }],
      [{ expression: SEARCH, label: "${PROP('Dim.AgentId')} ${PROP('Dim.Model')}" }],
    ];

    expect(await firstValues({ metrics }, { filters })).toEqual(values);
  });

  test('draws the thresholds of alarms in the same template, and notes that other alarms are missing', async () => {
    const widget = metricWidget('W', {
      metrics: [[NS, 'TotalCost']],
      annotations: {
        alarms: [ARN, `${ARN}Elsewhere`],
        horizontal: [{ value: 4, label: 'Budget', color: '#123456' }],
      },
    });

    const {
      widgets: [{ annotations, notes }],
    } = await viewOf(dashboardOf([widget], { alarms: new Map([[ARN, ALARM]]) }));

    expect(annotations).toEqual([
      { label: 'Budget', color: '#123456', yAxis: 'left', value: 4 },
      { label: 'TooExpensive', yAxis: 'left', value: 10 },
    ]);
    expect(notes).toEqual(['Thresholds of alarms outside this template are not drawn.']);
  });

  test('shows the metric of an alarm in a widget that has no metrics', async () => {
    const dashboard = (alarm: Record<string, unknown>) =>
      dashboardOf([metricWidget('W', { annotations: { alarms: [ARN] } })], {
        alarms: new Map([[ARN, alarm]]),
      });
    const math = {
      ...ALARM,
      MetricName: undefined,
      Metrics: [
        {
          Id: 'm',
          ReturnData: false,
          MetricStat: {
            Metric: {
              Namespace: NS,
              MetricName: 'TotalCost',
              Dimensions: [
                { Name: 'AgentId', Value: 'report' },
                { Name: 'Model', Value: 'nova' },
              ],
            },
            Period: 3600,
            Stat: 'Sum',
          },
        },
        { Id: 'e', Expression: 'm * 2', Label: 'doubled' },
      ],
    };

    const [plain, doubled] = [await viewOf(dashboard(ALARM)), await viewOf(dashboard(math))];

    expect(plain.widgets[0].series.map(({ label, points }) => [label, points[0][1]])).toEqual([
      ['TotalCost', 15],
    ]);
    expect(doubled.widgets[0].series.map(({ label, points }) => [label, points[0][1]])).toEqual([
      ['doubled', 14],
    ]);
  });

  test('shows alarm states in an alarm widget for recorded data only', async () => {
    const dashboard = dashboardOf(
      [{ type: 'alarm', properties: { title: 'Alarms', alarms: [ARN, `${ARN}Elsewhere`] } }],
      { alarms: new Map([[ARN, ALARM]]) },
    );

    const {
      widgets: [recorded],
    } = await viewOf(dashboard);
    const {
      widgets: [bare],
    } = await dashboardSource([dashboard], NO_METRICS).dashboard(dashboard.id, { filters: {} });

    expect(recorded.alarms).toEqual([
      expect.objectContaining({ name: 'TooExpensive', state: 'ALARM' }),
      { name: 'TooExpensiveElsewhere' },
    ]);
    expect(bare.alarms).toEqual([{ name: 'TooExpensive' }, { name: 'TooExpensiveElsewhere' }]);
  });

  test.each([
    [`SELECT SUM(TotalCost) FROM SCHEMA("${NS}", AgentId, Model) GROUP BY AgentId`, ['report', 'triage']],
    [`SELECT SUM(TotalCost) FROM SCHEMA("${NS}")`, []],
    ['SELECT nothing', []],
  ])('lists the agents of the namespace in the Metrics Insights query %s', async (expression, agents) => {
    const view = await viewOf(dashboardOf([metricWidget('W', { metrics: [[{ expression }]] })]));

    expect(view.agents).toEqual(agents);
  });

  test('limits a Metrics Insights query to the selected agent and model', async () => {
    const expression = `SELECT SUM(TotalCost) FROM SCHEMA("${NS}", AgentId, Model) GROUP BY AgentId`;
    const source = dashboardOf([metricWidget('W', { metrics: [[{ expression }]] })]);

    const {
      widgets: [{ series }],
    } = await viewOf(source, { filters: { agent: 'triage', model: 'nova' } });

    expect(series.map(({ label, points }) => [label, points[0][1]])).toEqual([['triage', 3]]);
  });

  test('shows the metrics that can be evaluated, and the reason for each that cannot', async () => {
    const {
      widgets: [{ series, errors }],
    } = await viewOf(
      dashboardOf([metricWidget('W', { metrics: [[NS, 'TotalCost'], [{ expression: 'SELECT 1' }]] })]),
    );

    expect(series).toHaveLength(1);
    expect(errors[0]).toContain('Metrics Insights');
  });

  test('returns the layout of a dashboard if there is no data', async () => {
    const dashboard = dashboardOf([metricWidget('W', { metrics: [[NS, 'TotalCost']] })]);

    const { widgets, agents } = await dashboardSource([dashboard], NO_METRICS).dashboard(dashboard.id, {
      filters: { agent: 'x' },
    });

    expect([widgets[0].series, widgets[0].errors, agents]).toEqual([[], [], []]);
  });

  test('ends recorded data at the end of the minute of its last value', () => {
    const store = new Store();
    store.putDatum({
      namespace: NS,
      name: 'M',
      dimensions: {},
      timestamp: new Date('2026-11-21T10:59:30Z'),
      values: [1],
    });
    store.putDatum({
      namespace: NS,
      name: 'M',
      dimensions: {},
      timestamp: new Date('2026-11-20T10:59:30Z'),
      values: [1],
    });

    expect(new RecordedMetrics(store, '').end().toISOString()).toBe('2026-11-21T11:00:00.000Z');
  });

  test('refuses an unknown dashboard and an invalid time range', async () => {
    const dashboard = dashboardOf([]);

    await expect(dashboardSource([dashboard], NO_METRICS).dashboard('No', { filters: {} })).rejects.toThrow(
      UnknownDashboard,
    );
    await expect(viewOf(dashboard, { start: 'PT3H', filters: {} })).rejects.toThrow(RangeError);
  });
});

describe('parseBody', () => {
  test('replaces pattern variables in a DashboardBody by their defaults', () => {
    const { widgets } = parseBody(
      JSON.stringify({
        variables: [
          { type: 'pattern', pattern: '__AGENT__', defaultValue: 'a "quoted" one' },
          { type: 'property', property: 'region', defaultValue: 'x' },
          { type: 'pattern', pattern: '__NONE__' },
        ],
        widgets: [{ type: 'text', properties: { markdown: '__AGENT__ and __NONE__' } }],
      }),
    );

    expect(widgets[0].properties.markdown).toBe('a "quoted" one and __NONE__');
  });

  test.each(['', 'null', '[', '"text"'])('refuses the DashboardBody %j', text => {
    expect(() => parseBody(text)).toThrow('must be a JSON object');
  });
});
