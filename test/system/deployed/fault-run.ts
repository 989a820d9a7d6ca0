import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { Account } from './account';
import { bootstrap, deploy } from './deploy';
import { agentFunction } from './deployed-apps';
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
  readonly account: Account;
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
  const account = new Account(ministack);
  const front = await startFaultFront(ministack.endpoint, seed);
  const bedrock = await startScriptedBedrock(plan, call => onCall(call, deployed));
  const close = async () => {
    account.close();
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
    deployed = { ministack, account, front, bedrock, tableName, agentName, rollupName, close };
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
  { account, agentName }: Deployed,
  runs: readonly PlannedRun[],
): Promise<RunResult[]> {
  const results: RunResult[] = [];
  const waiting = [...runs];
  const invokeNext = async () => {
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      const { failure, result } = await account.tryInvoke(agentName, run.task);
      results.push({ run, result: failure === undefined ? (result as RunResult['result']) : undefined });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, invokeNext));
  return results;
}

/** Reads all items of the trace table, not through the proxy. */
export async function tableItems({ account, tableName }: Deployed): Promise<Item[]> {
  return (await account.items(tableName, '')) as Item[];
}
