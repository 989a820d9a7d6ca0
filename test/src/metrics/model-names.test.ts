import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { CATALOG } from '../../../lambda/pricing/list-prices/catalog';
import { parseModelId } from '../../../lambda/pricing/model-id';
import { countedModel, countedModels } from '../../../src/metrics/model-names';
import { newStack } from '../support';

const NOVA = 'amazon.nova-lite-v1:0';
const ACCOUNT = 'arn:aws:bedrock:us-east-1:111122223333:';
const PROFILE = `${ACCOUNT}application-inference-profile/abcdefghijkl`;

describe('countedModel', () => {
  const ids = Object.keys(CATALOG).filter(id => !id.includes('*'));
  const spellings: readonly ((id: string) => string)[] = [
    id => id,
    ...['us', 'us-gov', 'eu', 'apac', 'global', 'jp'].map(prefix => (id: string) => `${prefix}.${id}`),
    id => `arn:aws:bedrock:us-east-1::foundation-model/${id}`,
    id => `arn:aws-cn:bedrock:cn-north-1::foundation-model/${id}`,
    id => `${ACCOUNT}inference-profile/eu.${id}`,
  ];

  test('names every model of the catalog as the runtime does, for each form of its id', () => {
    expect(ids.length).toBeGreaterThan(50);
    const all = ids.flatMap(id => spellings.map(spell => spell(id)));

    expect(all.filter(id => countedModel(id).model !== parseModelId(id).model)).toEqual([]);
    expect(all.filter(id => countedModel(id).isHidden)).toEqual([]);
  });

  test.each([
    `${ACCOUNT}provisioned-model/abc`,
    `${ACCOUNT}custom-model/amazon.titan-text-lite-v1:0:4k/abcd1234`,
    `${ACCOUNT}imported-model/r4c4kewx2s0n`,
    'arn:aws:sagemaker:us-east-1:111122223333:endpoint/quick',
    'amazon.nova-premier-v1:0:1000k',
    'house-model',
    'zai.glm-4.7',
    'deepseek.v3.2',
  ])('names the ARN %s as the runtime does', id => {
    expect(countedModel(id)).toEqual({ model: parseModelId(id).model, isHidden: false });
  });

  test.each([PROFILE, `${ACCOUNT}prompt-router/r`, 'arn:aws:other', `amazon.${'x'.repeat(80)}`])(
    'reports that %s does not contain its model',
    id => {
      expect(countedModel(id).isHidden).toBe(true);
    },
  );

  test('uses the given model of a profile, by its ARN or the last part of the ARN', () => {
    const expected = { model: NOVA, isHidden: false };

    expect(countedModel(PROFILE, { [PROFILE]: `us.${NOVA}` })).toEqual(expected);
    expect(
      countedModel(PROFILE, { abcdefghijkl: `arn:aws:bedrock:us-east-1::foundation-model/${NOVA}` }),
    ).toEqual(expected);
    expect(countedModel('constructor', {})).toEqual({ model: 'constructor', isHidden: false });
  });
});

test('countedModels returns each model once and adds an info about replaced ids', () => {
  const stack = newStack();

  expect(countedModels(stack, 'models', [`us.${NOVA}`, NOVA, `eu.${NOVA}`, 'house-model'])).toEqual([
    NOVA,
    'house-model',
  ]);
  expect(
    Annotations.fromStack(stack).findInfo(
      '/Stack',
      Match.stringLikeRegexp(`\`models\`: .*us.${NOVA} by ${NOVA}, eu.${NOVA} by ${NOVA}\\.`),
    ),
  ).toHaveLength(1);
});
