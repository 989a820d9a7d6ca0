import { App, CfnParameter, Duration, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { newStack } from './support';
import {
  BudgetAlertLambda,
  BudgetWindow,
  DashboardSection,
  DetailLevel,
  MetricSink,
  TokenAnalytics,
  type TokenAnalyticsProps,
  TokenPricing,
  TokenTraceTable,
} from '../../src';
import { ENV } from '../../src/contract';

const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl';
const DASHBOARD = 'AWS::CloudWatch::Dashboard';
const ALARM = 'AWS::CloudWatch::Alarm';
const TABLE = 'AWS::DynamoDB::GlobalTable';
const FUNCTION = 'AWS::Lambda::Function';

const code = lambda.Code.fromInline('exports.handler = async () => {}');
function newFunction(stack: Stack, id = 'Agent', props: Partial<lambda.FunctionProps> = {}): lambda.Function {
  return new lambda.Function(stack, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code,
    ...props,
  });
}

function analyticsIn(stack: Stack, props: Partial<TokenAnalyticsProps> = {}): TokenAnalytics {
  return new TokenAnalytics(stack, 'TokenAnalytics', { dailyBudget: 10, ...props });
}

function environmentOf(stack: Stack, fn: lambda.Function): Record<string, unknown> {
  const functions = Template.fromStack(stack).findResources(FUNCTION) as Record<
    string,
    { Properties: { Environment?: { Variables: Record<string, unknown> } } }
  >;
  return (
    functions[stack.getLogicalId(fn.node.defaultChild as lambda.CfnFunction)].Properties.Environment
      ?.Variables ?? {}
  );
}

/** Returns the statements of all IAM policies in a stack. */
function statementsOf(stack: Stack): { Action: string | string[]; Resource: unknown; Condition?: unknown }[] {
  return Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).flatMap(
    policy =>
      (
        policy as {
          Properties: { PolicyDocument: { Statement: { Action: string | string[]; Resource: unknown }[] } };
        }
      ).Properties.PolicyDocument.Statement,
  );
}

describe('one prop', () => {
  test('creates a table, a dashboard, three alarms and a nightly rollup from one prop', () => {
    const stack = newStack();

    const analytics = analyticsIn(stack);

    const template = Template.fromStack(stack);
    for (const [type, count] of [
      [TABLE, 1],
      [DASHBOARD, 1],
      [ALARM, 3],
      [FUNCTION, 1],
      ['AWS::Events::Rule', 1],
    ] as const) {
      template.resourceCountIs(type, count);
    }
    expect(analytics.metrics.namespace).toBe('OPX/Analytics');
    expect(analytics.budgetAlert.enabled).toBe(false);
    expect(analytics.dashboard?.metrics.namespace).toBe('OPX/Analytics');
  });

  test('lets each part be switched off', () => {
    const stack = newStack();

    analyticsIn(stack, { traces: false, dashboard: false, alarms: false });

    expect(
      Object.keys((Template.fromStack(stack).toJSON() as { Resources?: object }).Resources ?? {}),
    ).toEqual([]);
  });

  test('writes the traces of two TokenAnalytics to one given table', () => {
    const stack = newStack();
    const traceTable = new TokenTraceTable(stack, 'Traces');

    analyticsIn(stack, { traceTable, nightlyRollup: false });
    new TokenAnalytics(stack, 'Second', { dailyBudget: 20, namespace: 'OPX/Analytics/dev', traceTable });

    const template = Template.fromStack(stack);
    template.resourceCountIs(TABLE, 1);
    template.resourceCountIs(DASHBOARD, 2);
    expect(
      new Set(
        Object.values(template.findResources(DASHBOARD)).map(
          ({ Properties }) => (Properties as { DashboardName: string }).DashboardName,
        ),
      ).size,
    ).toBe(2);
  });

  test('sends alarms to the topic, and budget messages with a link to the dashboard if the budget alert is enabled', () => {
    const stack = newStack();
    const notificationTopic = new sns.Topic(stack, 'Topic');

    analyticsIn(stack, {
      notificationTopic,
      budgetAlertOptions: { enabled: true, timeZone: 'Europe/Berlin' },
    });

    const template = Template.fromStack(stack);
    for (const { Properties } of Object.values(template.findResources(ALARM))) {
      expect((Properties as { AlarmActions: unknown[] }).AlarmActions).toHaveLength(1);
    }
    template.hasResourceProperties(FUNCTION, {
      Environment: {
        Variables: {
          [ENV.timeZone]: 'Europe/Berlin',
          [ENV.dailyBudget]: '10',
          [ENV.alertTopic]: Match.anyValue(),
          [ENV.dashboardName]: Match.anyValue(),
        },
      },
    });
  });

  test('alarms on the dead letters of an ingest, and makes instrumented functions stamp their invocations', () => {
    const stack = newStack();
    const analytics = analyticsIn(stack, { ingest: { logGroup: new logs.LogGroup(stack, 'InvocationLog') } });
    const fn = newFunction(stack);

    analytics.instrument(fn, { agentId: 'triage' });

    expect(environmentOf(stack, fn)).toEqual(expect.objectContaining({ [ENV.requestMetadata]: 'true' }));
    Template.fromStack(stack).hasResourceProperties(ALARM, { Namespace: 'AWS/SQS' });
  });
});

