import {
  BOTO,
  type Members,
  NO_RULES,
  read,
  readLine,
  type SpanChanges,
  spanOf,
  spanRecord,
  TRACE_ID,
} from './support';
import { readSpanLine, readSpanRules } from '../../../../lambda/ingest/spans/read-span';
import { CALLERS, ENV } from '../../../../src/contract';

const callOf = (changes: SpanChanges, rules = NO_RULES) => spanOf(read(changes, rules)).call;
const NAMELESS = { 'service.name': undefined };
const AGENT_CORE = { 'cloud.platform': 'aws_bedrock_agentcore' };
const RUNTIME = 'arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/orders_agent-AbCdEfGhIj';

describe('the service of a span', () => {
  test.each<[string, Members, Members, string | undefined]>([
    ['its service name', { 'service.name': 'orders.v2' }, {}, 'orders.v2'],
    [
      'the runtime without its endpoint',
      { ...AGENT_CORE, 'service.name': 'orders.v2.PROD' },
      {},
      'orders.v2',
    ],
    ['the runtime without an endpoint', { ...AGENT_CORE, 'service.name': 'orders' }, {}, 'orders'],
    [
      'the runtime if X-Ray adds the platform',
      { 'service.name': 'orders.DEFAULT' },
      { PlatformType: 'AWS::BedrockAgentCore' },
      'orders',
    ],
    ['the local service of the resource', { ...NAMELESS, 'aws.local.service': 'local' }, {}, 'local'],
    [
      'the local service of the span',
      { 'service.name': 'unknown_service:python' },
      { 'aws.local.service': 'local' },
      'local',
    ],
    [
      'the runtime in the ARN',
      { ...NAMELESS, 'cloud.resource_id': `${RUNTIME}/runtime-endpoint/DEFAULT:DEFAULT` },
      {},
      'orders_agent',
    ],
    [
      'the runtime in a log group',
      {
        'service.name': 'UnknownService',
        'aws.log.group.names': '/aws/bedrock-agentcore/runtimes/orders_agent-AbCdEfGhIj-DEFAULT',
      },
      {},
      'orders_agent',
    ],
    [
      'the function in a list of log groups',
      { ...NAMELESS, 'aws.log.group.names': ['/aws/lambda/orders-fn'] },
      {},
      'orders-fn',
    ],
    ['unknown', NAMELESS, {}, undefined],
    ['unknown for a name that is too long', { 'service.name': 'x'.repeat(257) }, {}, undefined],
  ])('the service of a span is %s', (_what, resource, attributes, service) => {
    expect(callOf({ resource, attributes }).agentId).toBe(service ?? 'Other');
  });
});

