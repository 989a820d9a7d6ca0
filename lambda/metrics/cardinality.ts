import { ENV, looksLikeId, MAX_AGENT_ID_LENGTH, MAX_AGENTS, MAX_MODELS, OTHER } from '../../src/contract';
import type { Invocation } from '../invocation/invocation';
import { UNNAMED_AGENT } from '../invocation/record-input';
import { warnOnce } from '../process/warn-once';

/**
 * Format of an agent id or a model that can be a dimension value: printable ASCII text without a space at its
 * start or end.
 */
const NAME = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Maximum characters of a model that becomes a dimension value. CloudFormation and the CloudWatch console do
 * not accept longer values. Model ids are much shorter.
 */
const MAX_MODEL_LENGTH = 255;

const ADD_IT =
  'To count it under its own name, add it to `agents` of `instrument`, `environment` or TokenAnalytics, or of ' +
  `the tracker (${ENV.agents}).`;
const RENAME_IT = `Pass an id of printable ASCII characters, at most ${MAX_AGENT_ID_LENGTH}.`;

/** Reason why an agent is counted under `Other`, and the fix. */
interface Refusal {
  readonly reason: string;
  readonly fix: string;
}

const UNNAMED: Refusal = {
  reason: 'the call has no `agentId`, and a list of agents is given',
  fix: `Set \`agentId\` of \`instrument\` or \`environment\`, of the tracker (${ENV.agentId}), or of \`run\`.`,
};
const FULL: Refusal = {
  reason: `there are ${MAX_AGENTS} agents already`,
  fix: 'Use another namespace for further agents.',
};

/**
 * Limits the agents and models that become dimension values, because CloudWatch bills each new pair of agent
 * and model as new metrics. Further agents and models are counted under `Other`. Their traces keep the
 * original ids.
 */
export class CardinalityRule {
  private readonly allowed: ReadonlySet<string> | undefined;
  private readonly agents = new Set<string>();
  private readonly models = new Set<string>();

  /**
   * Creates a rule without any dimension values in use.
   *
   * @param agents ids of the agents that can become dimension values. If `agents` is empty, names such as
   * `billing-agent` can become dimension values, and generated ids cannot
   */
  constructor(agents: readonly string[] = []) {
    this.allowed = agents.length > 0 ? new Set(agents) : undefined;
  }

  /** Returns the value of the dimension `AgentId` for an invocation: its agent id, or `Other`. */
  agentOf(invocation: Invocation): string {
    const { agentId } = invocation;
    if (this.agents.has(agentId)) return agentId;
    const refusal = this.refusalOf(invocation);
    if (!refusal) {
      this.agents.add(agentId);
      return agentId;
    }
    // All agents share one key, so that each process writes only one warning.
    warnOnce(
      'agent',
      `An agent${nameText(invocation)} is counted under ${OTHER}: ${refusal.reason}. ${refusal.fix} The trace ` +
        'keeps its true value.',
    );
    return OTHER;
  }

  /** Returns the value of the dimension `Model` for an invocation: its model, or `Other`. */
  modelOf({ model }: Invocation): string {
    if (this.models.has(model)) return model;
    if (NAME.test(model) && model.length <= MAX_MODEL_LENGTH && this.models.size < MAX_MODELS) {
      this.models.add(model);
      return model;
    }
    warnOnce(
      'model',
      `A model is counted under ${OTHER}: there are ${MAX_MODELS} models already, or its id is not ` +
        'an ASCII name. The trace keeps its true value.',
    );
    return OTHER;
  }

  private refusalOf(invocation: Invocation): Refusal | undefined {
    const { agentId } = invocation;
    if (agentId.length > MAX_AGENT_ID_LENGTH) {
      return { reason: `its id is longer than ${MAX_AGENT_ID_LENGTH} characters`, fix: RENAME_IT };
    }
    if (!NAME.test(agentId)) return { reason: 'its id is not an ASCII name', fix: RENAME_IT };
    if (this.allowed && !this.allowed.has(agentId)) {
      return agentId === UNNAMED_AGENT ? UNNAMED : { reason: 'it is not in the list of agents', fix: ADD_IT };
    }
    if (this.agents.size >= MAX_AGENTS) return FULL;
    if (this.allowed) return undefined;
    if (isIdOfCall(invocation)) {
      return { reason: 'its id is that of an incident, a session or a request', fix: ADD_IT };
    }
    return looksLikeId(agentId)
      ? { reason: 'its id looks generated, and not like a name', fix: ADD_IT }
      : undefined;
  }
}

function isIdOfCall({ agentId, incidentId, sessionId, requestId }: Invocation): boolean {
  return [incidentId, sessionId, requestId].includes(agentId);
}

/**
 * Returns the agent id in parentheses, for a warning. Returns an empty string for an id that may identify a
 * person or a request.
 */
function nameText(invocation: Invocation): string {
  const { agentId } = invocation;
  const isName =
    agentId.length <= MAX_AGENT_ID_LENGTH &&
    NAME.test(agentId) &&
    !isIdOfCall(invocation) &&
    !looksLikeId(agentId);
  return isName ? ` (${agentId})` : '';
}
