import { BatchWriteItemCommand, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { createTraceTable, startDynamoDb } from '../../../../local/emulators/dynamodb/dynamodb';

const PROPERTIES = {
  AttributeDefinitions: ['pk', 'sk', 'incidentId'].map(AttributeName => ({
    AttributeName,
    AttributeType: 'S',
  })),
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'IncidentIndex',
      KeySchema: [
        { AttributeName: 'incidentId', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
};

test('a table created from a template stores items, and its index is sparse', async () => {
  const emulator = await startDynamoDb();
  const client = new DynamoDBClient({ endpoint: emulator.endpoint, region: 'us-east-1' });
  try {
    await createTraceTable(emulator.endpoint, PROPERTIES, 'Traces');
    await client.send(
      new BatchWriteItemCommand({
        RequestItems: {
          Traces: [
            { PutRequest: { Item: { pk: { S: 'a' }, sk: { S: '1' }, incidentId: { S: 'INC-1' } } } },
            { PutRequest: { Item: { pk: { S: 'a' }, sk: { S: '2' } } } },
          ],
        },
      }),
    );

    const all = await client.send(
      new QueryCommand({
        TableName: 'Traces',
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'a' } },
      }),
    );
    const incident = await client.send(
      new QueryCommand({
        TableName: 'Traces',
        IndexName: 'IncidentIndex',
        KeyConditionExpression: 'incidentId = :id',
        ExpressionAttributeValues: { ':id': { S: 'INC-1' } },
      }),
    );

    expect(all.Count).toBe(2);
    expect(incident.Count).toBe(1);
  } finally {
    client.destroy();
    await emulator.close();
  }
});
