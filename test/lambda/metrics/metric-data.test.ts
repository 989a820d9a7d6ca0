import { once } from 'node:events';
import { Agent, createServer } from 'node:http';
import { Socket } from 'node:net';
import { MetricDataConnection, MetricDataPublisher } from '../../../lambda/metrics/metric-data-publisher';
import { spillIn } from '../../../lambda/traces/spilled-items';
import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../../local/emulators/http-server';
import { type MetricKey, METRICS } from '../../../src/contract';
import { type HeldClock, holdClock, until } from '../../support/held-clock';
import { emfOf, stdoutOf } from '../../support/stdout';
import { AnalyticsEmitter, type AnalyticsEmitterOptions, type Invocation } from 'cdk-token-analytics/runtime';

/**
 * Reaction of the fake CloudWatch to a request: a status, `cuts` (closes the connection) or `hangs` (never
 * answers).
 */
type Fault = { readonly status: number; readonly type?: string } | 'cuts' | 'hangs';

const JSON_CONTENT = { 'content-type': 'application/x-amz-json-1.0' };
const NOTHING = { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n };
const PRICE = { input: 1, output: 1, asOf: '2026-11-01', source: 'test' };
const PAIR = { agentId: 'triage', model: 'amazon.nova-lite-v1:0' };

let clock: HeldClock;
let server: LoopbackServer;
let requests = 0;
let fault: (request: number) => Fault;

