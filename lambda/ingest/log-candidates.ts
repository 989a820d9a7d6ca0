import type { IngestRules } from './ingest-rules';
import { readPayload } from './log-payload';
import { readLogLine } from './log-record';
import { type Candidate, refused } from './reading';

/**
 * The records of a subscription's payload, each read apart from the others.
 *
 * @param ownLogGroup the log group that the function itself writes to
 * @returns undefined for a payload of its own log group: a line on that would come back, and again
 */
export function logCandidates(
  event: unknown,
  rules: IngestRules,
  ownLogGroup: string | undefined,
): readonly Candidate[] | undefined {
  const payload = readPayload(event);
  if ('refused' in payload) return [{ source: 'logs', reading: refused(payload.refused) }];
  if (payload.logGroup !== '' && payload.logGroup === ownLogGroup) return undefined;
  return payload.lines.map((line, position) => ({
    source: 'logs',
    position,
    id: line.id,
    reading: readLogLine(line, rules),
  }));
}
