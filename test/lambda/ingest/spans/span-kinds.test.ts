import { BOTO, type Members, read, SONNET, SPAN_ID, spanOf, TRACE_ID } from './support';

const NO_OPERATION = { 'gen_ai.operation.name': undefined };
const FOREIGN = { kind: 'foreign', ids: { traceId: TRACE_ID, spanId: SPAN_ID } };

test.each<[string, Members]>([
  ['the operation chat', {}],
  ['the operation text_completion', { 'gen_ai.operation.name': 'text_completion' }],
  ['the operation generate_content', { 'gen_ai.operation.name': 'generate_content' }],
  ['the operation embeddings', { 'gen_ai.operation.name': 'embeddings' }],
  ['the OpenInference kind LLM', { ...NO_OPERATION, 'openinference.span.kind': 'LLM' }],
  ['the OpenInference kind EMBEDDING', { ...NO_OPERATION, 'openinference.span.kind': 'EMBEDDING' }],
  ['the AI SDK operation doGenerate', { ...NO_OPERATION, 'ai.operationId': 'ai.generateText.doGenerate' }],
  ['the AI SDK operation doStream', { ...NO_OPERATION, 'ai.operationId': 'ai.streamText.doStream' }],
  ['the AI SDK operation doEmbed', { ...NO_OPERATION, 'ai.operationId': 'ai.embedMany.doEmbed' }],
  ['the request type completion', { ...NO_OPERATION, 'llm.request.type': 'completion' }],
  ['the LangSmith kind llm', { 'langsmith.span.kind': 'llm' }],
])('a span with %s is a model call', (_what, attributes) => {
  expect(read({ attributes }).kind).toBe('span');
});

test.each<[string, Members]>([
  ['the operation invoke_agent', { 'gen_ai.operation.name': 'invoke_agent' }],
  ['the operation invoke_workflow', { 'gen_ai.operation.name': 'invoke_workflow' }],
  ['the operation create_agent', { 'gen_ai.operation.name': 'create_agent' }],
  ['the operation execute_tool', { 'gen_ai.operation.name': 'execute_tool' }],
  ['the operation execute_event_loop_cycle', { 'gen_ai.operation.name': 'execute_event_loop_cycle' }],
  ['the operation invoke_swarm', { 'gen_ai.operation.name': 'invoke_swarm' }],
  ['the operation invoke_graph', { 'gen_ai.operation.name': 'invoke_graph' }],
  ['the operation retrieval', { 'gen_ai.operation.name': 'retrieval' }],
  ['the operation rerank', { 'gen_ai.operation.name': 'rerank' }],
  ['the operation agent_step', { 'gen_ai.operation.name': 'agent_step' }],
  ['the operation chat and the Traceloop kind workflow', { 'traceloop.span.kind': 'workflow' }],
  ['the operation chat and the Traceloop kind agent', { 'traceloop.span.kind': 'agent' }],
  ['the operation chat and the Traceloop kind task', { 'traceloop.span.kind': 'task' }],
  ['the operation chat and the Traceloop kind tool', { 'traceloop.span.kind': 'tool' }],
  ['the operation chat and the LangSmith kind prompt', { 'langsmith.span.kind': 'prompt' }],
  ['the operation chat and the OpenInference kind CHAIN', { 'openinference.span.kind': 'CHAIN' }],
  ['the OpenInference kind AGENT', { ...NO_OPERATION, 'openinference.span.kind': 'AGENT' }],
  ['the OpenInference kind RETRIEVER', { ...NO_OPERATION, 'openinference.span.kind': 'RETRIEVER' }],
  ['the AI SDK operation generateText', { ...NO_OPERATION, 'ai.operationId': 'ai.generateText' }],
  ['the AI SDK operation embedMany', { ...NO_OPERATION, 'ai.operationId': 'ai.embedMany' }],
  ['the request type rerank', { ...NO_OPERATION, 'llm.request.type': 'rerank' }],
  ['no operation', NO_OPERATION],
  ['an operation that is not text', { 'gen_ai.operation.name': ['chat'] }],
])('a span with %s is not a model call', (_what, attributes) => {
  expect(read({ attributes })).toEqual(FOREIGN);
});

