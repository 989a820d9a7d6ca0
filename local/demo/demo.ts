import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type AgentTotal, addUp, expectedTotals } from './expected';
import { readCostMetrics, readCoveredShare, readTraces } from './read-back';
import { runAgent } from './run-agent';
import {
  DEMO_CREDENTIALS,
  DEPLOYMENT,
  onlyResource,
  resourcesOfType,
  synthesiseQuickStart,
  type Template,
} from './synthesise';
import { DAY_END, DAY_START, makeTraffic, plannedAnswer, plannedCall } from './traffic';
import { isFromScript, runScript, scriptAnswer, scriptTime } from './unrecorded-script';
import type { CoveredShare } from '../../reports/covered-share/covered-share';
import { ENV } from '../../src/contract';
import { startBedrock } from '../emulators/bedrock/server';
import { evaluateAlarm } from '../emulators/cloudwatch/alarm';
import type { MetricStore } from '../emulators/cloudwatch/metrics/metric-store';
import { startCloudWatch } from '../emulators/cloudwatch/server';
import { createTraceTable, startDynamoDb } from '../emulators/dynamodb/dynamodb';
import { resolveTemplate, type TemplateResolver } from '../emulators/template';
import { parseBody } from '../page/dashboard-body';
import type { ResolvedDashboard } from '../page/dashboard-source';
import { renderDashboardPage } from '../preview/page';

const FLUSH_TIMEOUT_MS = 30_000;

export const DEFAULT_SEED = 20261121;

export interface DemoOptions {
  /**
   * Folder with the build output of the demo. It contains `agent-process.mjs`, and the agent's handler in
   * `quick-start-agent`.
   */
  readonly builtDir: string;
  /** Path of the HTML file to write. It shows the dashboard of the simulated day. */
  readonly outputFile: string;
  /** Seed of the random number generator that plans the model calls. Default: {@link DEFAULT_SEED}. */
  readonly seed?: number;
  /** Called when a step starts, with a text such as "Starting emulators". */
  readonly onStep: (text: string) => void;
}

/**
 * Figures of the simulated day. `picoUsd` has the total cost from three sources: price list, traces and
 * metrics.
 */
export interface DemoResult {
  readonly answered: number;
  readonly agents: readonly AgentTotal[];
  readonly picoUsd: { readonly expected: bigint; readonly traces: bigint; readonly metrics: bigint };
  /**
   * True if the three totals in `picoUsd` are equal, and if the traces of each agent give the expected
   * figures.
   */
  readonly equal: boolean;
  /** Recorded share of the account's calls. A script without instrumentation makes the missing calls. */
  readonly coveredShare: CoveredShare;
  readonly alarms: readonly { readonly name: string; readonly state: string; readonly reason: string }[];
  readonly widgets: readonly {
    readonly title: string;
    readonly kind: string;
    readonly series: number;
    readonly points: number;
  }[];
  readonly emfErrors: readonly string[];
  /** Path of the HTML file with the dashboard. */
  readonly html: string;
}

/**
 * Simulated day with its figures, dashboard and data. The emulators that hold the data run until `close` is
 * called.
 */
export interface SimulatedDay {
  readonly result: DemoResult;
  readonly dashboard: ResolvedDashboard;
  readonly metrics: MetricStore;
  /** Address and name of the trace table in the DynamoDB emulator. */
  readonly table: { readonly endpoint: string; readonly tableName: string };
  /** Address of the CloudWatch emulator, which holds `metrics`. */
  readonly cloudWatchEndpoint: string;
  close(): Promise<void>;
}

/**
 * Runs the quick start example for one simulated day against local emulators. Compares the traces and metrics
 * of the day with the expected costs, and writes the dashboard to an HTML file. AWS SDK clients read their
 * credentials from the environment.
 */
