import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { AgentStep, AgentTask } from '../../../examples/quick-start/agent';
import { CATALOG } from '../../../lambda/pricing/list-prices/catalog';
import type { Rates } from '../../../lambda/pricing/list-prices/price-types';
import type { AnswerUsage, ModelAnswer } from '../../../local/emulators/bedrock/wire-shapes';

/**
 * Fault of a model call. `refused` is a model error. `retried` is a service error, after which the AWS SDK
 * repeats the call. `broken` is a stream that ends with an error. `ended` is a stream that ends early: the
 * AWS SDK reports no error, as for a broken HTTP/2 connection, and the agent gets a part of the answer.
 */
export type ModelFault = 'refused' | 'retried' | 'broken' | 'ended';

/** Model call that an agent makes in the run, with the values that each report must show. */
export interface PlannedCall {
  readonly agentId: string;
  readonly incidentId: string | undefined;
  /** UTC day of the call. */
  readonly day: string;
  /** Time of the call in ISO 8601. No other call of the run has this time. */
  readonly time: string;
  readonly model: string;
  readonly step: AgentStep;
  readonly fault: ModelFault | undefined;
  /** Response of the Bedrock emulator, if the call has no service error. */
  readonly answer: ModelAnswer;
  /** True if the agent gets an error. */
  readonly isFailed: boolean;
  /** True if the stream of the call ends before its usage, so that the tokens are estimated. */
  readonly isPartial: boolean;
  /** Tokens in the trace of the call. All are 0 for a refused call. */
  readonly tokens: Tokens;
  /** Expected cost in pico-dollars. Undefined for a refused call. */
  readonly picoUsd: bigint | undefined;
}

export interface Tokens {
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
}

/** Calls of one invocation of the agent's function. */
export interface PlannedRun {
  readonly task: AgentTask;
  readonly calls: readonly PlannedCall[];
}

export interface Plan {
  readonly runs: readonly PlannedRun[];
  /** First and last UTC day of the calls. */
  readonly days: readonly [string, string];
}

export const AGENTS = [
  'triage',
  'root-cause',
  'remediation',
  'signal-intelligence',
  'postmortem',
  'knowledge',
];
export const INCIDENTS = ['INC-7001', 'INC-7002', 'INC-7003'];

interface PlannedModel {
  readonly modelId: string;
  readonly model: string;
  /** List prices in US dollars per million tokens. */
  readonly rates: Rates;
}

const MODELS: readonly PlannedModel[] = [
  model('amazon.nova-lite-v1', 'any', ''),
  model('amazon.nova-micro-v1', 'any', ''),
  model('anthropic.claude-sonnet-4-5-20250929-v1', 'regional', 'us.'),
  model('anthropic.claude-haiku-4-5-20251001-v1', 'global', 'global.'),
  model('anthropic.claude-3-haiku-20240307-v1', 'any', ''),
];

const DAY_MS = 86_400_000;
const CALL_MS = 600;
/** Time between the begin of an invocation and its part of the two days, so that one passes midnight. */
const EARLIER_MS = 30_000;
const PERCENT = 99;
const WORDS = ['the', 'disk', 'of', 'node', 'seven', 'is', 'full', 'because', 'logs', 'stay'];
const NO_TOKENS: Tokens = {
  uncachedInputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
};

/**
 * Plans the calls of a run on two UTC days. The same seed gives the same calls, except for the days.
 *
 * @param first first UTC day of the calls, e.g. `2026-11-28`
 */
export function planRun(
  seed: number,
  { first, runs, callsOfRun }: { readonly first: string; readonly runs: number; readonly callsOfRun: number },
): Plan {
  const random = xoroshiro128plus(seed);
  const upTo = (most: number) => uniformInt(random, 0, most);
  const start = Date.parse(`${first}T00:00:00.000Z`);
  const planned = Array.from({ length: runs }, (_, run): PlannedRun => {
    const agentId = AGENTS[run % AGENTS.length];
    const incidentId = upTo(2) === 0 ? INCIDENTS[upTo(INCIDENTS.length - 1)] : undefined;
    const begin = start + Math.max(0, Math.floor((run * 2 * DAY_MS) / runs) - EARLIER_MS);
    const calls = Array.from({ length: callsOfRun }, (__, index) =>
      planCall(upTo, {
        agentId,
        incidentId,
        number: run * callsOfRun + index,
        atMs: begin + index * CALL_MS,
      }),
    );
    return { task: { agentId, incidentId, steps: calls.map(({ step }) => step) }, calls };
  });
  return { runs: planned, days: [first, dayOf(start + DAY_MS)] };
}

