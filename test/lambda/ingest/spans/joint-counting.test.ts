import { ENV } from '../../../../src/contract';
import { stdoutOf } from '../../../support/stdout';
import { Backends, logRecord, NOVA, queueEvent, subscriptionEvent } from '../support';
import { TokenTracker } from 'cdk-token-analytics/runtime';

const REQUEST_ID = '11111111-2222-3333-4444-555555555555';
const CLAIMS = { [ENV.claimCalls]: 'true' };
const STARTED = Date.now() - 60_000;

const MODEL_CALL = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': NOVA,
  'gen_ai.usage.input_tokens': 1000,
  'gen_ai.usage.output_tokens': 200,
};

/** Span of an agent framework in Python, as CloudWatch Logs contains it. */
function frameworkSpan(
  { spanId = 'f'.repeat(16), parentSpanId = 'e'.repeat(16), ...attributes }: Record<string, unknown> = {},
  status = 'OK',
) {
  return {
    resource: { attributes: { 'service.name': 'orders', 'telemetry.sdk.language': 'python' } },
    scope: { name: 'strands.telemetry.tracer', version: '' },
    traceId: 'a'.repeat(32),
    spanId,
    parentSpanId,
    name: 'chat',
    kind: 'INTERNAL',
    startTimeUnixNano: (STARTED - 5) * 1e6,
    endTimeUnixNano: (STARTED + 905) * 1e6,
    attributes: {
      'gen_ai.system': 'strands-agents',
      'gen_ai.usage.cache_read_input_tokens': 0,
      ...MODEL_CALL,
      ...attributes,
    },
    status: { code: status },
  };
}

/** Span of the AWS SDK for JavaScript or of boto3, as CloudWatch Logs contains it. */
function clientSpan(language: 'nodejs' | 'python', parentSpanId?: string) {
  const isNode = language === 'nodejs';
  return {
    resource: { attributes: { 'service.name': 'orders', 'telemetry.sdk.language': language } },
    scope: isNode
      ? { name: '@opentelemetry/instrumentation-aws-sdk', version: '0.78.0' }
      : { name: 'opentelemetry.instrumentation.botocore.bedrock-runtime', version: '0.66b2' },
    traceId: 'a'.repeat(32),
    spanId: 'c'.repeat(16),
    parentSpanId,
    name: `chat ${NOVA}`,
    kind: 'CLIENT',
    startTimeUnixNano: STARTED * 1e6,
    endTimeUnixNano: (STARTED + 900) * 1e6,
    attributes: {
      'rpc.service': 'Bedrock Runtime',
      'rpc.method': 'Converse',
      'gen_ai.system': 'aws.bedrock',
      ...MODEL_CALL,
      'aws.request_id': REQUEST_ID,
    },
    status: { code: 'UNSET' },
  };
}

let backends: Backends;
beforeEach(async () => {
  backends = await Backends.start();
});
afterEach(() => backends.close());

async function invoke(
  handler: Parameters<Backends['invoke']>[0],
  event: unknown,
  refused = 0,
): Promise<number> {
  const run = await backends.invoke(handler, [event], CLAIMS);
  expect(run.outcomes.map(({ error }) => error)).toEqual([undefined]);
  expect(backends.letters).toHaveLength(refused);
  return run.sum('invocationCount');
}

/** Records the call with a tracker, as a function does that the constructs have instrumented. */
async function track(): Promise<number> {
  const tracker = TokenTracker.fromEnvironment(
    { ...backends.environment, ...CLAIMS, AWS_REGION: 'us-east-1' },
    { endpoint: backends.environment.AWS_ENDPOINT_URL_DYNAMODB, sink: 'emf' },
  );
  await stdoutOf(async () => {
    tracker.record({
      modelId: NOVA,
      agentId: 'orders',
      requestId: REQUEST_ID,
      usage: {
        uncachedInputTokens: 1000,
        cacheReadTokens: 0,
        cacheWrite5mTokens: 0,
        cacheWrite1hTokens: 0,
        outputTokens: 200,
        source: 'usage',
        partial: false,
      },
    });
    await tracker.flush();
  });
  return 1;
}

