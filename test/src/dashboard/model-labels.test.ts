import { CfnParameter } from 'aws-cdk-lib';
import { CATALOG } from '../../../lambda/pricing/list-prices/catalog';
import { modelLabels } from '../../../src/dashboard/model-labels';
import { newStack } from '../support';

const ACCOUNT = 'arn:aws:bedrock:us-east-1:111122223333:';
const labels = (...models: string[]) => models.map(model => modelLabels(models).get(model));

describe('modelLabels', () => {
  test.each([
    ['anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude-sonnet-4-5'],
    ['anthropic.claude-opus-4-6-v1', 'claude-opus-4-6'],
    ['anthropic.claude-sonnet-4-6', 'claude-sonnet-4-6'],
    ['anthropic.claude-v2:1', 'claude'],
    ['amazon.nova-lite-v1:0', 'nova-lite'],
    ['amazon.nova-2-lite-v1:0', 'nova-2-lite'],
    ['ai21.jamba-1-5-large-v1:0', 'jamba-1-5-large'],
    ['meta.llama3-3-70b-instruct-v1:0', 'llama3-3-70b-instruct'],
    ['mistral.mistral-7b-instruct-v0:2', 'mistral-7b-instruct'],
    ['mistral.mistral-large-2402-v1:0', 'mistral-large-2402'],
    ['openai.gpt-oss-120b-1:0', 'gpt-oss-120b'],
    ['gpt-4o-2024-08-06', 'gpt-4o'],
    ['gpt-4.1', 'gpt-4.1'],
    ['zai.glm-4.7', 'glm-4.7'],
    ['acme.preview-v1', 'preview'],
    ['Other', 'Other'],
  ])('shortens %s to %s', (model, label) => {
    expect(labels(model)).toEqual([label]);
  });

  test.each([
    ['deepseek.r1-v1:0', 'deepseek.r1'],
    ['deepseek.v3-v1:0', 'deepseek.v3'],
  ])('keeps the vendor of %s, whose name is only a version', (model, label) => {
    expect(labels(model)).toEqual([label]);
  });

  test.each([
    [
      'dates',
      ['anthropic.claude-3-5-sonnet-20240620-v1:0', 'anthropic.claude-3-5-sonnet-20241022-v2:0'],
      ['claude-3-5-sonnet-20240620', 'claude-3-5-sonnet-20241022'],
    ],
    [
      'versions',
      ['amazon.titan-embed-text-v1', 'amazon.titan-embed-text-v2:0'],
      ['titan-embed-text-v1', 'titan-embed-text-v2:0'],
    ],
    ['vendors', ['acme.chat-v1:0', 'other.chat-v1:0'], ['acme.chat', 'other.chat']],
    [
      'regions',
      ['us.amazon.nova-lite-v1:0', 'eu.amazon.nova-lite-v1:0'],
      ['nova-lite (us)', 'nova-lite (eu)'],
    ],
    [
      'dates and versions',
      ['a.x-20240101-v1:0', 'a.x-20240101-v2:0', 'a.x-20250101-v1:0'],
      ['x-20240101-v1:0', 'x-v2:0', 'x-20250101'],
    ],
  ])('keeps as much as makes two models of different %s unique', (_what, models, expected) => {
    expect(labels(...models)).toEqual(expected);
  });

  test('shortens other models of a dashboard that has two dates of one model', () => {
    expect(
      labels('anthropic.claude-3-haiku-20240307-v1:0', 'a.x-20240101-v1:0', 'a.x-20250101-v1:0'),
    ).toEqual(['claude-3-haiku', 'x-20240101', 'x-20250101']);
  });

  test.each([
    [`${ACCOUNT}application-inference-profile/abcdefghijkl`, 'abcdefghijkl'],
    ['imported-model/abcdefghijkl', 'abcdefghijkl'],
    [`arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0`, 'nova-lite'],
    [`${ACCOUNT}inference-profile/us.amazon.nova-lite-v1:0`, 'nova-lite'],
  ])('shortens %s to %s', (model, label) => {
    expect(labels(model)).toEqual([label]);
  });

  test('keeps the type of two resources with the same id', () => {
    expect(labels('imported-model/abc', 'custom-model/abc')).toEqual([
      'imported-model/abc',
      'custom-model/abc',
    ]);
  });

  test('keeps a model that is known only at deployment', () => {
    const token = new CfnParameter(newStack(), 'Model').valueAsString;

    expect(labels(token, 'amazon.nova-lite-v1:0')).toEqual([token, 'nova-lite']);
  });

  test('gives all models of the price catalog different labels that are no longer than their ids', () => {
    const models = Object.keys(CATALOG).filter(id => !id.includes('*'));
    const all = labels(...models);

    expect(models.length).toBeGreaterThan(50);
    expect(new Set(all).size).toBe(models.length);
    expect(all.filter((label, index) => (label ?? '').length > models[index].length)).toEqual([]);
  });
});
