import { Backends, queueEvent, type StoredItem, subscriptionEvent } from './support';
import { CostCalculator } from '../../../lambda/pricing/cost-calculator';
import { picoToDecimalString } from '../../../lambda/pricing/pico';
import { ENV } from '../../../src/contract';
import type { ServedCall, SpanDocument, SpanProgram } from '../../support/span-programs';

/** Maximum number of messages in one event of a queue. */
const QUEUE_BATCH = 10;
/** Number of times that a span may be put on the waiting queue. */
const MAX_WAITS = 3;
const MINUTE_MS = 60_000;
const NANOSECONDS_PER_MS = 1e6;

/** Returns one payload for each document. Programs print a span when it ends, so children come first. */
const childrenFirst = (documents: readonly SpanDocument[]) => documents.map(document => [document]);
const parentsFirst = (documents: readonly SpanDocument[]) => childrenFirst([...documents].reverse());

/** Ways in which a set of spans can arrive: payloads, each with some documents of the set. */
export const DELIVERIES: Readonly<
  Record<string, (documents: readonly SpanDocument[]) => readonly (readonly SpanDocument[])[]>
> = {
  'together in one payload': documents => [documents],
  'one by one, children first': childrenFirst,
  'one by one, parents first': parentsFirst,
  'together, and the payload twice': documents => [documents, documents],
  'one by one, children first, and each payload twice in a row': documents =>
    childrenFirst(documents).flatMap(payload => [payload, payload]),
  'one by one, parents first, and all payloads twice': documents => [
    ...parentsFirst(documents),
    ...parentsFirst(documents),
  ],
  'together, and then one by one': documents => [documents, ...childrenFirst(documents)],
};

/** Tokens and cost of one call: as calculated for a served call, or as stored in a trace. */
interface CountedCall {
  readonly modelId: string;
  /** Input tokens at the full price, cache reads, cache writes and output tokens. */
  readonly tokens: readonly number[];
  /** Exact US dollars. */
  readonly usd: string;
  /** Reasons why the cost is a lower bound. Undefined if it is exact. */
  readonly lowerBound?: string;
  readonly isError: boolean;
}

/** Everything that came out of the ingest after a delivery. */
interface Delivered {
  readonly traces: readonly StoredItem[];
  readonly counted: readonly CountedCall[];
  /** Sums of the published metrics. */
  readonly metrics: Readonly<Record<'calls' | 'errors' | 'input' | 'output' | 'usd', number>>;
  /** Number of messages that the waiting queue received. */
  readonly waited: number;
  /** Bodies of the messages on the dead-letter queue. */
  readonly letters: readonly string[];
  /** All text that left the ingest: items of the table, messages, printed lines and results. */
  readonly output: string;
}

/**
 * Sends payloads with spans to the built handler. Then sends the messages of the waiting queue back to a new
 * process of the handler, until no message waits.
 */
export async function deliver(
  payloads: readonly (readonly SpanDocument[])[],
  environment: Record<string, string> = {},
): Promise<Delivered> {
  const backends = await Backends.start();
  try {
    const logGroup = '/aws/bedrock-agentcore/runtimes/orders-AbCdEfGhIj-DEFAULT';
    const env = { [ENV.claimCalls]: 'true', ...environment };
    const runs: Awaited<ReturnType<Backends['invoke']>>[] = [];
    const messages: string[] = [];
    let events: unknown[] = payloads.map(documents =>
      subscriptionEvent(documents, { logGroup, logStream: 'spans' }),
    );
    for (let round = 0; events.length > 0; round += 1) {
      if (round > MAX_WAITS) throw new Error('a span has waited too often');
      const run = await backends.invoke('ingest-spans', events, env);
      const failed = run.outcomes.filter(({ error }) => error !== undefined);
      if (failed.length > 0) throw new Error(`the handler failed: ${JSON.stringify(failed)}`);
      runs.push(run);
      const waiting = backends.waiting.splice(0);
      messages.push(...waiting);
      events = chunksOf(waiting).map(queueEvent);
    }
    const items = await backends.items('');
    const traces = items.filter(({ pk }) => pk.S?.startsWith('AGENT'));
    const sum = (metric: Parameters<(typeof runs)[number]['sum']>[0]) =>
      runs.reduce((total, run) => total + run.sum(metric), 0);
    return {
      traces,
      counted: traces.map(countedCall),
      metrics: {
        calls: sum('invocationCount'),
        errors: sum('invocationErrors'),
        input: sum('inputTokens'),
        output: sum('outputTokens'),
        usd: sum('totalCost'),
      },
      waited: messages.length,
      letters: backends.messages,
      output: [
        ...runs.map(({ output }) => output),
        ...messages,
        ...backends.messages,
        JSON.stringify(items),
      ].join('\n'),
    };
  } finally {
    await backends.close();
  }
}

function chunksOf(messages: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(messages.length / QUEUE_BATCH) }, (_, index) =>
    messages.slice(index * QUEUE_BATCH, (index + 1) * QUEUE_BATCH),
  );
}