describe('the agent of a span', () => {
  const rules = readSpanRules({
    [ENV.ingestServices]: JSON.stringify({
      'a.DEFAULT': 'full',
      'a': 'short',
      'local': 'by-local',
      '__proto__x': 'x',
    }),
  });

  test.each<[string, Members, Members, string]>([
    ['its service', {}, {}, 'orders'],
    [
      'its agent name',
      {},
      { 'gen_ai.agent.name': ' Orders Agent ', 'gen_ai.agent.id': 'id-1' },
      'Orders Agent',
    ],
    ['its other agent name', {}, { 'agent.name': 'planner' }, 'planner'],
    ['its agent id', {}, { 'gen_ai.agent.id': 'AGENT1' }, 'AGENT1'],
    [
      'a name of four words',
      {},
      { 'gen_ai.agent.name': 'Größe v1.2 team/a:b my_agent-3' },
      'Größe v1.2 team/a:b my_agent-3',
    ],
    ['a name of 64 characters', {}, { 'gen_ai.agent.name': 'x'.repeat(64) }, 'x'.repeat(64)],
    ['its service if the agent name is too long', {}, { 'gen_ai.agent.name': 'x'.repeat(65) }, 'orders'],
    ['its service if the agent name has five words', {}, { 'gen_ai.agent.name': 'a b c d e' }, 'orders'],
    [
      'its service if the agent name has control characters',
      {},
      { 'gen_ai.agent.name': 'a\u0000b' },
      'orders',
    ],
    ['its service if the agent name has two lines', {}, { 'gen_ai.agent.name': 'cure\nAda' }, 'orders'],
    ['its service if the agent name is a sentence', {}, { 'agent.name': 'Help Ada, please!' }, 'orders'],
    ['its service if the agent name has no blanks', {}, { 'agent.name': '患者の名前はエイダです' }, 'orders'],
    [
      'its service without control characters',
      { 'service.name': 'a\u0000b\u202ec\nd' },
      { 'gen_ai.agent.name': 'Help Ada, please!' },
      'a?b?c?d',
    ],
    ['its service if the agent name is not text', {}, { 'gen_ai.agent.name': { text: 'x' } }, 'orders'],
    ['Other without a service', NAMELESS, {}, 'Other'],
    ['configured by the full service name', { 'service.name': 'a.DEFAULT' }, {}, 'full'],
    ['configured by the service name', { 'service.name': 'a.PROD', ...AGENT_CORE }, {}, 'short'],
    ['configured by the local service', { 'aws.local.service': 'local' }, {}, 'by-local'],
    ['configured rather than the agent name', { 'service.name': 'a' }, { 'gen_ai.agent.name': 'x' }, 'short'],
    ['its service for a name of an inherited member', { 'service.name': 'constructor' }, {}, 'constructor'],
  ])('the agent of a span is %s', (_what, resource, attributes, agentId) => {
    expect(callOf({ resource, attributes }, rules).agentId).toBe(agentId);
  });
});

test.each<[string, Members, Members]>([
  ['the service name', { 'service.name': 'orders' }, {}],
  ['the runtime', { ...AGENT_CORE, 'service.name': 'orders.DEFAULT' }, {}],
  ['the full service name', { 'service.name': 'x.DEFAULT' }, {}],
  ['the local service', { 'service.name': 'a' }, { 'aws.local.service': 'orders' }],
])('a span is left to the tracker if %s is ignored', (_what, resource, attributes) => {
  const rules = readSpanRules({ [ENV.ingestIgnoredServices]: '["orders","x.DEFAULT"]' });

  expect(read({ resource, attributes }, rules)).toEqual({ kind: 'leftToTracker' });
  expect(read({ resource: { 'service.name': 'other' } }, rules).kind).toBe('span');
});

describe('the session of a span', () => {
  test.each<[string, Members, string | undefined]>([
    ['session.id', { 'session.id': 's-1', 'gen_ai.conversation.id': 'c-1' }, 's-1'],
    ['gen_ai.conversation.id', { 'gen_ai.conversation.id': 'c-1', 'langsmith.trace.session_id': 'l' }, 'c-1'],
    ['langsmith.trace.session_id', { 'langsmith.trace.session_id': 'l-1' }, 'l-1'],
    ['an association of OpenLLMetry', { 'traceloop.association.properties.session_id': 't-1' }, 't-1'],
    ['a number', { 'session.id': 17 }, '17'],
    ['a text that is too long', { 'session.id': 'x'.repeat(257) }, undefined],
    ['the id of a user', { 'user.id': 'u-1', 'enduser.id': 'u-2' }, undefined],
  ])('a session with %s is read', (_what, attributes, sessionId) => {
    expect(callOf({ attributes }).sessionId).toBe(sessionId);
  });

  test('a session is a hash if it contains an e-mail address, unless the rules keep addresses', () => {
    const attributes = { 'session.id': 'Ada@example.com' };
    const hashed = callOf({ attributes }).sessionId;
    const rules = (callers: string) => readSpanRules({ [ENV.ingestCallers]: callers });

    expect(hashed).toMatch(/^email-[0-9a-f]{16}$/);
    expect(callOf({ attributes: { 'session.id': 'ada@example.com' } }).sessionId).toBe(hashed);
    expect(callOf({ attributes }, rules(CALLERS.session)).sessionId).toBe(hashed);
    expect(callOf({ attributes }, rules(CALLERS.sessionWithEmails)).sessionId).toBe('Ada@example.com');
  });
});

