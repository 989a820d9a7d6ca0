import type { IngestRules } from './ingest-rules';
import type { KnownProfiles } from './known-profiles';
import { readPayload } from './log-payload';
import { readLogLine } from './log-record';
import { type Candidate, refused } from './reading';

/** Settings and profiles that the records of a log are read with. */
export interface LogReading {
  readonly rules: IngestRules;
  readonly profiles: KnownProfiles;
  /** The log group that the function itself writes to. */
  readonly ownLogGroup: string | undefined;
}

/**
 * Reads the records of a subscription's payload, each by itself. Before that, it looks up the profiles that
 * they name. It never rejects.
 *
 * @returns undefined for a payload of its own log group: a line on that would come back, and again
 */
export async function logCandidates(
  event: unknown,
  { rules, profiles, ownLogGroup }: LogReading,
): Promise<readonly Candidate[] | undefined> {
  const payload = readPayload(event);
  if ('refused' in payload) return [{ source: 'logs', reading: refused(payload.refused) }];
  if (payload.logGroup !== '' && payload.logGroup === ownLogGroup) return undefined;
  const { lines } = payload;
  await profiles.learnFrom(lines.flatMap(({ message }) => message ?? []));
  return lines.map((line, position) => ({
    source: 'logs',
    position,
    id: line.id,
    reading: readLogLine(line, rules, modelId => profiles.resolve(modelId)),
  }));
}
