import type { SpanCall, SpanReading } from './span-call';
import { toNote } from './span-note';
import { foundationModelOf, LONG_SPAN_WAIT_SECONDS, SPAN_WAIT_SECONDS } from '../../../src/contract';
import type { RecordInput } from '../../invocation/record-input';
import { parseModelId } from '../../pricing/model-id';
import { type Claim, requestClaim } from '../../traces/claim-item';
import { type Reading, refused, type SpanIds, withoutUndefined } from '../records/ingest-record';

/** Rules for spans of the same call. */
export interface JoinRules {
  /**
   * Maker whose token counts are used if a call has two spans with counts. Default: the maker of the outer
   * span, unless only the inner span reports cached tokens.
   */
  readonly prefer?: SpanCall['maker'];
  /** True if the ingest also reads the invocation log, which contains the calls of most spans. */
  readonly isLeftToLog: boolean;
}

/** Span of a batch, with the index of its line. */
interface Member {
  readonly index: number;
  readonly span: SpanCall;
  readonly children: Member[];
  /** True if the parent describes another call: it is in the batch, and has another model. */
  readonly isDetached: boolean;
}

/** Model call, with the spans that describe it. */
interface JoinedCall {
  /** Span with the token counts of the call. */
  readonly base: Member;
  /** All spans of the call, from the outermost to the innermost one. */
  readonly spans: readonly SpanCall[];
  /** Number of spans, counted from the outermost one, that also belong to other calls. */
  readonly shared: number;
  /** Key of the parent of the outermost span. Undefined if the parent is known to describe another call. */
  readonly parent: string | undefined;
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
    for (const call of calls) {
      results[call.base.index] = readCall(call, rules, secondsToWait(call, foreign, rules));
    }
  }
  return results;
}

/**
 * Joins the spans of one trace that have waited. Returns a reading for each call with a span in `awake`. The
 * spans of other calls wait longer.
 */
