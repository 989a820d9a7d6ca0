import { setTimeout as pause } from 'node:timers/promises';
import type { InvocationLoggingRequest } from '../../src/contract';

/** The account's logging of model invocations, as far as it is looked at. */
export interface LoggingConfiguration {
  readonly cloudWatchConfig?:
    { readonly logGroupName?: string | undefined; readonly roleArn?: string | undefined } | undefined;
  readonly s3Config?: { readonly bucketName?: string | undefined } | undefined;
}

/** Where the setting is. */
export interface LoggingSetting<Configuration extends LoggingConfiguration> {
  read(): Promise<Configuration | undefined>;
  write(configuration: WantedConfiguration & Pick<Configuration, 's3Config'>): Promise<void>;
}

export interface WantedConfiguration {
  readonly cloudWatchConfig: { readonly logGroupName: string; readonly roleArn: string };
  readonly textDataDeliveryEnabled: true;
  readonly imageDataDeliveryEnabled: boolean;
  readonly embeddingDataDeliveryEnabled: boolean;
  readonly videoDataDeliveryEnabled: boolean;
  readonly audioDataDeliveryEnabled: boolean;
}

/** A role that was made just now is not known to Bedrock yet: it says that the request is not valid. */
const UNKNOWN_ROLE = 'ValidationException';
const MAX_TRIES = 12;
const PAUSE_MS = 5000;

/**
 * Sets the account's logging, where none is set or it is the stack's own.
 *
 * @param previous what the stack had set before
 * @throws where another is set, which it names; nothing is changed then
 */
export async function setLogging<Configuration extends LoggingConfiguration>(
  setting: LoggingSetting<Configuration>,
  wanted: InvocationLoggingRequest,
  previous?: Partial<InvocationLoggingRequest>,
  pauseMs = PAUSE_MS,
): Promise<void> {
  const present = await setting.read();
  requireOwn(present, [wanted.logGroupName, previous?.logGroupName]);
  for (let tries = 1; ; tries += 1) {
    try {
      await setting.write({ ...configurationOf(wanted), s3Config: present?.s3Config });
      return;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== UNKNOWN_ROLE || tries >= MAX_TRIES) throw error;
      await pause(pauseMs);
    }
  }
}

function requireOwn(present: LoggingConfiguration | undefined, own: readonly (string | undefined)[]): void {
  const logGroup = present?.cloudWatchConfig?.logGroupName;
  const bucket = present?.s3Config?.bucketName;
  // A bucket beside the stack's own log group was added to it, and stays.
  if (logGroup !== undefined ? own.includes(logGroup) : bucket === undefined) return;
  const place = logGroup !== undefined ? `log group ${logGroup}` : `bucket ${bucket}`;
  throw new Error(
    `The account logs model invocations of this region to the ${place} already, and the setting is ` +
      'left as it is. ' +
      'Give that log group to TokenUsageIngest instead, or delete the setting first (bedrock ' +
      'delete-model-invocation-logging-configuration).',
  );
}

function configurationOf({
  logGroupName,
  roleArn,
  imageData,
  embeddingData,
  videoData,
  audioData,
}: InvocationLoggingRequest): WantedConfiguration {
  return {
    cloudWatchConfig: { logGroupName, roleArn },
    textDataDeliveryEnabled: true,
    imageDataDeliveryEnabled: imageData === 'true',
    embeddingDataDeliveryEnabled: embeddingData === 'true',
    videoDataDeliveryEnabled: videoData === 'true',
    audioDataDeliveryEnabled: audioData === 'true',
  };
}
