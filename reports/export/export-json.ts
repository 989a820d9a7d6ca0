import type { ExportTarget, FormatWriter } from './export-format';
import { cellOf, type ExportColumn, type ExportedCall } from './export-rows';

/** Creates a writer of JSON Lines: each line is a JSON object for one row. */
export function jsonLinesWriter({ to, columns }: ExportTarget): FormatWriter {
  return {
    begin: () => Promise.resolve(),
    write: calls => to.write(calls.map(call => `${rowText(columns, call)}\n`).join('')),
    end: () => Promise.resolve(),
  };
}

/**
 * Creates a writer of a single JSON object. It contains the time range and filters, then `rows`, then
 * `totals`.
 */
export function jsonWriter({ to, columns, head }: ExportTarget): FormatWriter {
  let before = '\n';
  return {
    begin: () => to.write(`${JSON.stringify(head).slice(0, -1)},"rows":[`),
    write: async calls => {
      if (calls.length === 0) return;
      const text = calls.map(call => rowText(columns, call)).join(',\n');
      await to.write(`${before}${text}`);
      before = ',\n';
    },
    end: totals => to.write(`\n],"totals":${JSON.stringify(totals, amountsAsText)}}\n`),
  };
}

function rowText(columns: readonly ExportColumn[], call: ExportedCall): string {
  const row: Record<string, string | number | boolean | null> = {};
  for (const column of columns) row[column.name] = cellOf(column, call);
  return JSON.stringify(row);
}

/**
 * Converts `bigint` amounts to text. JSON has no `bigint`, and most parsers round numbers with more than 15
 * digits.
 */
function amountsAsText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
