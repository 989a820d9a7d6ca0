import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { AgentStep, AgentTask } from '../../examples/quick-start/agent';
import type { ModelAnswer, ModelRequest } from '../emulators/bedrock/wire-shapes';

/** Start of the simulated day in UTC. The date is fixed, so that all runs give the same figures. */
export const DAY_START = new Date('2026-11-21T00:00:00Z');
export const DAY_END = new Date('2026-11-22T00:00:00Z');

export const MODELS = {
  sonnet: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  haiku: 'anthropic.claude-3-haiku-20240307-v1:0',
  novaLite: 'amazon.nova-lite-v1:0',
} as const;
type ModelName = keyof typeof MODELS;

/**
 * Incident at the end of the simulated day. At `spikeMinute`, an agent begins to send entire log files, which
 * raises the cost. `startMinute` and `spikeMinute` are minutes from the start of the day.
 */
export const INCIDENT = { id: 'INC-2041', startMinute: 22 * 60 + 10, spikeMinute: 23 * 60 + 30 } as const;
const MINUTES_PER_DAY = 24 * 60;

/**
 * One planned model call, with the token counts that the emulator returns. If `refused` is true, the emulator
 * returns an error.
 */
export interface PlannedCall {
  readonly agentId: string;
  readonly model: ModelName;
  /** Time of the call on the simulated day, ISO 8601. */
  readonly time: string;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly outputTokens: number;
  readonly refused: boolean;
}

export interface Traffic {
  /** Planned model calls. The prompt of each call contains its index in this array, e.g. `#7`. */
  readonly calls: readonly PlannedCall[];
  /** Tasks for the agent's handler, in the order of their times. Each task makes one or more model calls. */
  readonly tasks: readonly AgentTask[];
}

interface AgentProfile {
  readonly agentId: string;
  readonly model: ModelName;
  readonly api: AgentStep['api'];
  /** Number of minutes between two tasks. */
  readonly everyMinutes: number;
  /** Minimum and maximum number of model calls in a task. */
  readonly steps: readonly [min: number, max: number];
  /** Minimum and maximum number of input tokens in a call. */
  readonly input: readonly [min: number, max: number];
  /** Minimum and maximum number of output tokens in a call. */
  readonly output: readonly [min: number, max: number];
  /**
   * Percentage of cached input tokens in each call. The first call of a task writes these tokens to the
   * cache. The other calls of the task read them.
   */
  readonly cachedPercent: number;
}

const PROFILES: readonly AgentProfile[] = [
  {
    agentId: 'signal-intelligence',
    model: 'novaLite',
    api: 'Converse',
    everyMinutes: 5,
    steps: [2, 4],
    input: [900, 2600],
    output: [40, 260],
    cachedPercent: 0,
  },
  {
    agentId: 'triage',
    model: 'haiku',
    api: 'InvokeModel',
    everyMinutes: 10,
    steps: [1, 4],
    input: [1200, 3600],
    output: [80, 420],
    cachedPercent: 0,
  },
  {
    agentId: 'root-cause',
    model: 'sonnet',
    api: 'ConverseStream',
    everyMinutes: 24,
    steps: [2, 5],
    input: [1400, 3200],
    output: [150, 420],
    cachedPercent: 60,
  },
  {
    agentId: 'remediation',
    model: 'sonnet',
    api: 'Converse',
    everyMinutes: 60,
    steps: [1, 3],
    input: [1100, 2400],
    output: [120, 380],
    cachedPercent: 40,
  },
  {
    agentId: 'knowledge',
    model: 'novaLite',
    api: 'ConverseStream',
    everyMinutes: 12,
    steps: [1, 3],
    input: [1500, 5200],
    output: [90, 500],
    cachedPercent: 0,
  },
  {
    agentId: 'postmortem',
    model: 'haiku',
    api: 'InvokeModel',
    everyMinutes: 120,
    steps: [2, 4],
    input: [4000, 9000],
    output: [500, 1200],
    cachedPercent: 0,
  },
];

