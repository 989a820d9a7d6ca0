import { setTimeout as pause } from 'node:timers/promises';
import type { Account } from './account';
import type { Trace } from './recorded';
import type { ModelAnswer, ModelRequest } from '../../../local/emulators/bedrock/wire-shapes';

const HOUR_MS = 3_600_000;
/** First UTC day of the calls. */
export const YESTERDAY = dayOf(Date.now() - 24 * HOUR_MS);
/** Last UTC day on which calls can be made. The tests take less than an hour, and may run over midnight. */
export const LAST_DAY = dayOf(Date.now() + HOUR_MS);

export const NOVA = 'amazon.nova-lite-v1:0';
export const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
/** Text in all prompts and answers. It must not be in a trace, a log line or a message. */
export const SECRET = 'Ada Lovelace';

/** Model call of an agent. The emulator answers with these token counts. */
export interface Call {
  readonly agentId: string;
  readonly incidentId?: string;
  readonly api: 'Converse' | 'ConverseStream' | 'InvokeModel';
  readonly modelId: string;
  readonly input: number;
  readonly output: number;
  /** Cost in US dollars, calculated by hand. */
  readonly usd: number;
  /** Time of the call. Default: the current time. */
  readonly time?: string;
}

// For a million input and output tokens, Nova Lite costs $0.05 and $0.20 in the app `everything`, and $0.06
// and $0.24 in the quick start. Claude 3 Haiku costs $0.25 and $1.25 in both.
export const FIRST: Call = {
  agentId: 'triage',
  incidentId: 'INC-1',
  api: 'Converse',
  modelId: NOVA,
  input: 1_000_000,
  output: 100_000,
  usd: 0.07,
  time: `${YESTERDAY}T10:00:00.000Z`,
};
export const SECOND: Call = {
  agentId: 'triage',
  incidentId: 'INC-1',
  api: 'InvokeModel',
  modelId: HAIKU,
  input: 200_000,
  output: 40_000,
  usd: 0.1,
  time: `${YESTERDAY}T11:00:00.000Z`,
};
export const STREAM: Call = {
  agentId: 'scribe',
  incidentId: 'INC-2',
  api: 'ConverseStream',
  modelId: HAIKU,
  input: 400_004,
  output: 80_000,
  usd: 0.200001,
};
export const SPILLED: Call = {
  agentId: 'scribe',
  incidentId: 'INC-2',
  api: 'Converse',
  modelId: HAIKU,
  input: 40,
  output: 8,
  usd: 0.00002,
};

/** Answers a model call with the token counts in its prompt. */
export function answer({ body }: ModelRequest): ModelAnswer {
  const [, input, output] = /uses (\d+) and (\d+) tokens/.exec(JSON.stringify(body)) ?? [];
  return { text: SECRET, usage: { inputTokens: Number(input), outputTokens: Number(output) } };
}

/** Invokes the function of an agent once. The function makes the model calls one after the other. */
export async function callAgent(account: Account, name: string, calls: readonly Call[]): Promise<void> {
  const [{ agentId, incidentId }] = calls;
  const steps = calls.map(({ api, modelId, input, output, time }) => ({
    api,
    modelId,
    time,
    prompt: `${SECRET} uses ${input} and ${output} tokens`,
  }));
  const result = await account.invoke(name, { agentId, incidentId, steps });
  expect(result).toEqual({ steps: steps.length, failed: 0 });
}

export function traceOf({ agentId, incidentId, modelId, input, output, usd }: Call): Trace {
  return { agentId, incidentId, model: modelId, input, output, usd };
}

/**
 * Waits for the next day in a time zone if less than `leftSeconds` of the day are left. Use it before steps
 * that must be on the same day.
 */
export async function skipMidnight(timeZone: string, leftSeconds: number): Promise<void> {
  const time = new Date().toLocaleTimeString('en-GB', { timeZone });
  const [hours, minutes, seconds] = time.split(':').map(Number);
  const left = 24 * 3600 - (hours * 60 + minutes) * 60 - seconds;
  if (left < leftSeconds) await pause((left + 1) * 1000);
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
