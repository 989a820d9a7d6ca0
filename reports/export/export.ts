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
import { FigureSum, type TraceRepricer } from '../figures/figure-sum';
import { requireTimeZone } from '../source/day-range';
import { localClock } from '../source/local-time';

export { EXPORT_FORMATS, type ExportFormat, type ExportTotals } from './export-format';

/** What is exported, and how. */
export interface ExportTracesOptions {
  /** The IANA time zone of local times and days. */
  readonly timeZone: string;
  /** The first moment. */
  readonly from: Date;
  /** The first moment that is not exported any more. */
  readonly to: Date;
  /** The one agent, and the one model, whose calls are exported. Default: all. */
  readonly agentId?: string;
  readonly model?: string;
  /** Prices each call anew, which adds columns. Default: it is exported as it was recorded. */
  readonly repricer?: TraceRepricer;
  /** Told how many rows were written, after each page. */
  readonly onRows?: (rows: number) => void;
  readonly signal?: AbortSignal;
}

/** What was exported. */
export interface ExportResult extends ExportTotals {
  readonly format: ExportFormat;
  /** Bytes that were written. */
  readonly bytes: number;
  /** Items that are no traces of the time that was asked for: they are in no row and no sum. */
  readonly unreadable: number;
}

/** How each format is written. Parquet's library is loaded where it is asked for. */
const WRITERS: Readonly<
  Record<ExportFormat, (target: ExportTarget) => FormatWriter | Promise<FormatWriter>>
> = {
  csv: csvWriter,
  json: jsonWriter,
  jsonl: jsonLinesWriter,
  parquet: async target => (await import('./export-parquet')).parquetWriter(target),
};

/**
 * Writes traces to a stream, in the order in which they come, as fast as the stream takes them: what is in
 * memory is some pages. The same traces give the same bytes. The stream is left open, also where it fails;
 * whoever opened it ends it. What was written until an error is part of a file, so a file should get its name
 * when all is written.
 *
 * @throws RangeError for a format or time zone that is none; Error where the stream
 * fails or is closed, and no more is read then; the signal's reason where it is aborted
 */
export async function exportTraces(
  pages: AsyncIterable<readonly Trace[]>,
  format: ExportFormat,
  stream: Writable,
  options: ExportTracesOptions,
): Promise<ExportResult> {
  if (!EXPORT_FORMATS.includes(format)) {
    throw new RangeError(`the format must be one of ${EXPORT_FORMATS.join(', ')}, got: ${String(format)}`);
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
      // Of a time that is none, the comparison is false as well.
      if (!(trace.timestamp >= from && trace.timestamp < to)) {
        counts.unreadable += 1;
        continue;
      }
      if (
        (agentId !== undefined && trace.agentId !== agentId) ||
        (model !== undefined && trace.model !== model)
      ) {
        continue;
      }
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
    fromCache: fromCache,
    inputTokens,
    outputTokens,
    totalTokens,
    ...cost,
    ...(repriced ? { repriced } : {}),
  };
}