export function joinWaited(
  spans: readonly SpanCall[],
  awake: readonly SpanIds[],
  rules: JoinRules,
): Reading[] {
  const keys = new Set(awake.map(keyOf));
  return treesOf(spans.map(span => ({ kind: 'span', span })))
    .flatMap(top => callsOf(top, rules))
    .filter(call => call.spans.some(span => keys.has(keyOf(span))))
    .map(call => readCall(call, rules, 0));
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
 * Arranges the spans in trees by their parents, and returns the outermost span of each tree. A span is also
 * outermost if its parent is not in the batch or describes another call, or if it has more than
 * {@link MAX_DEPTH} ancestors, for example in a cycle.
 */
function treesOf(readings: readonly SpanReading[]): readonly Member[] {
  const spans = new Map<string, SpanCall>();
  // If a batch contains a span twice, uses the second one.
  for (const reading of readings) if (reading.kind === 'span') spans.set(keyOf(reading.span), reading.span);
  const members = new Map<string, Member>();
  readings.forEach((reading, index) => {
    if (reading.kind !== 'span') return;
    const { span } = reading;
    const parent = spans.get(parentKeyOf(span) ?? '');
    const isDetached = parent !== undefined && !canBeSameModel(parent, span);
    members.set(keyOf(span), { index, span, children: [], isDetached });
  });
  const parentOf = ({ span, isDetached }: Member) =>
    isDetached ? undefined : members.get(parentKeyOf(span) ?? '');
  return [...members.values()].filter(member => {
    const parent = parentOf(member);
    if (!parent || depthOf(member, parentOf) > MAX_DEPTH) return true;
    parent.children.push(member);
    return false;
  });
}

/**
 * Returns false if two spans have different models, e.g. one of a chat and one of embeddings. They then
 * describe different calls. Returns true for an ARN or a short name, because its model is not known.
 */
function canBeSameModel(...spans: readonly [SpanCall, SpanCall]): boolean {
  const [one, other] = spans.map(({ call: { modelId } }) =>
    foundationModelOf(modelId) ? parseModelId(modelId).model : undefined,
  );
  return one === undefined || other === undefined || one === other;
}

/** Returns the number of ancestors of a span in the batch. Stops counting above {@link MAX_DEPTH}. */
function depthOf(member: Member, parentOf: (member: Member) => Member | undefined): number {
  let depth = 0;
  for (let parent = parentOf(member); parent && depth <= MAX_DEPTH; parent = parentOf(parent)) depth += 1;
  return depth;
}

/** Returns the calls that a span and its children describe. */
function callsOf(member: Member, rules: JoinRules): readonly JoinedCall[] {
  const { span, children, isDetached } = member;
  const parent = isDetached ? undefined : parentKeyOf(span);
  const calls = children.flatMap(child => callsOf(child, rules));
  const isSplit = calls.length > 1 && rules.prefer === 'client';
  if (calls.length > 0 && (!span.hasUsage || isSplit)) {
    // A framework can call its client several times within one span, for example after an error. Each span of
    // the client is then a call, if only the client counts tokens or if its spans are preferred.
    return calls.map(({ base, spans, shared }) => ({
      base,
      spans: [span, ...spans],
      shared: calls.length > 1 || shared > 0 ? shared + 1 : 0,
      parent,
    }));
  }
  const base = calls.length === 1 ? betterOf(member, calls[0].base, rules) : member;
  const joined = { base, spans: [span, ...calls.flatMap(call => call.spans)], shared: 0, parent };
  // The span of a framework with neither counts nor an error is skipped, because some frameworks leave the
  // counts to their client.
  const isCall = span.hasUsage || span.maker === 'client' || span.call.error !== undefined;
  return isCall ? [joined] : [];
}

/** Returns the span whose token counts are used. */
function betterOf(outer: Member, inner: Member, { prefer }: JoinRules): Member {
  if (!inner.span.hasUsage) return outer;
  if (prefer && outer.span.maker !== inner.span.maker) return outer.span.maker === prefer ? outer : inner;
  return inner.span.hasCacheCounts && !outer.span.hasCacheCounts ? inner : outer;
}

/** @param seconds time for which the spans of the call wait. 0 if the call is recorded now */
function readCall(joined: JoinedCall, rules: JoinRules, seconds: number): Reading {
  const { base, spans } = joined;
  const answered = spans.filter(({ call }) => call.error === undefined);
  const requestId = [...answered, ...spans].map(span => span.requestId).find(id => id !== undefined);
  const { traceId, spanId } = base.span;
  const call = { ...mergeCalls(base.span, spans), requestId: requestId ?? `${traceId}${spanId}` };
  if (seconds > 0) {
    return { kind: 'waiting', call, wait: { span: { traceId, spanId }, seconds, notes: spans.map(toNote) } };
  }
  if (rules.isLeftToLog && requestId === undefined && isInLog(spans)) return { kind: 'leftToLog' };
  return { kind: 'call', call, claims: claimsOf(joined) };
}

/** Returns true if an ingest of the invocation log would read the call. */
function isInLog(spans: readonly SpanCall[]): boolean {
  return spans.every(span => span.isInLog);
}

/**
 * Merges the facts in the spans of one call. The counts are those of `base`. For agent, session,
 * incident and time to first token, the framework takes precedence. For all other facts, the client does.
 */
function mergeCalls(base: SpanCall, spans: readonly SpanCall[]): RecordInput {
  const ofFrameworks = mergeFirst(spans.filter(({ maker }) => maker === 'framework'));
  const ofClients = mergeFirst(spans.filter(({ maker }) => maker === 'client'));
  const { agentId, sessionId, incidentId, timeToFirstTokenMs } = { ...ofClients, ...ofFrameworks };
  const { timestamp } = base.call;
  // The span of an AWS SDK has the model id of the request. A framework can shorten it.
  const modelId = findSdkSpan(spans)?.call.modelId ?? base.call.modelId;
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
 * Returns the span that the instrumentation of an AWS SDK made. Returns undefined if there is not exactly one
 * such span.
 */
function findSdkSpan(spans: readonly SpanCall[]): SpanCall | undefined {
  const found = spans.filter(({ requestId }) => requestId !== undefined);
  return found.length === 1 ? found[0] : undefined;
}

/**
 * Returns the token counts of a call. The instrumentation of an AWS SDK copies the count of uncached input
 * tokens from the response. If the count of LangChain is higher, it contains cache writes that LangChain does
 * not report: `langchain-aws` 1.9.1 reports none if the response has `cacheDetails`.
 */
function correctedCounts(
  base: SpanCall,
  spans: readonly SpanCall[],
): Pick<RecordInput, 'usage' | 'uncounted'> {
  const { usage, uncounted } = base.call;
  const copy = findSdkSpan(spans)?.call.usage;
  const isExact = copy?.source === 'usage' && !copy.partial;
  if (!usage || !isExact || !base.hasCacheCounts || base.requestId !== undefined) return { usage, uncounted };
  const { uncachedInputTokens } = copy;
  const hidden = Math.max(0, usage.uncachedInputTokens - uncachedInputTokens);
  // Other frameworks have a higher count if they add up several calls in one span.
  if (hidden > 0 && !uncounted?.includes('cacheTokens')) return { usage, uncounted };
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

/** Merges the facts of several spans. Takes each fact from the first span that has it. */
function mergeFirst(spans: readonly { readonly call: Partial<RecordInput> }[]): Partial<RecordInput> {
  return Object.assign(
    {},
    ...[...spans].reverse().map(({ call }) => withoutUndefined(call)),
  ) as Partial<RecordInput>;
}

/**
 * Returns the time in seconds for which the spans of a call wait, or 0. Reasons to wait:
 * - The invocation log has more facts than a span, so its record counts if there is one.
 * - A tracker in Node.js writes its claim after the call, in a Lambda function at the end of the handler.
 * - Other spans of the call can be in another batch.
 */
function secondsToWait(
  { base, spans, parent }: JoinedCall,
  foreign: ReadonlySet<string>,
  { prefer, isLeftToLog }: JoinRules,
): number {
  if (isLeftToLog && isInLog(spans)) return LONG_SPAN_WAIT_SECONDS;
  const hasRequestId = spans.some(({ requestId }) => requestId !== undefined);
  if (hasRequestId && spans.some(({ isNode }) => isNode)) {
    return spans.some(({ isLambda }) => isLambda) ? LONG_SPAN_WAIT_SECONDS : SPAN_WAIT_SECONDS;
  }
  if (hasRequestId && spans.some(({ maker }) => maker === 'framework')) return 0;
  if (base.span.hasUsage && base.span.maker === prefer) return 0;
  const canHaveParent = parent !== undefined && !foreign.has(parent);
  return hasRequestId && !canHaveParent ? 0 : SPAN_WAIT_SECONDS;
}

/**
 * Returns the claims to a call:
 * - the request id, so that no tracker, log record or event counts the call
 * - each span that can have a child in another batch, so that the child is not counted
 * - the parent of the outermost span, so that the parent is not counted if it describes the same call
 */
function claimsOf({ spans, shared, parent }: JoinedCall): Claim[] {
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
