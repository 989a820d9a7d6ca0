import { OUR_ROLE, OURS } from './support';
import {
  type LoggingConfiguration,
  plannedSetting,
  restoredSetting,
  type WantedLogging,
} from '../../../lambda/invocation-logging/logging-setting';

const WANTED: WantedLogging = { logGroupName: '/ours', roleArn: OUR_ROLE, data: ['text', 'embedding'] };
const THEIR_ROLE = 'arn:aws:iam::123456789012:role/theirs';
const { cloudWatchConfig, ...FLAGS } = OURS;
const s3Config = { bucketName: 'archive' };
const place = { bucketName: 'large', keyPrefix: 'bodies' };
const keyed = { ...place, kmsKeyId: 'key' };
const WITH_PLACE: WantedLogging = { ...WANTED, largeData: place };
const OURS_WITH_PLACE = {
  ...OURS,
  cloudWatchConfig: { ...cloudWatchConfig, largeDataDeliveryS3Config: place },
};
const THEIRS = { ...OURS, cloudWatchConfig: { logGroupName: '/ours', roleArn: THEIR_ROLE } };
const ALL = {
  imageDataDeliveryEnabled: true,
  videoDataDeliveryEnabled: true,
  audioDataDeliveryEnabled: true,
};

type Row = readonly [
  name: string,
  request: 'Create' | 'Update',
  present: LoggingConfiguration | undefined,
  wanted: WantedLogging,
  /** Expected new setting, or the texts of the expected error. Undefined if nothing is written. */
  expected: LoggingConfiguration | undefined | readonly string[],
];

const ROWS: readonly Row[] = [
  ['no setting', 'Create', undefined, WANTED, OURS],
  ['an empty setting', 'Create', {}, WANTED, OURS],
  ['flags without a place', 'Create', { textDataDeliveryEnabled: false }, WANTED, OURS],
  ['the wanted setting', 'Create', OURS, WANTED, undefined],
  [
    'the wanted setting with flags left out that are off',
    'Create',
    { cloudWatchConfig, textDataDeliveryEnabled: true, embeddingDataDeliveryEnabled: true },
    WANTED,
    undefined,
  ],
  ['the wanted setting beside a bucket', 'Create', { ...OURS, s3Config }, WANTED, undefined],
  ['the wanted setting with a place of others', 'Create', OURS_WITH_PLACE, WANTED, undefined],
  ['a bucket with the same data', 'Create', { ...FLAGS, s3Config }, WANTED, { ...OURS, s3Config }],
  [
    'a bucket with other data',
    'Create',
    { ...FLAGS, ...ALL, s3Config },
    WANTED,
    ['image data is on, wanted off', 'video data is on, wanted off', 'audio data is on, wanted off'],
  ],
  [
    'a bucket without text',
    'Create',
    { s3Config, embeddingDataDeliveryEnabled: true },
    WANTED,
    ['text data is off, wanted on'],
  ],
  [
    'the same log group with the role of another stack',
    'Create',
    THEIRS,
    WANTED,
    [`role is ${THEIR_ROLE}, wanted ${OUR_ROLE}`],
  ],
  [
    'the same log group with the role and data of another stack',
    'Create',
    { ...THEIRS, ...ALL, embeddingDataDeliveryEnabled: false },
    WANTED,
    [
      `role is ${THEIR_ROLE}, wanted ${OUR_ROLE}`,
      'image data is on, wanted off',
      'embedding data is off, wanted on',
      'video data is on, wanted off',
      'audio data is on, wanted off',
    ],
  ],
  [
    'another place for large bodies',
    'Create',
    OURS,
    WITH_PLACE,
    ['bucket for large data is not set, wanted large/bodies'],
  ],
  ['no setting', 'Update', undefined, WITH_PLACE, OURS_WITH_PLACE],
  ['our setting with other data', 'Update', { ...OURS, ...ALL }, WANTED, OURS],
  ['our setting without a place', 'Update', OURS, WITH_PLACE, OURS_WITH_PLACE],
  ['our setting with a place of others', 'Update', { ...OURS_WITH_PLACE, ...ALL }, WANTED, OURS_WITH_PLACE],
  [
    'our setting with other data beside a bucket of others',
    'Update',
    { ...OURS, videoDataDeliveryEnabled: true, s3Config },
    WANTED,
    ['video data is on, wanted off'],
  ],
  [
    'our setting with another log group beside a bucket of others',
    'Update',
    { ...OURS, cloudWatchConfig: { logGroupName: '/before', roleArn: OUR_ROLE }, s3Config },
    WANTED,
    { ...OURS, s3Config },
  ],
  [
    'our place with members of others',
    'Update',
    { ...OURS, ...ALL, cloudWatchConfig: { ...cloudWatchConfig, largeDataDeliveryS3Config: keyed } },
    WITH_PLACE,
    { ...OURS, cloudWatchConfig: { ...cloudWatchConfig, largeDataDeliveryS3Config: keyed } },
  ],
  [
    'our setting with another log group',
    'Update',
    { ...OURS, cloudWatchConfig: { logGroupName: '/before', roleArn: OUR_ROLE } },
    WANTED,
    OURS,
  ],
  ['our setting, as wanted', 'Update', OURS, WANTED, undefined],
  ['the setting of others', 'Update', THEIRS, WANTED, [`role is ${THEIR_ROLE}, wanted ${OUR_ROLE}`]],
];

