import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { answerOf } from './answers';
import { type AgentTotal, addUp, expectedTotals } from './expected';
import { readCostMetrics } from './read-metrics';
import { readTraces } from './read-traces';
import { runAgent } from './run-agent';
import {
  DEMO_CREDENTIALS,
  DEPLOYMENT,
  onlyResource,
  resourcesOfType,
  synthesiseQuickStart,
  type Template,
} from './synthesise';
import { DAY_END, DAY_START, makeTraffic } from './traffic';
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
  /** The folder that the command was built into: the agent's handler and its host stand there. */
  readonly builtDir: string;
  /** Where the page goes. */
  readonly outputFile: string;
  /** Default: a fixed one, so that each run is the same. */
  readonly seed?: number;
  /** Told what is being done. */
  readonly onStep: (text: string) => void;
}

/** What the day came to, counted in three ways that must agree. */
export interface DemoResult {
  readonly answered: number;
  readonly agents: readonly AgentTotal[];
  readonly picoUsd: { readonly expected: bigint; readonly traces: bigint; readonly metrics: bigint };
  /** Whether the three sums, and each agent's row, agree to the pico-dollar. */
  readonly equal: boolean;
  readonly alarms: readonly { readonly name: string; readonly state: string; readonly reason: string }[];
  readonly widgets: readonly {
    readonly title: string;
    readonly kind: string;
    readonly series: number;
    readonly points: number;
  }[];
  readonly emfErrors: readonly string[];
  /** The page's file. */
  readonly html: string;
}

/** The played day: what it came to, and the stand-ins with all that they hold, until they are closed. */
export interface PlayedDay {
  readonly result: DemoResult;
  readonly dashboard: ResolvedDashboard;
  readonly metrics: MetricStore;
  /** The table of traces. */
  readonly table: { readonly endpoint: string; readonly tableName: string };
  close(): Promise<void>;
}

/**
 * Plays a day of the quick start against stand-ins on loopback and reads back what it stored and measured.
 */
export async function playDay(options: DemoOptions): Promise<PlayedDay> {
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

    onStep('Starting Bedrock, DynamoDB and CloudWatch stand-ins on 127.0.0.1');
    const bedrock = await startBedrock({ answer: request => answerOf(request, traffic) });
    stops.push(() => bedrock.close());
    const cloudWatch = await startCloudWatch();
    stops.push(() => cloudWatch.close());
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
        // A busy machine may take longer than the usual second, and the sums are to be whole.
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

    onStep('Comparing traces, metrics and the expected sums');
    const expected = expectedTotals(traffic.calls);
    const agents = addUp(await readTraces(dynamoDb.endpoint, tableName, DAY_START));
    const metrics = await readCostMetrics(cloudWatch.endpoint, DAY_START, DAY_END);
    const picoUsd = { expected: sumOf(expected), traces: sumOf(agents), metrics };

    onStep('Drawing the dashboard');
    const dashboard = dashboardOf(template, resolver);
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
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the dashboard's data is. */
export const GENERATED_FROM = 'examples/quick-start, one simulated day';

function dashboardOf(template: Template, resolver: TemplateResolver): ResolvedDashboard {
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
