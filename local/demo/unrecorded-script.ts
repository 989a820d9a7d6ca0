import { DAY_START } from './traffic';
import type { ModelAnswer, ModelRequest } from '../emulators/bedrock/wire-shapes';

/**
 * Calls that a script without instrumentation makes on the simulated day. Bedrock counts them for the
 * account, and the trace table does not contain them.
 */
export const SCRIPT = {
  modelId: 'us.meta.llama3-3-70b-instruct-v1:0',
  calls: 41,
  usage: { inputTokens: 640, outputTokens: 55 },
} as const;
const MINUTES_BETWEEN_CALLS = 30;
const MS_PER_MINUTE = 60_000;

/** Makes the calls of the script one after the other, with plain HTTP requests. */
export async function runScript(bedrockEndpoint: string): Promise<void> {
  const url = new URL(`/model/${encodeURIComponent(SCRIPT.modelId)}/converse`, bedrockEndpoint);
  for (let call = 0; call < SCRIPT.calls; call += 1) {
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: `script ${call}` }] }] }),
    });
    if (!response.ok) throw new Error(`the Bedrock emulator must answer the script, got: ${response.status}`);
    await response.arrayBuffer();
  }
}

/** Returns true if a request comes from the script. */
export function isFromScript({ modelId }: Pick<ModelRequest, 'modelId'>): boolean {
  return modelId === SCRIPT.modelId;
}

/** Returns the response to each call of the script, for the Bedrock emulator. */
export function scriptAnswer(): ModelAnswer {
  return { text: 'Done.', usage: SCRIPT.usage };
}

/** Returns the time of a call of the script. The prompt, e.g. `script 7`, contains its number. */
export function scriptTime({ body }: Pick<ModelRequest, 'body'>): Date {
  return timeOfCall(DAY_START, Number(/script (\d+)/.exec(JSON.stringify(body))?.[1] ?? 0));
}

/** Returns the times at which the script makes its calls on a day. */
export function scriptTimes(dayStart: Date): Date[] {
  return Array.from({ length: SCRIPT.calls }, (_, call) => timeOfCall(dayStart, call));
}

function timeOfCall(dayStart: Date, call: number): Date {
  return new Date(dayStart.getTime() + call * MINUTES_BETWEEN_CALLS * MS_PER_MINUTE);
}