test.each<[string, Members, Members, string | undefined]>([
  ['the span', { 'ticket.id': 'INC-1' }, { 'ticket.id': 'INC-2' }, 'INC-1'],
  ['the resource', {}, { 'ticket.id': 'INC-2' }, 'INC-2'],
  ['no place', {}, {}, undefined],
  ['the span, but is too long', { 'ticket.id': 'x'.repeat(257) }, {}, undefined],
])('the incident is read from the configured attribute in %s', (_where, attributes, resource, incidentId) => {
  const rules = readSpanRules({ [ENV.ingestIncidentAttribute]: 'ticket.id' });

  expect(callOf({ attributes, resource }, rules).incidentId).toBe(incidentId);
  expect(callOf({ attributes, resource }).incidentId).toBeUndefined();
});

describe('the maker of a span', () => {
  test.each<[string, string]>([
    [BOTO, 'client'],
    ['@opentelemetry/instrumentation-aws-sdk', 'client'],
    ['opentelemetry.instrumentation.bedrock', 'client'],
    ['openinference.instrumentation.bedrock', 'client'],
    ['strands.telemetry.tracer', 'framework'],
    ['amazon.opentelemetry.distro.instrumentation.langchain', 'framework'],
    ['opentelemetry.instrumentation.langchain', 'framework'],
    ['langsmith', 'framework'],
    ['ai', 'framework'],
    ['', 'framework'],
  ])('the maker of a span of %s is a %s', (name, maker) => {
    const attributes = { 'gen_ai.provider.name': 'aws.bedrock' };

    expect(spanOf(read({ scope: { name }, attributes })).maker).toBe(maker);
  });

  test.each<[string, boolean]>([
    ['nodejs', true],
    ['python', false],
  ])('the language %s shows if the program of a span runs in Node.js', (language, isNode) => {
    expect(spanOf(read({ resource: { 'telemetry.sdk.language': language } })).isNode).toBe(isNode);
  });
});

test.each<[string, Members, Members, boolean]>([
  ['the platform aws_lambda', { 'cloud.platform': 'aws_lambda' }, {}, true],
  ['the name of a function', { 'faas.name': 'orders-fn' }, {}, true],
  ['the type that X-Ray adds', {}, { PlatformType: 'AWS::Lambda' }, true],
  ['the type that X-Ray adds to the resource', { PlatformType: 'AWS::Lambda' }, {}, true],
  ['the name of a function that the program calls', {}, { 'faas.name': 'orders-fn' }, false],
  ['another platform', { 'cloud.platform': 'aws_bedrock_agentcore' }, { PlatformType: 'AWS::EC2' }, false],
  ['no platform', {}, {}, false],
])('a span with %s shows if its program is a Lambda function', (_what, resource, attributes, isLambda) => {
  expect(spanOf(read({ resource, attributes })).isLambda).toBe(isLambda);
});

test.each<[string, Members, Members, boolean]>([
  ['of an unknown operation', {}, {}, true],
  ['of Converse', {}, { 'rpc.method': 'Converse' }, true],
  ['of InvokeModelWithResponseStream', {}, { 'rpc.method': 'InvokeModelWithResponseStream' }, true],
  ['of a speech session', {}, { 'rpc.method': 'InvokeModelWithBidirectionalStream' }, false],
  ['of the Bedrock runtime', {}, { 'server.address': 'bedrock-runtime.us-east-1.amazonaws.com' }, true],
  ['of Bedrock Mantle', {}, { 'server.address': 'bedrock-mantle.us-east-1.api.aws' }, false],
  ['of a service that the log omits', { 'service.name': 'unlogged' }, {}, false],
  [
    'of a service that the log omits, with its full name',
    { ...AGENT_CORE, 'service.name': 'x.DEFAULT' },
    {},
    false,
  ],
  ['of a local service that the log omits', {}, { 'aws.local.service': 'unlogged' }, false],
])('a call %s shows if the invocation log has it', (_what, resource, attributes, isInLog) => {
  const rules = readSpanRules({ [ENV.ingestUnloggedServices]: '["unlogged","x.DEFAULT"]' });

  expect(spanOf(read({ resource, attributes }, rules)).isInLog).toBe(isInLog);
});

