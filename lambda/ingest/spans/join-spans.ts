import type { SpanCall, SpanIds, SpanReading } from './span-call';
import type { RecordInput } from '../../invocation/record-input';
import { type Claim, requestClaim } from '../../traces/claim-item';
import { type Reading, refused, withoutUndefined } from '../records/ingest-record';

/** Rules for spans of the same call. */
export interface JoinRules {
  /** Maker whose span is recorded if a call has two. Default: the span with the most token counts. */
  readonly prefer?: SpanCall['maker'];
  /** True if the ingest also reads the invocation log, and so the calls of all spans. */
  readonly isLeftToLog: boolean;
}

/** Span of a batch, with the index of its line. */
interface Member {
  readonly index: number;
  readonly span: SpanCall;
  readonly children: Member[];
}

/** Model call, with the spans that describe it. */
interface JoinedCall {
  /** Span with the token counts of the call. */
  readonly base: Member;
  /** All spans of the call, from the outermost to the innermost one. */
  readonly spans: readonly SpanCall[];
  /** Number of outermost spans that other calls share. */
  readonly shared: number;
}

/** Maximum number of claims to one call. Real calls have four at most. */
const MAX_CLAIMS = 100;
/** Maximum number of spans from the outermost span of a call to the innermost one. Real calls have three. */
const MAX_DEPTH = 8;

/**
 * Finds the spans of a batch that describe the same call. Returns a reading for each span. Of the spans of
 * one call, one has the kind `call`, `waiting` or `leftToLog`, and the others have the kind `joined`.
 *
 * An agent framework and the AWS SDK client that it uses can both make a span for one call. The span of the
 * client is then a child of the span of the framework.
 */
export function joinSpans(readings: readonly SpanReading[], rules: JoinRules): Reading[] {
  const results = readings.map(toReading);
  const foreign = new Set(
    readings.flatMap(reading => (reading.kind === 'foreign' && reading.ids ? [keyOf(reading.ids)] : [])),
  );
  for (const top of treesOf(readings)) {
    const calls = callsOf(top, rules);
    if (calls.length === 0) results[top.index] = { kind: 'foreign' };
    for (const call of calls) results[call.base.index] = readCall(call, foreign, rules);
  }
  return results;
}

function toReading(reading: SpanReading): Reading {
  switch (reading.kind) {
    case 'span':
      return { kind: 'joined' };
    case 'refused':
      return refused(reading.reason);
    default:
      return { kind: reading.kind };
  }
}

/**
 * Arranges the spans in trees by their parents, and returns the outermost span of each tree. Ignores the
 * parent of a span that is its own ancestor, and a parent outside of the batch.
 */
function treesOf(readings: readonly SpanReading[]): readonly Member[] {
  const members = new Map<string, Member>();
  readings.forEach((reading, index) => {
    // If a batch contains a span twice, uses the second one.
    if (reading.kind === 'span') {
      members.set(keyOf(reading.span), { index, span: reading.span, children: [] });
    }
  });
  const parentOf = ({ span }: Member) => {
    const key = parentKeyOf(span);
    return key === undefined ? undefined : members.get(key);
  };
  return [...members.values()].filter(member => {
    const parent = parentOf(member);
    if (!parent || depthOf(member, parentOf) > MAX_DEPTH) return true;
    parent.children.push(member);
    return false;
  });
}

/** Returns the number of spans in the batch around a span. Stops counting above {@link MAX_DEPTH}. */
function depthOf(member: Member, parentOf: (member: Member) => Member | undefined): number {
  let depth = 0;
  for (let parent = parentOf(member); parent && depth <= MAX_DEPTH; parent = parentOf(parent)) depth += 1;
  return depth;
}

/** Returns the calls that a span and its children describe. */
function callsOf(member: Member, rules: JoinRules): readonly JoinedCall[] {
  const calls = member.children.flatMap(child => callsOf(child, rules));
  const isSplit = calls.length > 1 && rules.prefer === 'client';
  if (calls.length > 0 && (!member.span.hasUsage || isSplit)) {
    // A framework can call its client several times within one span, for example after an error. If only the
    // client counts tokens, each of these is a call.
    return calls.map(({ base, spans, shared }) => ({
      base,
      spans: [member.span, ...spans],
      shared: calls.length > 1 || shared > 0 ? shared + 1 : 0,
    }));
  }
  const spans = [member.span, ...calls.flatMap(call => call.spans)];
  if (calls.length > 0) {
    return [{ base: calls.length === 1 ? betterOf(member, calls[0].base, rules) : member, spans, shared: 0 }];
  }
  // The span of a framework with neither counts nor an error is skipped, because some frameworks leave the
  // counts to their client.
  const { hasUsage, maker, call } = member.span;
  return hasUsage || maker === 'client' || call.error !== undefined
    ? [{ base: member, spans, shared: 0 }]
    : [];
}

/** Returns the span with the better token counts. */
function betterOf(outer: Member, inner: Member, { prefer }: JoinRules): Member {
  if (!inner.span.hasUsage) return outer;
  if (prefer && outer.span.maker !== inner.span.maker) return outer.span.maker === prefer ? outer : inner;
  return inner.span.hasCacheCounts && !outer.span.hasCacheCounts ? inner : outer;
}

