import { routeFinder } from '../../../lambda/instrument/fetch-routes';

const CONVERSE = '/model/amazon.nova-lite-v1%3A0/converse';

describe('routeFinder', () => {
  test.each([
    ['bedrock-runtime.us-east-1.amazonaws.com', 'us-east-1'],
    ['bedrock-runtime-fips.us-east-1.amazonaws.com', 'us-east-1'],
    ['bedrock-runtime-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['bedrock-runtime.us-gov-east-1.amazonaws.com', 'us-gov-east-1'],
    ['bedrock-runtime.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['bedrock-runtime.eusc-de-east-1.amazonaws.eu', 'eusc-de-east-1'],
    ['bedrock-runtime.us-iso-east-1.c2s.ic.gov', 'us-iso-east-1'],
    ['bedrock-runtime.eu-central-1.api.aws', 'eu-central-1'],
    ['bedrock-mantle.ap-southeast-2.api.aws', 'ap-southeast-2'],
    ['vpce-0a1b2c3d-e5f6.bedrock-runtime.us-east-1.vpce.amazonaws.com', 'us-east-1'],
    ['vpce-0a1b2c3d-e5f6-us-east-1a.bedrock-runtime.us-east-1.vpce.amazonaws.com', 'us-east-1'],
  ])('finds the region of %s', (host, region) => {
    expect(routeFinder()(`https://${host}${CONVERSE}`)).toMatchObject({
      region,
      call: { operation: 'Converse' },
    });
  });

  test.each([
    'api.openai.com',
    'bedrock-agent-runtime.us-east-1.amazonaws.com',
    'bedrock.us-east-1.amazonaws.com',
    'bedrock-runtime.us-east-1.amazonaws.com.example.com',
    'evil-bedrock-runtime.us-east-1.amazonaws.com',
    'bedrock-runtime.us-east-1.example.com',
    'bedrock-runtime.us-east-1.amazonawsXcom',
  ])('finds no call at the host %s', host => {
    expect(routeFinder()(`https://${host}${CONVERSE}`)).toBeUndefined();
  });

  test.each([
    ['/model/m/converse', 'Converse'],
    ['/model/m/converse-stream', 'ConverseStream'],
    ['/model/m/invoke', 'InvokeModel'],
    ['/model/m/invoke-with-response-stream', 'InvokeModelWithResponseStream'],
    ['/openai/v1/chat/completions', 'ChatCompletions'],
    ['/v1/chat/completions', 'ChatCompletions'],
    ['/openai/v1/responses', 'Responses'],
    ['/v1/responses', 'Responses'],
    ['/anthropic/v1/messages', 'Messages'],
    ['/anthropic/v1/messages?beta=true', 'Messages'],
  ])('finds the operation of the path %s', (path, operation) => {
    expect(routeFinder()(`https://bedrock-mantle.us-east-1.api.aws${path}`)?.call.operation).toBe(operation);
  });

  test.each([
    '/model/m/count-tokens',
    '/anthropic/v1/messages/count_tokens',
    '/v1/models',
    '/v1/responses/resp_1',
    '/v1/responses/input_tokens',
    '/v1/responses/compact',
    '/model/converse',
  ])('finds no call of a model in the path %s', path => {
    expect(routeFinder()(`https://bedrock-mantle.us-east-1.api.aws${path}`)).toBeUndefined();
  });

  test.each([
    ['us.anthropic.claude-sonnet-4-5-20250929-v1%3A0', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
    [
      'arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fa',
      'arn:aws:bedrock:us-east-1:1:inference-profile/a',
    ],
    ['arn:aws:bedrock:us-east-1:1:inference-profile/a', 'arn:aws:bedrock:us-east-1:1:inference-profile/a'],
  ])('decodes the model %s in the path', (id, modelId) => {
    expect(routeFinder()(`https://bedrock-runtime.us-east-1.amazonaws.com/model/${id}/invoke`)).toMatchObject(
      {
        modelId,
      },
    );
  });

  test('finds calls below the path of an endpoint, and none beside it', () => {
    const find = routeFinder(['https://proxy.example.com/bedrock/', 'http://127.0.0.1:8080']);

    expect(find(`https://proxy.example.com/bedrock${CONVERSE}`)).toMatchObject({ region: undefined });
    expect(find(`http://127.0.0.1:8080${CONVERSE}`)?.call.operation).toBe('Converse');
    expect(find(`https://proxy.example.com${CONVERSE}`)).toBeUndefined();
    expect(find(`https://proxy.example.com/bedrock2${CONVERSE}`)).toBeUndefined();
    expect(find(`http://127.0.0.1:8081${CONVERSE}`)).toBeUndefined();
  });
});
