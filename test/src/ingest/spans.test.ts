import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { busIn, ingestIn, logGroupIn } from './support';
import { readSpanLine, readSpanRules } from '../../../lambda/ingest/spans/read-span';
import {
  BedrockInvocationLogging,
  CallerIdentity,
  CountedBy,
  SpanMaker,
  TokenAnalytics,
  TokenPricing,
  TokenTraceTable,
  type TokenUsageIngest,
  type TokenUsageIngestProps,
} from '../../../src';
import { CALLERS, ENV, SPAN_MAKERS } from '../../../src/contract';
import { SPAN_FILTER } from '../../../src/ingest/span-filter';
import { REPOSITORY } from '../../support/run';
import { CONTENT_NAMES } from '../../support/span-content';
import { newStack } from '../support';

/** Maximum length of a filter pattern (CloudWatch Logs API Reference, PutSubscriptionFilter). */
const MAX_PATTERN_LENGTH = 1024;
const SAMPLES = path.join(REPOSITORY, 'test', 'fixtures', 'spans');
const RUNTIME = '/aws/bedrock-agentcore/runtimes/orders-AbCdEfGhIj-DEFAULT';
const STAMPED = {
  countedBy: { InvokeModel: CountedBy.STAMP, InvokeModelWithResponseStream: CountedBy.STAMP },
};

const byName = (stack: Stack, name: string) =>
  logs.LogGroup.fromLogGroupName(stack, `Name${stack.node.children.length}`, name);
const synth = (stack: Stack) => (stack.node.root as App).synth();
const ref = (start: string) => ({ Ref: expect.stringMatching(`^${start}`) as string });

/** Returns the environment of each function by the name of its part of the ingest, such as `Spans`. */
function environments(stack: Stack): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  return Object.fromEntries(
    Object.entries(Template.fromStack(stack).findResources('AWS::Lambda::Function')).map(
      ([id, { Properties }]) => [
        id.replace(/^Ingest(\w+)Function.*$/, '$1'),
        (Properties as { Environment: { Variables: Record<string, unknown> } }).Environment.Variables,
      ],
    ),
  );
}

