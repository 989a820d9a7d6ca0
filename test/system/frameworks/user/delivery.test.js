const runtime = require('cdk-token-analytics/runtime');
const { UsageReports } = require('cdk-token-analytics/reports');
const { context, handlerWith, listen } = require('./services');

const WRITTEN = '{"UnprocessedItems":{}}';
let service;
afterEach(() => service.close());

test('traces are written', async () => {
  service = await listen(WRITTEN);
  await handlerWith(runtime, { sink: 'emf', tableName: 'Traces', endpoint: service.url })({}, context);

  expect(service.requests.join()).toContain('"requestId":{"S":"one"}');
});

test('metrics are sent', async () => {
  service = await listen('');
  await handlerWith(runtime, { sink: 'putMetricData', cloudWatchEndpoint: service.url })({}, context);

  expect(service.requests).toHaveLength(1);
});

test('spilled traces are replayed', async () => {
  service = await listen(WRITTEN);
  const item = { pk: 'AGENT#triage#2026-11-29', sk: '2026-11-29T12:00:00.000Z#one', requestId: 'one' };
  const spilled = Object.fromEntries(Object.entries(item).map(([name, text]) => [name, { S: text }]));
  const lines = [JSON.stringify({ TraceSpill: spilled })];

  await expect(
    runtime.replaySpills(lines, { tableName: 'Traces', endpoint: service.url }),
  ).resolves.toMatchObject({ left: 0 });
});

test('reports are read', async () => {
  service = await listen('{"Items":[],"Count":0}');
  const reports = new UsageReports({ tableName: 'Traces', endpoint: service.url });

  await expect(reports.daily('2026-11-20')).resolves.toMatchObject({ total: { answered: 0 } });
  reports.close();
});
