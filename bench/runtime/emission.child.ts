// Measures one way to emit metrics. The argument of the process is a key of `WAYS`, e.g. `ours`.
import { Metrics } from '@aws-lambda-powertools/metrics';
import { type RecordInput, TokenTracker } from 'cdk-token-analytics/runtime';

/** Number of calls in one run. */
const CALLS_PER_RUN = 100;
const RUNS = 300;
/** Number of runs before the measurement. The JavaScript engine compiles hot code during these runs. */
const WARM_RUNS = 60;
const MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';

const usage = (index: number) =>
  ({
    uncachedInputTokens: 1003 + 7 * index,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 100 + index,
    source: 'usage',
    partial: false,
  }) as const;
const record = (index: number): RecordInput => ({
  agentId: 'signal-intelligence',
  modelId: MODEL,
  usage: usage(index),
  incidentId: 'INC-2041',
  latencyMs: 812.25,
});
const silent = () => undefined;

/** Measured times, in microseconds. */
interface Figures {
  /** Time of one call, without the output at the end of the run. */
  readonly ownPath: number;
  /** CPU time of the run, including its output, divided by the number of calls. */
  readonly cpu: number;
  /** CPU time of one call in the first run, when the JavaScript engine has not compiled the code yet. */
  readonly firstRun: number;
  /** CPU time to create the tracker, or the metrics of Powertools, before the first run. */
  readonly start: number;
}

type Run = () => number | Promise<number>;

/**
 * Ways to emit metrics, by name. Each function returns a run of `CALLS_PER_RUN` calls. The result of a run is
 * the time of its calls in nanoseconds.
 */
const WAYS: Readonly<Record<string, () => Run>> = {
  ours: () => {
    const tracker = new TokenTracker({ sink: 'emf' });
    return tracker.handler(() => ownPath(tracker));
  },
  /** The table accepts each batch without a request. The benchmark `traces` measures the requests. */
  oursWithTrace: () => {
    const tracker = new TokenTracker({ sink: 'emf', tableName: 'Traces' });
    return tracker.handler(() => ownPath(tracker));
  },
  powertoolsPublishEach: () => powertools(1),
  powertoolsPublish99: () => powertools(99),
  jsonStringifyEach: () => () => {
    const start = process.hrtime.bigint();
    for (let index = 0; index < CALLS_PER_RUN; index += 1) {
      process.stdout.write(`${JSON.stringify(document(index))}\n`);
    }
    return Number(process.hrtime.bigint() - start);
  },
};

function ownPath(tracker: TokenTracker): number {
  const start = process.hrtime.bigint();
  for (let index = 0; index < CALLS_PER_RUN; index += 1) tracker.record(record(index));
  return Number(process.hrtime.bigint() - start);
}

/**
 * Emits the dimensions and metrics of this package with Powertools. Publishes the metrics after every
 * `recordsPerPublish` calls.
 */
function powertools(recordsPerPublish: number): Run {
  const metrics = new Metrics({
    namespace: 'OPX/Analytics',
    logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
  });
  metrics.clearDefaultDimensions();
  return () => {
    const start = process.hrtime.bigint();
    for (let index = 0; index < CALLS_PER_RUN; index += 1) {
      if (index % recordsPerPublish === 0) {
        metrics.addDimensions({
          AgentId: 'signal-intelligence',
          Model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
        });
      }
      for (const [name, unit, value] of valuesOf(index)) metrics.addMetric(name, unit, value);
      if (index % recordsPerPublish === recordsPerPublish - 1 || index === CALLS_PER_RUN - 1) {
        metrics.publishStoredMetrics();
      }
    }
    return Number(process.hrtime.bigint() - start);
  };
}

function valuesOf(index: number) {
  const { uncachedInputTokens: input, outputTokens: output } = usage(index);
  return [
    ['InvocationCount', 'Count', 1],
    ['TotalCost', 'None', 0.0123456 + index / 1e6],
    ['InputTokens', 'Count', input],
    ['OutputTokens', 'Count', output],
    ['TokenEfficiency', 'None', Math.round((output / input) * 1e6) / 1e6],
  ] as const;
}

function document(index: number): object {
  const values = valuesOf(index);
  return {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: 'OPX/Analytics',
          Dimensions: [[], ['AgentId', 'Model']],
          Metrics: values.map(([Name, Unit]) => ({ Name, Unit })),
        },
      ],
    },
    AgentId: 'signal-intelligence',
    Model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    ...Object.fromEntries(values.map(([name, , value]) => [name, value])),
  };
}

async function main(): Promise<void> {
  const begin = process.cpuUsage();
  const run = WAYS[process.argv[2]]();
  // Lets one turn of the event loop pass between the creation and the first run, as Lambda does.
  await new Promise(resolve => setImmediate(resolve));
  const created = process.cpuUsage(begin);
  const own: number[] = [];
  let firstRun = 0;
  let before = process.cpuUsage();
  for (let index = 0; index < RUNS; index += 1) {
    if (index === WARM_RUNS) before = process.cpuUsage();
    const start = process.cpuUsage();
    own.push((await run()) / 1000 / CALLS_PER_RUN);
    const { user, system } = process.cpuUsage(start);
    if (index === 0) firstRun = (user + system) / CALLS_PER_RUN;
  }
  const { user, system } = process.cpuUsage(before);
  const counted = own.slice(WARM_RUNS).sort((a, b) => a - b);
  const figures: Figures = {
    ownPath: counted[Math.floor(counted.length / 2)],
    cpu: (user + system) / CALLS_PER_RUN / (RUNS - WARM_RUNS),
    firstRun,
    start: created.user + created.system,
  };
  process.send?.({ ...figures, records: RUNS * CALLS_PER_RUN }, () => process.disconnect());
}

void main();