describe('instrument', () => {
  test('sets up the environment and rights of a function, only for its table', () => {
    const stack = newStack();
    const analytics = analyticsIn(stack, {
      nightlyRollup: false,
      agents: ['triage', 'scribe'],
      detailLevel: DetailLevel.STANDARD,
      pricing: new TokenPricing({ resolvableProfiles: [PROFILE] }),
    });
    const fn = newFunction(stack, 'Agent', { environment: { MINE: 'stays' } });

    analytics.instrument(fn, { agentId: 'triage' });

    const tableId = stack.getLogicalId(
      (analytics.traceTable as TokenTraceTable).table.node.defaultChild as never,
    );
    expect(environmentOf(stack, fn)).toEqual({
      MINE: 'stays',
      [ENV.agentId]: 'triage',
      [ENV.agents]: '["triage","scribe"]',
      [ENV.namespace]: 'OPX/Analytics',
      [ENV.detailLevel]: 'standard',
      [ENV.tableName]: { Ref: tableId },
      [ENV.writeShards]: '1',
      [ENV.traceTtlDays]: '90',
      [ENV.resolveProfiles]: PROFILE,
    });
    expect(statementsOf(stack)).toEqual([
      { Effect: 'Allow', Action: 'dynamodb:BatchWriteItem', Resource: { 'Fn::GetAtt': [tableId, 'Arn'] } },
      { Effect: 'Allow', Action: 'bedrock:GetInferenceProfile', Resource: PROFILE },
    ]);
  });

  test('grants PutMetricData only for the namespace, if it is the metric sink', () => {
    const stack = newStack();
    const analytics = analyticsIn(stack, {
      traces: false,
      metricSink: MetricSink.PUT_METRIC_DATA,
      namespace: 'Shop/dev',
    });
    const fn = newFunction(stack);

    analytics.instrument(fn, { agentId: 'triage' });

    expect(environmentOf(stack, fn)[ENV.sink]).toBe('putMetricData');
    expect(statementsOf(stack)).toEqual([
      {
        Effect: 'Allow',
        Action: 'cloudwatch:PutMetricData',
        Resource: '*',
        Condition: { StringEquals: { 'cloudwatch:namespace': 'Shop/dev' } },
      },
    ]);
  });

  test.each([
    ['its own agent alone, if no list is given', undefined, { agentId: 'triage' }, '["triage"]'],
    ['the agents of TokenAnalytics', ['triage', 'scribe'], { agentId: 'triage' }, '["triage","scribe"]'],
    [
      'its own agents instead of all agents of TokenAnalytics',
      ['triage', 'scribe', 'planner'],
      { agentId: 'triage', agents: ['scribe'] },
      '["triage","scribe"]',
    ],
    [
      'its own agents, if TokenAnalytics has no list',
      undefined,
      { agentId: 'triage', agents: ['triage', 'scribe', 'planner'] },
      '["triage","scribe","planner"]',
    ],
  ])('gives a program %s', (_, agents, options, list) => {
    const stack = newStack();
    const fn = newFunction(stack, 'Agent');

    analyticsIn(stack, { agents }).instrument(fn, options);

    Template.fromStack(stack).hasResourceProperties(FUNCTION, {
      Environment: { Variables: Match.objectLike({ [ENV.agents]: list }) },
    });
  });

  test.each([
    [
      { agentId: 'triage', agents: ['intruder'] },
      ['triage'],
      '[Stack/TokenAnalytics] `agents[0]` must be one of `agents` (triage), got: intruder. Add the agent to `agents`. ' +
        'Otherwise it is counted under Other.',
    ],
    [
      { agentId: 'triage', agents: Array.from({ length: 50 }, (_, index) => `agent-${index}`) },
      undefined,
      '[Stack/TokenAnalytics] `agents` must be at most 50 agents, got: 51 agents. The runtime counts further agents under ' +
        'Other: create another TokenAnalytics with its own namespace for them.',
    ],
    [
      { agentId: 'triage', agents: ['Other'] },
      undefined,
      '[Stack/TokenAnalytics] `agents` must be without Other, got: Other. All unlisted agents are counted under this name: ' +
        'rename the agent.',
    ],
  ])('refuses the agents of a program that cannot become dimension values', (options, agents, message) => {
    const stack = newStack();
    const analytics = analyticsIn(stack, { agents });

    expect(() => analytics.instrument(newFunction(stack, 'Agent'), options)).toThrow(message);
  });

  test('gives a program outside of Lambda the same environment and the right to put metrics', () => {
    const stack = newStack();
    const analytics = analyticsIn(stack, { nightlyRollup: false });
    const role = new iam.Role(stack, 'Task', {
      assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com'),
    });

    analytics.grant(role);

    expect(Object.keys(analytics.environment({ agentId: 'triage' })).sort()).toEqual(
      [ENV.agentId, ENV.agents, ENV.namespace, ENV.tableName, ENV.writeShards, ENV.traceTtlDays].sort(),
    );
    expect(statementsOf(stack).map(({ Action }) => Action)).toEqual([
      'dynamodb:BatchWriteItem',
      'cloudwatch:PutMetricData',
    ]);
  });

  test.each([
    ['WARN', 1],
    ['ERROR', 1],
    ['INFO', 0],
    [undefined, 0],
  ])('warns of the application log level %s, %d times', (level, wanted) => {
    const stack = newStack();
    const fn = newFunction(
      stack,
      'Agent',
      level === undefined
        ? {}
        : {
            loggingFormat: lambda.LoggingFormat.JSON,
            applicationLogLevelV2: level as lambda.ApplicationLogLevel,
          },
    );

    analyticsIn(stack).instrument(fn, { agentId: 'triage' });

    expect(
      Annotations.fromStack(stack).findWarning(
        '/Stack/Agent',
        Match.stringLikeRegexp(`level is ${level}.*logLevel`),
      ),
    ).toHaveLength(wanted);
  });

  test('fails synth for an environment of more than 4 KB, also if it grows after instrument', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const fn = newFunction(stack);
    analyticsIn(stack).instrument(fn, { agentId: 'triage' });
    fn.addEnvironment('LONG', 'x'.repeat(4000));

    expect(() => app.synth()).toThrow(
      /\[Stack\/Agent\] `environment` must be at most 4096 bytes of variables, got: \d+ bytes/,
    );
  });

  test('refuses functions that it cannot instrument, with a fix', () => {
    const stack = newStack();
    const analytics = analyticsIn(stack, { agents: ['triage'] });
    const fn = newFunction(stack);
    const imported = lambda.Function.fromFunctionArn(
      stack,
      'Imported',
      'arn:aws:lambda:us-east-1:123456789012:function:agent',
    );

    expect(() => analytics.instrument(imported, { agentId: 'triage' })).toThrow(
      /`fn` must be a function made in this app, got: Stack\/Imported.*environment\(\{ agentId \}\)/,
    );
    expect(() => analytics.instrument(fn.currentVersion, { agentId: 'triage' })).toThrow(
      /instrument the function itself/,
    );
    expect(() => analytics.instrument(fn, { agentId: 'scribe' })).toThrow(
      /`agentId` must be one of `agents` \(triage\), got: scribe/,
    );
    expect(() => analytics.instrument(fn, { agentId: 'tri"age' })).toThrow(
      /`agentId` must be printable ASCII/,
    );
    analytics.instrument(fn, { agentId: 'triage' });
    expect(() => analytics.instrument(fn, { agentId: 'triage' })).toThrow(/`fn` must be instrumented once/);
  });

  test('instruments functions in other stacks of the region, and refuses another region', () => {
    const app = new App();
    const env = { region: 'us-east-1', account: '123456789012' };
    const analytics = analyticsIn(new Stack(app, 'Analytics', { env }));
    const near = newFunction(new Stack(app, 'Near', { env }));
    const far = newFunction(new Stack(app, 'Far', { env: { ...env, region: 'eu-central-1' } }));

    analytics.instrument(near, { agentId: 'triage' });

    expect(() => analytics.instrument(far, { agentId: 'scribe' })).toThrow(
      /`fn` must be in the region of the stack \(us-east-1\), got: Far\/Agent in eu-central-1/,
    );
    expect(environmentOf(Stack.of(near), near)[ENV.tableName]).toEqual(expect.anything());
  });
});

