import { performance } from 'node:perf_hooks';
import {
  collectEvidence,
  type DailySums,
  type Evidence,
  readDaily,
  replayLog,
  type Replayed,
  rollUp,
  rollupsIn,
  tracesIn,
} from './fault-evidence';
import { AGENTS, INCIDENTS, type Plan, planRun } from './fault-plan';
import {
  type CallRecord,
  type Item,
  linesOf,
  metricsOfLines,
  metricsOfRecords,
  recordOfItem,
  recordOfPlan,
  sorted,
  sumOf,
  sumsBy,
  totalOf,
} from './fault-records';
import {
  collectOutput,
  type Deployed,
  deployFaulty,
  invokeRuns,
  killFunction,
  type RunResult,
  tableItems,
} from './fault-run';
import { isInstalled } from './ministack';
import { testDeployed } from './test-deployed';
import { emfOf } from '../../support/stdout';

/** Seed of the calls and of all faults. Set `FUZZ_SEED` to use another one. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_130);
const RUNS = process.env.E2E_FULL === '1' ? 1000 : 200;
const CALLS_OF_RUN = 100;
const DAY_MS = 86_400_000;
const TIMEOUT_MS = RUNS * 3000;

/** Run during which the processes of the function are killed, and the call in which it happens. */
const KILLED_RUN = RUNS / 2 + 1;
const KILLED_CALL = CALLS_OF_RUN / 2;

interface Outcome {
  readonly plan: Plan;
  readonly results: readonly RunResult[];
  /** Number of killed processes. */
  readonly killed: number;
  readonly deployed: Deployed;
  readonly lines: readonly string[];
  /** Traces in the table and in the log before the replay. */
  readonly written: readonly CallRecord[];
  readonly spilled: readonly CallRecord[];
  /** Report before the replay. */
  readonly earlierDaily: DailySums;
  readonly replayed: Replayed;
  /** Content of the table, the reports and the export after the replay. */
  readonly evidence: Evidence;
  readonly replayedAgain: Replayed;
  /** Content of the table after the second replay. */
  readonly itemsAtEnd: readonly Item[];
}

let outcome: Outcome;
/** Calls of all runs but the killed one. */
let expected: readonly CallRecord[];

beforeAll(async () => {
  if (!isInstalled) return;
  const begin = performance.now();
  const seconds = () => `${Math.round((performance.now() - begin) / 1000)} s`;
  try {
    outcome = await run(note => process.stderr.write(`${seconds()}: ${note}\n`));
  } catch (error) {
    throw new Error(`the run with seed ${SEED} failed`, { cause: error });
  }
  const { plan, deployed, written, spilled, replayed } = outcome;
  expected = plan.runs.flatMap(({ calls }, index) => (index === KILLED_RUN ? [] : calls.map(recordOfPlan)));
  const { front, bedrock } = deployed;
  process.stderr.write(
    `seed ${SEED}, ${seconds()}: ${expected.length} calls of ${RUNS} invocations, ${sumOf(expected).picoUsd} ` +
      `pico-dollars; table: ${front.requests} write requests, ${JSON.stringify(front.faults)}; ` +
      `model: ${JSON.stringify(bedrock.faults)}; ${written.length} traces written, ${spilled.length} spilled, ` +
      `${replayed.written} replayed\n`,
  );
}, TIMEOUT_MS);

async function run(note: (text: string) => void): Promise<Outcome> {
  const first = new Date(Date.now() - 2 * DAY_MS).toISOString().slice(0, '2026-11-28'.length);
  const plan = planRun(SEED, { first, runs: RUNS, callsOfRun: CALLS_OF_RUN });
  const target = plan.runs[KILLED_RUN];
  let killed = 0;
  const deployed = await deployFaulty(plan, SEED, (call, self) => {
    if (call === target.calls[KILLED_CALL]) killed = killFunction(self);
  });
  note('deployed');
  try {
    const results = await invokeRuns(deployed, plan.runs.slice(0, KILLED_RUN));
    await collectOutput(deployed);
    results.push(...(await invokeRuns(deployed, [target])));
    results.push(...(await invokeRuns(deployed, plan.runs.slice(KILLED_RUN + 1))));
    await collectOutput(deployed);
    note('all invocations made');
    const lines = await deployed.account.logLines(`/aws/lambda/${deployed.agentName}`);
    const written = tracesIn(await tableItems(deployed));
    const spilled = spilledIn(lines);
    await rollUp(deployed, plan);
    const earlierDaily = await readDaily(deployed, plan);
    note('rolled up and reported');
    deployed.front.answerAll();
    const replayed = await replayLog(deployed, lines);
    await rollUp(deployed, plan);
    const evidence = await collectEvidence(deployed, plan);
    note('replayed, rolled up and reported again');
    const replayedAgain = await replayLog(deployed, lines);
    const itemsAtEnd = await tableItems(deployed);
    return {
      ...{ plan, results, killed, deployed, lines, written, spilled, earlierDaily },
      ...{ replayed, evidence, replayedAgain, itemsAtEnd },
    };
  } finally {
    await deployed.close();
  }
}

function spilledIn(lines: readonly string[]): CallRecord[] {
  return lines
    .filter(line => line.startsWith('{') && line.includes('"TraceSpill"'))
    .map(line => recordOfItem((JSON.parse(line) as { readonly TraceSpill: Item }).TraceSpill));
}