describe('the log groups of spans', () => {
  test('the spans of aws/spans are read by default, by a filter for model calls', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { spans: {} });

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Logs::SubscriptionFilter', {
      FilterPattern: SPAN_FILTER.logPatternString,
      LogGroupName: 'aws/spans',
      DestinationArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IngestSpansFunction'), 'Arn'] },
    });
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'logs.amazonaws.com',
      Action: 'lambda:InvokeFunction',
      SourceArn: { 'Fn::Join': ['', Match.arrayWith([':log-group:aws/spans:*'])] },
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: 'ingest-spans.handler',
      TracingConfig: Match.absent(),
      Timeout: 120,
      MemorySize: 1024,
      ReservedConcurrentExecutions: 5,
    });
    // X-Ray creates the log group `aws/spans`, so the stack has only the log groups of its functions.
    template.resourceCountIs('AWS::Logs::LogGroup', 2);
    expect(ingest.functions).toEqual([ingest.failuresFunction, ingest.spansFunction]);
    expect(ingest.logsFunction).toBeUndefined();
  });

  test('the spans of the given log groups are read by one function, and aws/spans is not read', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { spans: { logGroups: [byName(stack, RUNTIME)] } });
    ingest.addSpansLogGroup(byName(stack, `${RUNTIME}-2`));

    const filters = Template.fromStack(stack).findResources('AWS::Logs::SubscriptionFilter');
    expect(
      Object.values(filters).map(({ Properties }) => (Properties as { LogGroupName: string }).LogGroupName),
    ).toEqual([RUNTIME, `${RUNTIME}-2`]);
    expect(Object.keys(environments(stack)).sort()).toEqual(['Failures', 'Spans']);
  });

  test('a log group of spans can be added to an ingest without the option `spans`', () => {
    const stack = newStack();
    const ingest = ingestIn(stack);
    expect([ingest.spansFunction, ingest.waitingQueue]).toEqual([undefined, undefined]);

    ingest.addSpansLogGroup(byName(stack, RUNTIME));

    expect(environments(stack).Failures).toMatchObject({
      [ENV.claimCalls]: 'true',
      [ENV.ingestWaitingQueue]: ref('IngestWaiting'),
    });
    expect(() => synth(stack)).not.toThrow();
  });

  test('an empty list of log groups is refused at synth if none is added', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { eventBus: busIn(stack), spans: { logGroups: [] } });

    expect(() => synth(stack)).toThrow(
      '[Stack/Ingest] `spans.logGroups` must be a list of at least one log group, or one must be added by ' +
        '`addSpansLogGroup`, got: []. Remove the list to read aws/spans, or remove `spans`.',
    );
    ingest.addSpansLogGroup(byName(stack, RUNTIME));
    expect(() => synth(stack)).not.toThrow();
  });

  test('a log group of spans is refused if it is already read, also as the invocation log', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { logGroup: byName(stack, '/calls'), spans: {} });

    for (const name of ['aws/spans', '/calls']) {
      const again = byName(stack, name);
      expect(() => ingest.addSpansLogGroup(again)).toThrow(
        `[Stack/Ingest] \`logGroup\` must be added once, got: ${again.node.path}. `,
      );
    }
    expect(() =>
      ingestIn(stack, { spans: { logGroups: [byName(stack, 'a'), byName(stack, 'a')] } }, 'Two'),
    ).toThrow('[Stack/Two] `spans.logGroups[1]` must be added once, got: Stack/');
  });

  test('a log group of spans is refused if a function of the ingest writes to it', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { spans: {} });

    for (const id of ['Spans', 'Failures']) {
      const own = ingest.node.findChild(id).node.findChild('Logs') as logs.LogGroup;
      expect(() => ingest.addSpansLogGroup(byName(stack, own.logGroupName))).toThrow(
        'must be a log group of OpenTelemetry spans, got: ',
      );
    }
  });

  test('a log group of spans is refused if it is in another region, has a wildcard, or is of another class', () => {
    const env = { account: '111111111111', region: 'us-east-1' };
    const make = (logGroup: (stack: Stack) => logs.ILogGroup) => {
      const stack = newStack({ env });
      return () => ingestIn(stack, { spans: { logGroups: [logGroup(stack)] } });
    };
    const arn = 'arn:aws:logs:eu-west-1:111111111111:log-group:aws/spans';

    expect(make(stack => logs.LogGroup.fromLogGroupArn(stack, 'Far', arn))).toThrow(
      '[Stack/Ingest] `spans.logGroups[0]` must be in the region of the stack (us-east-1), got: ',
    );
    expect(make(stack => byName(stack, 'aws/*'))).toThrow(
      '[Stack/Ingest] `spans.logGroups[0]` must be a log group whose name has',
    );
    expect(
      make(
        stack => new logs.LogGroup(stack, 'Rare', { logGroupClass: logs.LogGroupClass.INFREQUENT_ACCESS }),
      ),
    ).toThrow('and a class cannot be changed: create another log group for the spans.');
  });

  test('a third subscription filter of the app on a log group is refused at synth, with all three paths', () => {
    const make = (third: string) => {
      const stack = newStack();
      const filter = (id: string, logGroupName: string) =>
        new logs.CfnSubscriptionFilter(stack, id, { logGroupName, filterPattern: '', destinationArn: 'arn' });
      filter('First', 'aws/spans');
      ingestIn(stack, { spans: {} });
      filter('Third', third);
      return () => synth(stack);
    };

    expect(make('aws/other')).not.toThrow();
    expect(make('aws/spans')).toThrow(
      /\[Stack\/Ingest\] `spans\.logGroups\[0\]` must be a log group with at most 2 subscription filters, got: 3 of aws\/spans: Stack\/First, Stack\/Ingest\/Subscription\w+\/Resource, Stack\/Third\. CloudWatch Logs refuses more: remove one of them, or use one ingest for all programs of the account and region\. /,
    );
  });

  test.each<[string, { account: string; region: string }[] | undefined, boolean]>([
    ['the account and region of the stacks are unknown', undefined, false],
    [
      'the stacks are in different regions',
      ['us-east-1', 'eu-west-1', 'eu-central-1'].map(region => ({ account: '111111111111', region })),
      false,
    ],
    [
      'the stacks are in one account and region',
      [1, 2, 3].map(() => ({ account: '111111111111', region: 'us-east-1' })),
      true,
    ],
  ])(
    'filters of three stacks for aws/spans are counted together only if they are in one place: %s',
    (_, envs, isRefused) => {
      const app = new App();
      for (const index of [0, 1, 2]) {
        ingestIn(new Stack(app, `S${index}`, { env: envs?.[index] }), { spans: {} });
      }

      if (isRefused) expect(() => app.synth()).toThrow('got: 3 of aws/spans: S0/Ingest/Subscription');
      else expect(() => app.synth()).not.toThrow();
    },
  );

  test('filters of several stacks for one log group of the app are counted together, also without a known region', () => {
    const app = new App();
    const group = new logs.LogGroup(new Stack(app, 'Logs'), 'Spans');
    for (const id of ['A', 'B', 'C']) ingestIn(new Stack(app, id), { spans: { logGroups: [group] } });

    expect(() => app.synth()).toThrow('must be a log group with at most 2 subscription filters, got: 3 of ');
  });

  test('the log group /aws/spans is refused, because the name of the log group of X-Ray has no slash', () => {
    const stack = newStack();

    expect(() => ingestIn(stack, { spans: { logGroups: [byName(stack, '/aws/spans')] } })).toThrow(
      '[Stack/Ingest] `spans.logGroups[0]` must be aws/spans, without a slash at the start, got: /aws/spans. ',
    );
  });

  test.each<[string, (stack: Stack, logging: BedrockInvocationLogging) => logs.ILogGroup]>([
    ['as it is', (_, { logGroup }) => logGroup],
    ['imported by its name', (stack, { logGroup }) => byName(stack, logGroup.logGroupName)],
  ])('the log group of the invocation log is refused as a log group of spans: %s', (_, logGroup) => {
    const stack = newStack();
    const logging = new BedrockInvocationLogging(stack, 'Logging');
    ingestIn(stack, { spans: { logGroups: [logGroup(stack, logging)] } });

    expect(() => synth(stack)).toThrow(
      /\[Stack\/Ingest\] `spans\.logGroups\[0\]` must be a log group of OpenTelemetry spans, got: .+\. Bedrock writes its invocation log to it, by Stack\/Logging: pass it as `logGroup` of the ingest\./,
    );
  });

  test('a log group of spans is accepted beside an invocation log in another log group', () => {
    const stack = newStack();
    new BedrockInvocationLogging(stack, 'Logging');
    ingestIn(stack, { spans: {} });

    expect(() => synth(stack)).not.toThrow();
  });

  test('a third subscription filter of the app is refused on the invocation log, too', () => {
    const stack = newStack();
    const logGroup = logGroupIn(stack);
    ingestIn(stack, { logGroup });
    for (const id of ['First', 'Second']) {
      new logs.CfnSubscriptionFilter(stack, id, {
        logGroupName: logGroup.logGroupName,
        filterPattern: '',
        destinationArn: 'arn',
      });
    }

    expect(() => synth(stack)).toThrow(
      '[Stack/Ingest] `logGroup` must be a log group with at most 2 subscription filters, got: ',
    );
  });
});

