const { context, handlerWith, listen } = require('./services');

const loaded = require('cdk-token-analytics/runtime');

/** Loads a new copy of the runtime. It uses the timers that exist when it is loaded, e.g. fake timers. */
const loadedNow = () => {
  let runtime;
  delete process[Symbol.for('cdk-token-analytics')];
  jest.isolateModules(() => (runtime = require('cdk-token-analytics/runtime')));
  return runtime;
};

const FAKES = [
  ['fake timers', () => jest.useFakeTimers(), () => loaded],
  [
    'fake timers with a date',
    () => jest.useFakeTimers({ now: new Date('2026-11-30T23:59:00Z') }),
    () => loaded,
  ],
  ['legacy fake timers', () => jest.useFakeTimers({ legacyFakeTimers: true }), () => loaded],
  ['fake timers before the runtime is loaded', () => jest.useFakeTimers(), loadedNow],
  [
    'legacy fake timers before the runtime is loaded',
    () => jest.useFakeTimers({ legacyFakeTimers: true }),
    loadedNow,
  ],
];

describe.each(FAKES)('with %s', (_name, fake, load) => {
  let service;
  beforeEach(fake);
  afterEach(() => {
    jest.useRealTimers();
    service?.close();
    service = undefined;
  });

  test('a handler without a table returns', async () => {
    await expect(handlerWith(load(), { sink: 'emf' })({}, context)).resolves.toBe('answer');
  });

  test('a handler writes its trace', async () => {
    service = await listen('{"UnprocessedItems":{}}');
    const options = { sink: 'emf', tableName: 'Traces', endpoint: service.url };

    await expect(handlerWith(load(), options)({}, context)).resolves.toBe('answer');
    expect(service.requests).toHaveLength(1);
  });

  test('a handler writes its trace at the second attempt', async () => {
    let asked = 0;
    service = await listen(request => {
      asked += 1;
      const { RequestItems } = JSON.parse(request);
      return JSON.stringify({ UnprocessedItems: asked === 1 ? RequestItems : {} });
    });
    const options = { sink: 'emf', tableName: 'Traces', endpoint: service.url, flushTimeoutMs: 30_000 };

    await expect(handlerWith(load(), options)({}, context)).resolves.toBe('answer');
    expect(service.requests).toHaveLength(2);
  });

  test('a handler returns if its table does not respond', async () => {
    service = await listen();
    const options = { sink: 'emf', tableName: 'Traces', endpoint: service.url, flushTimeoutMs: 200 };

    await expect(handlerWith(load(), options)({}, context)).resolves.toBe('answer');
  });

  test('a handler returns if CloudWatch does not respond', async () => {
    service = await listen();
    const options = { sink: 'putMetricData', cloudWatchEndpoint: service.url, flushTimeoutMs: 200 };

    await expect(handlerWith(load(), options)({}, context)).resolves.toBe('answer');
  });
});
