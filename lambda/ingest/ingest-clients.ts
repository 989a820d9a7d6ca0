import { connectIngestQueue } from './dead-letter-queue.aws';
import type { IngestTools } from './ingest';
import { connectIngestTable } from './ingest-table.aws';
import { KnownProfiles } from './known-profiles';
import { DEFAULT_TRACE_TTL_DAYS, DEFAULT_WRITE_SHARDS, ENV } from '../../src/contract';
import { AnalyticsEmitter } from '../metrics/analytics-emitter';
import { CostCalculator } from '../pricing/cost-calculator';
import { profileLookup } from '../pricing/profile-lookup.aws';
import { Logger } from '../process/logger';
import { readSettings } from '../tracker/settings';

/**
 * Creates the clients and settings of an ingest function. It reads the same environment variables as a
 * tracker.
 *
 * @throws if the environment does not name the table or the queue
 */
export function ingestTools(env: Readonly<Record<string, string | undefined>> = process.env): IngestTools {
  const settings = readSettings(env);
  const { resolveProfiles: arns } = settings;
  const waitingQueue = env[ENV.ingestWaitingQueue];
  const profiles = new KnownProfiles(
    settings.inferenceProfiles,
    typeof arns === 'object' ? { arns, lookUp: profileLookup() } : undefined,
  );
  return {
    table: connectIngestTable({ tableName: required(env, ENV.tableName) }),
    items: {
      writeShards: settings.writeShards ?? DEFAULT_WRITE_SHARDS,
      ttlDays: settings.traceTtlDays ?? DEFAULT_TRACE_TTL_DAYS,
    },
    indexedPartitions: new Set(),
    // Always prints metrics, because an ingest function runs in Lambda. The setting `sink` is ignored.
    emitter: new AnalyticsEmitter({ ...settings, sink: 'emf' }),
    calculator: new CostCalculator(settings, profiles),
    profiles,
    sendLetters: connectIngestQueue(required(env, ENV.ingestQueue)),
    sendWaiting: waitingQueue ? connectIngestQueue(waitingQueue) : undefined,
    claimCalls: settings.claimCalls ?? false,
    logger: new Logger('token-analytics-ingest'),
  };
}

function required(env: Readonly<Record<string, string | undefined>>, variable: string): string {
  const value = env[variable];
  if (!value) throw new Error(`${variable} must be set`);
  return value;
}