describe('the filter pattern of spans', () => {
  const pattern = SPAN_FILTER.logPatternString;
  const terms = [...pattern.matchAll(/\(\$\.attributes\.\['([\w.]+)'\] = "([\w.*]+)"\)/g)];

  test('the filter pattern of spans consists only of comparisons of attributes with texts', () => {
    expect(pattern).toBe(`{ ${terms.map(([term]) => term).join(' || ')} }`);
    expect(pattern.length).toBeLessThanOrEqual(MAX_PATTERN_LENGTH);
  });

  test.each(readdirSync(SAMPLES).filter(file => /^\d\d-.*\.json$/.test(file)))(
    'the filter pattern of spans passes the sample %s if and only if its reader reads a call from it',
    file => {
      const message = readFileSync(path.join(SAMPLES, file), 'utf8');
      const { attributes } = JSON.parse(message) as { attributes: Record<string, unknown> };

      expect(passes(attributes)).toBe(readSpanLine({ message }, readSpanRules({})).kind === 'span');
    },
  );

  /** Evaluates the pattern for the attributes of a span, with `*` as the only wildcard. */
  const passes = (attributes: Readonly<Record<string, unknown>>) =>
    terms.some(([, name, value]) => {
      const text = attributes[name];
      if (typeof text !== 'string') return false;
      return value.startsWith('*') ? text.endsWith(value.slice(1)) : text === value;
    });

  test.each([
    ['gen_ai.operation.name', 'chat'],
    ['gen_ai.operation.name', 'text_completion'],
    ['gen_ai.operation.name', 'generate_content'],
    ['gen_ai.operation.name', 'embeddings'],
    ['openinference.span.kind', 'LLM'],
    ['openinference.span.kind', 'EMBEDDING'],
    ['ai.operationId', 'ai.generateText.doGenerate'],
    ['ai.operationId', 'ai.streamObject.doStream'],
    ['ai.operationId', 'ai.embedMany.doEmbed'],
    ['llm.request.type', 'chat'],
    ['llm.request.type', 'completion'],
    ['llm.request.type', 'embedding'],
  ])('the filter pattern of spans passes a model call with %s = %s, also without usage', (name, value) => {
    expect(passes({ [name]: value })).toBe(true);
  });

  test.each([
    ['gen_ai.operation.name', 'invoke_agent'],
    ['gen_ai.operation.name', 'execute_tool'],
    ['openinference.span.kind', 'AGENT'],
    ['ai.operationId', 'ai.streamText'],
    ['gen_ai.usage.input_tokens', 30_250],
  ])('the filter pattern of spans does not pass another span with %s = %s', (name, value) => {
    expect(passes({ [name]: value })).toBe(false);
  });
});