/** Additional calls during the cost spike at the end of the day. Their prompts contain entire log files. */
const SPIKE: AgentProfile = {
  agentId: 'root-cause',
  model: 'sonnet',
  api: 'ConverseStream',
  everyMinutes: 2,
  steps: [3, 4],
  input: [18_000, 30_000],
  output: [900, 2000],
  cachedPercent: 0,
};

/**
 * Average number of calls for one refused call. The response to a refused call is an error without usage or
 * cost.
 */
const REFUSED_ONE_IN = 400;

/** Creates the planned calls and tasks of the simulated day. The same seed gives the same traffic. */
export function makeTraffic(seed: number): Traffic {
  const random = xoroshiro128plus(seed);
  const between = ([min, max]: readonly [number, number]) => uniformInt(random, min, max);
  const calls: PlannedCall[] = [];
  const tasks: { minute: number; task: AgentTask }[] = [];

  const addTask = (profile: AgentProfile, minute: number) => {
    const steps: AgentStep[] = [];
    const count = between(profile.steps);
    for (let step = 0; step < count; step += 1) {
      const input = between(profile.input);
      const cached = Math.floor((input * profile.cachedPercent) / 100);
      const outputTokens = between(profile.output);
      const refused = between([1, REFUSED_ONE_IN]) === 1;
      const time = new Date(
        DAY_START.getTime() + minute * 60_000 + step * 7_000 + between([0, 6_999]),
      ).toISOString();
      const number =
        calls.push({
          agentId: profile.agentId,
          model: profile.model,
          time,
          inputTokens: input - cached,
          cacheReadTokens: step === 0 ? 0 : cached,
          cacheWrite5mTokens: step === 0 ? cached : 0,
          outputTokens,
          refused,
        }) - 1;
      steps.push({ api: profile.api, modelId: MODELS[profile.model], prompt: `#${number}`, time });
    }
    tasks.push({
      minute,
      task: {
        agentId: profile.agentId,
        incidentId: minute >= INCIDENT.startMinute ? INCIDENT.id : undefined,
        steps,
      },
    });
  };

  for (const profile of PROFILES) {
    for (
      let minute = between([0, profile.everyMinutes - 1]);
      minute < MINUTES_PER_DAY;
      minute += profile.everyMinutes
    ) {
      addTask(profile, minute);
    }
  }
  for (let minute = INCIDENT.spikeMinute; minute < MINUTES_PER_DAY; minute += SPIKE.everyMinutes) {
    addTask(SPIKE, minute);
  }

  return { calls, tasks: tasks.sort((a, b) => a.minute - b.minute).map(({ task }) => task) };
}

/** Returns the planned call of a request. Undefined if the prompt contains no number of a planned call. */
export function plannedCall(
  { body }: Pick<ModelRequest, 'body'>,
  { calls }: Traffic,
): PlannedCall | undefined {
  const number = /#(\d+)/.exec(JSON.stringify(body))?.[1];
  return number === undefined ? undefined : calls[Number(number)];
}

/**
 * Returns the planned response to a request, for the Bedrock emulator. The number in the prompt, e.g. `#7`,
 * identifies the planned call.
 */
export function plannedAnswer(request: ModelRequest, traffic: Traffic): ModelAnswer {
  const call = plannedCall(request, traffic);
  if (call === undefined) {
    return {
      error: {
        status: 400,
        type: 'ValidationException',
        message: 'the prompt must contain the number of a planned call, such as #7',
      },
    };
  }
  if (call.refused) {
    return {
      error: { status: 400, type: 'ValidationException', message: 'The model refused this request.' },
    };
  }
  return {
    text: 'Done.',
    stopReason: 'end_turn',
    latencyMs: 200 + call.outputTokens * 9,
    usage: {
      inputTokens: call.inputTokens,
      outputTokens: call.outputTokens,
      cacheReadTokens: call.cacheReadTokens,
      cacheWrite5mTokens: call.cacheWrite5mTokens,
    },
  };
}