const stamped = { agentId: 'orders', tokenAnalytics: 'recorded' };
const sources = {
  'tracker': () => track(),
  'log with the mark of the tracker': () =>
    invoke(
      'ingest-logs',
      subscriptionEvent([logRecord({ requestId: REQUEST_ID, requestMetadata: stamped })]),
    ),
  'log': () => invoke('ingest-logs', subscriptionEvent([logRecord({ requestId: REQUEST_ID })])),
  'span of Node.js': () => invoke('ingest-spans', subscriptionEvent([clientSpan('nodejs')])),
  'span of Python': () => invoke('ingest-spans', subscriptionEvent([clientSpan('python')])),
  'span of Python with a parent': () =>
    invoke('ingest-spans', subscriptionEvent([clientSpan('python', 'f'.repeat(16))])),
  'span of a framework': () => invoke('ingest-spans', subscriptionEvent([frameworkSpan()])),
  'span of a failed framework': () => {
    const failed = { 'gen_ai.usage.input_tokens': undefined, 'gen_ai.usage.output_tokens': undefined };
    return invoke('ingest-spans', subscriptionEvent([frameworkSpan(failed, 'ERROR')]));
  },
  'span of an outer framework': () => {
    const span = frameworkSpan({ spanId: 'e'.repeat(16), parentSpanId: 'd'.repeat(16) });
    return invoke('ingest-spans', subscriptionEvent([span]));
  },
  'end of the wait': () => endWaiting(),
  'event': () =>
    invoke('ingest-events', {
      'id': 'event-1',
      'detail-type': 'TokenUsage',
      'time': new Date(STARTED).toISOString(),
      'detail': {
        agentId: 'orders',
        modelId: NOVA,
        requestId: REQUEST_ID,
        timestamp: new Date(STARTED).toISOString(),
        usage: { uncachedInputTokens: 1000, outputTokens: 200 },
      },
    }),
};
type Source = keyof typeof sources;

function permutations<Item>(items: readonly Item[]): Item[][] {
  return items.length === 0
    ? [[]]
    : items.flatMap((item, index) =>
        permutations([...items.slice(0, index), ...items.slice(index + 1)]).map(rest => [item, ...rest]),
      );
}

/** Delivers the messages of waiting spans, and returns the number of counted invocations. */
async function endWaiting(): Promise<number> {
  const messages = backends.waiting.splice(0);
  return messages.length === 0 ? 0 : invoke('ingest-spans', queueEvent(messages));
}

const ORDERS: readonly (readonly Source[])[] = [
  ...permutations<Source>(['tracker', 'log with the mark of the tracker', 'span of Node.js']),
  ...permutations<Source>(['log', 'span of Python']),
  ...permutations<Source>(['log', 'span of Python with a parent', 'event']),
  ['tracker', 'log', 'span of Node.js', 'event'],
  ...permutations<Source>(['span of a framework', 'span of Python with a parent', 'event']),
  ...permutations<Source>([
    'span of a framework',
    'span of Python with a parent',
    'span of an outer framework',
  ]),
  ...permutations<Source>(['span of a failed framework', 'span of Python with a parent']),
  ...permutations<Source>(['span of a framework', 'span of Python with a parent', 'end of the wait']),
];

test.each(ORDERS.map(order => [order.join(', then '), order] as const))(
  'counts a call once that is seen by: %s',
  async (_, order) => {
    let counted = 0;
    for (const source of order) counted += await sources[source]();
    counted += await endWaiting();

    expect(counted).toBe(1);
    expect(await backends.items('AGENT')).toHaveLength(1);
  },
);

test('counts the tokens of a call whose framework failed after it', async () => {
  await sources['span of a failed framework']();
  await sources['span of Python with a parent']();
  await endWaiting();

  expect(await backends.items('AGENT')).toMatchObject([{ uncachedInputTokens: { N: '1000' } }]);
});

