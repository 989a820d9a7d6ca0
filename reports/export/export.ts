import type { Writable } from 'node:stream';
import { csvWriter } from './export-csv';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportTarget,
  type ExportTotals,
  type FormatWriter,
} from './export-format';
import { jsonLinesWriter, jsonWriter } from './export-json';
import { type ExportedCall, exportColumns, exportedCall } from './export-rows';
import { writerTo } from './write-all';
import type { Trace } from '../../lambda/traces/trace';
import { ReportArgumentError } from '../errors';
import { FigureSum, type TraceRepricer } from '../figures/figure-sum';
import { requireTimeZone } from '../source/day-range';
import { localClock } from '../source/local-time';
import { matches } from '../source/read-report';

export { EXPORT_FORMATS, type ExportFormat, type ExportTotals } from './export-format';

/** Scope and options of an export. */
export interface ExportTracesOptions {
  /** IANA time zone of local times and days. */
  readonly timeZone: string;
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  /** Agent and model of the invocations. Default: all. */
  readonly agentId?: string;
  readonly model?: string;
  /** Repricer for a second cost, which adds columns. Default: only the recorded cost. */
  readonly repricer?: TraceRepricer;
  /** Called after each page with the number of rows written so far. */
  readonly onRows?: (rows: number) => void;
  readonly signal?: AbortSignal;
}

/** Result of an export. */
export interface ExportResult extends ExportTotals {
  readonly format: ExportFormat;
  /** Number of bytes written. */
  readonly bytes: number;
  /** Number of items without a time in the range. No row and no total includes them. */
  readonly unreadable: number;
}

/** Writers by format. The library for Parquet is loaded on demand. */
const WRITERS: Readonly<
  Record<ExportFormat, (target: ExportTarget) => FormatWriter | Promise<FormatWriter>>
> = {
  csv: csvWriter,
  json: jsonWriter,
  jsonl: jsonLinesWriter,
  parquet: async target => (await import('./export-parquet')).parquetWriter(target),
};

/**
 * Writes traces to a stream in their order, as fast as the stream accepts them. Memory holds only a few
 * pages. The same traces give the same bytes. The stream stays open. After an error the output is incomplete,
 * so write to a temporary file and rename it at the end.
 *
 * @throws ReportArgumentError if the format or the time zone is invalid
 * @throws Error if the stream fails or is closed, or the reason of the signal if it is aborted
 */
export async function exportTraces(
  pages: AsyncIterable<readonly Trace[]>,
  format: ExportFormat,
  stream: Writable,
  options: ExportTracesOptions,
): Promise<ExportResult> {
  if (!EXPORT_FORMATS.includes(format)) {
    throw new ReportArgumentError({
      code: 'not-one-of',
      argument: 'format',
      value: String(format),
      allowed: EXPORT_FORMATS,
    });
  }
  const { timeZone, from, to, agentId, model, repricer, signal, onRows } = options;
  requireTimeZone(timeZone);
  const clock = localClock(timeZone);
  const writer = writerTo(stream, signal);
  const sum = new FigureSum();
  const counts = { rows: 0, unreadable: 0 };

  const exported = (page: readonly Trace[]): ExportedCall[] => {
    const calls: ExportedCall[] = [];
    for (const trace of page) {
      // An invalid time makes both comparisons false, too.
      if (!(trace.timestamp >= from && trace.timestamp < to)) {
        counts.unreadable += 1;
        continue;
      }
      if (!matches(trace, { agentId, model })) continue;
      const price = repricer?.priceOfTrace(trace);
      sum.addTrace(trace, repricer && { priceOfTrace: () => price });
      calls.push(exportedCall(trace, clock(trace.timestamp), timeZone, price));
    }
    counts.rows += calls.length;
    return calls;
  };

  try {
    const file = await WRITERS[format]({
      to: writer,
      columns: exportColumns(repricer !== undefined),
      head: {
        timeZone,
        from: clock(from).text,
        to: clock(to).text,
        ...(agentId === undefined ? {} : { agentId }),
        ...(model === undefined ? {} : { model }),
      },
    });
    await file.begin();
    for await (const page of pages) {
      await file.write(exported(page));
      onRows?.(counts.rows);
    }
    const totals = { rows: counts.rows, ...totalsOf(sum) };
    await file.end(totals);
    await writer.finish();
    return { format, bytes: writer.bytes, unreadable: counts.unreadable, ...totals };
  } finally {
    writer.release();
  }
}

function totalsOf(sum: FigureSum): Omit<ExportTotals, 'rows'> {
  const { answered, failed, fromCache, inputTokens, outputTokens, totalTokens, cost, repriced } =
    sum.figures();
  return {
    answered,
    failed,
    fromCache,
    inputTokens,
    outputTokens,
    totalTokens,
    ...cost,
    ...(repriced ? { repriced } : {}),
  };
}