describe('the queue of waiting spans', () => {
  test('the queue of waiting spans delays messages by two minutes, and Lambda reads it in batches', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { spans: {} });

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::SQS::Queue', {
      DelaySeconds: 120,
      // Six times the timeout of the function, and the batching window.
      VisibilityTimeout: 6 * 120 + 20,
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
      RedrivePolicy: {
        deadLetterTargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IngestUnhandled'), 'Arn'] },
        maxReceiveCount: 5,
      },
      RedriveAllowPolicy: { redrivePermission: 'denyAll' },
    });
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      Queues: [{ Ref: Match.stringLikeRegexp('^IngestWaiting') }],
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ],
      },
    });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IngestWaiting'), 'Arn'] },
      FunctionName: { Ref: Match.stringLikeRegexp('^IngestSpansFunction') },
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 20,
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    expect(ingest.queues).toEqual([ingest.queue, expect.anything()]);
    expect(ingest.queues).not.toContain(ingest.waitingQueue);
  });

  test('the roles of Spans and Failures have only the rights to use the queue of waiting spans', () => {
    const stack = newStack();
    ingestIn(stack, { logGroup: logGroupIn(stack), eventBus: busIn(stack), spans: {} });

    const rights = Object.entries(Template.fromStack(stack).findResources('AWS::IAM::Policy')).map(
      ([id, { Properties }]) => {
        const { Statement: statements } = (
          Properties as {
            PolicyDocument: {
              Statement: { Action: string | string[]; Resource: { 'Fn::GetAtt'?: string[] } }[];
            };
          }
        ).PolicyDocument;
        return [
          id.replace(/^Ingest(\w+?)Role.*$/, '$1'),
          statements
            .filter(({ Resource }) => Resource['Fn::GetAtt']?.[0].startsWith('IngestWaiting'))
            .flatMap(({ Action }) => Action)
            .sort(),
        ];
      },
    );
    expect(Object.fromEntries(rights)).toEqual({
      Spans: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:SendMessage'],
      Failures: ['sqs:SendMessage'],
      Records: [],
      Events: [],
    });
  });

  test('a key encrypts the queue of waiting spans and the function that reads it', () => {
    const stack = newStack();
    const encryptionKey = new kms.Key(stack, 'Key');
    ingestIn(stack, { spans: {}, encryptionKey });
    const arn = stack.resolve(encryptionKey.keyArn) as unknown;

    const template = Template.fromStack(stack);
    template.resourcePropertiesCountIs('AWS::SQS::Queue', { KmsMasterKeyId: arn }, 3);
    template.resourcePropertiesCountIs('AWS::Lambda::Function', { KmsKeyArn: arn }, 2);
  });

  test('a batch of spans that fails is sent to the failures function', () => {
    const stack = newStack();
    ingestIn(stack, { spans: {} });

    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: Match.stringLikeRegexp('^IngestSpansFunction') },
      MaximumRetryAttempts: 2,
      DestinationConfig: {
        OnFailure: {
          Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IngestFailuresFunction'), 'Arn'] },
        },
      },
    });
  });
});

describe('the concurrency of the function that records spans', () => {
  test.each([
    [undefined, 5, 5],
    [1, 3, 1],
    [2, 3, 2],
    [3, 3, 3],
    [40, 40, 40],
  ])(
    'with %s reserved executions, the function of spans has %s, and the function of the log has %s',
    (reservedConcurrentExecutions, ofSpans, ofLog) => {
      const stack = newStack();
      ingestIn(stack, { spans: {}, logGroup: logGroupIn(stack), reservedConcurrentExecutions });

      const template = Template.fromStack(stack);
      for (const [handler, executions] of [
        ['ingest-spans', ofSpans],
        ['ingest-logs', ofLog],
        ['ingest-failures', 1],
      ]) {
        template.hasResourceProperties('AWS::Lambda::Function', {
          Handler: `${handler}.handler`,
          ReservedConcurrentExecutions: executions,
        });
      }
    },
  );
});