test('counts a call and the response that a cache later returns for it', async () => {
  const detail = { agentId: 'orders', modelId: NOVA, requestId: REQUEST_ID, cached: true };
  const usage = { uncachedInputTokens: 1000, outputTokens: 200 };
  const cached = {
    'id': 'event-2',
    'detail-type': 'TokenUsage',
    'time': new Date(STARTED).toISOString(),
    'detail': { ...detail, timestamp: new Date(STARTED + 2000).toISOString(), usage },
  };
  await invoke('ingest-events', cached);

  expect(await sources.log()).toBe(1);
  expect(await backends.items('AGENT')).toHaveLength(2);
});

test.each([
  ['ingest-logs', subscriptionEvent([logRecord({ requestId: REQUEST_ID })])],
  ['ingest-spans', subscriptionEvent([clientSpan('python')])],
] as const)('counts the message of %s that is put on the bus after a failure', async (_, payload) => {
  backends.fault = ({ pk }) =>
    pk.S?.startsWith('AGENT') ? { status: 400, type: 'ProvisionedThroughputExceededException' } : undefined;
  await backends.invoke('ingest-failures', [{ requestPayload: payload }], CLAIMS);
  backends.fault = () => undefined;
  const [{ event }] = backends.letters;
  backends.messages.length = 0;
  const replay = {
    'id': 'event-1',
    'detail-type': 'TokenUsage',
    'time': new Date().toISOString(),
    'detail': event,
  };

  expect(await invoke('ingest-events', replay)).toBe(1);
  expect(await invoke('ingest-events', replay)).toBe(0);
});

test('counts a span from its message if its note is not in the table', async () => {
  await sources['span of Python with a parent']();
  const messages = backends.waiting.splice(0);
  await backends.close();
  backends = await Backends.start();

  expect(await invoke('ingest-spans', queueEvent(messages))).toBe(1);
  expect(await invoke('ingest-spans', queueEvent([...messages, '{}', 'no JSON']), 2)).toBe(0);
});

test('a span of a Lambda function in Node.js waits until its handler must have ended', async () => {
  const span = clientSpan('nodejs');
  Object.assign(span.resource.attributes, { 'cloud.platform': 'aws_lambda' });
  await invoke('ingest-spans', subscriptionEvent([span]));

  expect(backends.delays).toEqual([900]);
});

test('counts a call of each source that no other source sees', async () => {
  for (const source of ['span of Node.js', 'span of Python', 'log', 'event'] as const) {
    const counted = (await sources[source]()) + (await endWaiting());
    expect([source, counted]).toEqual([source, 1]);
    await backends.close();
    backends = await Backends.start();
  }
});

test('a retry after a failed write of the trace counts the call, although its claim exists', async () => {
  backends.fault = ({ pk }) =>
    pk.S?.startsWith('AGENT') ? { status: 400, type: 'ProvisionedThroughputExceededException' } : undefined;
  const event = subscriptionEvent([clientSpan('python')]);
  const first = await backends.invoke('ingest-spans', [event], CLAIMS);
  backends.fault = () => undefined;

  expect(first.outcomes[0].error).toBeDefined();
  expect((await backends.items('')).map(({ pk }) => pk.S?.split('#')[0])).toContain('CLAIM');
  expect(await invoke('ingest-spans', event)).toBe(1);
  expect(await invoke('ingest-spans', event)).toBe(0);
});

test('a span that cannot be put on the queue of waiting spans is sent again', async () => {
  backends.queueIsDown = true;
  const event = subscriptionEvent([clientSpan('nodejs')]);
  const run = await backends.invoke('ingest-spans', [event], CLAIMS);
  backends.queueIsDown = false;

  expect(run.outcomes[0].error).toBe('IngestIncomplete');
  expect(await invoke('ingest-spans', event)).toBe(0);
  expect(await endWaiting()).toBe(1);
});

test('the function of last attempts records spans', async () => {
  const event = { requestPayload: subscriptionEvent([clientSpan('python'), { no: 'span' }]) };

  expect(await invoke('ingest-failures', event)).toBe(1);
  expect(await invoke('ingest-spans', event.requestPayload)).toBe(0);
});

test('without spans, no source writes claims', async () => {
  await backends.invoke('ingest-logs', [subscriptionEvent([logRecord({ requestId: REQUEST_ID })])]);

  expect((await backends.items('')).filter(({ pk }) => pk.S?.startsWith('CLAIM'))).toEqual([]);
});
