import { joinSpans, type JoinRules } from './join-spans';
import { readSpanLine, readSpanRules, type SpanRules } from './read-span';
import { ENV, SPAN_MAKERS } from '../../../src/contract';
import { parseBoolean } from '../../process/parse-boolean';
import { type IngestRecord, refused } from '../records/ingest-record';
import type { LogPayload } from '../records/log-payload';

/** Settings for reading a batch of spans. */
export interface SpanSettings {
  readonly rules: SpanRules;
  readonly join: JoinRules;
}

/**
 * Reads the spans in the payload of a CloudWatch Logs subscription, one record for each line. Never throws.
 *
 * @returns undefined if the payload comes from `ownLogGroup`, because the function would invoke itself in a
 * loop
 */
export function readSpanRecords(
  payload: LogPayload,
  { rules, join }: SpanSettings,
  ownLogGroup: string | undefined,
): readonly IngestRecord[] | undefined {
  if ('refused' in payload) return [{ source: 'spans', reading: refused(payload.refused) }];
  if (payload.logGroup !== '' && payload.logGroup === ownLogGroup) return undefined;
  const { lines } = payload;
  const readings = joinSpans(
    lines.map(line => readSpanLine(line, rules)),
    join,
  );
  return readings.map((reading, position) => ({
    source: 'spans',
    position,
    id: lines[position].id,
    reading,
  }));
}

/**
 * Reads the settings for spans from environment variables.
 *
 * @throws if a variable is not valid JSON of the expected form, or has an unknown value
 */
export function readSpanSettings(env: Readonly<Record<string, string | undefined>>): SpanSettings {
  return {
    rules: readSpanRules(env),
    join: {
      prefer: Object.values(SPAN_MAKERS).find(maker => maker === env[ENV.ingestPreferredSpan]),
      isLeftToLog: parseBoolean(env[ENV.ingestSpansLeftToLog] ?? '') ?? false,
    },
  };
}
