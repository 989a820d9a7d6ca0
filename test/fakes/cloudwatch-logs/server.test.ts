import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { matchesPattern } from './filter-pattern';
import { type CloudWatchLogsOptions, startCloudWatchLogs } from './server';
import type { Emulator } from '../../../local/emulators/emulators';

const NOON = Date.parse('2026-11-21T12:00:00Z');
const GROUP = '/aws/lambda/agent';
const EVENTS = [
  { timestamp: NOON + 2, message: '{"TraceSpill":"b"}', stream: 'two' },
  { timestamp: NOON, message: 'START' },
  { timestamp: NOON + 1, message: '{"TraceSpill":"a"}' },
];

describe('fake of CloudWatch Logs with the unmodified client', () => {
  let fake: Emulator;
  let client: CloudWatchLogsClient;
  const start = async (options: Partial<CloudWatchLogsOptions> = {}) => {
    fake = await startCloudWatchLogs({
      groups: [
        { name: GROUP, events: EVENTS },
        { name: '/aws/lambda/other', retentionInDays: 7 },
        { name: 'else' },
      ],
      ...options,
    });
    client = new CloudWatchLogsClient({ endpoint: fake.endpoint, region: 'us-east-1', maxAttempts: 1 });
  };
  afterEach(async () => {
    client.destroy();
    await fake.close();
  });

  test('returns the events of a log group in order of time, with empty pages first', async () => {
    await start({ pageSize: 1, emptyPages: 2 });
    const pages: (string | undefined)[][] = [];

    for await (const { events } of paginateFilterLogEvents(
      { client },
      { logGroupName: GROUP, filterPattern: '"TraceSpill"' },
    )) {
      pages.push((events ?? []).map(({ message }) => message));
    }

    expect(pages).toEqual([[], [], ['{"TraceSpill":"a"}'], ['{"TraceSpill":"b"}']]);
  });

  test('filters events by log stream and by time, including both ends', async () => {
    await start();

    const ofTime = await client.send(
      new FilterLogEventsCommand({ logGroupName: GROUP, startTime: NOON, endTime: NOON + 1 }),
    );
    const ofStream = await client.send(
      new FilterLogEventsCommand({
        logGroupIdentifier: `arn:aws:logs:us-east-1:123456789012:log-group:${GROUP}`,
        logStreamNames: ['two'],
      }),
    );

    expect(ofTime.events?.map(({ message }) => message)).toEqual(['START', '{"TraceSpill":"a"}']);
    expect(ofStream.events?.map(({ message, logStreamName }) => [message, logStreamName])).toEqual([
      ['{"TraceSpill":"b"}', 'two'],
    ]);
  });

  test('lists log groups by name, page by page', async () => {
    await start({ pageSize: 1 });

    const first = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/aws/lambda/' }));
    const second = await client.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: '/aws/lambda/', nextToken: first.nextToken }),
    );
    const byPattern = await client.send(new DescribeLogGroupsCommand({ logGroupNamePattern: 'other' }));

    expect(
      [first, second].flatMap(({ logGroups }) => logGroups?.map(({ logGroupName }) => logGroupName)),
    ).toEqual([GROUP, '/aws/lambda/other']);
    expect(second.nextToken).toBeUndefined();
    expect(byPattern.logGroups).toMatchObject([{ logGroupName: '/aws/lambda/other', retentionInDays: 7 }]);
  });

  test('refuses an unknown log group, a limit that is too high, an unknown token and the operations selected by `refuses`', async () => {
    await start({
      refuses: operation => (operation === 'DescribeLogGroups' ? 'AccessDeniedException' : undefined),
    });

    await expect(client.send(new FilterLogEventsCommand({ logGroupName: 'nobody' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(
      client.send(new FilterLogEventsCommand({ logGroupName: GROUP, limit: 10_001 })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(
      client.send(new FilterLogEventsCommand({ logGroupName: GROUP, nextToken: 'made up' })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(client.send(new DescribeLogGroupsCommand({}))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });
});

describe('filter patterns', () => {
  test.each([
    ['', 'anything', true],
    ['ERROR', 'an ERROR', true],
    ['ERROR', 'an error', false],
    ['"two words"', 'these two words', true],
    ['"two words"', 'words two', false],
    ['a b', 'b and a', true],
    ['a b', 'a alone', false],
    ['a -b', 'a b', false],
    ['?x ?y', 'only y', true],
    ['?x ?y', 'none', false],
    ['"say \\"so\\""', 'they say "so"', true],
  ])('matches the filter pattern %s with the line %s: %s', (pattern, message, expected) => {
    expect(matchesPattern(pattern, message)).toBe(expected);
  });

  test('refuses a filter pattern for JSON', () => {
    expect(() => matchesPattern('{ $.a = "b" }', '{}')).toThrow('{ $.a = "b" }');
  });
});
