import type { ExportColumn, ExportedCall } from './export-rows';
import type { Money, RepricedMoney } from '../results';
import type { StreamWriter } from './write-all';

export const EXPORT_FORMATS = ['csv', 'json', 'jsonl', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Totals of all rows of an export. Tokens and cost exclude cached responses, as in all reports. */
export interface ExportTotals extends Money {
  readonly rows: number;
  /** Number of invocations that a model answered. */
  readonly answered: number;
  /** Number of failed invocations. */
  readonly failed: number;
  /** Number of cached responses, from the application's own cache. */
  readonly fromCache: number;
  /** Number of input tokens, including cache reads and cache writes. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Sum of input and output tokens. */
  readonly totalTokens: number;
  /** Cost at the prices of `reprice`. Undefined if the export was made without `reprice`. */
  readonly repriced?: RepricedMoney;
}

/** Time range and filters of an export. They are a part of the output if the format has a place for them. */
export interface ExportHead {
  readonly timeZone: string;
  /** Start of the range: ISO 8601 with the offset of the time zone. */
  readonly from: string;
  /** Exclusive end of the range, in the same format. */
  readonly to: string;
  /** Agent of the exported invocations. Undefined if all agents are exported. */
  readonly agentId?: string;
  /** Model of the exported invocations. Undefined if all models are exported. */
  readonly model?: string;
}

/** Stream, columns and head that a format writer gets. */
export interface ExportTarget {
  readonly to: StreamWriter;
  readonly columns: readonly ExportColumn[];
  readonly head: ExportHead;
}

/**
 * Writer of one export format. Each method waits until the stream has accepted the bytes that the method
 * wrote.
 */
export interface FormatWriter {
  begin(): Promise<void>;
  write(calls: readonly ExportedCall[]): Promise<void>;
  end(totals: ExportTotals): Promise<void>;
}
