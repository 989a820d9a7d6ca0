import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { busIn, ingestIn, logGroupIn } from './support';
import { CountedBy, TokenPricing, TokenTraceTable, type TokenUsageIngestProps } from '../../../src';
import { ENV } from '../../../src/contract';
import { testWithNag } from '../../support/nag';
import { newStack, templateOf } from '../support';

const WARNING = Match.stringLikeRegexp('unstampedInvokeModel');

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Sid?: string;
}

/** Returns `Resource` of a statement as text: an ARN, or the logical id of a resource without its hash. */
const resourceOf = (resource: unknown) =>
  typeof resource === 'string'
    ? resource
    : (resource as { 'Fn::GetAtt': string[] })['Fn::GetAtt'][0].replace(/[0-9A-F]{8}$/, '');

/** Returns the allowed actions in a stack. Each is a text with the function, the action and the resource. */
function allowed(stack: Stack): string[] {
  return Object.entries(Template.fromStack(stack).findResources('AWS::IAM::Policy'))
    .flatMap(([id, { Properties }]) => {
      const { Statement: statements } = (Properties as { PolicyDocument: { Statement: Statement[] } })
        .PolicyDocument;
      const name = id.replace(/^Ingest(\w+?)Role.*$/, '$1');
      return statements.flatMap(({ Action, Resource }) =>
        [Action].flat().map(action => [name, action, resourceOf(Resource)].join(' ')),
      );
    })
    .sort();
}

const environments = (stack: Stack) =>
  Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function')).map(
    ({ Properties }) =>
      (Properties as { Environment: { Variables: Record<string, unknown> } }).Environment.Variables,
  );