describe('two ingests of one trace table', () => {
  test.each<[string, (stack: Stack) => Partial<TokenUsageIngestProps>]>([
    ['the log', stack => ({ logGroup: logGroupIn(stack) })],
    ['events', stack => ({ eventBus: busIn(stack) })],
    ['other spans', stack => ({ spans: { logGroups: [byName(stack, RUNTIME)] } })],
  ])('an ingest of spans and an ingest of %s are refused', (_, more) => {
    const stack = newStack();
    const traceTable = new TokenTraceTable(stack, 'Traces');
    ingestIn(stack, { spans: {}, traceTable });
    ingestIn(stack, { ...more(stack), traceTable }, 'Two');

    expect(() => synth(stack)).toThrow(
      '[Stack/Two] `traceTable` must be a table with one ingest if spans are read, got: Stack/Traces, which is also ' +
        'the table of Stack/Ingest. Two ingests do not know the sources of each other, so they would count calls ' +
        'twice: use one ingest for all sources of the table.',
    );
  });

  test.each<[string, (stack: Stack) => TokenUsageIngestProps['traceTable'], boolean]>([
    ['in the same stack', stack => TokenTraceTable.fromTableName(stack, 'Again', 'traces'), true],
    ['with another name', stack => TokenTraceTable.fromTableName(stack, 'Again', 'others'), false],
    ['of its own', stack => new TokenTraceTable(stack, 'Own'), false],
  ])(
    'a second ingest with a table that is imported by name is compared by the name: %s',
    (_, again, isRefused) => {
      const stack = newStack();
      ingestIn(stack, {
        spans: {},
        traceTable: new TokenTraceTable(stack, 'Traces', { tableName: 'traces' }),
      });
      ingestIn(stack, { logGroup: logGroupIn(stack), traceTable: again(stack) }, 'Two');

      if (isRefused) expect(() => synth(stack)).toThrow('`traceTable` must be a table with one ingest');
      else expect(() => synth(stack)).not.toThrow();
    },
  );

  test('two ingests of one table in two stacks are refused', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const traceTable = new TokenTraceTable(stack, 'Traces');
    ingestIn(stack, { spans: {}, traceTable });
    const other = new Stack(app, 'Other');
    ingestIn(other, { logGroup: logGroupIn(other), traceTable }, 'Two');

    expect(() => app.synth()).toThrow('[Other/Two] `traceTable` must be a table with one ingest');
  });

  test('two ingests of one table without spans are accepted', () => {
    const stack = newStack();
    const traceTable = new TokenTraceTable(stack, 'Traces');
    ingestIn(stack, { logGroup: logGroupIn(stack), traceTable });
    ingestIn(stack, { eventBus: busIn(stack), traceTable }, 'Two');

    expect(() => synth(stack)).not.toThrow();
  });
});

describe('the environment of an ingest of spans', () => {
  const SPANS = {
    agentsByService: { orders_agent: 'orders' },
    ignoredServices: ['invoice-fn', 'a,b'],
    unloggedServices: ['orders_agent', 'c,d'],
    incidentAttribute: 'app.incident.id',
    prefer: SpanMaker.CLIENT,
  };
  const SPAN_VARIABLES = {
    [ENV.ingestServices]: '{"orders_agent":"orders"}',
    [ENV.ingestIgnoredServices]: '["invoice-fn","a,b"]',
    [ENV.ingestUnloggedServices]: '["orders_agent","c,d"]',
    [ENV.ingestIncidentAttribute]: 'app.incident.id',
    [ENV.ingestPreferredSpan]: SPAN_MAKERS.client,
    [ENV.ingestWaitingQueue]: ref('IngestWaiting'),
  };

  test('the options of spans are passed to the functions Spans and Failures, and claims to all functions', () => {
    const stack = newStack();
    ingestIn(stack, {
      logGroup: logGroupIn(stack),
      eventBus: busIn(stack),
      spans: SPANS,
      ignoredRoles: ['OrdersAgent'],
    });

    const variables = environments(stack);
    for (const name of ['Spans', 'Failures']) expect(variables[name]).toMatchObject(SPAN_VARIABLES);
    for (const name of ['Records', 'Events']) {
      for (const variable of Object.keys(SPAN_VARIABLES)) {
        expect(variables[name]).not.toHaveProperty(variable);
      }
    }
    expect(Object.keys(variables).sort()).toEqual(['Events', 'Failures', 'Records', 'Spans']);
    for (const each of Object.values(variables)) expect(each[ENV.claimCalls]).toBe('true');
  });

  test('omitted options of spans set no variables', () => {
    const stack = newStack();
    ingestIn(stack, { spans: {} });

    for (const each of Object.values(environments(stack))) {
      expect(
        Object.keys(each)
          .filter(name => name.includes('_INGEST_'))
          .sort(),
      ).toEqual([ENV.ingestQueue, ENV.ingestWaitingQueue]);
    }
  });

  test('an ingest without spans sets no variable of spans', () => {
    const stack = newStack();
    ingestIn(stack, { logGroup: logGroupIn(stack), eventBus: busIn(stack) });

    for (const each of Object.values(environments(stack))) {
      expect(each).not.toHaveProperty(ENV.claimCalls);
      expect(each).not.toHaveProperty(ENV.ingestSpansLeftToLog);
      expect(each).not.toHaveProperty(ENV.ingestCallers);
    }
  });

  test.each<[string, (ingest: TokenUsageIngest, stack: Stack) => void, Partial<TokenUsageIngestProps>]>([
    ['both are given', () => undefined, { spans: {} }],
    ['spans are added later', (ingest, stack) => ingest.addSpansLogGroup(byName(stack, 'aws/spans')), {}],
  ])('spans without a request id are left to the log if %s', (_, add, props) => {
    const stack = newStack();
    add(ingestIn(stack, { logGroup: logGroupIn(stack), ...props }), stack);

    const { Spans: spans, Failures: failures, Records: records } = environments(stack);
    expect([spans[ENV.ingestSpansLeftToLog], failures[ENV.ingestSpansLeftToLog]]).toEqual(['true', 'true']);
    expect([records[ENV.claimCalls], records[ENV.ingestSpansLeftToLog]]).toEqual(['true', undefined]);
  });

  test('spans without a request id are left to a log that is added later', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { spans: {} });

    ingest.addLogGroup(logGroupIn(stack));

    expect(environments(stack).Spans[ENV.ingestSpansLeftToLog]).toBe('true');
    expect(environments(stack).Records[ENV.claimCalls]).toBe('true');
  });

  test('spans without a request id are left to the log whatever `ignoredRoles` is', () => {
    const stack = newStack();
    ingestIn(stack, { logGroup: logGroupIn(stack), spans: {}, ignoredRoles: ['BedrockAgent'] });

    expect(environments(stack).Spans[ENV.ingestSpansLeftToLog]).toBe('true');
  });

  test.each(Object.values(CallerIdentity))(
    'the setting %s of callers is passed to all functions',
    callers => {
      const stack = newStack();
      ingestIn(stack, { logGroup: logGroupIn(stack), spans: {}, callers });

      for (const each of Object.values(environments(stack))) expect(each[ENV.ingestCallers]).toBe(callers);
    },
  );

  test('the enums have the values of the contract', () => {
    expect(Object.values(CallerIdentity)).toEqual(Object.values(CALLERS));
    expect(Object.values(SpanMaker)).toEqual(Object.values(SPAN_MAKERS));
  });

  test('TokenAnalytics passes spans and callers to its ingest', () => {
    const stack = newStack();
    const { ingest, alarms } = new TokenAnalytics(stack, 'Analytics', {
      dailyBudget: 10,
      ingest: { spans: SPANS, callers: CallerIdentity.SESSION },
    });

    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: 'ingest-spans.handler',
      Environment: {
        Variables: {
          ...SPAN_VARIABLES,
          [ENV.ingestWaitingQueue]: Match.anyValue(),
          [ENV.ingestCallers]: 'session',
        },
      },
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'Errors',
      Dimensions: [
        { Name: 'FunctionName', Value: stack.resolve(ingest?.spansFunction?.functionName) as object },
      ],
    });
    expect(alarms?.alarms).toBeDefined();
  });

  test('tokens are accepted in each option of spans', () => {
    const stack = newStack();
    const text = new CfnParameter(stack, 'Text').valueAsString;
    const list = new CfnParameter(stack, 'List', { type: 'CommaDelimitedList' }).valueAsList;
    ingestIn(stack, {
      spans: {
        logGroups: [byName(stack, text)],
        agentsByService: { [text]: text },
        ignoredServices: list,
        unloggedServices: list,
        incidentAttribute: text,
      },
    });

    expect(environments(stack).Spans).toMatchObject({
      [ENV.ingestIgnoredServices]: {
        'Fn::Join': ['', ['["', { 'Fn::Join': ['","', { Ref: 'List' }] }, '"]']],
      },
      [ENV.ingestIncidentAttribute]: { Ref: 'Text' },
    });
  });
});

