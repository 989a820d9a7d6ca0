import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { type CommandTable, NOW, startCommandTable } from './support';
import { invocationOf } from '../support/trace-engine';
import { farTraces, misplacedTraces } from '../support/wrong-times';

const CALL = { at: NOW, usd: 1, incidentId: 'INC-9' };
const LEFT_OUT = 'Omitted: 6 traces with an impossible time.';

describe('reports of traces with impossible times', () => {
  let table: CommandTable;
  beforeAll(async () => {
    table = await startCommandTable([CALL]);
    const invocation = invocationOf(CALL, 0);
    const items = [...farTraces(invocation), ...misplacedTraces(invocation)];
    await table.client.send(
      new BatchWriteItemCommand({
        RequestItems: {
          [table.tableName]: items.map(Item => ({
            PutRequest: { Item: Item as Record<string, { S: string }> },
          })),
        },
      }),
    );
  });
  afterAll(() => table.close());

  test('shows the valid call of an incident and the number of omitted traces, as text and as JSON', async () => {
    const [text, json] = await Promise.all([
      table.run(['incident', 'INC-9']),
      table.run(['incident', 'INC-9', '--json']),
    ]);

    expect([text.code, json.code]).toEqual([0, 0]);
    expect(text.stdout).toContain('Incident INC-9 $1.00');
    expect(text.stdout).toMatch(/Omitted: 10 traces with an impossible time\.\n$/);
    expect(JSON.parse(json.stdout)).toMatchObject({ unreadable: 10, total: { answered: 1 } });
  });

  test.each([
    [['daily']],
    [['agents']],
    [['models']],
    [['trends']],
    [['top']],
    [['thresholds', '--daily', '5', '--hourly', '5']],
    [['whatif', '--to', 'amazon.nova-lite-v1:0']],
    [['live']],
  ])('shows the number of omitted traces for %j, as text and as JSON', async args => {
    const [text, json] = await Promise.all([table.run(args), table.run([...args, '--json'])]);

    expect([text.code, json.code]).toEqual([0, 0]);
    expect(text.stdout).toContain(LEFT_OUT);
    expect(JSON.parse(json.stdout)).toMatchObject({ unreadable: 6 });
  });

  test('shows the number of omitted traces for days without a valid call', async () => {
    const { stdout } = await table.run(['daily', '--model', 'amazon.titan-text-lite-v1']);

    expect(stdout).toMatch(/^No calls .*\nOmitted: 6 traces/);
  });
});
