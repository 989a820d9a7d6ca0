import { Writable } from 'node:stream';
import type { Trace } from '../../../lambda/traces/trace';
import { type ExportResult, exportTraces, type ExportTracesOptions } from '../../../reports/export/export';
import type { ExportFormat } from '../../../reports/export/export-format';

export const DAY = {
  timeZone: 'UTC',
  from: new Date('2026-11-22T00:00:00Z'),
  to: new Date('2026-11-23T00:00:00Z'),
};

export function trace(changes: Partial<Trace> = {}): Trace {
  return {
    requestId: 'req-1',
    agentId: 'triage',
    model: 'amazon.nova-micro-v1:0',
    modelId: 'us.amazon.nova-micro-v1:0',
    operation: 'Converse',
    timestamp: new Date('2026-11-22T10:20:30.400Z'),
    uncachedInputTokens: 101,
    cacheReadTokens: 202,
    cacheWrite5mTokens: 33,
    cacheWrite1hTokens: 4,
    outputTokens: 55,
    picoUsd: 367_710_123n,
    priceAsOf: '2026-11-01',
    latencyMs: 812.25,
    source: 'usage',
    partial: false,
    cached: false,
    ...changes,
  };
}

/** Yields the given pages of traces, as if they were read from the table. */
export async function* pagesOf(...pages: readonly (readonly Trace[])[]): AsyncGenerator<readonly Trace[]> {
  for (const page of pages) yield await Promise.resolve(page);
}

/** Exports pages of traces. Returns the exported file as bytes and as text, and the result of the export. */
export async function exported(
  pages: AsyncIterable<readonly Trace[]>,
  format: ExportFormat,
  options: Partial<ExportTracesOptions> = {},
): Promise<{ readonly bytes: Buffer; readonly text: string; readonly result: ExportResult }> {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  const result = await exportTraces(pages, format, stream, { ...DAY, ...options });
  const bytes = Buffer.concat(chunks);
  return { bytes, text: bytes.toString(), result };
}

/** Parses CSV text with a header line (RFC 4180). Returns an object for each row, with columns as keys. */
export function csvRows(text: string): Record<string, string>[] {
  const [header, ...rows] = csvCells(text);
  return rows.map(cells => Object.fromEntries(cells.map((cell, index) => [header[index], cell])));
}

export function csvCells(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
