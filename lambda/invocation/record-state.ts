import type { Invocation } from './invocation';

/** State of a record: provisional, or the replacement of a provisional one. */
export interface RecordState {
  /** True if the record is made before the answer. Default: false */
  readonly provisional?: boolean;
  /** Provisional invocation that the record replaces. */
  readonly replaces?: Invocation;
  /** True if the metrics of that invocation are counted already. */
  readonly isCounted?: boolean;
}
