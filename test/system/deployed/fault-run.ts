import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import {
  CloudWatchLogsClient,
  GetLogEventsCommand,
  paginateDescribeLogStreams,
} from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { agentFunction, bootstrap, deploy } from './deploy';
import { type FaultFront, startFaultFront } from './fault-front';
import { AGENTS, type ModelFault, type Plan, type PlannedCall, type PlannedRun } from './fault-plan';
import type { Item } from './fault-records';
import { type MiniStack, startMiniStack } from './ministack';
import { type BedrockEmulator, startBedrock } from '../../../local/emulators/bedrock/server';
import type { ModelAnswer, ModelRequest } from '../../../local/emulators/bedrock/wire-shapes';
import { TokenAnalytics } from '../../../src';

/** Number of invocations at the same time. */
const CONCURRENCY = 2;
/** Number of invocations without calls that collect the output of all processes of the function. */
const COLLECTIONS = 10;
const STACK = 'Faults';
/** Time for which the breaker stays open, so that the function writes to the table again within the run. */
const BREAKER_SECONDS = '1';

/** Result of one invocation of the agent's function. */
export interface RunResult {
  readonly run: PlannedRun;
  /** Numbers that the function returned. Undefined if the invocation failed. */
  readonly result: { readonly steps: number; readonly failed: number } | undefined;
}

/** Deployed app with the emulators that it uses. */
export interface Deployed {
  readonly ministack: MiniStack;
  readonly front: FaultFront;
  readonly bedrock: ScriptedBedrock;
  readonly tableName: string;
  readonly agentName: string;
  readonly rollupName: string;
  close(): Promise<void>;
}

/** Bedrock emulator that answers as planned, and counts its faults. */
interface ScriptedBedrock extends BedrockEmulator {
  readonly faults: Readonly<Record<ModelFault, number>>;
  /** Times of the calls that the emulator received. The time identifies a call of the plan. */
  readonly received: ReadonlySet<string>;
}

/**
 * Starts the emulators, and deploys a stack with one agent function and all parts of TokenAnalytics.
 *
 * @param onCall called before the answer to each call
 */
export async function deployFaulty(
  plan: Plan,
  seed: number,
  onCall: (call: PlannedCall, deployed: Deployed) => void,
): Promise<Deployed> {
  const ministack = await startMiniStack();
  const front = await startFaultFront(ministack.endpoint, seed);
  const bedrock = await startScriptedBedrock(plan, call => onCall(call, deployed));
  const close = async () => {
    await Promise.all([front.close(), bedrock.close()]);
    await ministack.close();
  };
  let deployed: Deployed;
  try {
    await bootstrap(ministack);
    const outputs = await deploy(ministack, app => {
      const stack = new Stack(app, STACK);
      const analytics = new TokenAnalytics(stack, 'TokenAnalytics', { dailyBudget: 10_000, agents: AGENTS });
      const agent = agentFunction(stack, 'Agent', {
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.endpoint,
        AWS_ENDPOINT_URL_DYNAMODB: front.endpoint,
        TOKEN_ANALYTICS_BREAKER_RESET_SECONDS: BREAKER_SECONDS,
      });
      analytics.instrument(agent, { agentId: AGENTS[0] });
      const names = {
        AgentName: agent.functionName,
        RollupName: analytics.nightlyRollup?.function.functionName,
        TableName: analytics.traceTable?.tableName,
      };
      for (const [id, value = ''] of Object.entries(names)) new CfnOutput(stack, id, { value });
    });
    const { AgentName: agentName, RollupName: rollupName, TableName: tableName } = outputs[STACK];
    deployed = { ministack, front, bedrock, tableName, agentName, rollupName, close };
    return deployed;
  } catch (error) {
    await close();
    throw error;
  }
}

async function startScriptedBedrock(
  plan: Plan,
  onCall: (call: PlannedCall) => void,
): Promise<ScriptedBedrock> {
  const calls = new Map(plan.runs.flatMap(run => run.calls.map(call => [call.step.prompt, call])));
  const faults: Record<ModelFault, number> = { refused: 0, retried: 0, broken: 0, ended: 0 };
  const received = new Set<string>();
  const answer = ({ body }: ModelRequest): ModelAnswer => {
    const call = calls.get(promptOf(body));
    if (!call) throw new Error(`a call must be in the plan, got: ${JSON.stringify(body)}`);
    const isFirst = !received.has(call.time);
    received.add(call.time);
    if (isFirst) {
      if (call.fault) faults[call.fault] += 1;
      onCall(call);
    }
    return isFirst && call.fault === 'retried'
      ? { error: { status: 503, type: 'ServiceUnavailableException', message: 'Try again.' } }
      : call.answer;
  };
  return { ...(await startBedrock({ answer })), faults, received };
}

