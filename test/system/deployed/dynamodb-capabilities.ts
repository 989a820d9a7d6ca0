import { isDeepStrictEqual } from 'node:util';
import {
  BatchExecuteStatementCommand,
  DescribeContinuousBackupsCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  ExecuteStatementCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { EngineName } from './dynamodb-engines';
import { TRACE_TABLE } from '../../../src/contract';

/** Trace table of an emulator, for the probe of a capability. */
interface Probe {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

/** Returns true if an emulator does what DynamoDB does. Returns false if it does not. */
type Capability = (probe: Probe) => Promise<boolean>;

/** Errors with which an emulator says that it does not know an operation or one of its parameters. */
const UNSUPPORTED = ['UnknownOperationException', 'ValidationException'];
/** Largest number of digits that DynamoDB stores, in the format of a cost (Developer Guide, "Number"). */
const DIGITS_38 = '12345678901234567890123456.123456789012';
const key = (sort: string) => ({ pk: { S: 'probe' }, sk: { S: sort } });
const insertInto = (table: string) => `INSERT INTO "${table}" VALUE {'pk': ?, 'sk': ?, 'costUsd': ?}`;

/**
 * Parts of DynamoDB that an emulator may lack. The project uses each of them, or may use it. To extend the
 * list, add a probe here. A test then says which emulators lack the part.
 *
 * Two parts have no probe. No emulator throttles, so that a proxy must return unprocessed items. Only
 * MiniStack deletes expired items, once a minute, which is too long for a test.
 */
export const CAPABILITIES = {
  'time to live': async ({ client, tableName: TableName }) => {
    const TimeToLiveSpecification = { Enabled: true, AttributeName: TRACE_TABLE.ttl };
    if (!(await answers(client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }))))) {
      return false;
    }
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
    return TimeToLiveDescription?.AttributeName === TRACE_TABLE.ttl;
  },
  'point-in-time recovery': ({ client, tableName: TableName }) =>
    answers(client.send(new DescribeContinuousBackupsCommand({ TableName }))),
  'the ARN of a table in place of its name': ({ client, tableName }) =>
    answers(client.send(new QueryCommand(queryOf(arnOf(tableName), 'none')))),
  'the read units of a query': async ({ client, tableName: TableName }) => {
    const pk = { S: 'large' };
    const Item = { pk, sk: { S: 'item' }, text: { S: 'x'.repeat(20_000) } };
    await client.send(new PutItemCommand({ TableName, Item }));
    const { ConsumedCapacity } = await client.send(new QueryCommand(queryOf(TableName, pk.S)));
    // An eventually consistent read needs half a unit for each 4 KB.
    return ConsumedCapacity?.CapacityUnits === 2.5;
  },
  'the refusal of an empty index key': async ({ client, tableName: TableName }) => {
    const Item = { ...key('empty'), [TRACE_TABLE.incidentIndex.partitionKey]: { S: '' } };
    return !(await answers(client.send(new PutItemCommand({ TableName, Item }))));
  },
  'the old item in the error of a condition': async ({ client, tableName: TableName }) => {
    const put = { TableName, Item: key('condition') };
    await client.send(new PutItemCommand(put));
    const again = new PutItemCommand({
      ...put,
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const { Item } = (await errorOf(client.send(again))) as { readonly Item?: object };
    return isDeepStrictEqual(Item, put.Item);
  },
  'sums of 38 digits by ADD': async ({ client, tableName: TableName }) => {
    await client.send(new PutItemCommand({ TableName, Item: { ...key('add'), costUsd: { N: DIGITS_38 } } }));
    const { Attributes } = await client.send(
      new UpdateItemCommand({
        TableName,
        Key: key('add'),
        UpdateExpression: 'ADD costUsd :pico',
        ExpressionAttributeValues: { ':pico': { N: '0.000000000001' } },
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    return Attributes?.costUsd.N === '12345678901234567890123456.123456789013';
  },
  'transactions': ({ client, tableName: TableName }) =>
    answers(
      client.send(
        new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: key('transaction') } }] }),
      ),
    ),
  'INSERT by ExecuteStatement': async ({ client, tableName }) => {
    const insert = new ExecuteStatementCommand({
      Statement: insertInto(tableName),
      Parameters: [...Object.values(key('insert')), { N: DIGITS_38 }],
    });
    if (!(await answers(client.send(insert)))) return false;
    return (await errorOf(client.send(insert))).name === 'DuplicateItemException';
  },
  'INSERT by BatchExecuteStatement': async ({ client, tableName }) => {
    const insert = (sort: string) => ({
      Statement: insertInto(tableName),
      Parameters: [...Object.values(key(sort)), { N: DIGITS_38 }],
    });
    const first = new BatchExecuteStatementCommand({ Statements: [insert('batch 1')] });
    if (!(await answers(client.send(first)))) return false;
    const { Responses } = await client.send(
      new BatchExecuteStatementCommand({ Statements: [insert('batch 1'), insert('batch 2')] }),
    );
    const { Items } = await client.send(new QueryCommand(queryOf(tableName, 'probe')));
    const inserted = Items?.filter(({ sk }) => sk.S?.startsWith('batch')).map(({ costUsd }) => costUsd.N);
    // An item that exists is an error of its own statement only.
    return isDeepStrictEqual(
      [Responses?.map(response => response.Error?.Code), inserted],
      [
        ['DuplicateItem', undefined],
        [DIGITS_38, DIGITS_38],
      ],
    );
  },
} satisfies Readonly<Record<string, Capability>>;

export type CapabilityName = keyof typeof CAPABILITIES;

/** Reason for each capability that an emulator lacks. */
export const LACKS: Readonly<Record<EngineName, Partial<Record<CapabilityName, string>>>> = {
  dynalite: {
    'time to live': 'UpdateTimeToLive is an unknown operation',
    'point-in-time recovery': 'DescribeContinuousBackups is an unknown operation',
    'the ARN of a table in place of its name': 'only names match its pattern of tables',
    'the refusal of an empty index key': 'it checks only the keys of the table',
    'the old item in the error of a condition': 'it ignores ReturnValuesOnConditionCheckFailure',
    'transactions': 'TransactWriteItems is an unknown operation',
    'INSERT by ExecuteStatement': 'it has no PartiQL',
    'INSERT by BatchExecuteStatement': 'it has no PartiQL',
  },
  dynoxide: {
    'point-in-time recovery': 'DescribeContinuousBackups is an unknown operation',
    'the ARN of a table in place of its name': 'only names match its pattern of tables',
  },
  MiniStack: {
    'the read units of a query': 'it counts half a unit for each query',
    'sums of 38 digits by ADD': 'it rounds sums to 28 digits',
  },
};

export function arnOf(tableName: string): string {
  return `arn:aws:dynamodb:us-east-1:000000000000:table/${tableName}`;
}

function queryOf(TableName: string, partition: string) {
  return {
    TableName,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: partition } },
    ReturnConsumedCapacity: 'TOTAL' as const,
  };
}

/** Returns true if a request succeeds, and false if the emulator does not support it. */
async function answers(request: Promise<unknown>): Promise<boolean> {
  return request.then(
    () => true,
    (error: Error) => {
      if (UNSUPPORTED.includes(error.name)) return false;
      throw error;
    },
  );
}

/** @throws if the request succeeds */
async function errorOf(request: Promise<unknown>): Promise<Error> {
  return request.then(
    () => Promise.reject(new Error('the request must fail')),
    (error: Error) => error,
  );
}
