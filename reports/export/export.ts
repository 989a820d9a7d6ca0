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

/** Time range, filters and options of an export. */
export interface ExportTracesOptions {
  /** IANA time zone of the local times and days in the rows. */
  readonly timeZone: string;
  readonly from: Date;
  /** Exclusive end. */
  readonly to: Date;
  /** Agent whose invocations are exported. Default: all agents. */
  readonly agentId?: string;
  /** Model whose invocations are exported. Default: all models. */
  readonly model?: string;
  /**
   * Calculates a second cost, at other prices. Further columns show this cost. Default: only the recorded
   * cost.
   */
  readonly repricer?: TraceRepricer;
  /** Function that is called after each page, with the number of rows written so far. */
  readonly onRows?: (rows: number) => void;
  readonly signal?: AbortSignal;
}

export interface ExportResult extends ExportTotals {
  readonly format: ExportFormat;
  /** Number of bytes written. */
  readonly bytes: number;
  /**
   * Number of traces whose time is invalid or not in the range. These traces are in no row and in no total.
   */
  readonly unreadable: number;
}

/** Function that creates the writer of each format. The Parquet library is loaded on demand. */
const WRITERS: Readonly<
  Record<ExportFormat, (target: ExportTarget) => FormatWriter | Promise<FormatWriter>>
> = {
  csv: csvWriter,
  json: jsonWriter,
  jsonl: jsonLinesWriter,
  parquet: async target => (await import('./export-parquet')).parquetWriter(target),
};

/**
 * Writes traces to a stream, in the order of `pages`. Waits while the stream is full, to limit the memory
 * use. Does not end the stream. After an error, the output is incomplete.
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
      // If the time of a trace is invalid, both comparisons are false. So the trace is counted as unreadable,
      // too.
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