describe('claims of instrumented functions', () => {
  test.each<
    [string, Partial<TokenUsageIngestProps>, (stack: Stack) => Partial<TokenUsageIngestProps>, object]
  >([
    ['spans alone', { spans: {} }, () => ({}), { [ENV.claimCalls]: 'true' }],
    [
      'spans and a log',
      { spans: {}, ...STAMPED },
      stack => ({ logGroup: logGroupIn(stack) }),
      { [ENV.requestMetadata]: 'true', [ENV.claimCalls]: 'true' },
    ],
    ['a log alone', STAMPED, stack => ({ logGroup: logGroupIn(stack) }), { [ENV.requestMetadata]: 'true' }],
    ['events alone', {}, stack => ({ eventBus: busIn(stack) }), {}],
  ])(
    'an instrumented function writes claims only if the ingest reads spans: %s',
    (_, props, more, expected) => {
      const stack = newStack();
      const ingest = ingestIn(stack, { ...props, ...more(stack) });

      expect(ingest.trackerEnvironment()).toEqual(expected);
      Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
    },
  );

  test('the first log group of spans is refused after a function was instrumented', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { logGroup: logGroupIn(stack), ...STAMPED });
    ingest.trackerEnvironment();
    const logGroup = byName(stack, 'aws/spans');

    expect(() => ingest.addSpansLogGroup(logGroup)).toThrow(
      `[Stack/Ingest] \`logGroup\` must be added before functions are instrumented, got: ${logGroup.node.path}. ` +
        'Functions that were instrumented before write no claims, so the ingest would count the spans of their ' +
        'invocations again: pass `spans`, or add the log group first.',
    );
    expect(ingest.spansFunction).toBeUndefined();
  });

  test('a further log group of spans is accepted after a function was instrumented', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { spans: {} });
    ingest.trackerEnvironment();

    expect(() => ingest.addSpansLogGroup(byName(stack, RUNTIME))).not.toThrow();
  });
});

