import type { ExportTarget, FormatWriter } from './export-format';
import { cellOf, type ExportColumn, type ExportedCall } from './export-rows';

/**
 * Creates a writer of JSON Lines, one object for each row. The file has no head, so each row contains the
 * time zone.
 */
export function jsonLinesWriter({ to, columns }: ExportTarget): FormatWriter {
  return {
    begin: () => Promise.resolve(),
    write: calls => to.write(calls.map(call => `${rowText(columns, call)}\n`).join('')),
    end: () => Promise.resolve(),
  };
}

/** Creates a writer of one JSON object: the time range and the filters, then `rows`, then `totals`. */
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

/** Converts amounts to text, because most JSON parsers round numbers of more than 15 digits. */
function amountsAsText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
