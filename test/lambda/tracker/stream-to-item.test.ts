import { BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { NOVA } from './support';
import { startBedrock } from '../../../local/emulators/bedrock/server';
import { listenOnLoopback, readBody, send } from '../../../local/emulators/http-server';
import { emfOf, stdoutOf } from '../../support/stdout';
import { TokenTracker } from 'cdk-token-analytics/runtime';

type Item = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;

/** Starts a fake DynamoDB table. `items` contains all items that were written to it. */
async function startTable() {
  const items: Item[] = [];
  const server = await listenOnLoopback(async (request, response) => {
    const { RequestItems } = JSON.parse((await readBody(request)).toString()) as {
      RequestItems: { Traces: { PutRequest: { Item: Item } }[] };
    };
    items.push(...RequestItems.Traces.map(({ PutRequest }) => PutRequest.Item));
    send(response, 200, { 'content-type': 'application/x-amz-json-1.0' }, '{"UnprocessedItems":{}}');
  });
  return { ...server, items };
}

test('writes a ConverseStream response from the SDK to the trace table and to the metrics', async () => {
  const bedrock = await startBedrock({
    answer: () => ({ text: 'Fine.', usage: { inputTokens: 3702, outputTokens: 1701 } }),
  });
  const table = await startTable();
  const client = new BedrockRuntimeClient({
    endpoint: bedrock.endpoint,
    region: 'us-east-1',
    maxAttempts: 1,
  });
  const tracker = new TokenTracker({ sink: 'emf', tableName: 'Traces', endpoint: table.endpoint });
  const bound = tracker.instrument(client, { agentId: 'triage' });
  const handler = tracker.handler(async () => {
    const { stream } = await bound.send(new ConverseStreamCommand({ modelId: NOVA, messages: [] }));
    for await (const event of stream!) void event;
  });

  const lines = await stdoutOf(() => handler());
  client.destroy();
  await Promise.all([bedrock.close(), table.close()]);

  expect(table.items.map(({ pk }) => pk.S?.replace(/\d{4}-\d\d-\d\d/, 'date'))).toEqual([
    'DAY#date',
    'AGENT#triage#date',
  ]);
  expect(table.items[1]).toMatchObject({
    agentId: { S: 'triage' },
    model: { S: NOVA },
    operation: { S: 'ConverseStream' },
    uncachedInputTokens: { N: '3702' },
    outputTokens: { N: '1701' },
    costUsd: { N: '0.00036771' },
    stopReason: { S: 'end_turn' },
  });
  expect(emfOf(lines)).toContainEqual(expect.objectContaining({ AgentId: 'triage', InputTokens: 3702 }));
});