test.each<[string, Members, Members, string | undefined]>([
  ['the span', { 'cloud.region': 'eu-west-1' }, { 'cloud.region': 'us-east-1' }, 'eu-west-1'],
  ['the client of boto3', { 'aws.region': 'eu-west-1' }, { 'cloud.region': 'us-east-1' }, 'eu-west-1'],
  [
    'the host',
    { 'server.address': 'bedrock-runtime-fips.us-west-2.amazonaws.com' },
    { 'cloud.region': 'us-east-1' },
    'us-west-2',
  ],
  ['the resource', { 'cloud.region': 'somewhere' }, { 'cloud.region': 'us-east-1' }, 'us-east-1'],
  ['no place', {}, {}, undefined],
])('the region is read from %s', (_where, attributes, resource, region) => {
  expect(callOf({ attributes, resource }).region).toBe(region);
});

test.each<[unknown, string | undefined]>([
  ['Converse', 'Converse'],
  ['InvokeModelWithResponseStream', 'InvokeModelWithResponseStream'],
  ['bedrock-runtime/ConverseStream', 'ConverseStream'],
  ['AmazonBedrock.Converse', 'Converse'],
  ['tell me a secret', undefined],
  ['my prompt is/CANARY', undefined],
  ['Ada\nis ill.CANARY', undefined],
  [7, undefined],
  [undefined, undefined],
])('the operation of the method %j is %s', (method, operation) => {
  expect(callOf({ attributes: { 'rpc.method': method } }).operation).toBe(operation);
});

test.each<[unknown, string | undefined]>([
  ['11111111-2222-3333-4444-555555555555', '11111111-2222-3333-4444-555555555555'],
  ['x y', undefined],
  ['x'.repeat(129), undefined],
  [undefined, undefined],
])('the request id of %j is %s', (id, requestId) => {
  expect(spanOf(read({ attributes: { 'aws.request_id': id } })).requestId).toBe(requestId);
});

describe('the times of a span', () => {
  const STRANDS = { name: 'strands.telemetry.tracer', version: '' };

  test.each<[string, SpanChanges, number | undefined, number | undefined]>([
    ['the span alone', {}, 2500, undefined],
    [
      'Strands, in milliseconds',
      {
        scope: STRANDS,
        attributes: { 'gen_ai.server.request.duration': 2400, 'gen_ai.server.time_to_first_token': 640 },
      },
      2400,
      640,
    ],
    [
      'a provider named Strands, in milliseconds',
      {
        attributes: {
          'gen_ai.system': 'strands-agents',
          'gen_ai.server.request.duration': 2400,
          'gen_ai.server.time_to_first_token': 640,
        },
      },
      2400,
      640,
    ],
    [
      'Strands for TypeScript, in milliseconds',
      {
        scope: { name: 'Orders' },
        attributes: { 'gen_ai.system': 'Orders', 'gen_ai.server.request.duration': 2400 },
      },
      2400,
      undefined,
    ],
    [
      'other programs, in seconds',
      { attributes: { 'gen_ai.server.request.duration': 2.4, 'gen_ai.server.time_to_first_token': 0.64 } },
      2400,
      640,
    ],
    [
      'the conventions of OpenTelemetry, in seconds',
      { attributes: { 'gen_ai.response.time_to_first_chunk': 0.25 } },
      2500,
      250,
    ],
    [
      'the AI SDK 7, in seconds',
      { attributes: { 'gen_ai.client.operation.time_to_first_chunk': 0.3 } },
      2500,
      300,
    ],
    ['the AI SDK 6, in milliseconds', { attributes: { 'ai.response.msToFirstChunk': 310.4 } }, 2500, 310],
    [
      'invalid numbers',
      { attributes: { 'gen_ai.server.request.duration': -1, 'gen_ai.response.time_to_first_chunk': '1' } },
      2500,
      undefined,
    ],
    ['an end before the start', { record: { endTimeUnixNano: 1 } }, undefined, undefined],
    ['an end that is not a time', { record: { endTimeUnixNano: 'soon' } }, undefined, undefined],
  ])('the times of a span give the latencies of %s', (_what, changes, latencyMs, timeToFirstTokenMs) => {
    expect(callOf(changes)).toMatchObject({ latencyMs, timeToFirstTokenMs });
  });

  test.each<[string, unknown, string]>([
    ['a number', 1_793_000_000_123_456_789, '2026-10-26T07:33:20.123Z'],
    ['digits', '1793000000123456789', '2026-10-26T07:33:20.123Z'],
  ])('the times of a span give the start of the call from %s', (_what, startTimeUnixNano, time) => {
    expect(callOf({ record: { startTimeUnixNano } }).timestamp).toEqual(new Date(time));
  });

  test.each([['yesterday'], [-1], [1e30], [true], [{}], [null], ['9'.repeat(21)]])(
    'refuse the start %j',
    startTimeUnixNano => {
      expect(read({ record: { startTimeUnixNano } })).toEqual({
        kind: 'refused',
        reason: 'the start of the span is not a time',
      });
    },
  );
});