describe('the planned setting', () => {
  test.each(ROWS)('plans the setting for the request %s: %s', (...row) => {
    const [, request, present, wanted, expected] = row;
    const plan = () => plannedSetting(request, present, wanted);

    if (!Array.isArray(expected)) expect(plan()).toEqual(expected);
    else expect(plan).toThrow(`got: ${expected.join('; ')}. `);
  });

  test('removes the former place for large bodies of the stack, and no other place', () => {
    const former = { bucketName: 'large', keyPrefix: 'bodies' };
    const planned = (old: typeof place | { bucketName: string }, wanted = WANTED) =>
      plannedSetting('Update', OURS_WITH_PLACE, wanted, old);

    expect(planned(former)).toEqual(OURS);
    expect(planned({ bucketName: 'large' })).toBeUndefined();
    expect(planned(former, WITH_PLACE)).toBeUndefined();
    expect(plannedSetting('Create', OURS_WITH_PLACE, WANTED, former)).toBeUndefined();
  });

  test.each<[string, LoggingConfiguration, RegExp]>([
    [
      'a log group',
      THEIRS,
      /to the log group \/ours already, .* Give that log group to TokenUsageIngest in place of .*, or delete the setting first .* former one of this construct, whose name or path has changed, deploy without/,
    ],
    [
      'a bucket',
      { ...ALL, s3Config: place, textDataDeliveryEnabled: true },
      /to the bucket large\/bodies already, .* Give BedrockInvocationLogging the data of the bucket \(such as imageData\), or delete/,
    ],
    [
      'a bucket without text, which cannot be had,',
      { ...ALL, s3Config },
      /BedrockInvocationLogging always logs text: turn it on for the bucket \(aws bedrock put-.*\), or delete/,
    ],
  ])('suggests a fix for %s in a setting of others', (_, present, message) => {
    expect(() => plannedSetting('Create', present, { ...WANTED, logGroupName: '/new' })).toThrow(message);
  });
});

describe('the restored setting', () => {
  test.each<[string, LoggingConfiguration, LoggingConfiguration | undefined]>([
    ['is absent without a bucket', OURS, undefined],
    [
      'is the bucket with its current data',
      { ...OURS, ...ALL, s3Config },
      { ...FLAGS, ...ALL, s3Config, cloudWatchConfig: undefined },
    ],
  ])('the restored setting %s', (_, present, expected) => {
    expect(restoredSetting(present)).toStrictEqual(expected);
  });
});
