import type { TableDescription } from '@aws-sdk/client-dynamodb';
import type { Check, Finding } from './check';
import { addUtcDays } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';
import { TRACE_TABLE } from '../../src/contract';

/** Days that are looked at for whether they are rolled up. */
const ROLLUP_DAYS = 14;
/** The nightly function has run by then, in hours after midnight UTC. */
const NIGHT_HOURS = 6;

const KEYS = `${TRACE_TABLE.partitionKey} (HASH), ${TRACE_TABLE.sortKey} (RANGE)`;
const { incidentIndex: INDEX } = TRACE_TABLE;
const INDEX_KEYS = `${INDEX.partitionKey} (HASH), ${INDEX.sortKey} (RANGE)`;

/** What the table is like, and what stands in it. */
export const TABLE_CHECKS: readonly Check[] = [
  {
    id: 'table',
    title: 'Trace table',
    after: ['region', 'credentials'],
    needs: ['dynamodb:DescribeTable'],
    inspect: lookAtTable,
  },
  {
    id: 'ttl',
    title: 'Time to live',
    after: ['table'],
    needs: ['dynamodb:DescribeTimeToLive'],
    inspect: lookAtTimeToLive,
  },
  {
    id: 'index',
    title: 'Incident index',
    after: ['table'],
    needs: ['dynamodb:DescribeTable'],
    inspect: async visit => indexFinding(await visit.description()),
  },
  {
    id: 'recovery',
    title: 'Point-in-time recovery',
    after: ['table'],
    needs: ['dynamodb:DescribeContinuousBackups'],
    inspect: async visit => ({
      status: 'ok',
      detail: (await (await visit.checkup()).hasRecovery())
        ? 'on'
        : 'off: what is deleted by accident cannot be brought back',
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

async function lookAtTable(visit: Parameters<Check['inspect']>[0]): Promise<Finding> {
  const found = await visit.table().catch((error: unknown) => visit.explain(error));
  if (typeof found === 'string') {
    return {
      status: 'fail',
      detail: found,
      fix: 'Deploy `TokenAnalytics` or `TokenTraceTable`, or name the table with --table.',
    };
  }
  const table = await visit.description().catch((error: unknown) => {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  });
  if (!table) {
    return {
      status: 'fail',
      detail: `there is no table ${found.tableName} in ${found.region}`,
      fix: 'Look at --table, --region and --profile, or deploy `TokenTraceTable`.',
    };
  }
  if (keysOf(table.KeySchema) !== KEYS) {
    return {
      status: 'fail',
      detail: `${found.tableName} has the keys ${keysOf(table.KeySchema)} and must have ${KEYS}`,
      fix: 'It is no trace table: name the one that `TokenTraceTable` made with --table.',
    };
  }
  if (table.TableStatus !== 'ACTIVE' && table.TableStatus !== 'UPDATING') {
    return {
      status: 'fail',
      detail: `${found.tableName} is ${table.TableStatus}`,
      fix:
        'Wait until it is ACTIVE; until then traces go to the log, from where `token-analytics replay` ' +
        'takes them.',
    };
  }
  return { status: 'ok', detail: `${found.tableName} is ${table.TableStatus} (${found.from})` };
}

async function lookAtTimeToLive(visit: Parameters<Check['inspect']>[0]): Promise<Finding> {
  const { status, attribute } = await (await visit.checkup()).timeToLive();
  const fix =
    `Set \`timeToLiveAttribute\` to ${TRACE_TABLE.ttl}, as \`TokenTraceTable\` does, or turn it on: ` +
    'aws dynamodb update-time-to-live.';
  if (attribute !== undefined && attribute !== TRACE_TABLE.ttl) {
    return {
      status: 'fail',
      detail: `it is by the attribute ${attribute}, and traces have ${TRACE_TABLE.ttl}: none expires`,
      fix,
    };
  }
  if (status === 'ENABLED' || status === 'ENABLING') {
    return {
      status: 'ok',
      detail: `${status === 'ENABLED' ? 'on' : 'being turned on'}, by the attribute ${TRACE_TABLE.ttl}`,
    };
  }
  return { status: 'warn', detail: 'off: traces are kept for ever, and paid for', fix };
}

function indexFinding({ GlobalSecondaryIndexes: indexes = [] }: TableDescription): Finding {
  const index = indexes.find(({ IndexName }) => IndexName === INDEX.name);
  const fix =
    'Deploy the table with `TokenTraceTable`: it makes the index, and DynamoDB fills it from what is there.';
  if (!index) {
    return {
      status: 'fail',
      detail: `there is no index ${INDEX.name}: no incident can be reported on`,
      fix,
    };
  }
  if (keysOf(index.KeySchema) !== INDEX_KEYS) {
    return {
      status: 'fail',
      detail: `${INDEX.name} has the keys ${keysOf(index.KeySchema)} and must have ${INDEX_KEYS}`,
      fix,
    };
  }
  if (index.IndexStatus !== 'ACTIVE') {
    return {
      status: 'warn',
      detail: `${INDEX.name} is ${index.IndexStatus}: reports of incidents may lack calls`,
      fix: 'Wait until it is ACTIVE.',
    };
  }
  if (index.Projection?.ProjectionType !== 'ALL') {
    return {
      status: 'fail',
      detail:
        `${INDEX.name} holds ${index.Projection?.ProjectionType}, and not all attributes: incidents ` +
        'have no costs',
      fix,
    };
  }
  return { status: 'ok', detail: `${INDEX.name} is ACTIVE` };
}

async function checkRollups(visit: Parameters<Check['inspect']>[0]): Promise<Finding> {
  const checkup = await visit.checkup();
  const last = addUtcDays(dayOf(new Date(visit.now.getTime() - NIGHT_HOURS * 3_600_000)), -1);
  const days = Array.from({ length: ROLLUP_DAYS }, (_, index) => addUtcDays(last, index - ROLLUP_DAYS + 1));
  const rolledUp = await checkup.rollupDays(days);
  // A day without a call has nothing to be rolled up.
  const missing = (
    await Promise.all(
      days.filter(day => !rolledUp.has(day)).map(async day => ((await checkup.hasTraces(day)) ? [day] : [])),
    )
  ).flat();
  if (missing.length === 0) {
    return { status: 'ok', detail: `each of the ${ROLLUP_DAYS} days to ${last} that has calls is rolled up` };
  }
  const shown =
    missing.length > 3
      ? `${missing.length} days from ${missing[0]} to ${missing[missing.length - 1]}`
      : missing.join(', ');
  return {
    status: 'warn',
    detail: `not rolled up: ${shown}. Reports read each of their traces, and lose them when they expire`,
    fix:
      `token-analytics rollup --since ${missing[0]} --until ${missing[missing.length - 1]}; then see why ` +
      'the nightly function did not, in its log.',
  };
}

function keysOf(schema: TableDescription['KeySchema'] = []): string {
  return schema.map(({ AttributeName, KeyType }) => `${AttributeName} (${KeyType})`).join(', ') || 'none';
}
