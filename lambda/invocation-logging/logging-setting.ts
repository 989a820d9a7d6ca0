import type { LoggingConfig, S3Config } from '@aws-sdk/client-bedrock';
import type { INVOCATION_LOGGING_DATA } from '../../src/contract';

/** Kind of data that log records can hold. */
export type DataKind = (typeof INVOCATION_LOGGING_DATA)[number];

/** The account's logging of model invocations, as Bedrock has it. */
export type LoggingConfiguration = Readonly<LoggingConfig>;

/** The logging that the stack wants. Its role is its mark: no other stack has the same one. */
export interface WantedLogging {
  readonly logGroupName: string;
  readonly roleArn: string;
  readonly data: readonly DataKind[];
  /** Bucket for bodies that are too large for a log record. Without it, the present one is kept. */
  readonly largeData?: S3Config;
}

const FLAGS = {
  text: 'textDataDeliveryEnabled',
  image: 'imageDataDeliveryEnabled',
  embedding: 'embeddingDataDeliveryEnabled',
  video: 'videoDataDeliveryEnabled',
  audio: 'audioDataDeliveryEnabled',
} as const satisfies Record<DataKind, keyof LoggingConfiguration>;
const KINDS = Object.keys(FLAGS) as readonly DataKind[];

/** The account's setting belongs to somebody else. Nothing was changed. */
export class ForeignSettingError extends Error {
  constructor(present: LoggingConfiguration, differences: readonly string[]) {
    super(
      `The account logs model invocations of this region to ${placeOf(present)} already, and the setting is ` +
        `left as it is. It must be the same in all members, got: ${differences.join('; ')}. ` +
        (present.cloudWatchConfig
          ? 'Give that log group to TokenUsageIngest in place of BedrockInvocationLogging'
          : 'Give BedrockInvocationLogging the data of the bucket') +
        ', or delete the setting first (aws bedrock delete-model-invocation-logging-configuration).',
    );
    this.name = 'ForeignSettingError';
  }
}

/** Returns true if the setting is the one of the stack. */
export function isOurs(present: LoggingConfiguration | undefined, { roleArn }: WantedLogging): boolean {
  return present?.cloudWatchConfig?.roleArn === roleArn;
}

/** Returns the kinds of data that are delivered. An omitted flag counts as false. */
export function dataOf(setting: LoggingConfiguration): readonly DataKind[] {
  return KINDS.filter(kind => setting[FLAGS[kind]] === true);
}

/**
 * Returns the setting to write, or undefined if the present one is as wanted. Members that are not the
 * stack's own, such as a bucket beside the log group, are kept.
 *
 * @throws ForeignSettingError if somebody else has set another one
 */
export function plannedSetting(
  request: 'Create' | 'Update',
  present: LoggingConfiguration | undefined,
  wanted: WantedLogging,
): LoggingConfiguration | undefined {
  if (!present?.cloudWatchConfig && !present?.s3Config) return merged(present, wanted);
  // A log group can be added to a bucket that gets the same data.
  const differences = [
    ...(present.cloudWatchConfig ? placeDifferences(present.cloudWatchConfig, wanted) : []),
    ...dataDifferences(present, wanted),
  ];
  if (differences.length === 0) return present.cloudWatchConfig ? undefined : merged(present, wanted);
  if (request === 'Update' && isOurs(present, wanted)) return merged(present, wanted);
  throw new ForeignSettingError(present, differences);
}

/**
 * Returns the setting without the stack's part, or undefined if nothing remains of it. A bucket stays as it
 * is now. Its data become those from before, except where somebody has changed them since.
 *
 * @param before data that the bucket got before the stack's part was added, if known
 */
export function restoredSetting(
  present: LoggingConfiguration,
  wanted: WantedLogging,
  before: readonly DataKind[] | undefined,
): LoggingConfiguration | undefined {
  if (!present.s3Config) return undefined;
  const now = dataOf(present);
  const data = KINDS.filter(kind => {
    const isAsSet = now.includes(kind) === wanted.data.includes(kind);
    return (before && isAsSet ? before : now).includes(kind);
  });
  return { ...present, cloudWatchConfig: undefined, ...flagsOf(data) };
}

function merged(present: LoggingConfiguration | undefined, wanted: WantedLogging): LoggingConfiguration {
  const { logGroupName, roleArn, data, largeData } = wanted;
  return {
    ...present,
    cloudWatchConfig: {
      ...present?.cloudWatchConfig,
      logGroupName,
      roleArn,
      ...(largeData && { largeDataDeliveryS3Config: largeData }),
    },
    ...flagsOf(data),
  };
}

/** Returns all five flags: the meaning of an omitted one is not documented. */
function flagsOf(data: readonly DataKind[]): Readonly<Record<string, boolean>> {
  return Object.fromEntries(KINDS.map(kind => [FLAGS[kind], data.includes(kind)]));
}

function placeDifferences(
  { logGroupName, roleArn, largeDataDeliveryS3Config }: NonNullable<LoggingConfiguration['cloudWatchConfig']>,
  wanted: WantedLogging,
): string[] {
  return [
    difference('log group', logGroupName, wanted.logGroupName),
    difference('role', roleArn, wanted.roleArn),
    ...(wanted.largeData
      ? [difference('bucket for large data', textOf(largeDataDeliveryS3Config), textOf(wanted.largeData))]
      : []),
  ].flat();
}

function dataDifferences(present: LoggingConfiguration, wanted: WantedLogging): string[] {
  const [now, then] = [dataOf(present), wanted.data];
  return KINDS.flatMap(kind => difference(`${kind} data`, onOff(now, kind), onOff(then, kind)));
}

function difference(member: string, present: string | undefined, wanted: string | undefined): string[] {
  return present === wanted ? [] : [`${member} is ${present ?? 'not set'}, wanted ${wanted ?? 'none'}`];
}

function onOff(data: readonly DataKind[], kind: DataKind): string {
  return data.includes(kind) ? 'on' : 'off';
}

function textOf(place: S3Config | undefined): string | undefined {
  if (!place) return undefined;
  return place.keyPrefix ? `${place.bucketName}/${place.keyPrefix}` : place.bucketName;
}

function placeOf({ cloudWatchConfig, s3Config }: LoggingConfiguration): string {
  return cloudWatchConfig
    ? `the log group ${cloudWatchConfig.logGroupName}`
    : `the bucket ${textOf(s3Config)}`;
}