/** Sums of the expected calls, as reports show them. */
function expectedSums() {
  const { agentId, model, day } = {
    agentId: (call: CallRecord) => call.agentId,
    model: (call: CallRecord) => call.model,
    day: (call: CallRecord) => call.day,
  };
  return {
    rollups: sumsBy(expected, call => [day(call), agentId(call), model(call)].join(' ')),
    days: sorted({
      ...sumsBy(expected, day),
      ...sumsBy(expected, call => `${day(call)} ${agentId(call)}`),
      ...sumsBy(expected, call => `${day(call)} ${model(call)}`),
    }),
    agents: sumsBy(expected, call => `${agentId(call)} ${model(call)}`),
    incidents: Object.fromEntries(
      INCIDENTS.map(id => {
        const calls = expected.filter(({ incidentId }) => incidentId === id);
        return [id, sorted({ total: sumOf(calls), ...sumsBy(calls, agentId), ...sumsBy(calls, model) })];
      }),
    ),
  };
}

describe(`a deployed agent function whose table, models and process fail (seed ${SEED})`, () => {
  testDeployed('has had each kind of fault, and has spilled some of its traces', () => {
    const { deployed, written, spilled, killed, results } = outcome;

    expect(Object.entries(deployed.front.faults).filter(([, count]) => count === 0)).toEqual([]);
    expect(Object.entries(deployed.bedrock.faults).filter(([, count]) => count === 0)).toEqual([]);
    expect(deployed.front.faults.throttled).toBeGreaterThan(deployed.front.requests / 20);
    expect(spilled.length).toBeGreaterThan(0);
    expect(written.length).toBeGreaterThan(0);
    expect(killed).toBeGreaterThan(0);
    expect(results).toHaveLength(RUNS);
    expect(new Set(expected.map(({ agentId }) => agentId))).toEqual(new Set(AGENTS));
  });

  testDeployed('returns the results of all invocations but the killed one', () => {
    const { results, plan } = outcome;
    const wrong = results.filter(
      ({ run: { calls }, result }) =>
        result?.steps !== calls.length || result.failed !== calls.filter(({ isFailed }) => isFailed).length,
    );

    expect(wrong.map(({ run: each, result }) => [plan.runs.indexOf(each), result])).toEqual([
      [KILLED_RUN, undefined],
    ]);
  });

  testDeployed('loses only the calls of the killed invocation, which made half of its calls', () => {
    const { plan, deployed, written, spilled } = outcome;
    const { calls } = plan.runs[KILLED_RUN];
    const recorded = new Set([...written, ...spilled].map(({ time }) => time));

    const received = calls.filter(({ time }) => deployed.bedrock.received.has(time));
    expect(received).toEqual(calls.slice(0, KILLED_CALL + 1));
    expect(calls.filter(({ time }) => recorded.has(time))).toEqual([]);
  });

  testDeployed('has each call in the table or in the log before the replay', () => {
    const { written, spilled } = outcome;
    // A request without a response may have written its traces. They are then in the table and in the log.
    const both = new Set(linesOf([...written, ...spilled]));

    expect([...both].sort()).toEqual(linesOf(expected));
    expect(written.length).toBeLessThan(expected.length);
  });

  testDeployed('prints the metrics of each call once', () => {
    const emf = emfOf(outcome.lines.filter(line => line.startsWith('{')));

    expect(metricsOfLines(emf)).toEqual(metricsOfRecords(expected));
    expect(totalOf(emf, 'TracesSpilled')).toBe(outcome.spilled.length);
    expect(totalOf(emf, 'TracesDropped')).toBe(0);
  });

  testDeployed('reports only the written traces before the replay', () => {
    const { earlierDaily, written } = outcome;

    expect(earlierDaily.total).toEqual(sumOf(written));
    expect(earlierDaily.total).not.toEqual(sumOf(expected));
  });

  testDeployed('has each call in the table once after the replay of its log', () => {
    const { replayed, spilled, evidence } = outcome;

    expect(replayed).toMatchObject({ refused: 0, left: 0, poisoned: 0, metricsLeft: 0 });
    expect([replayed.found, replayed.written]).toEqual([spilled.length, spilled.length]);
    expect(linesOf(tracesIn(evidence.items))).toEqual(linesOf(expected));
  });

  testDeployed('has rollups with the sums of all calls after the replay', () => {
    expect(sorted(rollupsIn(outcome.evidence.items))).toEqual(expectedSums().rollups);
  });

  testDeployed('has reports with the sums of all calls after the replay', () => {
    const { daily, agents, incidents } = outcome.evidence;
    const sums = expectedSums();

    expect(daily.rollupDays).toBe(outcome.plan.days.length);
    expect(daily.total).toEqual(sumOf(expected));
    expect(sorted(daily.days)).toEqual(sums.days);
    expect(sorted(agents)).toEqual(sums.agents);
    expect(Object.fromEntries(Object.entries(incidents).map(([id, each]) => [id, sorted(each)]))).toEqual(
      sums.incidents,
    );
  });

  testDeployed('exports each call once after the replay', () => {
    expect(linesOf(outcome.evidence.exported)).toEqual(linesOf(expected));
  });

  testDeployed('changes nothing in a second replay', () => {
    const { replayed, replayedAgain, evidence, itemsAtEnd } = outcome;
    const textOf = (items: readonly Item[]) => items.map(item => JSON.stringify(item)).sort();

    expect(replayedAgain).toEqual(replayed);
    expect(textOf(itemsAtEnd)).toEqual(textOf(evidence.items));
  });
});