describe('props', () => {
  test.each<[Partial<TokenAnalyticsProps>, RegExp]>([
    [{ dailyBudget: undefined }, /`dailyBudget` must be given/],
    [{ dailyBudget: 0 }, /`dailyBudget` must be a finite number/],
    [{ monthlyBudget: NaN }, /`monthlyBudget`/],
    [{ namespace: 'AWS/Mine' }, /`namespace`/],
    [{ agents: [] }, /`agents`/],
    [{ models: [''] }, /`models\[0\]`/],
    [{ callsPerMonth: -1 }, /^\[Stack\/TokenAnalytics\] `callsPerMonth` must be a whole number from 0/],
    [
      { dashboard: false, dashboardOptions: {} },
      /`dashboardOptions` must be omitted if `dashboard` is false/,
    ],
    [{ traces: false, traceTableOptions: {} }, /`traceTableOptions` must be omitted if `traces` is false/],
    [{ traces: false, ingest: {} }, /`ingest` must be omitted if `traces` is false/],
    [
      { alarmsOptions: { window: BudgetWindow.dayToDate() } },
      /`alarmsOptions.window` must be another window if the budget alert function is not enabled/,
    ],
  ])('refuses the props %j', (props, message) => {
    expect(() => analyticsIn(newStack(), props)).toThrow(message);
  });

  test('fails synth for another dimension anywhere in the app, unless the check is switched off', () => {
    const synthWith = (dimensionCheck?: boolean) => {
      const app = new App();
      const stack = new Stack(app, 'Stack');
      const analytics = analyticsIn(stack, { dimensionCheck });
      new logs.MetricFilter(stack, 'Filter', {
        logGroup: new logs.LogGroup(stack, 'Log'),
        filterPattern: logs.FilterPattern.exists('$.cost'),
        metricNamespace: analytics.metrics.namespace,
        metricName: 'TotalCost',
        metricValue: '$.cost',
        dimensions: { IncidentId: '$.incident' },
      });
      return app.synth();
    };

    expect(() => synthWith()).toThrow(/names dimension 'IncidentId' of metric 'TotalCost'/);
    expect(() => synthWith(false)).not.toThrow();
  });

  test('passes on a budget that is known only at deployment', () => {
    const stack = newStack();

    expect(() => analyticsIn(stack, { dailyBudget: Token.asNumber({ Ref: 'Budget' }) })).not.toThrow();
  });

  test('shows its own monthly cost as an annotation', () => {
    const stack = newStack();
    const analytics = analyticsIn(stack, {
      agents: ['a', 'b', 'c', 'd', 'e'],
      models: ['m', 'n'],
      callsPerMonth: 1_000_000,
    });

    const { usd, lines } = analytics.estimatedMonthlyCost;

    // Expected cost of custom metrics: 5 names × (10 pairs of agent and model + 1 total) × $0.30 = $16.50.
    expect(lines.find(({ unit }) => unit === 'metric')?.usd).toBeCloseTo(16.5);
    expect(usd).toBeCloseTo(
      lines.reduce((sum, line) => sum + line.usd, 0),
      6,
    );
    expect(usd).toBeGreaterThan(20);
    expect(
      Annotations.fromStack(stack).findInfo(
        '/Stack/TokenAnalytics',
        Match.stringLikeRegexp('About .* USD a month|About \\$'),
      ),
    ).toHaveLength(1);
  });
});

