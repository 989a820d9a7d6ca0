import type { ExportColumn, ExportedCall } from './export-rows';
import type { Money, RepricedMoney } from '../results';
import type { StreamWriter } from './write-all';

export const EXPORT_FORMATS = ['csv', 'json', 'jsonl', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Totals over all rows of an export. As in all reports, tokens and cost do not include cached responses. */
export interface ExportTotals extends Money {
  readonly rows: number;
  /** Number of invocations that got a response from the model. */
  readonly answered: number;
  /** Number of invocations that failed with an error. */
  readonly failed: number;
  /** Number of responses from the application's own cache. */
  readonly fromCache: number;
  /** Number of input tokens, including tokens that were read from the prompt cache or written to it. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Sum of input and output tokens. */
  readonly totalTokens: number;
  /** Total cost at the prices of the option `reprice`. Undefined if the option is not set. */
  readonly repriced?: RepricedMoney;
}

/** Time range and filters of an export. JSON and Parquet files contain them, CSV and JSON Lines do not. */
export interface ExportHead {
  readonly timeZone: string;
  /** Start of the time range, ISO 8601 with the offset of `timeZone`. */
  readonly from: string;
  /** End of the time range, exclusive, in the same format as `from`. */
  readonly to: string;
  /** Agent to which the export is limited. Undefined if it includes all agents. */
  readonly agentId?: string;
  /** Model to which the export is limited. Undefined if it includes all models. */
  readonly model?: string;
}

/** Stream, columns, time range and filters from which a {@link FormatWriter} is created. */
export interface ExportTarget {
  readonly to: StreamWriter;
  readonly columns: readonly ExportColumn[];
  readonly head: ExportHead;
}

/**
 * Writer for one file format. `begin` writes the start of the file, `write` writes rows, and `end` writes the
 * totals. Each method waits until the stream has accepted the bytes.
 */
export interface FormatWriter {
  begin(): Promise<void>;
  write(calls: readonly ExportedCall[]): Promise<void>;
  end(totals: ExportTotals): Promise<void>;
}