test('a span that a service of AWS made has no scope and is not a model call', () => {
  const changes = { scope: null, attributes: NO_OPERATION, record: { name: 'AgentCore.Runtime.Invoke' } };

  expect(read(changes)).toEqual(FOREIGN);
});

test.each<[string, Members]>([
  ['times', { startTimeUnixNano: undefined, endTimeUnixNano: undefined, timeUnixNano: 1 }],
  ['start', { startTimeUnixNano: undefined }],
  ['end', { endTimeUnixNano: undefined }],
])('a record without %s is the event of a span, whose ids are those of the span', (_what, record) => {
  expect(read({ record })).toEqual({ kind: 'foreign' });
});

describe('a call of Bedrock', () => {
  const SHORT = 'claude-sonnet-4-6';

  test.each<[string, Members]>([
    ['the provider aws.bedrock', { 'gen_ai.provider.name': 'aws.bedrock' }],
    ['the provider AWS_Bedrock', { 'gen_ai.provider.name': 'AWS_Bedrock' }],
    ['the system bedrock', { 'gen_ai.system': 'bedrock' }],
    ['the system amazon-bedrock', { 'gen_ai.system': 'amazon-bedrock', 'gen_ai.provider.name': 'other' }],
    ['the system amazon_bedrock', { 'gen_ai.system': 'amazon_bedrock' }],
    ['the AI SDK provider amazon-bedrock', { 'ai.model.provider': 'amazon-bedrock' }],
    ['the service Bedrock Runtime', { 'rpc.service': 'Bedrock Runtime' }],
    ['a host of bedrock-runtime', { 'server.address': 'bedrock-runtime.us-east-1.amazonaws.com' }],
    ['a host of bedrock-mantle', { 'server.address': 'bedrock-mantle.eu-west-1.api.aws' }],
    [
      'a VPC endpoint of bedrock-runtime',
      { 'server.address': 'vpce-0.bedrock-runtime.us-east-1.vpce.amazonaws.com' },
    ],
  ])('a call of Bedrock is recognized by %s, whatever its model', (_what, attributes) => {
    expect(read({ attributes: { 'gen_ai.request.model': SHORT, ...attributes } }).kind).toBe('span');
    expect(read({ attributes: { 'gen_ai.request.model': 'custom', ...attributes } }).kind).toBe('span');
  });

  test.each([
    'opentelemetry.instrumentation.bedrock',
    'openinference.instrumentation.bedrock',
    '@arizeai/openinference-instrumentation-bedrock',
    BOTO,
  ])('a call of Bedrock is recognized by the instrumentation %s', name => {
    expect(read({ scope: { name }, attributes: { 'gen_ai.request.model': SHORT } }).kind).toBe('span');
  });

  test.each([
    SONNET,
    'anthropic.claude-sonnet-4-6',
    'us-gov.anthropic.claude-sonnet-4-6',
    'global.amazon.nova-2-lite-v1:0',
    'zai.glm-5',
    'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123',
    'arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.titan-embed-text-v1',
    'bedrock/us.amazon.nova-pro-v1:0',
    'bedrock/converse/us.amazon.nova-pro-v1:0',
    'bedrock:us.amazon.nova-pro-v1:0',
    'litellm/bedrock/custom',
  ])('a call of Bedrock is recognized by the model id %s, whatever its provider', model => {
    const attributes = { 'gen_ai.request.model': model, 'gen_ai.system': 'strands-agents' };

    expect(read({ attributes }).kind).toBe('span');
  });

  test.each<[string, string]>([
    [SHORT, 'span'],
    ['us.amazon.nova-pro-v1:0', 'span'],
    ['arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123', 'span'],
    ['jumpstart-llama', 'foreign'],
    ['arn:aws:sagemaker:us-east-1:111122223333:endpoint/jumpstart-llama', 'foreign'],
    ['custom', 'foreign'],
  ])(
    'the provider aws with the model %s is a %s, because SageMaker has this provider, too',
    (model, kind) => {
      const attributes = { 'gen_ai.request.model': model, 'llm.provider': 'aws', 'llm.system': 'anthropic' };

      expect(read({ attributes }).kind).toBe(kind);
    },
  );

  test.each<[string, string]>([
    ['anthropic', SHORT],
    ['anthropic', 'claude-3.7-sonnet'],
    ['openai', 'gpt-4.1'],
    ['openai', 'gpt-4o'],
    ['gcp.gemini', 'gemini-2.5-pro'],
    ['strands-agents', SHORT],
    ['litellm', 'anthropic/claude-sonnet-4-6'],
    ['unknown', 'someone.model'],
  ])('a call of the provider %s with the model %s is not one of Bedrock', (system, model) => {
    const attributes = { 'gen_ai.system': system, 'gen_ai.request.model': model };

    expect(read({ attributes })).toEqual(FOREIGN);
  });
});