describe('the error of a span', () => {
  const ERROR = { status: { code: 'ERROR', message: 'the patient is called Ada' } };

  test.each<[string, SpanChanges, string | undefined]>([
    [
      'a failed call of boto3',
      { record: ERROR, attributes: { 'error.type': 'ThrottlingException' } },
      'ThrottlingException',
    ],
    [
      'a full class name',
      { record: ERROR, attributes: { 'error.type': 'botocore.errorfactory.ThrottlingException' } },
      'ThrottlingException',
    ],
    ['a failed call without a type', { record: ERROR }, 'Error'],
    ['a status code in place of a type', { record: ERROR, attributes: { 'error.type': '429' } }, 'Error'],
    [
      'a sentence in place of a type',
      { record: ERROR, attributes: { 'error.type': 'the patient is called Ada' } },
      'Error',
    ],
    ...['please cure my illness.CANARY', 'my name is:CANARY', 'x #CANARY', 'cure\nme.CANARY'].map(
      (type): [string, SpanChanges, string] => [
        `the sentence ${JSON.stringify(type)} in place of a type`,
        { record: ERROR, attributes: { 'error.type': type } },
        'Error',
      ],
    ),
    [
      'a type of a service',
      { record: ERROR, attributes: { 'error.type': 'com.amazon.coral#ThrottlingException' } },
      'ThrottlingException',
    ],
    ['a type without a status', { attributes: { 'error.type': 'TimeoutError' } }, 'TimeoutError'],
    [
      'a type in a span that is OK',
      { record: { status: { code: 'OK' } }, attributes: { 'error.type': 'X' } },
      undefined,
    ],
    ['a status as a number', { record: { status: { code: 2 } } }, 'Error'],
    ['a span without a status', { record: { status: null } }, undefined],
    ['a cancelled call', { attributes: { 'strands.cancellation.type': 'user' } }, undefined],
  ])('the error of %s is its name', (_what, changes, name) => {
    expect(callOf(changes).error).toEqual(name === undefined ? undefined : { name });
  });

  test.each<[string, SpanChanges]>([
    ['failed', { record: ERROR }],
    ['cancelled', { attributes: { 'strands.cancellation.type': 'user' } }],
  ])('a %s call with tokens has an incomplete usage', (_what, changes) => {
    expect(callOf(changes).usage?.partial).toBe(true);
  });
});

