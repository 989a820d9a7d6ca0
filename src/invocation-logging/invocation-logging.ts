import { CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BEDROCK, bedrockPrincipal, allowBedrockToWrite, logStreamArn } from './bedrock-rights';
import type { LargeDataDelivery } from './large-data-delivery';
import { retainLogging } from './retained-logging';
import { outermostStack } from './stack-resources';
import { requireLargeData, requireLogGroup, requireOnlyOne } from './validate';
import {
  LOGGING_ENV,
  INVOCATION_LOGGING_ACTIONS,
  INVOCATION_LOGGING_DATA,
  INVOCATION_LOGGING_STACK_ACTIONS,
  LOGGING_DATA_PROPERTY,
  LOGGING_PROPERTY,
} from '../contract';
import {
  acknowledge,
  INVOCATION_LOG_REASONS,
  LOGGING_SETTING_REASONS,
  RESOURCE_FUNCTION_REASONS,
  ROLE_REASONS,
} from '../private/acknowledged-rules';
import { type HandlerFunction, handlerFunction } from '../private/handler-function';
import { BUCKET, KEY, LOG_GROUP, RETENTION } from '../private/kinds';
import { BOOLEAN, oneOf, options, required, requireShape, type Shape, TEXT } from '../private/shape';

/**
 * Handling of the account's logging setting when the construct or its stack is deleted.
 */
export enum LoggingOnDelete {
  /**
   * Restores the setting that existed before the construct. If that setting had a bucket, logging continues
   * only to the bucket. If not, logging ends. The role is deleted. A log group that the construct created is
   * kept, with its records.
   */
  RESTORE = 'restore',

  /**
   * Keeps the setting, so that Bedrock continues to log. The role and the log group of the setting are kept.
   * A bucket policy is kept if it was created only for the setting. If the stack deletes a resource that the
   * setting needs, synth shows a warning (`cdk-token-analytics:leftLogging`). The construct cannot be
   * deployed again until somebody deletes the setting.
   *
   * If a deployment is rolled back, the earlier setting is restored. But if the creation of a stack fails
   * without a rollback, and the stack is then deleted, the setting is kept.
   */
  LEAVE = 'leave',
}

/**
 * Properties of the account's logging of model invocations.
 */
export interface BedrockInvocationLoggingProps {
  /**
   * Log group for the records, in the account and region of the stack. Encrypt the log group and restrict
   * read access, because the records contain prompts and answers.
   *
   * @default - a new log group, which is kept with its records when the stack is deleted
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * Retention of the new log group. The ingest needs a record only for some minutes.
   *
   * @default logs.RetentionDays.ONE_WEEK
   */
  readonly retention?: logs.RetentionDays;

  /**
   * True to log the images in prompts and answers. The ingest does not need images to count tokens.
   *
   * @default false
   */
  readonly imageData?: boolean;

  /**
   * True to log the vectors of embeddings. The ingest does not need vectors to count tokens.
   *
   * @default false
   */
  readonly embeddingData?: boolean;

  /**
   * True to log the videos in prompts and answers. The ingest does not need videos to count tokens.
   *
   * @default false
   */
  readonly videoData?: boolean;

  /**
   * True to log the audio in prompts and answers. The ingest does not need audio to count tokens.
   *
   * @default false
   */
  readonly audioData?: boolean;

  /**
   * Bucket for prompts and answers of more than 100 KB, and for binary ones. Token counts are always in the
   * log group.
   *
   * If you remove this property later, Bedrock no longer writes to the bucket. A bucket that this construct
   * did not set stays in the setting.
   *
   * @default - the bucket that is already set. If none is set, such bodies are not logged
   */
  readonly largeDataDelivery?: LargeDataDelivery;

  /**
   * Handling of the account's logging setting when the construct or its stack is deleted.
   *
   * @default LoggingOnDelete.RESTORE
   */
  readonly onDelete?: LoggingOnDelete;

  /**
   * Customer managed key for the log group that this construct creates. The key also encrypts the log group
   * and the environment variables of the function that changes the logging setting. A log group that you pass
   * as `logGroup` does not use this key. If the key is imported, a warning (`cdk-token-analytics:keyPolicy`)
   * contains the statement to add to the key policy.
   *
   * @default - AWS owned keys
   */
  readonly encryptionKey?: kms.IKey;
}