function planCall(
  upTo: (most: number) => number,
  given: {
    readonly agentId: string;
    readonly incidentId: string | undefined;
    readonly number: number;
    readonly atMs: number;
  },
): PlannedCall {
  const { agentId, incidentId, number, atMs } = given;
  const { modelId, model: name, rates } = MODELS[upTo(MODELS.length - 1)];
  const apis = (['Converse', 'ConverseStream', 'InvokeModel'] as const).filter(
    api => api !== 'InvokeModel' || modelId.includes('anthropic'),
  );
  const api = apis[upTo(apis.length - 1)];
  const time = new Date(atMs).toISOString();
  const prompt = `Call ${number} of the run: ${words(upTo)}`;
  const text = words(upTo);
  const usage = {
    inputTokens: upTo(20_000),
    outputTokens: 1 + upTo(2000),
    cacheReadTokens: rates.cacheRead === undefined ? 0 : upTo(1) * upTo(30_000),
    cacheWrite5mTokens: rates.cacheWrite5m === undefined ? 0 : upTo(1) * upTo(5000),
    cacheWrite1hTokens: rates.cacheWrite1h === undefined ? 0 : upTo(1) * upTo(5000),
  };
  const fault = faultOf(upTo, api);
  const stopAfter = 1 + upTo(text.split(' ').length - 1);
  const tokens = tokensOf({ fault, usage, prompt, text, stopAfter });
  return {
    agentId,
    incidentId,
    day: dayOf(atMs),
    time,
    model: name,
    step: { api, modelId, prompt, time },
    fault,
    answer: answerOf({ fault, usage, text, stopAfter }),
    isFailed: fault === 'refused' || fault === 'broken',
    isPartial: fault === 'broken' || fault === 'ended',
    tokens,
    picoUsd: fault === 'refused' ? undefined : priceOf(tokens, rates),
  };
}

/** Returns a fault for 1 % of all calls, and for another 1 % of the streams. */
function faultOf(upTo: (most: number) => number, api: AgentStep['api']): ModelFault | undefined {
  if (upTo(PERCENT) === 0) return upTo(1) === 0 ? 'refused' : 'retried';
  if (api !== 'ConverseStream' || upTo(PERCENT) !== 0) return undefined;
  return upTo(1) === 0 ? 'broken' : 'ended';
}

interface Spoken {
  readonly fault: ModelFault | undefined;
  readonly usage: Required<Pick<AnswerUsage, keyof PlannedUsage>>;
  readonly text: string;
  /** Number of events of a broken stream: the start of the message, and then single words. */
  readonly stopAfter: number;
}
type PlannedUsage = Omit<Tokens, 'uncachedInputTokens'> & { readonly inputTokens: number };

function answerOf({ fault, usage, text, stopAfter }: Spoken): ModelAnswer {
  if (fault === 'refused') {
    return { error: { status: 424, type: 'ModelErrorException', message: 'The model failed.' } };
  }
  if (fault === 'broken') return { text, usage, pace: { stopAfter: { events: stopAfter, how: 'error' } } };
  if (fault !== 'ended') return { text, usage };
  const deltas = wordsOf(text, stopAfter - 1).map(word => ({
    contentBlockDelta: { contentBlockIndex: 0, delta: { text: word } },
  }));
  return { response: [{ messageStart: { role: 'assistant' } }, ...deltas] };
}

/**
 * Returns the tokens in the trace of a call. For a broken stream, the tokens are estimated from the prompt
 * and the received words (docs/coverage.md, "What is estimated").
 */
function tokensOf({ fault, usage, prompt, text, stopAfter }: Spoken & { readonly prompt: string }): Tokens {
  const { inputTokens, ...others } = usage;
  if (fault === 'refused') return NO_TOKENS;
  if (fault === undefined || fault === 'retried') return { uncachedInputTokens: inputTokens, ...others };
  const received = wordsOf(text, stopAfter - 1).join('');
  return { ...NO_TOKENS, uncachedInputTokens: estimated(prompt), outputTokens: estimated(received) };
}

/** Returns the first words of a text, with the spaces between them. */
function wordsOf(text: string, count: number): string[] {
  return text.match(/\S+ ?/g)?.slice(0, count) ?? [];
}

/** Returns the documented estimate of the tokens in an ASCII text, from hundredths of a token. */
function estimated(text: string): number {
  const hundredths = [...text].map(character => {
    if (/[a-z]/i.test(character)) return 22;
    if (character === ' ') return 12;
    return /\d/.test(character) ? 55 : 50;
  });
  return Math.ceil(hundredths.reduce((sum, each) => sum + each, 0) / 100);
}

function priceOf(tokens: Tokens, rates: Rates): bigint {
  const parts: readonly (readonly [number, string | undefined])[] = [
    [tokens.uncachedInputTokens, rates.input],
    [tokens.outputTokens, rates.output],
    [tokens.cacheReadTokens, rates.cacheRead],
    [tokens.cacheWrite5mTokens, rates.cacheWrite5m],
    [tokens.cacheWrite1hTokens, rates.cacheWrite1h],
  ];
  return parts.reduce((sum, [count, rate = '0']) => sum + BigInt(count) * picoOfToken(rate), 0n);
}

/** Converts US dollars per million tokens to pico-dollars per token. */
function picoOfToken(rate: string): bigint {
  const [whole, fraction = ''] = rate.split('.');
  return BigInt(whole + fraction.padEnd(6, '0'));
}

function model(name: string, market: 'any' | 'regional' | 'global', prefix: string): PlannedModel {
  const period = CATALOG[name][market]?.at(-1);
  if (!period) throw new Error(`the catalog must have a price of ${name} in the market ${market}`);
  return { modelId: `${prefix}${name}:0`, model: `${name}:0`, rates: period.rates };
}

function words(upTo: (most: number) => number): string {
  return Array.from({ length: 3 + upTo(6) }, () => WORDS[upTo(WORDS.length - 1)]).join(' ');
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, '2026-11-28'.length);
}
