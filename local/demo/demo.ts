import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { answerOf } from './answers';
import { type AgentTotal, addUp, expectedTotals } from './expected';
import { readCostMetrics } from './read-metrics';
import { readTraces } from './read-traces';
import { runAgent } from './run-agent';
import { DEPLOYMENT, onlyResource, resourcesOfType, synthesiseQuickStart } from './synthesise';
import { DAY_END, DAY_START, makeTraffic } from './traffic';
import { startBedrock } from '../bedrock/server';
import { evaluateAlarm } from '../cloudwatch/alarm';
import { startCloudWatch } from '../cloudwatch/server';
import { createTraceTable, startDynamoDb } from '../dynamodb/dynamodb';
import { renderDashboardPage } from '../preview/page';
import { resolveTemplate } from '../template/resolve';

const DEFAULT_SEED = 20261121;

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
  readonly calls: number;
  readonly agents: readonly AgentTotal[];
  readonly picoUsd: { readonly expected: bigint; readonly traces: bigint; readonly metrics: bigint };
  /** Whether the three sums, and each agent's row, agree to the pico-dollar. */
  readonly equal: boolean;
  readonly alarms: readonly { readonly name: string; readonly state: string; readonly reason: string }[];
  readonly widgets: readonly { readonly title: string; readonly kind: string; readonly series: number; readonly points: number }[];
  readonly emfErrors: readonly string[];
  /** The page's file. */
  readonly html: string;
}

/** Plays a day of the quick start against stand-ins on loopback and reads back what it stored and measured. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { onStep } = options;
  const traffic = makeTraffic(options.seed ?? DEFAULT_SEED);
  const scratch = await mkdtemp(path.join(tmpdir(), 'token-analytics-demo-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(scratch, { recursive: true, force: true })];
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
    await createTraceTable(dynamoDb.endpoint, resolver.resolve(table.properties) as Record<string, unknown>, tableName);

    const agentFunction = onlyResource(template, 'AWS::Lambda::Function').properties;
    const { Variables } = resolver.resolve(agentFunction.Environment) as { Variables: Record<string, string> };
    await runAgent(traffic.tasks, {
      host: path.join(options.builtDir, 'agent-process.js'),
      handler: path.join(handlerDir, 'index.js'),
      environment: {
        ...Variables,
        AWS_LAMBDA_FUNCTION_NAME: 'quick-start-agent',
        AWS_REGION: DEPLOYMENT.region,
        AWS_ACCESS_KEY_ID: 'demo',
        AWS_SECRET_ACCESS_KEY: 'demo',
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
    const dashboard = onlyResource(template, 'AWS::CloudWatch::Dashboard').properties;
    const page = await renderDashboardPage({
      dashboardName: String(resolver.resolve(dashboard.DashboardName)),
      body: JSON.parse(String(resolver.resolve(dashboard.DashboardBody))),
      store: cloudWatch.store,
      now: DAY_END,
      generatedFrom: 'examples/quick-start, one simulated day',
    });
    await mkdir(path.dirname(options.outputFile), { recursive: true });
    await writeFile(options.outputFile, page.html);

    return {
      calls: agents.reduce((sum, agent) => sum + agent.calls, 0),
      agents,
      picoUsd,
      equal: picoUsd.traces === picoUsd.expected && picoUsd.metrics === picoUsd.expected && sameTotals(agents, expected),
      alarms: resourcesOfType(template, 'AWS::CloudWatch::Alarm').map(({ logicalId, properties }) => ({
        name: logicalId,
        ...evaluateAlarm(resolver.resolve(properties) as Record<string, unknown>, cloudWatch.store, DAY_END),
      })),
      widgets: page.widgets,
      emfErrors: cloudWatch.store.emfErrors,
      html: options.outputFile,
    };
  } finally {
    await Promise.allSettled(stops.reverse().map(stop => stop()));
  }
}

function sumOf(totals: readonly AgentTotal[]): bigint {
  return totals.reduce((sum, total) => sum + total.picoUsd, 0n);
}

function sameTotals(a: readonly AgentTotal[], b: readonly AgentTotal[]): boolean {
  return a.length === b.length && a.every((row, index) => {
    const other = b[index];
    return row.agentId === other.agentId && row.calls === other.calls && row.picoUsd === other.picoUsd
      && row.inputTokens === other.inputTokens && row.outputTokens === other.outputTokens;
  });
}