describe('spans that are counted beside the invocation log', () => {
  const UNLOGGED = { agentsByService: { shop: 'orders' }, unloggedServices: ['shop'] };
  const FRAMEWORK = { ...UNLOGGED, prefer: SpanMaker.FRAMEWORK };
  const make = (props: Partial<TokenUsageIngestProps>) => {
    const stack = newStack();
    ingestIn(stack, { logGroup: logGroupIn(stack), spans: FRAMEWORK, ...props });
    return () => synth(stack);
  };

  test.each([undefined, []])(
    'a preference for spans of frameworks is refused if the log is read too and `unloggedServices` is %j',
    unloggedServices => {
      expect(make({ spans: { ...FRAMEWORK, unloggedServices }, ignoredRoles: ['Orders'] })).toThrow(
        '[Stack/Ingest] `spans.prefer` must be SpanMaker.CLIENT or omitted if an invocation log is read and ' +
          '`spans.unloggedServices` is empty, got: SpanMaker.FRAMEWORK. Spans of frameworks have no request id, so ' +
          'calls could not be matched with the log and would be counted twice. Prefer SpanMaker.CLIENT, or list ' +
          'the services in `spans.unloggedServices` and their roles in `ignoredRoles`, or remove `logGroup`.',
      );
    },
  );

  test.each([undefined, []])(
    '`unloggedServices` are refused if the log is read too and `ignoredRoles` is %j',
    ignoredRoles => {
      expect(make({ spans: UNLOGGED, ignoredRoles })).toThrow(
        '[Stack/Ingest] `spans.unloggedServices` must be empty if an invocation log is read and `ignoredRoles` is ' +
          'empty, got: shop. The calls of these services would be counted from spans and again from the ' +
          'log: list their roles in `ignoredRoles`, or remove `spans.unloggedServices`.',
      );
    },
  );

  test.each([undefined, SpanMaker.CLIENT, SpanMaker.FRAMEWORK])(
    'an agent of `unloggedServices` is refused if a role in agentsByRole has it, with the preference %s',
    prefer => {
      const spans = { ...UNLOGGED, prefer };
      expect(make({ spans, ignoredRoles: ['Other'], agentsByRole: { Orders: 'orders' } })).toThrow(
        "[Stack/Ingest] `spans.agentsByService['shop']` must be an agent that is not in `agentsByRole` if an " +
          'invocation log is read and the service is in `spans.unloggedServices`, got: orders. ',
      );
    },
  );

  test.each(['agentsByService', 'unloggedServices'])('an ignored service is refused in spans.%s', option => {
    const { [option]: value } = UNLOGGED as Record<string, object>;
    expect(() =>
      ingestIn(newStack(), { spans: { [option]: value, ignoredServices: ['a', 'shop'] } }),
    ).toThrow(
      `[Stack/Ingest] \`spans.ignoredServices\` must be services that are not in \`spans.${option}\`, got: shop. ` +
        `The spans of ignored services do not count, so \`spans.${option}\` would have no effect: remove the ` +
        'service from one of the two.',
    );
  });

  test('a preference for spans of frameworks is refused if the log is added later', () => {
    const stack = newStack();
    const ingest = ingestIn(stack, { spans: { prefer: SpanMaker.FRAMEWORK } });
    ingest.addLogGroup(logGroupIn(stack));

    expect(() => synth(stack)).toThrow('[Stack/Ingest] `spans.prefer` must be SpanMaker.CLIENT or omitted');
  });

  test.each<[string, Partial<TokenUsageIngestProps>]>([
    ['no log is read', { logGroup: undefined }],
    ['`ignoredRoles` lists the role', { ignoredRoles: ['Orders'], agentsByRole: { Triage: 'triage' } }],
    [
      'a service that is also in the log has the agent of a role',
      {
        spans: { agentsByService: { shop: 'orders' }, unloggedServices: ['other'] },
        ignoredRoles: ['Other'],
        agentsByRole: { A: 'orders' },
      },
    ],
    [
      'the client is preferred, and all services are in the log',
      {
        spans: { ...FRAMEWORK, unloggedServices: [], prefer: SpanMaker.CLIENT },
        agentsByRole: { A: 'orders' },
      },
    ],
    [
      'nothing is preferred, and all services are in the log',
      { spans: { agentsByService: { shop: 'orders' } }, agentsByRole: { A: 'orders' } },
    ],
  ])('spans and other options can be combined if %s', (_, props) => {
    expect(make(props)).not.toThrow();
  });
});