describe('the estimate', () => {
  test('states in the estimate that it assumes one agent and one model, and the cost for 10 agents and 3 models', () => {
    const alone = analyticsIn(newStack()).estimatedMonthlyCost.toString();
    const many = analyticsIn(newStack(), {
      agents: Array.from({ length: 10 }, (_, index) => `agent-${index}`),
      models: ['m', 'n', 'o'],
    }).estimatedMonthlyCost;

    expect(alone).toMatch(/^About 6\.41 USD a month for 1 agent and 1 model, by list prices of us-east-1/);
    expect(alone).toMatch(
      /`agents` and `models` not given: one agent and one model assumed\. .* for 10 agents and 3 models the sum is 49\.91 USD\.$/m,
    );
    expect(alone).toMatch(/`callsPerMonth` is not given/);
    expect(many.usd.toFixed(2)).toBe('49.91');
    expect(many.toString()).toMatch(/^About 49\.91 USD a month for 10 agents and 3 models/);
    expect(many.toString()).not.toMatch(/assumed/);
  });

  test('includes the two gauges of an enabled budget alert', () => {
    const metricsOf = (props: Partial<TokenAnalyticsProps>) =>
      analyticsIn(newStack(), props).estimatedMonthlyCost.lines.find(({ name }) => name === 'Custom metrics')
        ?.quantity ?? 0;

    expect(metricsOf({ budgetAlertOptions: { enabled: true } }) - metricsOf({})).toBe(2);
  });

  test('states only the assumption for the list that is not given', () => {
    const { assumptions } = analyticsIn(newStack(), {
      agents: ['a', 'b'],
      callsPerMonth: 1,
    }).estimatedMonthlyCost;

    expect(assumptions).toEqual([
      expect.stringMatching(
        /^`models` not given: one model assumed\. .* for 2 agents and 3 models the sum is \d+\.\d\d USD\.$/,
      ),
    ]);
  });
});

