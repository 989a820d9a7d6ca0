import { parseModelId } from 'cdk-token-analytics/runtime';

const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const known = (model: string, vendor: string, scope: string, region?: string) => ({
  model,
  vendor,
  scope,
  opaque: false,
  ...(region === undefined ? {} : { region }),
});
const hidden = (model: string, region?: string) => ({
  model,
  vendor: '',
  scope: 'in-region',
  opaque: true,
  ...(region === undefined ? {} : { region }),
});

describe('parseModelId', () => {
  test.each<[string, object]>([
    [CLAUDE, known(CLAUDE, 'anthropic', 'in-region')],
    ...['us', 'us-gov', 'eu', 'apac', 'jp', 'au', 'ca', 'in', 'mx', 'sa', 'eusc', 'us-iso-b'].map(
      prefix => [`${prefix}.${CLAUDE}`, known(CLAUDE, 'anthropic', 'geo')] as [string, object],
    ),
    [`global.${CLAUDE}`, known(CLAUDE, 'anthropic', 'global')],
    // Ids with a part that could be mistaken for a region prefix such as `us.`.
    ['zai.glm-4.7', known('zai.glm-4.7', 'zai', 'in-region')],
    ['deepseek.v3.2', known('deepseek.v3.2', 'deepseek', 'in-region')],
    ['us.deepseek.v3.2', known('deepseek.v3.2', 'deepseek', 'geo')],
    ['qwen.qwen3.5-coder', known('qwen.qwen3.5-coder', 'qwen', 'in-region')],
    ['openai.gpt-5.6-luna', known('openai.gpt-5.6-luna', 'openai', 'in-region')],
    ['meta.llama3.3-70b', known('meta.llama3.3-70b', 'meta', 'in-region')],
    ['ai21.jamba-1-5-large-v1:0', known('ai21.jamba-1-5-large-v1:0', 'ai21', 'in-region')],
    ['us.ai21.jamba-1-5-large-v1:0', known('ai21.jamba-1-5-large-v1:0', 'ai21', 'geo')],
    ['acme.foo2.5-70b', known('acme.foo2.5-70b', 'acme', 'in-region')],
    ['eu.acme.foo2.5-70b', known('acme.foo2.5-70b', 'acme', 'geo')],
    ['moonshotai.kimi-k2.5', known('moonshotai.kimi-k2.5', 'moonshotai', 'in-region')],
    // Ids with a suffix for the context length, e.g. `:200k`. The parsed model has no suffix.
    [
      'anthropic.claude-3-sonnet-20240229-v1:0:200k',
      known('anthropic.claude-3-sonnet-20240229-v1:0', 'anthropic', 'in-region'),
    ],
    ['us.amazon.nova-premier-v1:0:1000k', known('amazon.nova-premier-v1:0', 'amazon', 'geo')],
    ['amazon.nova-premier-v1:0:mm', known('amazon.nova-premier-v1:0', 'amazon', 'in-region')],
    ['amazon.titan-embed-text-v1:2:8k', known('amazon.titan-embed-text-v1:2', 'amazon', 'in-region')],
    ['cohere.embed-english-v3:0:512', known('cohere.embed-english-v3:0', 'cohere', 'in-region')],
    ['anthropic.claude-v2:1', known('anthropic.claude-v2:1', 'anthropic', 'in-region')],
    // ARNs that contain the id of the model.
    [
      `arn:aws:bedrock:us-east-1::foundation-model/${CLAUDE}`,
      known(CLAUDE, 'anthropic', 'in-region', 'us-east-1'),
    ],
    [`arn:aws:bedrock:::foundation-model/${CLAUDE}`, known(CLAUDE, 'anthropic', 'in-region')],
    [
      `arn:aws-cn:bedrock:cn-north-1::foundation-model/${CLAUDE}`,
      known(CLAUDE, 'anthropic', 'in-region', 'cn-north-1'),
    ],
    [
      `arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.${CLAUDE}`,
      known(CLAUDE, 'anthropic', 'geo', 'us-gov-west-1'),
    ],
    [
      `arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.${CLAUDE}`,
      known(CLAUDE, 'anthropic', 'global', 'us-east-1'),
    ],
    // ARNs that do not contain the id of the model.
    [
      'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/otnfa2ysixqd',
      hidden('application-inference-profile/otnfa2ysixqd', 'us-east-1'),
    ],
    [
      'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc',
      hidden('provisioned-model/abc', 'us-east-1'),
    ],
    [
      'arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-lite-v1:0:4k/abcd1234',
      hidden('custom-model/abcd1234', 'us-east-1'),
    ],
    [
      'arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/xyz',
      hidden('custom-model-deployment/xyz', 'us-east-1'),
    ],
    [
      'arn:aws:bedrock:us-east-1:123456789012:imported-model/r4c4kewx2s0n',
      hidden('imported-model/r4c4kewx2s0n', 'us-east-1'),
    ],
    [
      'arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:1',
      hidden('prompt/ABCDEFGHIJ:1', 'us-east-1'),
    ],
    [
      'arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1',
      hidden('default-prompt-router/anthropic.claude:1', 'us-east-1'),
    ],
    ['arn:aws:bedrock:us-east-1:123456789012:prompt-router/r', hidden('prompt-router/r', 'us-east-1')],
    [
      'arn:aws:sagemaker:us-east-1:123456789012:endpoint/endpoint-quick-start',
      hidden('sagemaker-endpoint/endpoint-quick-start', 'us-east-1'),
    ],
    ['otnfa2ysixqd', hidden('otnfa2ysixqd')],
    ['does-not-exist', hidden('does-not-exist')],
  ])('parses %s', (id, expected) => {
    expect(parseModelId(id)).toEqual(expected);
  });

  test.each([undefined, null, 5, {}, ''])('returns an unknown name for %p', id => {
    expect(parseModelId(id as never)).toEqual(hidden('unknown'));
  });

  test('returns different names of at most 64 characters without an account id', () => {
    const long = (end: string) =>
      parseModelId(`arn:aws:bedrock:us-east-1:123456789012:custom-model/${'x'.repeat(200)}${end}`).model;
    const odd = parseModelId('arn:aws:bedrock:us-east-1:123456789012:flow:x').model;

    expect(long('a')).toHaveLength(64);
    expect(long('a')).not.toBe(long('b'));
    expect(odd).toMatch(/^arn\/[0-9a-f]{8}$/);
    expect([long('a'), odd].join()).not.toContain('123456789012');
  });

  test.each([
    ['the begin of a region prefix', 'us', '-a'],
    ['many region prefixes', '', 'us.'],
    ['a foundation model', 'us.anthropic.', 'claude'],
    ['a digit suffix', 'anthropic.claude', ':0'],
    ['an ARN of a foundation model', 'arn:aws:bedrock:us-east-1:123456789012:foundation-model/', 'us-a'],
    ['an ARN of no known form', 'arn:aws:', '123456789012:'],
  ])('returns different opaque names for ids of 10 MB: %s', (_what, begin, repeated) => {
    const long = `${begin}${repeated.repeat(Math.ceil(10_000_000 / repeated.length))}`;
    const [one, other] = [parseModelId(`${long}a`), parseModelId(`${long}b`)];

    expect(one).toEqual(hidden(one.model));
    expect(one.model.length).toBeLessThanOrEqual(64);
    expect(one.model).not.toBe(other.model);
    expect(one.model).not.toContain('123456789012');
  });

  test('parses ids of up to 2,048 characters', () => {
    const id = (length: number) => `us.amazon.${'x'.repeat(length - 'us.amazon.'.length)}`;

    expect(parseModelId(id(2048))).toEqual(expect.objectContaining({ vendor: 'amazon', scope: 'geo' }));
    expect(parseModelId(id(2049))).toEqual(expect.objectContaining({ vendor: '', opaque: true }));
  });
});
