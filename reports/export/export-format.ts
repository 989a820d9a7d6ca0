import type { ExportColumn, ExportedCall } from './export-rows';
import type { Money, RepricedMoney } from '../results';
import type { StreamWriter } from './write-all';

export const EXPORT_FORMATS = ['csv', 'json', 'jsonl', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Totals of the rows of an export. Tokens and cost exclude cached responses, as in all reports. */
export interface ExportTotals extends Money {
  readonly rows: number;
  /** Invocations that a model answered. */
  readonly answered: number;
  /** Invocations that failed. */
  readonly failed: number;
  /** Cached responses, from the application's own cache. */
  readonly fromCache: number;
  /** All input tokens, including cache reads and cache writes. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Input and output tokens. */
  readonly totalTokens: number;
  /** Cost at other prices. Undefined without `reprice`. */
  readonly repriced?: RepricedMoney;
}

/** Scope of an export. */
export interface ExportHead {
  readonly timeZone: string;
  /** Start, as ISO 8601 with the offset of the time zone. */
  readonly from: string;
  /** Exclusive end. */
  readonly to: string;
  /** Agent and model of the export. Undefined for all agents or models. */
  readonly agentId?: string;
  readonly model?: string;
}

/** Target, columns and scope for the writer of a format. */
export interface ExportTarget {
  readonly to: StreamWriter;
  readonly columns: readonly ExportColumn[];
  readonly head: ExportHead;
}

/** Writes an export in a format. Each method waits until the stream has accepted its bytes. */
export interface FormatWriter {
  begin(): Promise<void>;
  write(calls: readonly ExportedCall[]): Promise<void>;
  end(totals: ExportTotals): Promise<void>;
}