export async function simulateDay(options: DemoOptions): Promise<SimulatedDay> {
  const { onStep } = options;
  const traffic = makeTraffic(options.seed ?? DEFAULT_SEED);
  const scratch = await mkdtemp(path.join(tmpdir(), 'token-analytics-demo-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(scratch, { recursive: true, force: true })];
  const close = async () => {
    await Promise.allSettled(
      stops
        .splice(0)
        .reverse()
        .map(stop => stop()),
    );
  };
  try {
    onStep('Synthesising the quick start');
    const handlerDir = path.join(options.builtDir, 'quick-start-agent');
    const template = synthesiseQuickStart(handlerDir, path.join(scratch, 'cdk.out'));
    const resolver = resolveTemplate(template, DEPLOYMENT);

    onStep('Starting emulators of Bedrock, DynamoDB and CloudWatch on 127.0.0.1');
    const cloudWatch = await startCloudWatch();
    stops.push(() => cloudWatch.close());
    const bedrock = await startBedrock({
      answer: request => (isFromScript(request) ? scriptAnswer() : plannedAnswer(request, traffic)),
      metrics: {
        store: cloudWatch.store,
        timeOf: request =>
          isFromScript(request)
            ? scriptTime(request)
            : new Date(plannedCall(request, traffic)?.time ?? DAY_START),
      },
    });
    stops.push(() => bedrock.close());
    const dynamoDb = await startDynamoDb();
    stops.push(() => dynamoDb.close());
    const table = onlyResource(template, 'AWS::DynamoDB::GlobalTable');
    const tableName = String(resolver.resolve({ Ref: table.logicalId }));
    await createTraceTable(
      dynamoDb.endpoint,
      resolver.resolve(table.properties) as Record<string, unknown>,
      tableName,
    );

    const agentFunction = onlyResource(template, 'AWS::Lambda::Function').properties;
    const { Variables } = resolver.resolve(agentFunction.Environment) as {
      Variables: Record<string, string>;
    };
    await runAgent(traffic.tasks, {
      host: path.join(options.builtDir, 'agent-process.mjs'),
      handler: path.join(handlerDir, 'index.mjs'),
      environment: {
        ...Variables,
        // Time limit for a flush of metrics. The default of one second can be too short on a busy machine.
        // Lost metrics would change the totals.
        [ENV.flushTimeoutMs]: String(FLUSH_TIMEOUT_MS),
        AWS_LAMBDA_FUNCTION_NAME: 'quick-start-agent',
        AWS_REGION: DEPLOYMENT.region,
        AWS_ACCESS_KEY_ID: DEMO_CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: DEMO_CREDENTIALS.secretAccessKey,
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.endpoint,
        AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
      },
      onLogLine: line => cloudWatch.store.ingestEmf(line),
      onProgress: done => onStep(`Running the day: ${done} of ${traffic.tasks.length} tasks`),
    });

    await runScript(bedrock.endpoint);

    onStep('Comparing traces, metrics and the expected sums');
    const expected = expectedTotals(traffic.calls);
    const agents = addUp(await readTraces(dynamoDb.endpoint, tableName, DAY_START));
    const metrics = await readCostMetrics(cloudWatch.endpoint, DAY_START, DAY_END);
    const picoUsd = { expected: sumOf(expected), traces: sumOf(agents), metrics };
    const coveredShare = await readCoveredShare(dynamoDb.endpoint, tableName, cloudWatch.endpoint);

    onStep('Drawing the dashboard');
    const dashboard = readDashboard(template, resolver);
    const page = await renderDashboardPage({
      dashboardName: dashboard.name,
      body: dashboard.body,
      store: cloudWatch.store,
      now: DAY_END,
      generatedFrom: GENERATED_FROM,
    });
    await mkdir(path.dirname(options.outputFile), { recursive: true });
    await writeFile(options.outputFile, page.html);

    const result = {
      answered: agents.reduce((sum, agent) => sum + agent.answered, 0),
      agents,
      picoUsd,
      equal:
        picoUsd.traces === picoUsd.expected &&
        picoUsd.metrics === picoUsd.expected &&
        sameTotals(agents, expected),
      coveredShare,
      alarms: resourcesOfType(template, 'AWS::CloudWatch::Alarm').map(({ logicalId, properties }) => ({
        name: logicalId,
        ...evaluateAlarm(resolver.resolve(properties) as Record<string, unknown>, cloudWatch.store, DAY_END),
      })),
      widgets: page.widgets,
      emfErrors: cloudWatch.store.emfErrors,
      html: options.outputFile,
    };
    return {
      result,
      dashboard,
      metrics: cloudWatch.store,
      table: { endpoint: dynamoDb.endpoint, tableName },
      cloudWatchEndpoint: cloudWatch.endpoint,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Origin of the data, for the header of the dashboard page. */
export const GENERATED_FROM = 'examples/quick-start, one simulated day';

function readDashboard(template: Template, resolver: TemplateResolver): ResolvedDashboard {
  const { logicalId, properties } = onlyResource(template, 'AWS::CloudWatch::Dashboard');
  return {
    id: logicalId,
    name: String(resolver.resolve(properties.DashboardName)),
    stack: 'QuickStart',
    body: parseBody(String(resolver.resolve(properties.DashboardBody))),
    alarms: new Map(),
  };
}

function sumOf(totals: readonly AgentTotal[]): bigint {
  return totals.reduce((sum, total) => sum + total.picoUsd, 0n);
}

function sameTotals(a: readonly AgentTotal[], b: readonly AgentTotal[]): boolean {
  return (
    a.length === b.length &&
    a.every((row, index) => {
      const other = b[index];
      return (
        row.agentId === other.agentId &&
        row.answered === other.answered &&
        row.picoUsd === other.picoUsd &&
        row.inputTokens === other.inputTokens &&
        row.outputTokens === other.outputTokens
      );
    })
  );
}
