import type { Account } from './account';
import { DIMENSIONS, METRICS } from '../../../src/contract';
import type { EmfLine } from '../../support/stdout';

/** Trace of a model call, with the attributes that the tests compare. */
export interface Trace {
  readonly agentId?: string;
  readonly incidentId?: string;
  readonly model?: string;
  readonly input: number;
  readonly output: number;
  readonly usd: number;
}

/** Returns the traces in a table in the order of their times. */
export async function tracesIn(account: Account, tableName: string): Promise<Trace[]> {
  const items = await account.items(tableName, 'AGENT#');
  const inOrder = items.sort((one, other) => ((one.sk.S ?? '') < (other.sk.S ?? '') ? -1 : 1));
  return inOrder.map(item => ({
    agentId: item.agentId.S,
    incidentId: item.incidentId?.S,
    model: item.model.S,
    input: Number(item.uncachedInputTokens.N),
    output: Number(item.outputTokens.N),
    usd: Number(item.costUsd.N),
  }));
}

/** Returns the lines of all logs but the invocation log, which contains prompts and answers. */
export async function publicLines(account: Account): Promise<string[]> {
  const names = (await account.logGroupNames()).filter(name => !name.includes('InvocationLog'));
  return (await Promise.all(names.map(name => account.logLines(name)))).flat();
}

/** Returns the number and cost of the invocations in the metric lines of a log, by agent and model. */
export function metricsIn(lines: readonly string[]) {
  return lines
    .filter(line => line.includes('"_aws"') && line.includes(METRICS.invocationCount.name))
    .map(line => JSON.parse(line) as EmfLine)
    .map(line => {
      const [{ Namespace, Dimensions }] = line._aws.CloudWatchMetrics;
      expect(Dimensions).toEqual([[], [DIMENSIONS.agentId, DIMENSIONS.model]]);
      return {
        namespace: Namespace,
        agent: line.AgentId,
        model: line.Model,
        calls: line[METRICS.invocationCount.name],
        usd: line[METRICS.totalCost.name],
      };
    });
}
