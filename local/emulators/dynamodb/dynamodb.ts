/// <reference path="./dynalite.d.ts" />
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import type { LoopbackServer } from '../http-server';

/** Starts an in-memory DynamoDB emulator on a free loopback port. */
export async function startDynamoDb(): Promise<LoopbackServer> {
  const server = dynalite({ createTableMs: 0 });
  // 0 keeps idle connections open. Node.js would otherwise close them after five seconds, and the next
  // request of a client could fail.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/**
 * Creates the trace table from its resource in a template, and waits until it is active. Omits TTL and
 * point-in-time recovery, because the emulator does not support them.
 *
 * @param properties resolved properties of an `AWS::DynamoDB::GlobalTable`
 */
export async function createTraceTable(
  endpoint: string,
  properties: Readonly<Record<string, unknown>>,
  tableName: string,
): Promise<void> {
  const table = properties as Pick<
    CreateTableCommandInput,
    'AttributeDefinitions' | 'KeySchema' | 'GlobalSecondaryIndexes'
  >;
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    await client.send(
      new CreateTableCommand({
        TableName: tableName,
        AttributeDefinitions: table.AttributeDefinitions,
        KeySchema: table.KeySchema,
        GlobalSecondaryIndexes: table.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => ({
          IndexName,
          KeySchema,
          Projection,
        })),
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 600, minDelay: 1 }, { TableName: tableName });
  } finally {
    client.destroy();
  }
}
