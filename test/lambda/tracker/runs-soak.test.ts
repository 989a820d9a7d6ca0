// Tests concurrent random handler runs with failing table requests. Each invocation must appear once, either
// in the table or in the log.
import fc from 'fast-check';
import { type Fault, type FaultyTable, spilledIn, startFaultyTable } from '../../support/faulty-table';
import { fuzz } from '../../support/fuzz';
import { type HeldClock, holdClock, isSettled, settled } from '../../support/held-clock';
import { emfOf, stdoutOf } from '../../support/stdout';
import { TokenTracker } from 'cdk-token-analytics/runtime';

const NOVA = 'amazon.nova-micro-v1:0';
const ANSWER = { usage: { inputTokens: 100, outputTokens: 20, totalTokens: 120 } };
const STEP_MS = 100;

interface Call {
  /** Milliseconds from the start of the call until the model answers. */
  readonly takesMs: number;
  /** Outcome of the call. It may occur after the handler has returned. */
  readonly kind: 'answered' | 'failed' | 'recorded' | 'unread stream' | 'never answered';
}

interface PlannedRun {
  readonly startsMs: number;
  /** Timeout of the run in milliseconds. It may be shorter than the calls take. */
  readonly timeMs: number;
  readonly worksMs: number;
  readonly calls: readonly Call[];
}

const RUN: fc.Arbitrary<PlannedRun> = fc.record({
  startsMs: fc.nat(3000),
  timeMs: fc.integer({ min: 50, max: 4000 }),
  worksMs: fc.nat(4000),
  calls: fc.array(
    fc.record({
      takesMs: fc.nat(4000),
      kind: fc.constantFrom('answered', 'failed', 'recorded', 'unread stream', 'never answered'),
    }) as fc.Arbitrary<Call>,
    { minLength: 1, maxLength: 8 },
  ),
});
const FAULT: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Fault>({}) },
  { weight: 1, arbitrary: fc.constant<Fault>({ hangs: true }) },
  { weight: 1, arbitrary: fc.constant<Fault>({ status: 500 }) },
  { weight: 1, arbitrary: fc.constant<Fault>({ status: 400, type: 'AccessDeniedException' }) },
  { weight: 1, arbitrary: fc.constant<Fault>({ unprocessed: key => key.length % 2 === 0 }) },
  { weight: 1, arbitrary: fc.constant<Fault>({ unprocessed: () => true }) },
);

let clock: HeldClock;
let table: FaultyTable;
beforeEach(async () => {
  clock = holdClock();
  table = await startFaultyTable();
});
afterEach(async () => {
  clock.release();
  await table.close();
});

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

async function make(tracker: TokenTracker, { takesMs, kind }: Call): Promise<void> {
  if (kind === 'recorded') {
    tracker.record({ modelId: NOVA });
    return;
  }
  const stream = {
    async *[Symbol.asyncIterator]() {
      yield { metadata: ANSWER };
    },
  };
  await tracker
    .track(
      { modelId: NOVA, operation: kind === 'unread stream' ? 'ConverseStream' : 'Converse' },
      async () => {
        if (kind === 'never answered') return new Promise<never>(() => undefined);
        if (kind === 'unread stream') return { stream };
        await pause(takesMs);
        if (kind === 'failed') throw new Error('refused');
        return ANSWER;
      },
    )
    .catch(() => undefined);
}

/** Handler of a run. Starts its calls and returns after `worksMs`, even if calls are not answered yet. */
async function handle(tracker: TokenTracker, { worksMs, calls }: PlannedRun): Promise<void> {
  for (const call of calls) void make(tracker, call);
  await pause(worksMs);
}

test('keeps each invocation once in the table or the log, and once in the metrics', async () => {
  await fuzz(
    fc.asyncProperty(
      fc.array(RUN, { minLength: 1, maxLength: 12 }),
      fc.array(FAULT, { minLength: 1, maxLength: 12 }),
      async (runs, faults) => {
        table.fault = request => faults[request % faults.length];
        const unanswered = () => table.hanging;
        const before = new Set(table.traces);
        const tracker = new TokenTracker({
          sink: 'emf',
          agentId: 'triage',
          tableName: 'Traces',
          endpoint: table.endpoint,
          breakerResetSeconds: 1,
        });
        const handler = tracker.handler((run: PlannedRun, _context: object) => handle(tracker, run));
        const lines = await stdoutOf(async () => {
          const running = Promise.all(
            runs.map(async run => {
              await pause(run.startsMs);
              const end = Date.now() + run.timeMs;
              await handler(run, { getRemainingTimeInMillis: () => Math.max(0, end - Date.now()) });
            }),
          );
          const isOver = isSettled(running);
          while (!isOver()) await clock.advance(STEP_MS, { unanswered });
          // Advances the clock by 12 s, because some calls are answered after their handler has returned.
          for (let ms = 0; ms < 12_000; ms += STEP_MS) await clock.advance(STEP_MS, { unanswered });
          table.fault = () => ({});
          await tracker.flush({ deadlineMs: 0 });
          await settled(unanswered);
        });

        const written = [...table.traces].filter(key => !before.has(key));
        const spilled = new Set(spilledIn(lines));
        const sum = (metric: string) =>
          emfOf(lines)
            .flatMap(line => [line[metric] ?? []].flat() as number[])
            .reduce((all, value) => all + value, 0);
        const traces = new Set([...written, ...spilled]);
        // A call without an answer is recorded only if its handler run times out. It is therefore not
        // counted.
        const known = runs.flatMap(run => run.calls).filter(({ kind }) => kind !== 'never answered').length;
        const all = runs.flatMap(run => run.calls).length;
        expect(traces.size).toBeGreaterThanOrEqual(known);
        expect(traces.size).toBeLessThanOrEqual(all);
        expect(sum('InvocationCount') + sum('InvocationErrors')).toBe(traces.size);
        expect(sum('TracesDropped')).toBe(0);
        // Keys of traces that are in both the table and the log. This is allowed only if the trace in the log
        // is provisional.
        const both = written.filter(key => spilled.has(key));
        const provisional = new Set(spilledIn(lines.filter(line => line.includes('"provisional"'))));
        expect(both.filter(key => !provisional.has(key))).toEqual([]);
      },
    ),
    { numRuns: 4 },
  );
});
