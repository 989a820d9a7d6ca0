import { Fn, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { BareIdPrice, type CustomModelPrice, TokenPricing, type TokenPricingProps } from '../../../src';
import { million } from '../../lambda/pricing/support';
import { stdoutOf } from '../../support/stdout';
import { newStack } from '../support';
import { TokenTracker } from 'cdk-token-analytics/runtime';

const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl';

test('sets no variable without props', () => {
  const pricing = new TokenPricing();
  const role = new iam.Role(newStack(), 'Role', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
  });

  expect(pricing.environment).toEqual({});
  expect(pricing.grantResolveProfiles(role)).toBeUndefined();
});

test('passes its settings to the runtime, which prices an invocation', async () => {
  const { environment } = new TokenPricing({
    customPrices: {
      'amazon.nova-*': {
        input: 1,
        output: 2,
        cacheRead: 0.000_000_1,
        speechInput: 3,
        speechOutput: 12,
        tierFactors: { optimized: 2 },
        longPrompt: { above: 2_000_000, input: 5, output: 6, speechInput: 7, speechOutput: 8 },
        source: 'contract',
        asOf: '2026-11-24',
      },
    },
    discounts: { 'meta': 0.25, 'meta.llama3-8b-*': 0 },
    inferenceProfiles: { [PROFILE]: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' },
    resolvableProfiles: [PROFILE],
    bareIdPrice: BareIdPrice.IN_REGION,
  });

  await stdoutOf(() => {
    const tracker = TokenTracker.fromEnvironment({ ...environment, TOKEN_ANALYTICS_SINK: 'emf' });
    const costOf = (modelId: string, more = {}) =>
      tracker.record({ agentId: 'a', modelId, usage: million, ...more }).cost;

    expect(costOf('amazon.nova-lite-v1:0')).toEqual(
      expect.objectContaining({
        usd: 3,
        price: expect.objectContaining({ source: 'contract', cacheRead: 1e-7 }) as unknown,
      }),
    );
    expect(costOf('amazon.nova-lite-v1:0', { latencyOptimized: true })?.usd).toBe(6);
    expect(
      costOf('amazon.nova-sonic-v1:0', { usage: { ...million, speechOutputTokens: 500_000 } })?.usd,
    ).toBe(8);
    expect(costOf('meta.llama3-70b-instruct-v1:0')).toMatchObject({
      usd: 4.6125,
      discount: { name: 'meta', share: 0.25 },
    });
    expect(costOf('meta.llama3-8b-instruct-v1:0')?.usd).toBe(0.9);
    expect(costOf(PROFILE)?.usd).toBe(19.8);
    expect(costOf('anthropic.claude-sonnet-4-5-20250929-v1:0')?.usd).toBe(19.8);
  });
  expect(environment).toEqual(
    expect.objectContaining({
      TOKEN_ANALYTICS_RESOLVE_PROFILES: PROFILE,
      TOKEN_ANALYTICS_BARE_ID_PRICE: 'in-region',
    }),
  );
});

test('grants look-ups of the given profiles only', () => {
  const stack = newStack();
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });

  new TokenPricing({ resolvableProfiles: [PROFILE] }).grantResolveProfiles(role);

  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: [{ Action: 'bedrock:GetInferenceProfile', Effect: 'Allow', Resource: PROFILE }],
    },
  });
});

test('accepts a profile of the same stack by its ARN token', () => {
  const stack = newStack();
  const arn = Fn.importValue('ProfileArn');
  const { environment } = new TokenPricing({
    inferenceProfiles: { [arn]: 'amazon.nova-lite-v1:0' },
    resolvableProfiles: [arn, PROFILE],
  });

  new lambda.Function(stack, 'Agent', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('0'),
    environment,
  });

  Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: {
        TOKEN_ANALYTICS_INFERENCE_PROFILES: {
          'Fn::Join': ['', ['{"', { 'Fn::ImportValue': 'ProfileArn' }, '":"amazon.nova-lite-v1:0"}']],
        },
        TOKEN_ANALYTICS_RESOLVE_PROFILES: {
          'Fn::Join': ['', [{ 'Fn::ImportValue': 'ProfileArn' }, `,${PROFILE}`]],
        },
      },
    },
  });
});

const price = (changes: object): TokenPricingProps => ({
  customPrices: { 'my.model': { input: 1, output: 2, ...changes } as CustomModelPrice },
});

