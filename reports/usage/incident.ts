import type { RepricedReading } from './daily';
import { picoToDecimalString } from '../../lambda/pricing/pico';
import { promptTokens } from '../../lambda/rollup/usage-sums';
import { callTimeProblem } from '../../lambda/traces/call-time';
import type { Trace } from '../../lambda/traces/trace';
import { ReportArgumentError } from '../errors';
import { FigureSum, NamedSums, type PartPrice } from '../figures/figure-sum';
import type { IncidentInvocation, IncidentReport } from '../results';
import { matches, ReadCount, unreadableOf } from '../source/read-report';

/** Maximum number of invocations that the report lists. The figures also include the other invocations. */
const MAX_LISTED = 10_000;

/** Makes the report on the invocations of an incident. */
export async function incidentReport(
  incidentId: string,
  timeZone: string,
  reading: RepricedReading,
): Promise<IncidentReport> {
  if (incidentId === '') throw new ReportArgumentError({ code: 'empty', argument: 'incidentId' });
  const { source, now, signal, agentId, model, repricer } = reading;
  const count = new ReadCount();
  const total = new FigureSum();
  const agents = new NamedSums();
  const models = new NamedSums();
  const invocations: IncidentInvocation[] = [];
  const seen = { count: 0, start: Infinity, end: -Infinity };
  for await (const page of source.incident(incidentId, { meter: count, signal })) {
    for (const trace of page) {
      if (!matches(trace, { agentId, model })) continue;
      // A trace with a wrong time, such as a time in the future, is skipped. It would make the duration
      // wrong.
      if (callTimeProblem(trace.timestamp, { now }) !== undefined) {
        count.unreadable += 1;
        continue;
      }
      for (const sum of [total, agents.of(trace.agentId), models.of(trace.model)]) {
        sum.addTrace(trace, repricer);
      }
      if (invocations.length < MAX_LISTED) {
        invocations.push(toInvocation(trace, repricer?.priceOfTrace(trace)));
      }
      seen.count += 1;
      const time = trace.timestamp.getTime();
      seen.start = Math.min(seen.start, time);
      seen.end = Math.max(seen.end, time + (trace.latencyMs ?? 0));
    }
  }
  const { requests, units } = count;
  return {
    incidentId,
    timeZone,
    ...(agentId === undefined ? {} : { agentId }),
    ...(model === undefined ? {} : { model }),
    generatedAt: now.toISOString(),
    invocations,
    invocationsOmitted: seen.count - invocations.length,
    ...unreadableOf(count),
    agents: agents.figures(),
    models: models.figures(),
    total: total.figures(),
    ...(seen.count === 0
      ? {}
      : {
          start: new Date(seen.start).toISOString(),
          end: new Date(seen.end).toISOString(),
          durationMs: Math.round(seen.end - seen.start),
        }),
    reads: { requests, units },
  };
}

function toInvocation(trace: Trace, repriced: PartPrice | undefined): IncidentInvocation {
  const {
    timestamp,
    requestId,
    agentId,
    model,
    operation,
    cacheReadTokens,
    outputTokens,
    picoUsd,
    costIsLowerBound,
    latencyMs,
    error,
    cached,
    partial,
  } = trace;
  return {
    timestamp: timestamp.toISOString(),
    requestId,
    agentId,
    model,
    ...(operation === undefined ? {} : { operation }),
    inputTokens: promptTokens(trace),
    cacheReadTokens,
    outputTokens,
    ...(picoUsd === undefined ? {} : { costUsd: picoToDecimalString(picoUsd) }),
    ...(costIsLowerBound === undefined ? {} : { costIsLowerBound }),
    ...(repriced === undefined || repriced.unpriced > 0
      ? {}
      : {
          repricedUsd: picoToDecimalString(repriced.picoUsd),
          ...(repriced.reasons && { repricedIsLowerBound: [...repriced.reasons.keys()].sort() }),
        }),
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(error === undefined ? {} : { error }),
    cached,
    partial,
  };
}