/** Returns the prompt in a request of Converse or of InvokeModel. */
function promptOf(body: unknown): string {
  const { messages } = body as {
    readonly messages: readonly { readonly content: string | readonly { readonly text: string }[] }[];
  };
  const { content } = messages[0];
  return typeof content === 'string' ? content : content[0].text;
}

/** Ends all processes of a function without a signal that they could handle, as AWS Lambda does. */
export function killFunction({ ministack, agentName }: Deployed): number {
  const folder = path.join(ministack.environment.HOME, 'tmp', `ministack-lambda-${agentName}-`);
  const processes = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter(line => line.includes(folder))
    .map(line => Number(line.trim().split(' ')[0]));
  for (const pid of processes) process.kill(pid, 'SIGKILL');
  return processes.length;
}

/**
 * Invokes the agent's function some times without calls. MiniStack adds late output of a process to the log
 * of its next invocation.
 */
export async function collectOutput(deployed: Deployed): Promise<void> {
  const empty = { task: { agentId: AGENTS[0], steps: [] }, calls: [] };
  await invokeRuns(
    deployed,
    Array.from({ length: COLLECTIONS }, () => empty),
  );
}

/** Invokes the agent's function with the runs, some of them at the same time. */
export async function invokeRuns(
  { ministack, agentName }: Deployed,
  runs: readonly PlannedRun[],
  concurrency = CONCURRENCY,
): Promise<RunResult[]> {
  // One attempt only, because a repeated invocation would make its calls again.
  const client = new LambdaClient({ endpoint: ministack.endpoint, maxAttempts: 1 });
  const results: RunResult[] = [];
  const waiting = [...runs];
  const invokeNext = async () => {
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      const { FunctionError, Payload } = await client.send(
        new InvokeCommand({ FunctionName: agentName, Payload: JSON.stringify(run.task) }),
      );
      const result =
        FunctionError === undefined ? JSON.parse(Buffer.from(Payload ?? []).toString()) : undefined;
      results.push({ run, result: result as RunResult['result'] });
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, invokeNext));
  } finally {
    client.destroy();
  }
  return results;
}

/** Invokes a function with an event, and returns its result. */
export async function invoke(ministack: MiniStack, name: string, event: object): Promise<unknown> {
  const client = new LambdaClient({ endpoint: ministack.endpoint, maxAttempts: 1 });
  try {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
    );
    const text = Buffer.from(Payload ?? []).toString();
    if (FunctionError !== undefined) throw new Error(`${name} failed: ${text}`);
    return JSON.parse(text);
  } finally {
    client.destroy();
  }
}

/** Reads all lines in the log of a function. */
export async function logLines(ministack: MiniStack, functionName: string): Promise<string[]> {
  const client = new CloudWatchLogsClient({ endpoint: ministack.endpoint });
  const logGroupName = `/aws/lambda/${functionName}`;
  const lines: string[] = [];
  try {
    for await (const { logStreams = [] } of paginateDescribeLogStreams({ client }, { logGroupName })) {
      for (const { logStreamName } of logStreams) {
        lines.push(...(await linesOfStream(client, logGroupName, logStreamName)));
      }
    }
  } finally {
    client.destroy();
  }
  return lines;
}

async function linesOfStream(
  client: CloudWatchLogsClient,
  logGroupName: string,
  logStreamName: string | undefined,
): Promise<string[]> {
  const lines: string[] = [];
  for (let nextToken: string | undefined; ;) {
    const { events = [], nextForwardToken } = await client.send(
      new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true, nextToken }),
    );
    if (events.length === 0) return lines;
    lines.push(...events.map(({ message = '' }) => message));
    nextToken = nextForwardToken;
  }
}

/** Reads all items of the trace table, not through the proxy. */
export async function tableItems({ ministack, tableName }: Deployed): Promise<Item[]> {
  const client = new DynamoDBClient({ endpoint: ministack.endpoint });
  const items: Item[] = [];
  try {
    for await (const { Items = [] } of paginateScan({ client }, { TableName: tableName })) {
      items.push(...(Items as Item[]));
    }
  } finally {
    client.destroy();
  }
  return items;
}