describe('the model of a span', () => {
  const BEDROCK = { 'gen_ai.provider.name': 'aws.bedrock' };

  test.each<[string, Members, string]>([
    ['requested', { 'gen_ai.response.model': 'other' }, SONNET],
    [
      'that answered',
      { 'gen_ai.request.model': undefined, 'gen_ai.response.model': 'amazon.nova-pro-v1:0' },
      'amazon.nova-pro-v1:0',
    ],
    [
      'of OpenInference',
      { 'gen_ai.request.model': undefined, 'llm.model_name': 'amazon.nova-pro-v1:0' },
      'amazon.nova-pro-v1:0',
    ],
    [
      'of the AI SDK',
      { 'gen_ai.request.model': undefined, 'ai.model.id': 'amazon.nova-pro-v1:0' },
      'amazon.nova-pro-v1:0',
    ],
  ])('the model of a span is the model %s', (_what, attributes, model) => {
    expect(spanOf(read({ attributes: { ...BEDROCK, ...attributes } })).call.modelId).toBe(model);
  });

  test.each<[string, string]>([
    ['claude-sonnet-4-6', 'anthropic.claude-sonnet-4-6'],
    ['claude-3-haiku-20240307-v1:0', 'anthropic.claude-3-haiku-20240307-v1:0'],
    ['nova-lite-v1:0', 'amazon.nova-lite-v1:0'],
    ['gpt-oss-120b-1:0', 'openai.gpt-oss-120b-1:0'],
    ['kimi-k2-thinking', 'moonshot.kimi-k2-thinking'],
    ['bedrock/us.amazon.nova-pro-v1:0', 'us.amazon.nova-pro-v1:0'],
    ['bedrock/converse/us.amazon.nova-pro-v1:0', 'us.amazon.nova-pro-v1:0'],
    [
      'bedrock/arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0',
      'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0',
    ],
    ['bedrock:us.amazon.nova-pro-v1:0', 'us.amazon.nova-pro-v1:0'],
    ['litellm/bedrock/us.amazon.nova-pro-v1:0', 'us.amazon.nova-pro-v1:0'],
    ['litellm/bedrock/converse/us.amazon.nova-pro-v1:0', 'us.amazon.nova-pro-v1:0'],
    ['anthropic.claude-unlisted', 'anthropic.claude-unlisted'],
    ['model-5', 'model-5'],
    ['sonnet-4-6', 'sonnet-4-6'],
    ['constructor', 'constructor'],
    ['abc123', 'abc123'],
  ])('the model %s is recorded as %s', (written, modelId) => {
    const attributes = { ...BEDROCK, 'gen_ai.request.model': written };

    expect(spanOf(read({ attributes })).call.modelId).toBe(modelId);
  });

  test.each([
    undefined,
    'amazon.nova-lite-v1:0 please tell CANARY about',
    'amazon.nova-lite-v1:0\nCANARY',
    'amazon.nova-lite-v1:0\u00a0CANARY',
    'amazon.größe-CANARY',
  ])('a span with the model %j is refused', model => {
    const attributes = { ...BEDROCK, 'gen_ai.request.model': model };

    expect(read({ attributes })).toEqual({ kind: 'refused', reason: 'the span has no model id' });
    expect(read({ attributes: { 'gen_ai.request.model': model } })).toEqual(FOREIGN);
  });

  test('a model id is read from a later attribute if an earlier one is a sentence', () => {
    const attributes = { 'gen_ai.request.model': 'a b', 'gen_ai.response.model': SONNET };

    expect(spanOf(read({ attributes })).call.modelId).toBe(SONNET);
  });
});
