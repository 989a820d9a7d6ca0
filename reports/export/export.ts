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

/** Time range, filters and other options of an export. */
export interface ExportTracesOptions {
  /** IANA time zone, e.g. "Europe/Berlin", for the local times and days in the rows. */
  readonly timeZone: string;
  readonly from: Date;
  /** End of the time range, exclusive. */
  readonly to: Date;
  /** Agent to which the export is limited. Default: all agents. */
  readonly agentId?: string;
  /** Model to which the export is limited. Default: all models. */
  readonly model?: string;
  /**
   * Calculator for the cost of each invocation at other prices. The export writes this cost to additional
   * columns. Default: no additional columns.
   */
  readonly repricer?: TraceRepricer;
  /** Called after each page of traces, with the number of rows that have been written so far. */
  readonly onRows?: (rows: number) => void;
  readonly signal?: AbortSignal;
}

export interface ExportResult extends ExportTotals {
  readonly format: ExportFormat;
  /** Number of bytes that were written to the stream. */
  readonly bytes: number;
  /** Number of traces with an invalid time, or a time outside the range. They are not exported. */
  readonly unreadable: number;
}

/** Function that creates the writer, by file format. The Parquet library is loaded only when needed. */
const WRITERS: Readonly<
  Record<ExportFormat, (target: ExportTarget) => FormatWriter | Promise<FormatWriter>>
> = {
  csv: csvWriter,
  json: jsonWriter,
  jsonl: jsonLinesWriter,
  parquet: async target => (await import('./export-parquet.late')).parquetWriter(target),
};

/**
 * Writes traces to a stream, in the order of `pages`. Waits while the stream is full, to limit memory use.
 * The stream is not ended, and after an error its content is incomplete.
 *
 * @throws ReportArgumentError if the format or the time zone is invalid
 * @throws Error if the stream fails or is closed
 * @throws the abort reason if `signal` is aborted
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
      // If the time of a trace is invalid or outside the range, the trace is counted as unreadable.
      if (!(trace.timestamp >= from && trace.timestamp < to)) {
        counts.unreadable += 1;
        continue;
      }
      if (!matches(trace, { agentId, model })) continue;
      const price = repricer?.priceOfTrace(trace);
      sum.addTrace(trace, price && { priceOfTrace: () => price });
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