test.each<[string, Members, Members]>([
  ['a tier', { 'gen_ai.response.service_tier': 'flex' }, { serviceTier: 'flex' }],
  ['the tier of OpenAI', { 'gen_ai.openai.response.service_tier': 'default' }, { serviceTier: 'default' }],
  ['a tier without a price', { 'gen_ai.response.service_tier': 'reserved' }, { serviceTier: 'reserved' }],
  ...['auto', 'scale', 'on_demand', 'constructor'].map((tier): [string, Members, Members] => [
    `the tier ${tier} of another service`,
    { 'gen_ai.response.service_tier': tier },
    { serviceTier: undefined },
  ]),
  ['a tier that is a sentence', { 'gen_ai.response.service_tier': 'a b' }, { serviceTier: undefined }],
  [
    'a list of reasons',
    { 'gen_ai.response.finish_reasons': ['tool_use', 'end_turn'] },
    { stopReason: 'end_turn' },
  ],
  ['a reason as text', { 'gen_ai.response.finish_reasons': 'end_turn' }, { stopReason: 'end_turn' }],
  ['a reason that is a sentence', { 'gen_ai.response.finish_reasons': ['a b'] }, { stopReason: undefined }],
])('a span with %s has it in its call', (_what, attributes, expected) => {
  expect(callOf({ attributes })).toMatchObject(expected);
});

describe('the ids of a span', () => {
  const UPPER = TRACE_ID.replace('a', 'A');

  test('the ids of a span are in lower case, and a parent of zeros is ignored', () => {
    const span = spanOf(
      read({ record: { traceId: UPPER, spanId: 'ABCDEF0123456789', parentSpanId: '0'.repeat(16) } }),
    );

    expect(span).toMatchObject({ traceId: TRACE_ID, spanId: 'abcdef0123456789' });
    expect(span.parentSpanId).toBeUndefined();
  });

  test.each<[Members]>([[{ traceId: 'x' }], [{ traceId: 7 }], [{ spanId: null }], [{ spanId: 'a1' }]])(
    'are refused with %j',
    record => {
      expect(read({ record })).toEqual({ kind: 'refused', reason: 'the span has no traceId or no spanId' });
    },
  );

  test('the ids of a foreign span are absent if they are invalid', () => {
    expect(read({ record: { traceId: 7 }, attributes: { 'gen_ai.operation.name': 'x' } })).toEqual({
      kind: 'foreign',
      ids: undefined,
    });
  });
});

describe('a line', () => {
  const CUT = JSON.stringify(spanRecord()).slice(0, 500);

  test.each<[string, string, string]>([
    ['text', 'INFO started', 'foreign'],
    ['a number', '7', 'foreign'],
    ['an array', '[]', 'foreign'],
    ['a span that was cut', CUT, 'refused'],
    ['another JSON object', '{"level":"INFO"}', 'foreign'],
  ])('a line of %s is %s', (_what, message, kind) => {
    expect(readLine(message === CUT ? CUT : message).kind).toBe(kind);
  });

  test('a line that is not text is refused', () => {
    expect(readSpanLine({}, NO_RULES)).toEqual({ kind: 'refused', reason: 'the line is not a JSON object' });
  });
});

describe('the rules for spans', () => {
  test('the rules for spans are empty without environment variables', () => {
    expect(readSpanRules({})).toEqual({
      agentsByService: new Map(),
      ignoredServices: new Set(),
      unloggedServices: new Set(),
    });
  });

  test.each<[string, string, string]>([
    [ENV.ingestServices, '["orders"]', 'must be a JSON object of agent ids by service'],
    [ENV.ingestServices, '{"orders":1}', 'must be a JSON object of agent ids by service'],
    [ENV.ingestIgnoredServices, '{"orders":true}', 'must be a JSON array of service names'],
    [ENV.ingestIgnoredServices, '[1]', 'must be a JSON array of service names'],
    [ENV.ingestUnloggedServices, '[1]', 'must be a JSON array of service names'],
    [ENV.ingestCallers, 'everybody', 'must be one of session, session-with-emails'],
  ])('the rules for spans refuse %s with the value %s', (variable, value, problem) => {
    expect(() => readSpanRules({ [variable]: value })).toThrow(`${variable} ${problem}`);
  });
});
