import type { LoggingConfig, S3Config } from '@aws-sdk/client-bedrock';
import type { INVOCATION_LOGGING_DATA } from '../../src/contract';

/** Kind of data that Bedrock can log, e.g. `text` or `image`. */
export type DataKind = (typeof INVOCATION_LOGGING_DATA)[number];

/** The account's setting for logging model invocations, as Bedrock stores it. */
export type LoggingConfiguration = Readonly<LoggingConfig>;

/**
 * Logging setting that the stack wants. Only this stack uses the role `roleArn`, so the role identifies the
 * stack's own setting.
 */
export interface WantedLogging {
  readonly logGroupName: string;
  readonly roleArn: string;
  readonly data: readonly DataKind[];
  /**
   * S3 location for bodies that are too large for a log record. If undefined, the stack sets no location, and
   * keeps a location of others.
   */
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

/**
 * Error that refuses a change, because others have made the account's setting or a part of it. The setting
 * was not changed.
 */
export class ForeignSettingError extends Error {
  constructor(present: LoggingConfiguration, wanted: WantedLogging, differences: readonly string[]) {
    super(
      `The account logs model invocations of this region to ${placeText(present, wanted)} already, and the ` +
        `setting is not changed. It must be the same in all members, got: ${differences.join('; ')}. ` +
        fixText(present, wanted),
    );
    this.name = 'ForeignSettingError';
  }
}

/** Returns true if the account's setting uses the stack's role, so that the stack itself has made it. */
export function isOurs(present: LoggingConfiguration | undefined, { roleArn }: WantedLogging): boolean {
  return present?.cloudWatchConfig?.roleArn === roleArn;
}

/** Returns the kinds of data that a setting logs. An omitted flag counts as false. */
export function dataOf(setting: LoggingConfiguration): readonly DataKind[] {
  return KINDS.filter(kind => setting[FLAGS[kind]] === true);
}

/**
 * Returns the setting to write. Returns undefined if the present setting is already as wanted. Keeps members
 * that others have set, such as an S3 bucket in addition to the log group.
 *
 * @param former S3 location for large bodies that the stack wanted before the update. If `wanted` has no
 * location, and the setting still has the former location, it is removed
 * @throws ForeignSettingError if others have set another log group or role
 * @throws ForeignSettingError if the change would send other kinds of data to a bucket that others have set
 */
export function plannedSetting(
  request: 'Create' | 'Update',
  present: LoggingConfiguration | undefined,
  wanted: WantedLogging,
  former?: S3Config,
): LoggingConfiguration | undefined {
  if (!present?.cloudWatchConfig && !present?.s3Config) return merged(present, wanted);
  const isOwn = request === 'Update' && isOurs(present, wanted);
  const places = present.cloudWatchConfig ? placeDifferences(present.cloudWatchConfig, wanted) : [];
  const data = dataDifferences(present, wanted);
  const refused = isOwn ? (present.s3Config ? data : []) : [...places, ...data];
  if (refused.length > 0) throw new ForeignSettingError(present, wanted, refused);
  const kept = isOwn && !wanted.largeData ? withoutPlace(present, former) : present;
  const isAsWanted = present.cloudWatchConfig && kept === present && places.length === 0 && data.length === 0;
  return isAsWanted ? undefined : merged(kept, wanted);
}

/**
 * Returns the setting without `cloudWatchConfig`. All other members stay unchanged. Returns undefined if the
 * setting has no `s3Config`.
 */
export function restoredSetting(present: LoggingConfiguration): LoggingConfiguration | undefined {
  return present.s3Config && { ...present, cloudWatchConfig: undefined };
}

function merged(present: LoggingConfiguration | undefined, wanted: WantedLogging): LoggingConfiguration {
  const { logGroupName, roleArn, data, largeData } = wanted;
  const place = present?.cloudWatchConfig?.largeDataDeliveryS3Config;
  return {
    ...present,
    cloudWatchConfig: {
      ...present?.cloudWatchConfig,
      logGroupName,
      roleArn,
      // An unchanged location is not replaced, because the existing object may have members that the SDK does
      // not know.
      ...(largeData && !isSamePlace(place, largeData) && { largeDataDeliveryS3Config: largeData }),
    },
    ...flagsOf(data),
  };
}

function withoutPlace(present: LoggingConfiguration, former: S3Config | undefined): LoggingConfiguration {
  const { cloudWatchConfig } = present;
  const place = cloudWatchConfig?.largeDataDeliveryS3Config;
  if (!place || !isSamePlace(place, former)) return present;
  return { ...present, cloudWatchConfig: { ...cloudWatchConfig, largeDataDeliveryS3Config: undefined } };
}

function isSamePlace(one: S3Config | undefined, other: S3Config | undefined): boolean {
  return textOf(one) === textOf(other);
}

/**
 * Returns the flags of all five kinds of data. No flag is omitted, because AWS does not document the meaning
 * of an omitted flag.
 */
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

function placeText(present: LoggingConfiguration, wanted: WantedLogging): string {
  const { cloudWatchConfig, s3Config } = present;
  return cloudWatchConfig && !isOurs(present, wanted)
    ? `the log group ${cloudWatchConfig.logGroupName}`
    : `the bucket ${textOf(s3Config)}`;
}

function fixText(present: LoggingConfiguration, wanted: WantedLogging): string {
  const orDelete =
    ', or delete the setting first (aws bedrock delete-model-invocation-logging-configuration).';
  if (present.cloudWatchConfig && !isOurs(present, wanted)) {
    return (
      `Give that log group to TokenUsageIngest in place of BedrockInvocationLogging${orDelete} If the role is a ` +
      'former one of this construct, whose name or path has changed, deploy without the construct first.'
    );
  }
  return dataOf(present).includes('text')
    ? `Give BedrockInvocationLogging the data of the bucket (such as imageData)${orDelete}`
    : 'BedrockInvocationLogging always logs text: turn it on for the bucket ' +
        `(aws bedrock put-model-invocation-logging-configuration)${orDelete}`;
}