describe('an invalid option of spans', () => {
  const unchecked = (spans: unknown) => ({ spans }) as Partial<TokenUsageIngestProps>;

  test.each<[string, string, Partial<TokenUsageIngestProps>]>([
    ['spans', 'an object of options', unchecked(true)],
    ['spans.logGroups', 'a list', unchecked({ logGroups: 'aws/spans' })],
    ['spans.logGroups[0]', 'a log group', unchecked({ logGroups: ['aws/spans'] })],
    ['spans.agentsByService', 'an object', unchecked({ agentsByService: ['shop'] })],
    ["spans.agentsByService['shop']", 'a string', unchecked({ agentsByService: { shop: 7 } })],
    ["spans.agentsByService['shop']", '', { spans: { agentsByService: { shop: '' } } }],
    [
      "spans.agentsByService['shop']",
      'one of `agents` (triage)',
      { agents: ['triage'], spans: { agentsByService: { shop: 'orders' } } },
    ],
    ['spans.agentsByService', 'names of services', { spans: { agentsByService: { '': 'orders' } } }],
    [
      'spans.agentsByService',
      'names of services',
      { spans: { agentsByService: { ['x'.repeat(256)]: 'a' } } },
    ],
    ['spans.ignoredServices', 'a list', unchecked({ ignoredServices: 'shop' })],
    ['spans.ignoredServices[1]', 'names of services', { spans: { ignoredServices: ['shop', 'a\nb'] } }],
    ['spans.unloggedServices', 'a list', unchecked({ unloggedServices: 'shop' })],
    ['spans.unloggedServices[0]', 'names of services', { spans: { unloggedServices: [' shop'] } }],
    ['spans.incidentAttribute', 'a string', unchecked({ incidentAttribute: 7 })],
    ['spans.prefer', "one of 'framework', 'client'", unchecked({ prefer: 'both' })],
    ['callers', "one of 'session', 'session-with-emails'", { callers: 'users' as CallerIdentity }],
  ])('an invalid %s is refused, because it must be %s', (prop, must, props) => {
    expect(() => ingestIn(newStack(), props)).toThrow(`[Stack/Ingest] \`${prop}\` must be ${must}`);
  });

  test.each(['', ' app.incident', 'x'.repeat(129), 'a\u0000b', 'a\u200bb', 'a\u2028b'])(
    'an incident attribute with an invalid name is refused: %j',
    incidentAttribute => {
      expect(() => ingestIn(newStack(), { spans: { incidentAttribute } })).toThrow(
        '[Stack/Ingest] `spans.incidentAttribute` must be the name of an attribute, with 1 to 128 printable ' +
          'characters, got: ',
      );
    },
  );

  test.each([...CONTENT_NAMES, 'GEN_AI.Output.Messages'])(
    'an incident attribute that contains data of users is refused: %s',
    incidentAttribute => {
      expect(() => ingestIn(newStack(), { spans: { incidentAttribute } })).toThrow(
        '[Stack/Ingest] `spans.incidentAttribute` must be an attribute without prompts, answers and other data of ' +
          `users, got: ${incidentAttribute}. `,
      );
    },
  );

  test.each([
    'incident',
    'app.incident.id',
    'langsmith.metadata.incident',
    'gen_ai.conversation.id',
    'traceloop.association.properties.incident',
    'user_request.id',
    'message.id',
    'Störung',
  ])('an incident attribute with an id is accepted: %s', incidentAttribute => {
    expect(() => ingestIn(newStack(), { spans: { incidentAttribute } })).not.toThrow();
  });

  test('a misspelled option of spans causes a warning', () => {
    const stack = newStack();
    ingestIn(stack, unchecked({ loggroups: [] }));

    Annotations.fromStack(stack).hasWarning(
      '/Stack/Ingest',
      Match.stringLikeRegexp('`spans.loggroups` is not a'),
    );
  });

  test.each<[string, Partial<TokenUsageIngestProps>]>([
    ['spans.agentsByService', { spans: { agentsByService: manyAgents(100) } }],
    ['spans.ignoredServices', { spans: { ignoredServices: Object.keys(manyAgents(250)) } }],
    [
      'spans.unloggedServices',
      { spans: { unloggedServices: Object.keys(manyAgents(250)), agentsByService: manyAgents(5) } },
    ],
    ['ignoredRoles', { ignoredRoles: Object.keys(manyAgents(250)) }],
    [
      'pricing',
      { pricing: new TokenPricing({ inferenceProfiles: manyAgents(60) }), agentsByRole: manyAgents(30) },
    ],
    ['agentsByRole', { agentsByRole: manyAgents(50), spans: { agentsByService: manyAgents(40) } }],
    [
      'spans.agentsByService',
      {
        pricing: new TokenPricing({ customPrices: { m: { input: 1, output: 2 } } }),
        spans: {
          agentsByService: manyAgents(85),
          ignoredServices: ['x'.repeat(200), 'y'.repeat(200), 'z'.repeat(200)],
        },
      },
    ],
  ])('more than 4 KB of environment variables are refused, with the larger prop: %s', (prop, props) => {
    expect(() => ingestIn(newStack(), props)).toThrow(
      `[Stack/Ingest] \`${prop}\` must be at most 4096 bytes of environment together with the other props`,
    );
  });
});

/** Returns a map from names of roles or services to agents. Each entry has about 50 bytes of JSON. */
function manyAgents(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`Service${index}WithAName`, `agent-${index}-with-a-name`]),
  );
}
