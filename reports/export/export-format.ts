import type { ExportColumn, ExportedCall } from './export-rows';
import type { Money, RepricedMoney } from '../results';
import type { StreamWriter } from './write-all';

export const EXPORT_FORMATS = ['csv', 'json', 'jsonl', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/**
 * What the rows of an export add up to, by the rules of all reports: what the
 * application's own cache answered is in the rows and in none of the sums.
 */
export interface ExportTotals extends Money {
  readonly rows: number;
  /** Calls that a model answered. */
  readonly answered: number;
  /** Calls that failed. */
  readonly failed: number;
  /** Answers of the application's own cache. */
  readonly fromCache: number;
  /** All input tokens, cached ones included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Input and output. */
  readonly totalTokens: number;
  /** By other prices, where they were asked for. */
  readonly repriced?: RepricedMoney;
}

/** What an export says of itself. */
export interface ExportHead {
  readonly timeZone: string;
  /** The first moment, as ISO 8601 with the time zone's offset. */
  readonly from: string;
  /** The first moment that is not exported any more. */
  readonly to: string;
  /** What it was narrowed to. */
  readonly agentId?: string;
  readonly model?: string;
}

/** Where a format writes, and what. */
export interface ExportTarget {
  readonly to: StreamWriter;
  readonly columns: readonly ExportColumn[];
  readonly head: ExportHead;
}

/** Writes an export in a format: each of these waits until the stream has taken what there is to write. */
export interface FormatWriter {
  begin(): Promise<void>;
  write(calls: readonly ExportedCall[]): Promise<void>;
  end(totals: ExportTotals): Promise<void>;
}