function readCall(
  { base, spans, shared }: JoinedCall,
  foreign: ReadonlySet<string>,
  rules: JoinRules,
): Reading {
  const requestId = spans.map(span => span.requestId).find(id => id !== undefined);
  const call = {
    ...mergeCalls(base.span, spans),
    requestId: requestId ?? `${base.span.traceId}${base.span.spanId}`,
  };
  const isUnmatched = requestId === undefined || call.uncounted?.includes('cacheTokens');
  if (rules.isLeftToLog && isUnmatched) return { kind: 'leftToLog' };
  return {
    kind: mustWait(spans, foreign, rules) ? 'waiting' : 'call',
    call,
    claims: claimsOf({ base, spans, shared }),
  };
}

/**
 * Merges the facts in the spans of one call. The counts are those of `base`. Agent, session, incident and
 * time to first token are first read from the framework, and all other facts from the client.
 */
function mergeCalls(base: SpanCall, spans: readonly SpanCall[]): RecordInput {
  const ofFrameworks = mergeFirst(spans.filter(({ maker }) => maker === 'framework'));
  const ofClients = mergeFirst(spans.filter(({ maker }) => maker === 'client'));
  const { agentId, sessionId, incidentId, timeToFirstTokenMs } = { ...ofClients, ...ofFrameworks };
  const { timestamp, modelId } = base.call;
  const operation = ofClients.operation ?? ofFrameworks.operation;
  // Strands reports the duration of a call without a stream as its time to first token.
  const isStream = operation === undefined || operation.includes('Stream');
  return {
    ...ofFrameworks,
    ...ofClients,
    agentId,
    sessionId,
    incidentId,
    timeToFirstTokenMs: isStream ? timeToFirstTokenMs : undefined,
    modelId,
    timestamp,
    ...correctedCounts(base, spans),
    // If the call has token counts, it succeeded, although an earlier attempt may have failed.
    error: base.hasUsage ? base.call.error : (ofClients.error ?? ofFrameworks.error),
  };
}

/**
 * Returns the token counts of a call. The instrumentation of an AWS SDK copies the count of uncached input
 * tokens from the response. If the count of a framework is higher, it contains cache writes that the
 * framework does not report: `langchain-aws` 1.9.1 reports none if the response has `cacheDetails`.
 */
function correctedCounts(
  base: SpanCall,
  spans: readonly SpanCall[],
): Pick<RecordInput, 'usage' | 'uncounted'> {
  const { usage, uncounted } = base.call;
  const copies = spans.flatMap(({ requestId, call }) =>
    requestId !== undefined && call.usage?.source === 'usage' && !call.usage.partial ? [call.usage] : [],
  );
  if (!usage || !base.hasCacheCounts || base.requestId !== undefined || copies.length !== 1) {
    return { usage, uncounted };
  }
  const { uncachedInputTokens } = copies[0];
  const hidden = Math.max(0, usage.uncachedInputTokens - uncachedInputTokens);
  return {
    usage: {
      ...usage,
      uncachedInputTokens,
      cacheWrite5mTokens: usage.cacheWrite5mTokens + hidden,
      ...(hidden > 0 && { cacheWriteTtlUnknown: true }),
    },
    uncounted: uncounted?.filter(each => each !== 'cacheTokens'),
  };
}

/** Merges the calls of several spans. The first span with a value determines it. */
function mergeFirst(spans: readonly { readonly call: Partial<RecordInput> }[]): Partial<RecordInput> {
  return Object.assign(
    {},
    ...[...spans].reverse().map(({ call }) => withoutUndefined(call)),
  ) as Partial<RecordInput>;
}

/**
 * Returns true if another component may record the call in the next minutes:
 * - A tracker in Node.js writes its claim at the end of the handler, which can be after the span arrives.
 * - The span of the preferred maker can be in the next batch.
 */
function mustWait(
  spans: readonly SpanCall[],
  foreign: ReadonlySet<string>,
  { prefer, isLeftToLog }: JoinRules,
): boolean {
  if (spans.some(({ isNode, requestId }) => isNode && requestId !== undefined)) return true;
  const makers = new Set(spans.map(({ maker }) => maker));
  if (makers.size > 1 || isLeftToLog) return false;
  if (makers.has('framework')) return prefer === 'client';
  const parent = parentKeyOf(spans[0]);
  return prefer !== 'client' && parent !== undefined && !foreign.has(parent);
}

/**
 * Returns the claims to a call:
 * - the request id, so that no tracker, log record or event counts the call
 * - each span that can have a child in another batch, so that the child is not counted
 * - the parent of the outermost span, so that the parent is not counted if it describes the same call
 */
function claimsOf({ spans, shared }: JoinedCall): Claim[] {
  const parent = parentKeyOf(spans[0]);
  return [
    ...(parent === undefined ? [] : [sharedClaim(parent)]),
    ...spans.map((span, index): Claim => {
      if (span.requestId !== undefined) return requestClaim(span.requestId);
      return index < shared ? sharedClaim(keyOf(span)) : { kind: 'span', id: keyOf(span) };
    }),
  ].slice(0, MAX_CLAIMS);
}

function sharedClaim(id: string): Claim {
  return { kind: 'span', id, isShared: true };
}

function keyOf({ traceId, spanId }: SpanIds): string {
  return `${traceId}/${spanId}`;
}

function parentKeyOf({ traceId, parentSpanId }: SpanCall): string | undefined {
  return parentSpanId === undefined ? undefined : keyOf({ traceId, spanId: parentSpanId });
}