describe('TokenUsageIngest', () => {
  test('reads a log group by a filter for its records, and events by their kind', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { logGroup: logGroupIn(stack), eventBus: busIn(stack) });

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Logs::SubscriptionFilter', {
      FilterPattern: '{ $.schemaType = "ModelInvocationLog" }',
      LogGroupName: { Ref: Match.stringLikeRegexp('^Invocations') },
      DestinationArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IngestRecordsFunction'), 'Arn'] },
    });
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'logs.amazonaws.com',
      Action: 'lambda:InvokeFunction',
      SourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Invocations'), 'Arn'] },
    });
    template.hasResourceProperties('AWS::Events::Rule', {
      EventBusName: { Ref: Match.stringLikeRegexp('^Bus') },
      EventPattern: { 'detail-type': ['TokenUsage'] },
    });
    expect(ingest.logsFunction).toBeDefined();
    expect(ingest.eventsFunction).toBeDefined();
    expect(templateOf(stack)).toMatchSnapshot();
  });

  test.each([
    ['logGroup', 'Records'],
    ['eventBus', 'Events'],
  ] as const)('creates a function only for %s if nothing else is given', (source, name) => {
    const stack = newStack();
    const ingest = ingestIn(
      stack,
      source === 'logGroup' ? { logGroup: logGroupIn(stack) } : { eventBus: busIn(stack) },
    );

    const functions = Object.keys(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
    expect(functions.map(id => id.replace(/^Ingest(\w+)Function.*$/, '$1')).sort()).toEqual(
      [name, 'Failures'].sort(),
    );
    expect([ingest.logsFunction === undefined, ingest.eventsFunction === undefined]).toEqual([
      source !== 'logGroup',
      source !== 'eventBus',
    ]);
  });

  test('the ingest may only put items in the table, send to its queue, pass on its failures and write its log', () => {
    const stack = newStack();
    ingestIn(stack, { logGroup: logGroupIn(stack), eventBus: busIn(stack) });

    const common = (name: string) => [
      `${name} dynamodb:PutItem IngestTraces`,
      `${name} logs:CreateLogStream Ingest${name}Logs`,
      `${name} logs:PutLogEvents Ingest${name}Logs`,
      `${name} sqs:SendMessage IngestQueue`,
    ];
    expect(allowed(stack)).toEqual(
      [
        ...common('Events'),
        'Events lambda:InvokeFunction IngestFailuresFunction',
        ...common('Failures'),
        ...common('Records'),
        'Records lambda:InvokeFunction IngestFailuresFunction',
      ].sort(),
    );
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Role'))).not.toContain(
      'ManagedPolicyArns',
    );
  });

  test('the ingest may use the key of the table, and look up the given profiles', () => {
    const stack = newStack({ env: { account: '123456789012', region: 'us-east-1' } });
    const key = new kms.Key(stack, 'Key');
    const traceTable = new TokenTraceTable(stack, 'Traces', {
      encryption: dynamodb.TableEncryptionV2.customerManagedKey(key),
    });
    const profile = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc';
    ingestIn(stack, {
      traceTable,
      logGroup: logGroupIn(stack),
      pricing: new TokenPricing({ resolvableProfiles: [profile] }),
    });

    expect(allowed(stack)).toEqual(
      expect.arrayContaining([
        'Records kms:Decrypt Key',
        'Failures kms:GenerateDataKey Key',
        `Records bedrock:GetInferenceProfile ${profile}`,
      ]),
    );
    Template.fromStack(stack).resourcePropertiesCountIs(
      'AWS::Lambda::Function',
      { Environment: { Variables: { [ENV.resolveProfiles]: profile } } },
      2,
    );
    expect(allowed(stack).filter(line => line.includes('*'))).toEqual([]);
  });

  test('sends failed events to a function that drops their content, and never to a queue', () => {
    const stack = newStack();
    ingestIn(stack, { logGroup: logGroupIn(stack), eventBus: busIn(stack) });

    const template = Template.fromStack(stack);
    template.resourcePropertiesCountIs(
      'AWS::Lambda::EventInvokeConfig',
      {
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: 21_600,
        DestinationConfig: {
          OnFailure: {
            Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IngestFailuresFunction'), 'Arn'] },
          },
        },
      },
      2,
    );
    expect(JSON.stringify(template.toJSON())).not.toContain('DeadLetterConfig');
  });

  test('creates encrypted queues that keep messages for two weeks and require TLS', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { eventBus: busIn(stack) });

    const template = Template.fromStack(stack);
    template.allResourcesProperties('AWS::SQS::Queue', {
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 1_209_600,
    });
    template.resourcePropertiesCountIs(
      'AWS::SQS::QueuePolicy',
      {
        PolicyDocument: {
          Statement: [
            Match.objectLike({
              Effect: 'Deny',
              Action: 'sqs:*',
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            }),
          ],
        },
      },
      2,
    );
    expect(ingest.queues).toHaveLength(2);
    expect(ingest.queues[0]).toBe(ingest.queue);
  });

  test('does not allow another queue to use its queue as a dead-letter queue', () => {
    const stack = newStack();
    ingestIn(stack, { eventBus: busIn(stack) });

    const template = Template.fromStack(stack);
    const ofQueue = { RedriveAllowPolicy: { redrivePermission: 'denyAll' }, RedrivePolicy: Match.anyValue() };
    // Properties of the dead-letter queue. A `RedriveAllowPolicy` with the source queue would create a
    // circular dependency.
    const ofUnhandled = { RedriveAllowPolicy: Match.absent(), RedrivePolicy: Match.absent() };
    template.resourcePropertiesCountIs('AWS::SQS::Queue', ofQueue, 1);
    template.resourcePropertiesCountIs('AWS::SQS::Queue', ofUnhandled, 1);
  });

  test('reserves five executions of each function by default, and one for failures', () => {
    const stack = newStack();
    ingestIn(stack, { logGroup: logGroupIn(stack), eventBus: busIn(stack) });

    const reserved = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function')).map(
      ({ Properties }) =>
        (Properties as { ReservedConcurrentExecutions: number }).ReservedConcurrentExecutions,
    );
    expect(reserved.sort()).toEqual([1, 5, 5]);
  });

  test('passes every prop to its functions', () => {
    const stack = newStack();
    const traceTable = new TokenTraceTable(stack, 'Traces', { writeShards: 4, traceTtl: Duration.days(7) });
    ingestIn(stack, {
      traceTable,
      logGroup: logGroupIn(stack),
      namespace: 'Shop/dev',
      agents: ['orders', 'triage'],
      agentsByRole: { Orders: 'orders' },
      ignoredRoles: ['BedrockAgents', 'Others'],
      countedBy: {
        InvokeModel: CountedBy.TRACKER,
        InvokeModelWithResponseStream: CountedBy.TRACKER,
        ConverseStream: CountedBy.INGEST,
      },
      pricing: new TokenPricing({ customPrices: { m: { input: 1, output: 2 } } }),
      reservedConcurrentExecutions: 2,
      retryAttempts: 0,
      maxEventAge: Duration.minutes(5),
      logRetention: logs.RetentionDays.ONE_DAY,
    });

    for (const environment of environments(stack)) {
      expect(environment).toEqual(
        expect.objectContaining({
          [ENV.namespace]: 'Shop/dev',
          [ENV.agents]: '["orders","triage"]',
          [ENV.ingestRoles]: '{"Orders":"orders"}',
          [ENV.ingestIgnoredRoles]: 'BedrockAgents,Others',
          [ENV.leftToTracker]: 'InvokeModel,InvokeModelWithResponseStream',
          [ENV.writeShards]: '4',
          [ENV.traceTtlDays]: '7',
          [ENV.prices]: '{"m":{"input":1,"output":2}}',
          [ENV.ingestQueue]: { Ref: expect.stringMatching(/^IngestQueue/) as string },
        }),
      );
    }
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 300,
    });
    template.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: 2 });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 1 });
  });

  test('lists its functions, with the failures function first and the one that the first log group adds', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { eventBus: busIn(stack) });
    expect(ingest.functions).toEqual([ingest.failuresFunction, ingest.eventsFunction]);

    ingest.addLogGroup(logGroupIn(stack));
    ingest.addLogGroup(logGroupIn(stack, 'More'));

    expect(ingest.functions).toEqual([ingest.failuresFunction, ingest.eventsFunction, ingest.logsFunction]);
    expect(new Set(ingest.functions).size).toBe(3);
  });

  test('reads one more log group through the same function', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { logGroup: logGroupIn(stack) });
    ingest.addLogGroup(logs.LogGroup.fromLogGroupName(stack, 'More', '/bedrock/more'));

    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Logs::SubscriptionFilter', 2);
    template.resourceCountIs('AWS::Lambda::Function', 2);
  });

  test.each<[string, Partial<TokenUsageIngestProps>]>([
    ['namespace', { namespace: 'AWS/Mine' }],
    ['agents', { agents: [] }],
    ['agentsByRole', { agentsByRole: { 'arn:aws:iam::123456789012:role/Orders': 'orders' } }],
    ["agentsByRole['Orders']", { agentsByRole: { Orders: '' } }],
    ['ignoredRoles', { ignoredRoles: ['path/Role'] }],
    ['ignoredRoles', { ignoredRoles: ['a,b'] }],
    ['countedBy', { countedBy: { InvokeAgent: CountedBy.INGEST } }],
    ['reservedConcurrentExecutions', { reservedConcurrentExecutions: 0 }],
    ['retryAttempts', { retryAttempts: 3 }],
    ['maxEventAge', { maxEventAge: Duration.seconds(59) }],
    ['maxEventAge', { maxEventAge: Duration.hours(7) }],
    [
      'agentsByRole',
      {
        agentsByRole: Object.fromEntries(
          Array.from({ length: 100 }, (_, index) => [`Role${index}WithAName`, `agent-${index}-with-a-name`]),
        ),
      },
    ],
  ])('refuses an invalid %s', (prop, props) => {
    expect(() => ingestIn(newStack(), props)).toThrow(`[Stack/Ingest] \`${prop}\` must be `);
  });

  test('accepts tokens', () => {
    const stack = newStack();
    const role = new CfnParameter(stack, 'Role').valueAsString;
    ingestIn(stack, {
      logGroup: logGroupIn(stack),
      agentsByRole: { [role]: 'orders' },
      ignoredRoles: [role],
      namespace: role,
    });

    expect(environments(stack)[0][ENV.ingestRoles]).toEqual({
      'Fn::Join': ['', ['{"', { Ref: 'Role' }, '":"orders"}']],
    });
  });
});