const SHAPE: Shape<BedrockInvocationLoggingProps> = {
  logGroup: LOG_GROUP,
  retention: RETENTION,
  imageData: BOOLEAN,
  embeddingData: BOOLEAN,
  videoData: BOOLEAN,
  audioData: BOOLEAN,
  largeDataDelivery: options<LargeDataDelivery>({ bucket: required(BUCKET), keyPrefix: TEXT }),
  onDelete: oneOf('LoggingOnDelete', LoggingOnDelete),
  encryptionKey: KEY,
};

/**
 * Timeout of the function that changes the logging setting. The function waits up to one minute for a new
 * role. The other two minutes are for API calls and the response to CloudFormation.
 */
const TIMEOUT = Duration.minutes(3);
/**
 * Time that CloudFormation waits for a response. It includes the time in which an event waits for the
 * previous event.
 */
const SERVICE_TIMEOUT = Duration.minutes(10);

/**
 * Turns on Bedrock's model invocation logging to a log group, for the account and region of the stack. The
 * ingest can read this log.
 *
 * An account has one logging setting in each region, which applies to all callers. If a different setting
 * exists, the deployment fails, lists each difference and changes nothing. If the only difference is a bucket
 * that receives the same data, the deployment succeeds, and the bucket stays in the setting.
 *
 * When the stack is deleted or its creation is rolled back, the construct removes its changes from the
 * setting (see `onDelete`). Text is always logged, because only records with text are known to contain token
 * counts.
 */
export class BedrockInvocationLogging extends Construct {
  /**
   * Log group for the records.
   */
  public readonly logGroup: logs.ILogGroup;

  /**
   * Role that Bedrock assumes to write to the log group.
   */
  public readonly role: iam.Role;