describe('values that are known only at deployment', () => {
  test('accepts namespace, agents, models, budgets and the agent of a function that are known only at deployment', () => {
    const stack = newStack();
    const text = (id: string) => new CfnParameter(stack, id, { type: 'String' }).valueAsString;
    const list = (id: string) => new CfnParameter(stack, id, { type: 'CommaDelimitedList' }).valueAsList;
    const number = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
    const analytics = analyticsIn(stack, {
      dailyBudget: number('Daily'),
      callsPerMonth: number('Calls'),
      traceTableOptions: { traceTtl: Duration.days(number('Ttl')), writeShards: number('Shards') },
      monthlyBudget: number('Monthly'),
      namespace: text('Namespace'),
      agents: list('Agents'),
      models: list('Models'),
      budgetAlertOptions: { enabled: true },
    });
    const fn = newFunction(stack);
    analytics.instrument(fn, { agentId: text('AgentId') });

    expect(environmentOf(stack, fn)).toMatchObject({
      [ENV.agentId]: { Ref: 'AgentId' },
      [ENV.agents]: {
        'Fn::Join': ['', ['["', { Ref: 'AgentId' }, '","', { 'Fn::Join': ['","', { Ref: 'Agents' }] }, '"]']],
      },
    });
  });

  test('a list of agents that is known only at deployment also has the agent of the function', () => {
    const stack = newStack();
    const agents = new CfnParameter(stack, 'Agents', { type: 'CommaDelimitedList' }).valueAsList;

    const list = analyticsIn(stack).environment({ agentId: 'triage', agents })[ENV.agents];
    expect(stack.resolve(list)).toEqual({
      'Fn::Join': ['', ['["triage","', { 'Fn::Join': ['","', { Ref: 'Agents' }] }, '"]']],
    });
  });

  test('a list of agents of a program can be known only at deployment, if TokenAnalytics has a list', () => {
    const stack = newStack();
    const agents = new CfnParameter(stack, 'Agents', { type: 'CommaDelimitedList' }).valueAsList;

    const list = analyticsIn(stack, { agents: ['triage'] }).environment({ agentId: 'triage', agents })[
      ENV.agents
    ];
    expect(stack.resolve(list)).toEqual({
      'Fn::Join': ['', ['["triage","', { 'Fn::Join': ['","', { Ref: 'Agents' }] }, '"]']],
    });
  });

  test('a listed agent that looks like a generated id causes no warning', () => {
    const stack = newStack();
    analyticsIn(stack).environment({ agentId: 'session-20261129', agents: ['session-20261129', 'planner'] });

    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('accepts an agent that is known only at deployment in addition to listed agents', () => {
    const stack = newStack();
    const agentId = new CfnParameter(stack, 'AgentId', { type: 'String' }).valueAsString;

    const list = analyticsIn(stack, { agents: ['triage'] }).environment({ agentId })[ENV.agents];
    expect(stack.resolve(list)).toEqual({ 'Fn::Join': ['', ['["', { Ref: 'AgentId' }, '","triage"]']] });
  });
});

describe('encryptionKey', () => {
  test('encrypts the table, and logs, queues and environments of the functions', () => {
    const stack = new Stack(new App(), 'Stack', { env: { region: 'us-east-1', account: '123456789012' } });
    analyticsIn(stack, {
      encryptionKey: new kms.Key(stack, 'Key'),
      budgetAlertOptions: { enabled: true },
      ingest: { eventBus: new events.EventBus(stack, 'Bus') },
    });

    const template = Template.fromStack(stack);
    const key = { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] };
    const all = (type: string, Properties: object) => template.allResourcesProperties(type, Properties);
    all('AWS::Logs::LogGroup', { KmsKeyId: key });
    all('AWS::SQS::Queue', { KmsMasterKeyId: key });
    all(FUNCTION, { KmsKeyArn: key });
    all(TABLE, { SSESpecification: Match.objectLike({ SSEEnabled: true, SSEType: 'KMS' }) });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Principal: { Service: 'logs.us-east-1.amazonaws.com' },
            Condition: {
              ArnLike: {
                'kms:EncryptionContext:aws:logs:arn': {
                  'Fn::Join': [
                    '',
                    ['arn:', { Ref: 'AWS::Partition' }, ':logs:us-east-1:123456789012:log-group:*'],
                  ],
                },
              },
            },
          }),
        ]),
      },
    });
    expect(template.findResources(FUNCTION)).not.toEqual({});
  });

  test('keeps the separate key of a part, such as the trace table', () => {
    const stack = new Stack(new App(), 'Stack', { env: { region: 'us-east-1', account: '123456789012' } });
    analyticsIn(stack, {
      encryptionKey: new kms.Key(stack, 'Key'),
      traceTableOptions: { encryption: dynamodb.TableEncryptionV2.dynamoOwnedKey() },
      budgetAlertOptions: { enabled: true, encryptionKey: new kms.Key(stack, 'AlertKey') },
    });

    const template = Template.fromStack(stack);
    template.hasResourceProperties(TABLE, { SSESpecification: { SSEEnabled: false } });
    template.resourcePropertiesCountIs(
      FUNCTION,
      { KmsKeyArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^AlertKey'), 'Arn'] } },
      1,
    );
  });
});