describe('counting of an invocation that the tracker and the ingest see', () => {
  test('uses the stamp, and warns if countedBy does not contain InvokeModel', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { logGroup: logGroupIn(stack) });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());

    expect(ingest.trackerEnvironment()).toEqual({ [ENV.requestMetadata]: 'true' });
    ingest.trackerEnvironment();

    expect(Annotations.fromStack(stack).findWarning('/Stack/Ingest', WARNING)).toHaveLength(1);
  });

  test.each([
    [CountedBy.STAMP, {}],
    [CountedBy.INGEST, { [ENV.leftToIngest]: 'InvokeModel,InvokeModelWithResponseStream' }],
    [CountedBy.TRACKER, {}],
  ])('follows countedBy for InvokeModel, without a warning: %s', (counter, more) => {
    const stack = newStack();
    const ingest = ingestIn(stack, {
      logGroup: logGroupIn(stack),
      countedBy: { InvokeModel: counter, InvokeModelWithResponseStream: counter },
    });

    expect(ingest.trackerEnvironment()).toEqual({ [ENV.requestMetadata]: 'true', ...more });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('leaves counting to the tracker if no log is read', () => {
    const stack = newStack();

    expect(ingestIn(stack, { eventBus: busIn(stack) }).trackerEnvironment()).toEqual({});
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });
});

testWithNag('an ingest has no finding of cdk-nag AwsSolutions', () => {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  ingestIn(stack, { logGroup: logGroupIn(stack), eventBus: busIn(stack) });

  expect(new AwsSolutionsChecks(app).validateScope(app).violations).toEqual([]);
});
