import { CountedBy, type TokenUsageIngestProps } from './token-usage-ingest-options';
import { DetailLevel } from '../metrics/detail-level';
import { EVENT_BUS, KEY, LOG_GROUP, PRICING, RETENTION, TRACE_TABLE } from '../private/kinds';
import { DURATION, NUMBER, OBJECT, oneOf, type Shape, TEXT, TEXTS } from '../private/shape';

/** Kinds of the properties of an ingest. */
export const INGEST_SHAPE: Shape<TokenUsageIngestProps> = {
  traceTable: TRACE_TABLE,
  logGroup: LOG_GROUP,
  eventBus: EVENT_BUS,
  namespace: TEXT,
  detailLevel: oneOf('DetailLevel', DetailLevel),
  agents: TEXTS,
  agentsByRole: OBJECT,
  ignoredRoles: TEXTS,
  countedBy: OBJECT,
  pricing: PRICING,
  reservedConcurrentExecutions: NUMBER,
  retryAttempts: NUMBER,
  maxEventAge: DURATION,
  logRetention: RETENTION,
  encryptionKey: KEY,
};
export const COUNTED_BY = oneOf('CountedBy', CountedBy);
