import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { END, NS, SEARCH, storeOf } from './support';
import { type CloudWatchEmulator, startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import { evaluateWidget } from '../../../local/emulators/cloudwatch/widget';
import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../../local/emulators/http-server';
import { LiveMetrics } from '../../../local/page/live-metrics';
import { type MetricEntry, narrowEntries } from '../../../local/page/narrow-entries';

const START = new Date('2026-11-21T00:00:00Z');
const PAIRS = [
  ['triage', 'nova', 3],
  ['triage', 'haiku', 5],
  ['report', 'nova', 7],
] as const;
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

let cloudWatch: CloudWatchEmulator;
let live: LiveMetrics;
const regions: string[] = [];

beforeAll(async () => {
  cloudWatch = await startCloudWatch();
  for (const datum of storeOf(PAIRS).data()) cloudWatch.store.putDatum(datum);
  live = new LiveMetrics({
    region: 'eu-central-1',
    clientFor: region => {
      regions.push(region);
      return new CloudWatchClient({ region, endpoint: cloudWatch.endpoint, credentials });
    },
  });
});
afterAll(async () => {
  live.close();
  await cloudWatch.close();
});

const widget = (metrics: unknown[], others: Record<string, unknown> = {}) => ({
  metrics,
  period: 3600,
  stat: 'Sum',
  ...others,
});

describe('LiveMetrics', () => {
  test.each([
    [
      'named metrics, with the fields above',
      widget([
        [NS, 'TotalCost', 'AgentId', 'triage', 'Model', 'nova'],
        ['...', 'haiku', { label: 'second', color: '#010203', yAxis: 'right' }],
      ]),
    ],
    [
      'a search with custom labels',
      widget([[{ expression: SEARCH, label: "${PROP('Dim.AgentId')} of ${PROP('Dim.Model')}" }]]),
    ],
    [
      'math on hidden metrics',
      widget([
        [NS, 'TotalCost', { id: 'cost', visible: false }],
        [{ expression: 'cost * 2', label: 'twice' }],
      ]),
    ],
    [
      'a Metrics Insights query',
      widget([
        [
          {
            expression: `SELECT SUM(TotalCost) FROM SCHEMA("${NS}", AgentId, Model) GROUP BY AgentId`,
            color: '#010203',
          },
        ],
      ]),
    ],
    ['one period for the whole range', widget([[NS, 'TotalCost']], { setPeriodToTimeRange: true })],
    ['a time range set by the widget', widget([[NS, 'TotalCost']], { start: '-PT5H' })],
  ])('returns the same series for %s as the local evaluation', async (_name, properties) => {
    const range = { start: START, end: END };

    const answer = await live.evaluate(properties, range, {});

    expect(answer.errors).toEqual([]);
    expect(answer.series.length).toBeGreaterThan(0);
    expect(answer.series).toEqual(evaluateWidget(properties, cloudWatch.store, range).series);
  });

  test.each([
    [
      { agent: 'triage' },
      { 'all calls': 8, 'report nova': undefined, 'triage nova': 3, 'triage haiku': 5, 'named': undefined },
    ],
    [
      { model: 'nova' },
      { 'all calls': 10, 'report nova': 7, 'triage nova': 3, 'triage haiku': undefined, 'named': 7 },
    ],
    [
      { agent: 'report', model: 'nova' },
      { 'all calls': 7, 'report nova': 7, 'triage nova': undefined, 'triage haiku': undefined, 'named': 7 },
    ],
  ])('filters live metrics by %j', async (filters, values) => {
    const metrics = [
      [NS, 'TotalCost', { label: 'all calls' }],
      [{ expression: SEARCH, label: '${LABEL}' }],
      [NS, 'TotalCost', 'AgentId', 'report', 'Model', 'nova', { label: 'named' }],
    ];

    const { series, errors } = await live.evaluate(widget(metrics), { start: START, end: END }, filters);

    expect(errors).toEqual([]);
    const first = Object.fromEntries(series.map(({ label, points }) => [label, points[0].value]));
    expect(Object.fromEntries(Object.keys(values).map(label => [label, first[label]]))).toEqual(values);
  });

  test('omits metrics that cannot be filtered, with a note', async () => {
    const metrics = [
      [NS, 'TokenEfficiency', { id: 'efficiency', stat: 'Average' }],
      [{ expression: 'efficiency * 100', label: 'per cent' }],
      [NS, 'TotalCost', { label: 'cost' }],
    ];

    const { series, notes } = await live.evaluate(
      widget(metrics),
      { start: START, end: END },
      { agent: 'triage' },
    );

    expect(series.map(({ label }) => label)).toEqual(['cost']);
    expect(notes).toEqual([
      'The Average of TokenEfficiency over all calls cannot be filtered, so it is omitted.',
      'per cent uses a metric that cannot be filtered, so it is omitted.',
    ]);
  });

  test('lists agents and models of live metrics', async () => {
    cloudWatch.store.putDatum({
      namespace: NS,
      name: 'InvocationCount',
      dimensions: { AgentId: 'triage', Model: 'nova' },
      timestamp: END,
      values: [1],
    });

    expect(await live.names([NS])).toEqual({
      agents: expect.arrayContaining(['triage']) as string[],
      models: expect.arrayContaining(['nova']) as string[],
    });
  });

  test('returns an error of CloudWatch as an error of the widget', async () => {
    const { series, errors } = await live.evaluate(
      widget([[{ expression: 'ANOMALY_DETECTION_BAND(m1)' }]]),
      { start: START, end: END },
      {},
    );

    expect(series).toEqual([]);
    expect(errors).toEqual([expect.stringMatching(/^CloudWatch in eu-central-1: .*ANOMALY_DETECTION_BAND/)]);
  });

  test('reads metrics in the region of the widget', async () => {
    await live.evaluate(widget([[NS, 'TotalCost']], { region: 'us-west-2' }), { start: START, end: END }, {});

    expect(regions).toContain('us-west-2');
  });
});

describe('LiveMetrics with several pages', () => {
  let server: LoopbackServer;
  const received: Record<string, unknown>[] = [];
  beforeAll(async () => {
    server = await listenOnLoopback(async (request, response) => {
      const input = JSON.parse((await readBody(request)).toString()) as Record<string, unknown>;
      received.push(input);
      const second = input.NextToken === 'more';
      const at = (hour: number) => START.getTime() / 1000 + hour * 3600;
      const body = {
        NextToken: second ? undefined : 'more',
        // The two series of a page have the same id and label. They must stay two series.
        MetricDataResults: [1, 2].map(value => ({
          Id: 'unnamed_0',
          Label: 'same',
          StatusCode: 'Complete',
          Timestamps: [at(second ? 1 : 0)],
          Values: [value],
        })),
        Messages: second ? [] : [{ Code: 'MaxMetricsExceeded', Value: 'There are more.' }],
      };
      send(response, 200, { 'content-type': 'application/x-amz-json-1.0' }, JSON.stringify(body));
    });
  });
  afterAll(() => server.close());

  test('joins the pages of each series, and returns the messages of CloudWatch as notes', async () => {
    const paged = new LiveMetrics({
      region: 'us-east-1',
      clientFor: region => new CloudWatchClient({ region, endpoint: server.endpoint, credentials }),
    });

    const { series, notes } = await paged.evaluate(
      widget([[{ expression: SEARCH }]]),
      { start: START, end: END },
      {},
    );
    paged.close();

    expect(series.map(({ points }) => points.map(({ value }) => value))).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(notes).toEqual(['There are more.']);
    expect(received.map(({ NextToken }) => NextToken)).toEqual([undefined, 'more']);
  });
});

describe('narrowEntries', () => {
  const entry = (changes: Partial<MetricEntry>): MetricEntry => ({
    id: 'e',
    periodSeconds: 300,
    visible: true,
    yAxis: 'left',
    ...changes,
  });

  test('escapes quotes and parentheses in a filter, so that the search cannot be changed', () => {
    const {
      entries: [{ expression }],
    } = narrowEntries([entry({ expression: SEARCH })], { agent: '" OR AgentId="other\' )' });

    expect(expression).toBe(
      `SEARCH('{"${NS}",AgentId,Model} MetricName="TotalCost" AgentId=" OR AgentId=other \\)"', 'Sum')`,
    );
  });

  const SELECT = 'SELECT SUM(TotalCost) FROM';
  const PAIR_SCHEMA = `SCHEMA("${NS}", AgentId, Model)`;
  test.each<[string, { agent?: string; model?: string }, string | undefined]>([
    [`${SELECT} ${PAIR_SCHEMA} GROUP BY AgentId`, {}, `${SELECT} ${PAIR_SCHEMA} GROUP BY AgentId`],
    [
      `${SELECT} ${PAIR_SCHEMA} GROUP BY AgentId ORDER BY SUM() DESC LIMIT 10`,
      { agent: "x' OR AgentId != '" },
      `${SELECT} ${PAIR_SCHEMA} WHERE AgentId = 'x'' OR AgentId != ''' GROUP BY AgentId ORDER BY SUM() DESC LIMIT 10`,
    ],
    [
      `${SELECT} ${PAIR_SCHEMA} WHERE Model != 'haiku'`,
      { agent: 'a', model: 'm' },
      `${SELECT} ${PAIR_SCHEMA} WHERE Model != 'haiku' AND AgentId = 'a' AND Model = 'm'`,
    ],
    [`${SELECT} SCHEMA("${NS}")`, { model: 'm' }, `${SELECT} ${PAIR_SCHEMA} WHERE Model = 'm'`],
    [
      'SELECT SUM(Errors) FROM SCHEMA("AWS/Logs", LogGroup)',
      { model: 'm' },
      'SELECT SUM(Errors) FROM SCHEMA("AWS/Logs", LogGroup)',
    ],
    [`${SELECT} "${NS}" WHERE tag.env = 'prod'`, {}, `${SELECT} "${NS}" WHERE tag.env = 'prod'`],
    [`${SELECT} "${NS}" WHERE tag.env = 'prod'`, { agent: 'a' }, undefined],
  ])('limits the Metrics Insights query %s to %j', (expression, filters, narrowed) => {
    const { entries, notes } = narrowEntries([entry({ expression, label: 'Cost' })], filters);

    expect(entries.map(each => each.expression)).toEqual(narrowed === undefined ? [] : [narrowed]);
    expect(notes).toEqual(narrowed === undefined ? ['Cost cannot be filtered, so it is omitted.'] : []);
  });

  test('does not change searches for other dimensions', () => {
    const expression = "SEARCH('{AWS/Bedrock,ModelId} MetricName=\"Invocations\"', 'Sum')";

    expect(narrowEntries([entry({ expression })], { model: 'nova' }).entries).toEqual([
      entry({ expression }),
    ]);
  });

  test('removes omitted metrics from sums, and omits a sum without metrics', () => {
    const metric = (id: string, AgentId: string) =>
      entry({
        id,
        visible: false,
        metric: {
          namespace: NS,
          name: 'TotalCost',
          dimensions: { AgentId, Model: 'nova' },
          statistic: 'Sum',
        },
      });
    const entries = [
      metric('a_0', 'triage'),
      metric('a_1', 'report'),
      entry({ id: 's', expression: 'SUM([a_0, a_1])' }),
      entry({ id: 't', expression: 'SUM([a_1])' }),
    ];

    const narrowed = narrowEntries(entries, { agent: 'triage' });

    expect(narrowed.entries.map(({ id, expression }) => [id, expression])).toEqual([
      ['a_0', undefined],
      ['s', 'SUM([a_0])'],
    ]);
    expect(narrowed.notes).toEqual([]);
  });
});
