import { Token } from 'aws-cdk-lib';
import { propError, requireDimensionValue, requireGiven, requireNames, type Where } from './validate';
import { MAX_AGENT_ID_LENGTH, MAX_AGENTS, OTHER } from '../contract';

/**
 * Requires a list of at most 50 agents, because the runtime counts further agents under `Other`. The list
 * must not contain `Other` itself. Accepts undefined.
 */
export function requireAgents(where: Where, prop: string, agents: readonly string[] | undefined): void {
  if (agents === undefined || Token.isUnresolved(agents)) return;
  requireNames(where, prop, agents, MAX_AGENT_ID_LENGTH);
  if (agents.includes(OTHER)) {
    throw propError(
      where,
      prop,
      `without ${OTHER}`,
      OTHER,
      'All unlisted agents are counted under this name: rename the agent.',
    );
  }
  requireAgentCount(where, prop, agents);
}

/** Requires at most 50 agents. */
export function requireAgentCount(where: Where, prop: string, agents: readonly string[]): void {
  if (agents.length <= MAX_AGENTS) return;
  throw propError(
    where,
    prop,
    `at most ${MAX_AGENTS} agents`,
    `${agents.length} agents`,
    `The runtime counts further agents under ${OTHER}: create another TokenAnalytics with its own namespace for them.`,
  );
}

/**
 * Requires that the list `agents` contains `agentId`. The agent `Other` is always valid. Checks nothing if
 * `agents` or `agentId` is undefined.
 *
 * @throws if the list does not contain the agent
 */
export function requireListed(
  where: Where,
  prop: string,
  agentId: string | undefined,
  agents: readonly string[] | undefined,
): void {
  if (agentId === undefined || agents === undefined || agentId === OTHER) return;
  if (Token.isUnresolved(agentId) || Token.isUnresolved(agents) || agents.some(Token.isUnresolved)) return;
  if (agents.includes(agentId)) return;
  throw propError(
    where,
    prop,
    `one of \`agents\` (${agents.join(', ')})`,
    agentId,
    `Add the agent to \`agents\`. Otherwise it is counted under ${OTHER}.`,
  );
}

/**
 * Requires the agent of a program. If `agents` is given, it must contain the agent.
 *
 * @throws if the agent is missing or invalid, or if the list does not contain the agent
 */
export function requireAgentId(where: Where, agentId: string, agents: readonly string[] | undefined): void {
  const fix = 'Pass the name of the agent.';
  requireGiven(where, 'agentId', agentId, fix);
  // Untyped callers can pass anything.
  if (typeof agentId !== 'string') throw propError(where, 'agentId', 'a string', agentId, fix);
  requireDimensionValue(where, 'agentId', agentId, MAX_AGENT_ID_LENGTH);
  requireListed(where, 'agentId', agentId, agents);
}
