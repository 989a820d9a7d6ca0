// Generates the calls of six agents and three models, for one or more days. `callOf` calculates each call
// from its number, so that no call is stored. Each run has the same calls.

const SEED = 20_261_120;
const DAY_MS = 86_400_000;

/** Agents with their shares of all calls. A share of 0.5 is half of the calls. */
const AGENTS = [
  { agentId: 'signal-intelligence', share: 0.5 },
  { agentId: 'triage', share: 0.2 },
  { agentId: 'inbox', share: 0.12 },
  { agentId: 'planner', share: 0.09 },
  { agentId: 'reviewer', share: 0.06 },
  { agentId: 'summary', share: 0.03 },
];
const MODELS = [
  {
    model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    scope: 'geo',
  },
  {
    model: 'anthropic.claude-haiku-4-5-20251001-v1:0',
    modelId: 'global.anthropic.claude-haiku-4-5-20251001-v1:0',
    scope: 'global',
  },
  { model: 'amazon.nova-pro-v1:0', modelId: 'amazon.nova-pro-v1:0', scope: 'in-region' },
];

/**
 * Returns a pseudo-random number for a seed, from 0 (inclusive) to 1 (exclusive). Uses one round of the
 * algorithm splitmix32.
 */
function random(seed) {
  let state = (seed + 0x9e3779b9) | 0;
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  state = Math.imul(state ^ (state >>> 15), 0x735a2d97);
  return ((state ^ (state >>> 15)) >>> 0) / 2 ** 32;
}

/** Returns each agent with its number of calls. */
export function agentsOf(traces) {
  const counts = AGENTS.map(({ agentId, share }) => ({ agentId, count: Math.floor(traces * share) }));
  counts[0].count += traces - counts.reduce((sum, { count }) => sum + count, 0);
  return counts;
}

/** Returns the time of a call in epoch milliseconds. A call with a higher `number` is never earlier. */
export function timeOf(number, count, start, days = 1) {
  return start + Math.floor(((number + random(SEED ^ number)) / count) * DAY_MS * days);
}

/**
 * Creates a call of an agent with the fields that `TokenTracker` records, except for the cost. The same agent
 * and number always give the same call.
 *
 * @param incidents number of incidents that the calls belong to
 */
export function callOf(agentId, number, count, start, { days = 1, incidents = 2000 } = {}) {
  const draw = step => random(SEED + number * 16 + step + agentId.length * 7919);
  const { model, modelId, scope } = MODELS[Math.floor(draw(0) * MODELS.length)];
  const fate = draw(1);
  const failed = fate < 0.01;
  const cached = fate > 0.97;
  return {
    requestId: `${agentId.slice(0, 3)}-${number.toString(16).padStart(8, '0')}-4c1d-8f3a-2b9e6d`,
    agentId,
    model,
    modelId,
    scope,
    operation: 'Converse',
    timestamp: new Date(timeOf(number, count, start, days)),
    usage: failed
      ? undefined
      : {
          uncachedInputTokens: Math.floor(draw(2) * 3000),
          cacheReadTokens: draw(3) < 0.5 ? Math.floor(draw(4) * 9000) : 0,
          cacheWrite5mTokens: draw(5) < 0.1 && !modelId.includes('nova') ? Math.floor(draw(6) * 2000) : 0,
          cacheWrite1hTokens: 0,
          outputTokens: Math.floor(draw(7) * 1500),
          source: cached ? 'estimate' : 'usage',
          partial: false,
        },
    incidentId: draw(8) < 0.3 ? `INC-${Math.floor(draw(9) * incidents)}` : undefined,
    sessionId: `session-${Math.floor(draw(10) * 10_000)}`,
    latencyMs: Math.floor(draw(11) * 8_000_000) / 1000,
    items: draw(12) < 0.05 ? 10 : undefined,
    stopReason: failed ? undefined : 'end_turn',
    error: failed ? 'ThrottlingException' : undefined,
    cached: cached || undefined,
  };
}
