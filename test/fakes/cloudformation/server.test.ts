import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStackResourcesCommand,
  ListStacksCommand,
  paginateDescribeStacks,
} from '@aws-sdk/client-cloudformation';
import { startCloudFormation, type Stack } from './server';
import type { Emulator } from '../../../local/emulators/emulators';

const STACKS: readonly Stack[] = [
  {
    name: 'Agents',
    outputs: { Table: 'traces <&> "more"' },
    tags: { team: 'agents' },
    resources: [
      { logicalId: 'Table', physicalId: 'Agents-Table', type: 'AWS::DynamoDB::Table' },
      { logicalId: 'Topic', type: 'AWS::SNS::Topic', status: 'CREATE_IN_PROGRESS' },
    ],
  },
  { name: 'Broken', status: 'ROLLBACK_COMPLETE' },
  { name: 'Gone', status: 'DELETE_COMPLETE' },
];

describe('fake of CloudFormation with the unmodified client', () => {
  let fake: Emulator;
  let client: CloudFormationClient;
  beforeEach(async () => {
    fake = await startCloudFormation({
      stacks: STACKS,
      pageSize: 1,
      refuses: operation => (operation === 'ListStacks' ? 'AccessDenied' : undefined),
    });
    client = new CloudFormationClient({ endpoint: fake.endpoint, region: 'eu-central-1', maxAttempts: 1 });
  });
  afterEach(async () => {
    client.destroy();
    await fake.close();
  });

  test('describes all stacks that are not deleted, page by page', async () => {
    const names: (string | undefined)[] = [];
    for await (const { Stacks } of paginateDescribeStacks({ client }, {})) {
      names.push(...(Stacks ?? []).map(({ StackName }) => StackName));
    }

    expect(names).toEqual(['Agents', 'Broken']);
    expect(fake.requests.map(({ operation, region }) => `${operation} ${region}`)).toEqual([
      'DescribeStacks eu-central-1',
      'DescribeStacks eu-central-1',
    ]);
  });

  test('describes a stack with special characters in its outputs and tags', async () => {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'Agents' }));

    expect(Stacks?.[0]).toMatchObject({
      StackName: 'Agents',
      StackStatus: 'CREATE_COMPLETE',
      Outputs: [{ OutputKey: 'Table', OutputValue: 'traces <&> "more"' }],
      Tags: [{ Key: 'team', Value: 'agents' }],
    });
  });

  test('refuses an unknown stack', async () => {
    await expect(client.send(new DescribeStacksCommand({ StackName: 'Nobody' }))).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'Stack with id Nobody does not exist',
    });
  });

  test('lists the resources of a stack, page by page', async () => {
    const first = await client.send(new ListStackResourcesCommand({ StackName: 'Agents' }));
    const second = await client.send(
      new ListStackResourcesCommand({ StackName: 'Agents', NextToken: first.NextToken }),
    );

    expect(first.StackResourceSummaries).toMatchObject([
      {
        LogicalResourceId: 'Table',
        PhysicalResourceId: 'Agents-Table',
        ResourceType: 'AWS::DynamoDB::Table',
        ResourceStatus: 'CREATE_COMPLETE',
      },
    ]);
    expect(second.StackResourceSummaries).toMatchObject([
      { LogicalResourceId: 'Topic', ResourceStatus: 'CREATE_IN_PROGRESS' },
    ]);
    expect(second.StackResourceSummaries?.[0].PhysicalResourceId).toBeUndefined();
    expect(second.NextToken).toBeUndefined();
  });

  test('refuses the operations selected by the `refuses` option', async () => {
    await expect(client.send(new ListStacksCommand({}))).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

test('lists stacks by status, including deleted stacks', async () => {
  const fake = await startCloudFormation({ stacks: STACKS });
  const client = new CloudFormationClient({
    endpoint: fake.endpoint,
    region: 'us-east-1',
    maxAttempts: 1,
  });
  try {
    const all = await client.send(new ListStacksCommand({}));
    const some = await client.send(
      new ListStacksCommand({ StackStatusFilter: ['CREATE_COMPLETE', 'DELETE_COMPLETE'] }),
    );

    expect(
      [all, some].map(({ StackSummaries }) => StackSummaries?.map(({ StackName }) => StackName)),
    ).toEqual([
      ['Agents', 'Broken', 'Gone'],
      ['Agents', 'Gone'],
    ]);
  } finally {
    client.destroy();
    await fake.close();
  }
});