function countedCall(item: StoredItem): CountedCall {
  const count = (name: string) => Number(item[name]?.N ?? 0);
  return {
    modelId: String(item.modelId.S),
    tokens: [
      count('uncachedInputTokens'),
      count('cacheReadTokens'),
      count('cacheWrite5mTokens') + count('cacheWrite1hTokens'),
      count('outputTokens'),
    ],
    usd: item.costUsd?.N ?? '0',
    lowerBound: item.costIsLowerBound?.S,
    isError: item.error !== undefined,
  };
}

/** Delivers saved spans one minute after the last of them has ended. */
export function deliverSaved(
  payloads: readonly (readonly SpanDocument[])[],
  environment: Record<string, string> = {},
) {
  const ends = payloads.flat().map(({ endTimeUnixNano = 0 }) => endTimeUnixNano / NANOSECONDS_PER_MS);
  const arrival = new Date(Math.max(...ends) + MINUTE_MS);
  return deliver(payloads, { VIRTUAL_CLOCK_START: arrival.toISOString(), ...environment });
}

/** Input tokens of a call as spans report them. */
interface ReportedInput {
  readonly tokens: readonly [uncached: number, cacheRead: number, cacheWrite: number];
  /** Reason why the cost is a lower bound. Default: the cost is exact. */
  readonly lowerBound?: string;
}
type ReportInput = (uncached: number, cacheRead: number, cacheWrite: number) => ReportedInput;

const reportedInFull: ReportInput = (...tokens) => ({
  tokens,
  // No span contains the time to live of a cache write.
  lowerBound: tokens[2] > 0 ? 'cacheWriteTtl' : undefined,
});

/** Input tokens as the instrumentation of boto3 reports them. Version 0.65b0 reports no cache tokens. */
export const REPORTED_BY_BOTO3: ReportInput = uncached => ({
  tokens: [uncached, 0, 0],
  lowerBound: 'cacheTokens',
});

/**
 * Input tokens as spans of LangChain report them. LangChain 1.9.1 for AWS reports no cache writes if Bedrock
 * reports their time to live. It counts the written tokens as input.
 */
export const REPORTED_BY_LANGCHAIN: ReportInput = (uncached, cacheRead, cacheWrite) => ({
  tokens: [uncached + cacheWrite, cacheRead, 0],
  lowerBound: 'cacheTokens',
});

/**
 * Returns the input tokens that the spans of a program report. The span of boto3 shows how many tokens
 * LangChain has written to the cache.
 */
export function reportOf(program: SpanProgram): ReportInput {
  return program === 'boto3' ? REPORTED_BY_BOTO3 : reportedInFull;
}

/** Returns the tokens and the cost of the calls that the emulator served, as far as spans report them. */
export function expectedCalls(calls: readonly ServedCall[], report: ReportInput): readonly CountedCall[] {
  const calculator = new CostCalculator();
  return calls.map(({ modelId, usage }) => {
    if (!usage) return { modelId, tokens: [0, 0, 0, 0], usd: '0', isError: true };
    const { inputTokens, outputTokens, cacheReadTokens = 0, cacheWrite5mTokens = 0 } = usage;
    const { tokens, lowerBound } = report(inputTokens, cacheReadTokens, cacheWrite5mTokens);
    const cost = calculator.calculate(
      {
        uncachedInputTokens: tokens[0],
        cacheReadTokens: tokens[1],
        cacheWrite5mTokens: tokens[2],
        cacheWrite1hTokens: 0,
        outputTokens,
        source: 'usage',
        partial: false,
      },
      { modelId },
    );
    if (!cost) throw new Error(`no price is known for ${modelId}`);
    const usd = picoToDecimalString(cost.picoUsd);
    return { modelId, tokens: [...tokens, outputTokens], usd, lowerBound, isError: false };
  });
}

/** Checks that a delivery has counted each expected call once, and that no content of the spans has left. */
export function expectCountedOnce(expected: readonly CountedCall[], delivered: Delivered): void {
  const total = (...indexes: number[]) =>
    expected.reduce((sum, { tokens }) => sum + indexes.reduce((tally, index) => tally + tokens[index], 0), 0);
  const errors = expected.filter(({ isError }) => isError).length;
  expect(sorted(delivered.counted)).toEqual(sorted(expected));
  expect(delivered.metrics).toEqual({
    calls: expected.length - errors,
    errors,
    input: total(0, 1, 2),
    output: total(3),
    usd: expect.closeTo(
      expected.reduce((sum, { usd }) => sum + Number(usd), 0),
      12,
    ) as number,
  });
  expect(delivered.letters).toEqual([]);
  // All prompts, answers and other content of the spans contain this word.
  expect(delivered.output).not.toContain('CANARY');
}

function sorted(calls: readonly CountedCall[]): readonly CountedCall[] {
  const keyOf = ({ tokens, isError }: CountedCall) => `${isError}/${tokens.join('/')}`;
  return [...calls].sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
}