describe('instrument', () => {
  test('finds the resource of a singleton function by any path', () => {
    const stack = newStack();
    const analytics = analyticsIn(stack);
    const singleton = (id: string) =>
      new lambda.SingletonFunction(stack, id, {
        uuid: 'f0c9a3d2-2b0e-4e0c-9d2c-0a8b1a9a7b11',
        runtime: lambda.Runtime.NODEJS_24_X,
        handler: 'index.handler',
        code,
      });

    analytics.instrument(singleton('One'), { agentId: 'triage' });

    expect(() => analytics.instrument(singleton('Two'), { agentId: 'scribe' })).toThrow(
      /`fn` must be instrumented once, got: Stack\/Two, instrumented by Stack\/TokenAnalytics for the agent triage/,
    );
  });

  test.each<[string, unknown, unknown, RegExp]>([
    ['nothing', undefined, { agentId: 'a' }, /`fn` must be given, got: undefined/],
    ['a text', 'arn:aws:lambda', { agentId: 'a' }, /`fn` must be a Lambda function, got: 'arn:aws:lambda'/],
  ])('refuses %s in place of a function', (_, fn, options, message) => {
    expect(() => analyticsIn(newStack()).instrument(fn as never, options as never)).toThrow(message);
  });

  test.each<[unknown, RegExp]>([
    [undefined, /`options` must be given/],
    [{}, /`agentId` must be given/],
    [{ agentId: 5 }, /`agentId` must be a string, got: 5/],
  ])('instrument refuses the options %j', (options, message) => {
    const stack = newStack();

    expect(() => analyticsIn(stack).instrument(newFunction(stack), options as never)).toThrow(message);
  });
});

