import type { TableDescription } from '@aws-sdk/client-dynamodb';
import type { Check, Finding } from './check';
import type { Inspection } from './context';
import { addUtcDays } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';
import { TRACE_TABLE } from '../../src/contract';

/** Number of past days that must have a rollup. */
const ROLLUP_DAYS = 14;
/** Hour of the day in UTC from which yesterday's rollup must exist. */
const NIGHT_HOURS = 6;

const KEYS = `${TRACE_TABLE.partitionKey} (HASH), ${TRACE_TABLE.sortKey} (RANGE)`;
const { incidentIndex: INDEX } = TRACE_TABLE;
const INDEX_KEYS = `${INDEX.partitionKey} (HASH), ${INDEX.sortKey} (RANGE)`;

/** Checks of the trace table, its settings and its rollups. */
export const TABLE_CHECKS: readonly Check[] = [
  {
    id: 'table',
    title: 'Trace table',
    after: ['region', 'credentials'],
    needs: ['dynamodb:DescribeTable'],
    inspect: checkTable,
  },
  {
    id: 'ttl',
    title: 'Time to live',
    after: ['table'],
    needs: ['dynamodb:DescribeTimeToLive'],
    inspect: checkTimeToLive,
  },
  {
    id: 'index',
    title: 'Incident index',
    after: ['table'],
    needs: ['dynamodb:DescribeTable'],
    inspect: async inspection => indexFinding(await inspection.description()),
  },
  {
    id: 'recovery',
    title: 'Point-in-time recovery',
    after: ['table'],
    needs: ['dynamodb:DescribeContinuousBackups'],
    inspect: async inspection => ({
      status: 'ok',
      detail: (await (await inspection.inspector()).hasRecovery())
        ? 'on'
        : 'off: deleted items cannot be restored',
    }),
  },
  {
    id: 'rollup-days',
    title: 'Rolled-up days',
    after: ['table', 'permissions'],
    needs: ['dynamodb:BatchGetItem', 'dynamodb:Query'],
    inspect: checkRollups,
  },
];

async function checkTable(inspection: Inspection): Promise<Finding> {
  const found = await inspection.table().catch((error: unknown) => inspection.explain(error));
  if (typeof found === 'string') {
    return {
      status: 'fail',
      detail: found,
      fix: 'Deploy `TokenAnalytics` or `TokenTraceTable`, or name the table with --table.',
    };
  }
  const table = await inspection.description().catch((error: unknown) => {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  });
  if (!table) {
    return {
      status: 'fail',
      detail: `the table ${found.tableName} does not exist in ${found.region}`,
      fix: 'Check --table, --region and --profile, or deploy `TokenTraceTable`.',
    };
  }
  if (keysOf(table.KeySchema) !== KEYS) {
    return {
      status: 'fail',
      detail: `the keys of ${found.tableName} must be ${KEYS}, got: ${keysOf(table.KeySchema)}`,
      fix: 'This is another kind of table. Name the table of `TokenTraceTable` with --table.',
    };
  }
  if (table.TableStatus !== 'ACTIVE' && table.TableStatus !== 'UPDATING') {
    return {
      status: 'fail',
      detail: `${found.tableName} is ${table.TableStatus}`,
      fix:
        'Wait until it is ACTIVE. Until then traces are spilled to the log, and `token-analytics replay` ' +
        'writes them later.',
    };
  }
  return { status: 'ok', detail: `${found.tableName} is ${table.TableStatus} (${found.from})` };
}

async function checkTimeToLive(inspection: Inspection): Promise<Finding> {
  const { status, attribute } = await (await inspection.inspector()).timeToLive();
  const fix =
    `Set \`timeToLiveAttribute\` to ${TRACE_TABLE.ttl}, as \`TokenTraceTable\` does, or turn it on with ` +
    'aws dynamodb update-time-to-live.';
  if (attribute !== undefined && attribute !== TRACE_TABLE.ttl) {
    return {
      status: 'fail',
      detail: `the attribute must be ${TRACE_TABLE.ttl}, got: ${attribute}. No trace expires`,
      fix,
    };
  }
  if (status === 'ENABLED' || status === 'ENABLING') {
    return {
      status: 'ok',
      detail: `${status === 'ENABLED' ? 'on' : 'being turned on'}, with the attribute ${TRACE_TABLE.ttl}`,
    };
  }
  return { status: 'warn', detail: 'off: traces never expire, and storage costs grow', fix };
}

function indexFinding({ GlobalSecondaryIndexes: indexes = [] }: TableDescription): Finding {
  const index = indexes.find(({ IndexName }) => IndexName === INDEX.name);
  const fix =
    'Deploy the table with `TokenTraceTable`, which creates the index. DynamoDB fills it with existing traces.';
  if (!index) {
    return {
      status: 'fail',
      detail: `the index ${INDEX.name} does not exist: incident reports fail`,
      fix,
    };
  }
  if (keysOf(index.KeySchema) !== INDEX_KEYS) {
    return {
      status: 'fail',
      detail: `the keys of ${INDEX.name} must be ${INDEX_KEYS}, got: ${keysOf(index.KeySchema)}`,
      fix,
    };
  }
  // Some emulators return no status.
  if (index.IndexStatus !== undefined && index.IndexStatus !== 'ACTIVE') {
    return {
      status: 'warn',
      detail: `${INDEX.name} is ${index.IndexStatus}: incident reports may be incomplete`,
      fix: 'Wait until it is ACTIVE.',
    };
  }
  if (index.Projection?.ProjectionType !== 'ALL') {
    return {
      status: 'fail',
      detail:
        `the projection of ${INDEX.name} must be ALL, got: ${index.Projection?.ProjectionType}. Incident ` +
        'reports have no costs',
      fix,
    };
  }
  return { status: 'ok', detail: `${INDEX.name} is ACTIVE` };
}

async function checkRollups(inspection: Inspection): Promise<Finding> {
  const inspector = await inspection.inspector();
  const last = addUtcDays(dayOf(new Date(inspection.now.getTime() - NIGHT_HOURS * 3_600_000)), -1);
  const days = Array.from({ length: ROLLUP_DAYS }, (_, index) => addUtcDays(last, index - ROLLUP_DAYS + 1));
  const rolledUp = await inspector.rollupDays(days);
  // Excludes days without traces, because these days need no rollup.
  const missing = (
    await Promise.all(
      days
        .filter(day => !rolledUp.has(day))
        .map(async day => ((await inspector.hasTraces(day)) ? [day] : [])),
    )
  ).flat();
  if (missing.length === 0) {
    return { status: 'ok', detail: `all days with calls in the ${ROLLUP_DAYS} days up to ${last}` };
  }
  const shown =
    missing.length > 3
      ? `${missing.length} days from ${missing[0]} to ${missing[missing.length - 1]}`
      : missing.join(', ');
  return {
    status: 'warn',
    detail: `not rolled up: ${shown}. Reports read every trace of these days, until the traces expire`,
    fix:
      `Run token-analytics rollup --since ${missing[0]} --until ${missing[missing.length - 1]}, and look in ` +
      'the log of the nightly function for the cause.',
  };
}

function keysOf(schema: TableDescription['KeySchema'] = []): string {
  return schema.map(({ AttributeName, KeyType }) => `${AttributeName} (${KeyType})`).join(', ') || 'none';
}