  /**
   * @throws if the log group or the bucket is in another account or region. Also if the name of the log group
   * or the key prefix is invalid. Also if the bucket uses access control lists. Also if the app has another
   * BedrockInvocationLogging for the same account and region.
   */
  constructor(scope: Construct, id: string, props: BedrockInvocationLoggingProps = {}) {
    super(scope, id);
    requireShape(this, props, SHAPE);
    const { largeDataDelivery, onDelete = LoggingOnDelete.RESTORE } = props;
    requireOnlyOne(this, construct => construct instanceof BedrockInvocationLogging);
    if (props.logGroup) requireLogGroup(this, props.logGroup);
    if (largeDataDelivery) requireLargeData(this, largeDataDelivery);
    this.logGroup = props.logGroup ?? this.newLogGroup(props);
    this.role = new iam.Role(this, 'Role', {
      description: 'Token analytics: allows Bedrock to log model invocations',
      assumedBy: bedrockPrincipal(this),
    });
    const policy = new iam.Policy(this, 'Policy', {
      roles: [this.role],
      statements: [
        new iam.PolicyStatement({
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [logStreamArn(this, this.logGroup.logGroupName)],
        }),
      ],
    });
    acknowledge(policy, ROLE_REASONS);
    if (onDelete === LoggingOnDelete.LEAVE) {
      for (const kept of [this.role, policy]) {
        kept.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
      }
    }
    const bucket = largeDataDelivery?.bucket;
    const isPolicyShared = bucket?.policy !== undefined;
    const bucketPolicy = largeDataDelivery && allowBedrockToWrite(this, largeDataDelivery);
    if (onDelete === LoggingOnDelete.LEAVE) {
      retainLogging(this, { logGroup: this.logGroup, bucket, isPolicyShared });
    }

    const request = this.requestOf(props);
    const stackIds = [...new Set([Stack.of(this), outermostStack(this)])].map(({ stackId }) => stackId);
    const handler = this.newHandler(props.encryptionKey, {
      [LOGGING_ENV.logGroup]: request.logGroupName,
      [LOGGING_ENV.role]: request.roleArn,
      [LOGGING_ENV.data]: INVOCATION_LOGGING_DATA.filter(
        kind => request[LOGGING_DATA_PROPERTY[kind]] === 'true',
      ).join(','),
      ...(request.largeDataBucket && { [LOGGING_ENV.largeDataBucket]: request.largeDataBucket }),
      ...(request.largeDataPrefix && { [LOGGING_ENV.largeDataPrefix]: request.largeDataPrefix }),
      [LOGGING_ENV.onDelete]: onDelete,
      [LOGGING_ENV.stack]: stackIds.join(','),
      [LOGGING_ENV.urlSuffix]: Stack.of(this).urlSuffix,
    });
    const settingPolicy = this.grantSetting(handler, stackIds);
    // `properties` repeats values of the environment variables of the function, so that CloudFormation calls
    // the function when a value changes. The function applies the setting in its environment variables, and
    // compares `properties` with them.
    const setting = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::BedrockInvocationLogging',
      serviceToken: handler.function.functionArn,
      serviceTimeout: SERVICE_TIMEOUT,
      properties: { ...request },
    });
    setting.node.addDependency(this.logGroup, policy, settingPolicy, handler.role, handler.function);
    if (bucketPolicy) setting.node.addDependency(bucketPolicy);
  }

  private newLogGroup({ retention, encryptionKey }: BedrockInvocationLoggingProps): logs.LogGroup {
    const logGroup = new logs.LogGroup(this, 'LogGroup', {
      retention: retention ?? logs.RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      // The key policy already allows CloudWatch Logs to use the key, because the log group of the function
      // needs this, too.
      encryptionKey,
    });
    if (!encryptionKey) acknowledge(logGroup, INVOCATION_LOG_REASONS);
    return logGroup;
  }

  private requestOf(props: BedrockInvocationLoggingProps) {
    return {
      [LOGGING_PROPERTY.logGroup]: this.logGroup.logGroupName,
      [LOGGING_PROPERTY.role]: this.role.roleArn,
      [LOGGING_DATA_PROPERTY.text]: 'true',
      [LOGGING_DATA_PROPERTY.image]: String(props.imageData ?? false),
      [LOGGING_DATA_PROPERTY.embedding]: String(props.embeddingData ?? false),
      [LOGGING_DATA_PROPERTY.video]: String(props.videoData ?? false),
      [LOGGING_DATA_PROPERTY.audio]: String(props.audioData ?? false),
      [LOGGING_PROPERTY.largeDataBucket]: props.largeDataDelivery?.bucket.bucketName,
      [LOGGING_PROPERTY.largeDataPrefix]: props.largeDataDelivery?.keyPrefix,
    };
  }

  private newHandler(
    encryptionKey: kms.IKey | undefined,
    environment: Readonly<Record<string, string>>,
  ): HandlerFunction {
    const handler = handlerFunction(new Construct(this, 'Handler'), {
      description: "Token analytics: sets the account's model invocation logging, unless another one is set.",
      handler: 'invocation-logging',
      reasons: RESOURCE_FUNCTION_REASONS,
      timeout: TIMEOUT,
      memorySize: 256,
      // If two events were handled at the same time, they could overwrite each other's changes.
      reservedConcurrentExecutions: 1,
      encryptionKey,
      environment,
    });
    // A retry could come after CloudFormation has given up. It could then apply a setting that was already
    // undone.
    handler.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: SERVICE_TIMEOUT });
    return handler;
  }

  private grantSetting(handler: HandlerFunction, stackIds: string[]): iam.Policy {
    // `resources` is a wildcard, because the setting has no ARN. The statement has a policy of its own, so
    // that no other statement is exempt from the rule against wildcards.
    const policy = new iam.Policy(this, 'SettingPolicy', {
      roles: [handler.role],
      statements: [new iam.PolicyStatement({ actions: [...INVOCATION_LOGGING_ACTIONS], resources: ['*'] })],
    });
    acknowledge(policy, { ...ROLE_REASONS, ...LOGGING_SETTING_REASONS });
    handler.role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [this.role.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': BEDROCK } },
      }),
    );
    handler.role.addToPolicy(
      new iam.PolicyStatement({ actions: [...INVOCATION_LOGGING_STACK_ACTIONS], resources: stackIds }),
    );
    return policy;
  }
}