test.each<[string, TokenPricingProps, string]>([
  [
    'a negative rate',
    price({ input: -1 }),
    "[TokenPricing] `customPrices['my.model'].input` must be US dollars per million tokens, finite " +
      'and 0 or more, got: -1. Pass the rate as in the price list, such as 0.25.',
  ],
  [
    'no output',
    price({ output: undefined }),
    "[TokenPricing] `customPrices['my.model'].output` must be US dollars per million tokens, finite " +
      'and 0 or more, got: undefined.',
  ],
  [
    'a rate that is not a number',
    price({ cacheRead: NaN }),
    '.cacheRead` must be US dollars per million tokens, finite and 0 or more, got: NaN.',
  ],
  [
    'an infinite rate',
    price({ cacheWrite1h: Infinity }),
    '.cacheWrite1h` must be US dollars per million tokens, finite and 0 or more, got: Infinity.',
  ],
  [
    'a speech rate below 0',
    price({ speechOutput: -12 }),
    '.speechOutput` must be US dollars per million tokens',
  ],
  [
    'a rate above the maximum',
    price({ input: 1e300 }),
    "[TokenPricing] `customPrices['my.model'].input` must be US dollars per million tokens, finite and 0 " +
      'or more, at most 10000000, got: 1e+300. Pass the rate as in the price list, such as 0.25.',
  ],
  [
    'a long-prompt rate above the maximum',
    price({ longPrompt: { above: 1, input: 1, output: 10_000_001 } }),
    '.longPrompt.output` must be US dollars per million tokens, finite and 0 or more, at most 10000000, got: ' +
      '10000001.',
  ],
  [
    'a factor above the maximum',
    price({ tierFactors: { flex: 1000.5 } }),
    '.tierFactors.flex` must be a finite factor of 0 or more, at most 1000, got: 1000.5.',
  ],
  [
    'a rate that is known only at deployment',
    price({ input: Token.asNumber(Fn.ref('X')) }),
    '.input` must be US dollars per million tokens, finite and 0 or more, got: a value that is known ' +
      'only at deployment.',
  ],
  [
    'a long-prompt threshold that is not a number of tokens',
    price({ longPrompt: { above: 1.5, input: 1, output: 1 } }),
    '.longPrompt.above` must be a number of tokens, got: 1.5.',
  ],
  [
    'a long-prompt price without an input rate',
    price({ longPrompt: { above: 1, output: 1 } }),
    '.longPrompt.input` must be US dollars per million tokens',
  ],
  [
    'an unknown tier',
    price({ tierFactors: { turbo: 1 } }),
    '.tierFactors` must be an object with only the keys flex, priority, batch, optimized, got: turbo. Remove or correct this key.',
  ],
  [
    'a negative factor',
    price({ tierFactors: { flex: -0.5 } }),
    '.tierFactors.flex` must be a finite factor of 0 or more, got: -0.5.',
  ],
  [
    'a discount in per cent',
    { discounts: { anthropic: 10 } },
    "[TokenPricing] `discounts['anthropic']` must be a share of the list price from 0 to 1, got: 10. Pass, " +
      'for example, 0.1 for 10 % less.',
  ],
  [
    'a negative discount',
    { discounts: { 'amazon.nova-*': -0.1 } },
    "`discounts['amazon.nova-*']` must be a share of the list price from 0 to 1, got: -0.1.",
  ],
  [
    'a discount that is known only at deployment',
    { discounts: { anthropic: Token.asNumber(Fn.ref('X')) } },
    'must be a share of the list price from 0 to 1, got: a value that is known only at deployment.',
  ],
  [
    'a discount of a vendor in the wrong case',
    { discounts: { Anthropic: 0.1 } },
    'model ids or patterns with *, got: Anthropic. Use a key such as anthropic or amazon.nova-*.',
  ],
  [
    'a discount of an unknown vendor',
    { discounts: { antropic: 0.1 } },
    '[TokenPricing] `discounts` must be an object whose keys are vendors (ai21, amazon, anthropic, ',
  ],
  [
    'too many discounts',
    {
      discounts: Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`my.model-${index}`, 0.1])),
    },
    'must be at most 3072 bytes together',
  ],
  [
    'no model',
    { customPrices: { ' ': { input: 1, output: 1 } } },
    "[TokenPricing] `customPrices` must be a model id or a pattern, got: ' '. Correct the key, or remove the entry.",
  ],
  [
    'a profile without a model',
    { inferenceProfiles: { p: '' } },
    "[TokenPricing] `inferenceProfiles['p']` must be a model id, got: ''.",
  ],
  [
    'no profile',
    { inferenceProfiles: { '': 'm' } },
    "[TokenPricing] `inferenceProfiles` must be an inference profile, got: ''.",
  ],
  [
    'a profile that is not an ARN',
    { resolvableProfiles: ['abcdefghijkl'] },
    '[TokenPricing] `resolvableProfiles` must be ARNs of application inference profiles, got: ' +
      'abcdefghijkl. Pass arn:aws:bedrock:<region>:<account>:application-inference-profile/<id>.',
  ],
  [
    'too many prices',
    {
      customPrices: Object.fromEntries(
        Array.from({ length: 100 }, (_, index) => [`my.model-${index}`, { input: 1, output: 2 }]),
      ),
    },
    'bytes together with `discounts`, `inferenceProfiles` and `resolvableProfiles`, because a Lambda function has 4 KB of ' +
      'environment variables, got: ',
  ],
  [
    'too many profiles',
    { resolvableProfiles: Array.from({ length: 40 }, (_, index) => `${PROFILE}${index}`) },
    'bytes together with `discounts`, `inferenceProfiles` and `resolvableProfiles`',
  ],
])('refuses %s', (_what, props, message) => {
  expect(() => new TokenPricing(props)).toThrow(message);
});
