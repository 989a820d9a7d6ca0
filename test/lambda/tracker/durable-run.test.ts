// Tests handlers of Lambda durable functions in cases that AWS's local runner cannot produce. Tests with
// that runner are in test/system/durable.
import { type FaultyTable, spilledIn, startFaultyTable } from '../../support/faulty-table';
import { type HeldClock, holdClock, until } from '../../support/held-clock';
import { emfOf, stdoutOf } from '../../support/stdout';
import { type RecordInput, TokenTracker } from 'cdk-token-analytics/runtime';

const CALL: RecordInput = { agentId: 'triage', modelId: 'amazon.nova-micro-v1:0', requestId: 'one' };
const SUSPENDED = new Promise<never>(() => undefined);
const REMAINING_MS = 2000;
/** Milliseconds from the start of a run until its metrics and traces are sent: 500 ms before its timeout. */
const SOON_MS = REMAINING_MS - 500;

let clock: HeldClock;
let table: FaultyTable;
let tracker: TokenTracker;
beforeEach(async () => {
  clock = holdClock();
  table = await startFaultyTable();
  tracker = new TokenTracker({
    sink: 'emf',
    tableName: 'Traces',
    endpoint: table.endpoint,
    region: 'us-east-1',
  });
});
afterEach(async () => {
  clock.release();
  await table.close();
});

/** Returns a fake `DurableContext` with the members that the tracker reads. */
const durableContext = () => {
  const end = Date.now() + REMAINING_MS;
  return {
    step: () => undefined,
    lambdaContext: { awsRequestId: 'id', getRemainingTimeInMillis: () => end - Date.now() },
  };
};
type DurableContext = ReturnType<typeof durableContext>;

/** Returns a handler that records a call and never ends. Lambda suspends such an invocation. */
const suspending = () =>
  tracker.handler(async (_event: unknown, _context: DurableContext) => {
    tracker.record(CALL);
    await SUSPENDED;
  });

test.each([
  ['inside', (invoke: () => Promise<void>) => invoke()],
  ['by the plugin', (invoke: () => Promise<void>) => tracker.durablePlugin().wrapInvocation({}, invoke)],
])(
  'sends a durable run that is tracked %s 500 ms before the timeout of its Lambda context',
  async (_what, around) => {
    const lines = await stdoutOf(async () => {
      void around(() => suspending()({}, durableContext()));
      await clock.advance(SOON_MS - 1);
      expect(table.requests).toBe(0);
      await clock.advance(1);
      await until(() => table.traces.size === 1);
    });

    // Counts only metric lines with invocations. On a slow machine, there is also a line about unwritten
    // traces.
    expect(emfOf(lines).filter(line => 'InvocationCount' in line)).toHaveLength(1);
  },
);

test('does not print later records at the timeout of a suspended invocation', async () => {
  const lines = await stdoutOf(async () => {
    const answer = await clock.pass(() =>
      tracker.durablePlugin().wrapInvocation({}, async () => {
        void suspending()({}, durableContext());
        return { Status: 'PENDING' };
      }),
    );
    expect([answer, table.traces.size]).toEqual([{ Status: 'PENDING' }, 1]);
    tracker.record({ ...CALL, requestId: 'two' });
    await clock.advance(REMAINING_MS);
  });

  expect([table.traces.size, spilledIn(lines)]).toEqual([1, []]);
  await clock.advance(60_000);
  await until(() => table.traces.size === 2);
});

test('keeps a normal handler run if the event looks like a durable context', async () => {
  const event = { lambdaContext: {}, step: 'first', executionContext: { durableExecutionArn: 'arn' } };
  const lines = await stdoutOf(() =>
    clock.pass(() =>
      tracker.handler((_event: unknown) => {
        tracker.record(CALL);
        tracker.record({ ...CALL, requestId: 'two' });
        return Promise.resolve();
      })(event),
    ),
  );

  expect(emfOf(lines).map(({ InvocationCount }) => InvocationCount)).toEqual([[1, 1]]);
});

test('runs a handler whose context has members that throw', async () => {
  const context = new Proxy(
    {},
    {
      get: () => {
        throw new Error('mine');
      },
    },
  );
  const done = tracker.handler((_event: unknown, given: unknown) => Promise.resolve(given === context))(
    {},
    context,
  );

  await stdoutOf(() => clock.pass(() => done));
  await expect(done).resolves.toBe(true);
});