beforeEach(async () => {
  clock = holdClock();
  requests = 0;
  server = await listenOnLoopback(async (request, response) => {
    await readBody(request);
    requests += 1;
    const doing = fault(requests);
    if (doing === 'hangs') return;
    if (doing === 'cuts') {
      request.socket.destroy();
      return;
    }
    const { status, type = 'InternalServiceFault' } = doing;
    send(response, status, JSON_CONTENT, JSON.stringify(status === 200 ? {} : { __type: type, message: '' }));
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  clock.release();
  await server.close();
});

function invocation(changes: Partial<Invocation> = {}): Invocation {
  return {
    requestId: 'r',
    agentId: PAIR.agentId,
    model: PAIR.model,
    modelId: PAIR.model,
    scope: 'in-region',
    timestamp: new Date(),
    ...changes,
  };
}

const emitterTo = (cloudWatchEndpoint: string, options: AnalyticsEmitterOptions = {}) =>
  new AnalyticsEmitter({ sink: 'putMetricData', region: 'us-east-1', cloudWatchEndpoint, ...options });
const spillsIn = (lines: readonly string[]) => lines.filter(line => line.includes('"MetricSpill"'));
const sumsIn = (lines: readonly string[], metric: string) =>
  emfOf(lines)
    .flatMap(document => [document[metric] ?? []].flat() as number[])
    .reduce((sum, value) => sum + value, 0);

test.each<[string, Fault]>([
  ['answers 500', { status: 500 }],
  ['answers 503', { status: 503, type: 'ServiceUnavailable' }],
  ['closes the socket', 'cuts'],
])('spills a request once if CloudWatch %s, and counts it in the next flush', async (_what, doing) => {
  fault = request => (request === 1 ? doing : { status: 200 });
  const emitter = emitterTo(server.endpoint);
  emitter.emit(invocation());

  const lines = await stdoutOf(() => clock.pass(() => emitter.flush({ deadlineMs: 20_000 })));

  expect([requests, spillsIn(lines).length, emfOf(lines)]).toEqual([1, 1, []]);
  expect(spillIn(lines[0])).toEqual(expect.objectContaining({ kind: 'metrics' }));
  expect(emitter.isPending).toBe(true);
  expect(sumsIn(await stdoutOf(() => emitter.spill()), 'MetricsSpilled')).toBe(1);
});

test('spills a request once if it has no answer at the deadline', async () => {
  fault = () => 'hangs';
  const emitter = emitterTo(server.endpoint);
  emitter.emit(invocation());

  const lines = await stdoutOf(() =>
    clock.expectEndAfter(1000, emitter.flush({ deadlineMs: 1000 }), { unanswered: 1 }),
  );

  expect([requests, spillsIn(lines).length, emfOf(lines)]).toEqual([1, 1, []]);
});

test('spills a request in flight at the end of the process, and counts it in the log', async () => {
  fault = () => 'hangs';
  const emitter = emitterTo(server.endpoint);
  emitter.emit(invocation());

  const lines = await stdoutOf(async () => {
    void emitter.flush({ deadlineMs: 10_000 });
    await until(() => requests === 1);
    emitter.emit(invocation());
    emitter.spill();
  });

  expect([spillsIn(lines).length, sumsIn(lines, 'MetricsSpilled'), sumsIn(lines, 'InvocationCount')]).toEqual(
    [1, 1, 1],
  );
  expect(emitter.isPending).toBe(false);
});

test('does not count a spilled request that has only the count of spilled requests', async () => {
  fault = () => ({ status: 500 });
  const emitter = emitterTo(server.endpoint);
  emitter.emit(invocation());

  const lines = await stdoutOf(async () => {
    await emitter.flush();
    await emitter.flush();
    await emitter.flush();
  });

  expect([requests, spillsIn(lines).length, emitter.isPending]).toEqual([2, 2, false]);
});

test.each<[string, Fault]>([
  ['a throttle', { status: 400, type: 'ThrottlingException' }],
  ['a throttle of the account', { status: 429, type: 'TooManyRequestsException' }],
])('repeats a request after %s until CloudWatch accepts it', async (_what, doing) => {
  fault = request => (request < 5 ? doing : { status: 200 });
  const emitter = emitterTo(server.endpoint);
  emitter.emit(invocation());

  const lines = await stdoutOf(() => clock.pass(() => emitter.flush({ deadlineMs: 20_000 })));

  expect([requests, lines]).toEqual([5, []]);
});

test('prints metrics that are throttled until the deadline, because CloudWatch has not accepted them', async () => {
  fault = () => ({ status: 400, type: 'ThrottlingException' });
  const emitter = emitterTo(server.endpoint);
  emitter.emit(invocation());

  const lines = await stdoutOf(() => clock.expectEndAfter(1000, emitter.flush({ deadlineMs: 1000 })));

  expect(requests).toBeGreaterThan(2);
  expect([spillsIn(lines), sumsIn(lines, 'InvocationCount')]).toEqual([[], 1]);
});

test('repeats a request until the connection is accepted', async () => {
  fault = () => ({ status: 200 });
  const port = new URL(server.endpoint).port;
  await server.close();
  const late = createServer((_request, response) => {
    requests += 1;
    send(response, 200, JSON_CONTENT, '{}');
  });
  const emitter = emitterTo(server.endpoint);
  emitter.emit(invocation());

  const lines = await stdoutOf(async () => {
    const flushed = emitter.flush({ deadlineMs: 20_000 });
    await clock.advance(300);
    late.listen(Number(port), '127.0.0.1');
    await once(late, 'listening');
    await clock.pass(() => flushed);
  });
  late.closeAllConnections();
  late.close();

  expect(requests).toBe(1);
  expect(lines).toEqual([]);
});

test('prints the metrics of a refused request without repeating it', async () => {
  fault = () => ({ status: 400, type: 'InvalidParameterValueException' });
  const emitter = emitterTo(server.endpoint);
  emitter.emit(invocation());

  const lines = await stdoutOf(() => emitter.flush({ deadlineMs: 20_000 }));

  expect([requests, spillsIn(lines), sumsIn(lines, 'InvocationCount')]).toEqual([1, [], 1]);
});

test('prints metrics if no connection was made, because CloudWatch cannot have accepted them', async () => {
  jest
    .spyOn(Agent.prototype, 'createConnection')
    .mockImplementation(() => Object.assign(new Socket(), { connecting: true }));
  const emitter = emitterTo(server.endpoint);
  emitter.emit(invocation());

  const lines = await stdoutOf(() =>
    clock.expectEndAfter(1000, emitter.flush({ deadlineMs: 1000 }), { unanswered: 1 }),
  );

  expect([requests, spillsIn(lines), sumsIn(lines, 'InvocationCount')]).toEqual([0, [], 1]);
});

test('sends all metrics if the service closes an idle connection', async () => {
  fault = () => ({ status: 200 });
  const emitter = emitterTo(server.endpoint);
  emitter.emit(invocation());
  await emitter.flush({ deadlineMs: 20_000 });
  // Replaces the server with a new server on the same port, so that all connections are closed.
  const port = Number(new URL(server.endpoint).port);
  await server.close();
  const again = createServer((_request, response) => {
    requests += 1;
    send(response, 200, JSON_CONTENT, '{}');
  }).listen(port, '127.0.0.1');
  await once(again, 'listening');
  emitter.emit(invocation());

  const lines = await stdoutOf(() => emitter.flush({ deadlineMs: 20_000 }));
  again.closeAllConnections();
  again.close();

  expect([requests, lines]).toEqual([2, []]);
});

test('spills only the requests of the publisher itself if publishers share a connection', async () => {
  fault = () => 'hangs';
  const connection = new MetricDataConnection('X', { region: 'us-east-1', endpoint: server.endpoint });
  const spilled = [0, 0];
  const [one, other] = [0, 1].map(
    index =>
      new MetricDataPublisher(connection, requestsOfIt => {
        spilled[index] += requestsOfIt;
      }),
  );
  const batch = (metric: MetricKey) => ({
    pair: undefined,
    timestamp: new Date(),
    values: new Map([[metric, [1]]]),
  });
  one.publish(batch('tracesSpilled'));
  other.publish(batch('tracesDropped'));

  const lines = await stdoutOf(async () => {
    void one.send(10_000);
    void other.send(10_000);
    await until(() => requests === 2);
    one.spill();
  });

  expect(spillsIn(lines)).toHaveLength(1);
  expect(lines[0]).toContain(METRICS.tracesSpilled.name);
  expect([spilled, one.pending, other.pending]).toEqual([[1, 0], 0, 1]);
  await stdoutOf(() => other.spill());
});

test('packs requests that fit in a log line, with each value once', async () => {
  const sizes: number[] = [];
  fault = () => ({ status: 500 });
  const emitter = emitterTo(server.endpoint, { detailLevel: 'standard' });
  for (let index = 0; index < 3000; index += 1) {
    emitter.emit(
      invocation({
        latencyMs: index + 0.123456789,
        items: 3,
        cost: { usd: Math.sqrt(index + 2), picoUsd: 1n, breakdown: NOTHING, price: PRICE },
        usage: {
          uncachedInputTokens: index + 1,
          cacheReadTokens: index,
          cacheWrite5mTokens: index,
          cacheWrite1hTokens: index,
          outputTokens: 7 * index,
          source: 'usage',
          partial: false,
        },
      }),
    );
  }

  const lines = await stdoutOf(() => emitter.flush({ deadlineMs: 20_000 }));

  const totals = new Map<string, number>();
  for (const line of spillsIn(lines)) {
    sizes.push(Buffer.byteLength(line));
    const spill = spillIn(line);
    if (spill === undefined || spill === 'refused' || spill.kind !== 'metrics') throw new Error(line);
    for (const { MetricName = '', Dimensions = [], Counts = [] } of spill.metrics.data) {
      const key = `${MetricName} ${Dimensions.length}`;
      totals.set(key, (totals.get(key) ?? 0) + Counts.reduce((sum, count) => sum + count, 0));
    }
  }
  expect(Math.max(...sizes)).toBeLessThan(201_000);
  expect(sizes.length).toBeGreaterThan(3);
  expect(lines).toHaveLength(sizes.length);
  expect([...totals.values()].every(total => total === 3000)).toBe(true);
});
