import { Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import {
  DEFAULT_TRACE_TTL_DAYS,
  DEFAULT_WRITE_SHARDS,
  ENV,
  MAX_TRACE_TTL_DAYS,
  MAX_WRITE_SHARDS,
} from '../contract';
import { numberText } from '../private/token-text';
import { DAYS, propError, requireUnit, requireWhole, requireWholeNumber } from '../private/validate';

/** Settings of a trace table. All programs that write traces to the table must know them. */
export interface TraceSettings {
  readonly writeShards?: number;
  readonly traceTtl?: Duration;
}

/**
 * Checks the settings of a trace table, and returns them as environment variables.
 *
 * @throws if `writeShards` is not a whole number from 1 to 100
 * @throws if `traceTtl` is not a whole number of days from 0 to 36,500
 */
export function traceSettings(
  where: IConstruct,
  { writeShards = DEFAULT_WRITE_SHARDS, traceTtl = Duration.days(DEFAULT_TRACE_TTL_DAYS) }: TraceSettings,
): { [name: string]: string } {
  requireWholeNumber(where, 'writeShards', writeShards, 1, MAX_WRITE_SHARDS);
  requireUnit(where, 'traceTtl', traceTtl, 'days');
  requireWhole(where, 'traceTtl', traceTtl, { ...DAYS, min: 0 });
  requireTtl(where, traceTtl);
  return {
    [ENV.writeShards]: numberText(writeShards),
    [ENV.traceTtlDays]: numberText(traceTtl.toDays()),
  };
}

/**
 * Requires a retention of at most `MAX_TRACE_TTL_DAYS`. For a longer retention, the runtime would use its
 * default.
 */
function requireTtl(where: IConstruct, traceTtl: Duration): void {
  if (traceTtl.isUnresolved() || traceTtl.toDays() <= MAX_TRACE_TTL_DAYS) return;
  throw propError(
    where,
    'traceTtl',
    `at most ${MAX_TRACE_TTL_DAYS} days`,
    traceTtl.toHumanString(),
    'Pass Duration.days(0) to keep traces forever.',
  );
}