describe('overrides that the app makes after `instrument`', () => {
  test.each<[string, (resource: lambda.CfnFunction) => void, RegExp]>([
    [
      'a variable',
      resource => resource.addPropertyOverride(`Environment.Variables.${ENV.namespace}`, 'Mine'),
      /a function that does not set TOKEN_ANALYTICS_NAMESPACE itself/,
    ],
    [
      'the runtime',
      resource => resource.addPropertyOverride('Runtime', 'python3.13'),
      /`fn` must be a function with Node\.js 20 or later, got: Stack\/Agent with python3\.13/,
    ],
  ])('checks an override at synth: %s', (_, override, message) => {
    const stack = newStack();
    const fn = newFunction(stack);
    analyticsIn(stack).instrument(fn, { agentId: 'triage' });
    override(fn.node.defaultChild as lambda.CfnFunction);

    expect(() => Template.fromStack(stack)).toThrow(message);
  });

  test('adds a warning at synth for a log level that an override sets', () => {
    const stack = newStack();
    const fn = newFunction(stack);
    analyticsIn(stack).instrument(fn, { agentId: 'triage' });
    (fn.node.defaultChild as lambda.CfnFunction).loggingConfig = { applicationLogLevel: 'ERROR' };

    expect(
      Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('application log level is ERROR')),
    ).toHaveLength(1);
  });
});

test('accepts a budget alert function that is passed to the window', () => {
  const stack = newStack();
  const alert = new BudgetAlertLambda(stack, 'Alert', { enabled: true });

  expect(() =>
    analyticsIn(stack, { alarmsOptions: { window: BudgetWindow.dayToDate(alert) } }),
  ).not.toThrow();
});

test.each([
  ['POWERTOOLS_LOG_LEVEL', 'DEBUG', 'INFO', 1],
  ['POWERTOOLS_LOG_LEVEL', 'DEBUG', 'DEBUG', 0],
  [ENV.logCalls, 'true', 'INFO', 0],
  [ENV.logCalls, 'true', 'WARN', 1],
])(
  'with %s=%s and the log level %s, the incidents section causes %d warnings',
  (name, value, level, count) => {
    const stack = newStack();
    const logGroup = new logs.LogGroup(stack, 'Log');
    const fn = newFunction(stack, 'Agent', {
      logGroup,
      environment: { [name]: value },
      loggingFormat: lambda.LoggingFormat.JSON,
      applicationLogLevelV2: level as lambda.ApplicationLogLevel,
    });
    analyticsIn(stack, {
      dashboardOptions: { sections: [DashboardSection.incidents({ logGroups: [logGroup] })] },
    }).instrument(fn, { agentId: 'triage' });

    expect(
      Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('incidentsWithoutDebug')),
    ).toHaveLength(count);
  },
);

test('warns of a FIFO topic for alarms, and refuses it for an enabled budget alert', () => {
  const stack = newStack();
  const notificationTopic = new sns.Topic(stack, 'Topic', { fifo: true });
  new TokenAnalytics(stack, 'Quiet', { dailyBudget: 10, notificationTopic });

  Annotations.fromStack(stack).hasWarning('/Stack/Quiet/Alarms', Match.stringLikeRegexp('fifoTopic'));
  expect(
    () =>
      new TokenAnalytics(stack, 'Loud', {
        dailyBudget: 10,
        notificationTopic,
        budgetAlertOptions: { enabled: true },
      }),
  ).toThrow('[Stack/Loud/BudgetAlert] `notificationTopic` must be ');
});
