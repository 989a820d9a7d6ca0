import { CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BEDROCK, bedrockPrincipal, allowBedrockToWrite, logStreamArn } from './bedrock-rights';
import type { LargeDataDelivery } from './large-data-delivery';
import { retainLogging } from './retained-logging';
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
import { outermostStack } from '../private/outermost-stack';
import { BOOLEAN, oneOf, options, required, requireShape, type Shape, TEXT } from '../private/shape';

/**
 * Action on the invocation logging of the account when the construct or its stack is deleted.
 */
export enum LoggingOnDelete {
  /**
   * Restores the earlier setting. If the earlier setting had a bucket, Bedrock continues to log to this
   * bucket only. Otherwise, Bedrock logs nothing.
   *
   * The role is deleted. A log group that the construct created is kept, with its records.
   */
  RESTORE = 'restore',

  /**
   * Keeps the setting, so that Bedrock continues to log. The role is kept. If the construct created a log
   * group or a bucket policy, it is kept. If the stack deletes another resource that Bedrock needs, synthesis
   * adds a warning (`cdk-token-analytics:leftLogging`).
   *
   * The construct cannot be deployed again until somebody deletes the setting.
   *
   * A rollback of a deployment restores the earlier setting. If the creation of a stack fails without a
   * rollback, the setting is kept when you delete the stack.
   */
  LEAVE = 'leave',
}

/**
 * Properties for Bedrock's logging of model invocations in the account.
 */
export interface BedrockInvocationLoggingProps {
  /**
   * Log group to which Bedrock writes, in the account and region of the stack. Encrypt it and restrict who
   * can read it, because it contains prompts and answers.
   *
   * @default - a new log group, which is kept with its records when the stack is deleted
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * Retention of the log group that the construct creates. The ingest reads each record within some minutes.
   *
   * @default logs.RetentionDays.ONE_WEEK
   */
  readonly retention?: logs.RetentionDays;

  /**
   * True to log the images in prompts and answers. They are not needed to count tokens.
   *
   * @default false
   */
  readonly imageData?: boolean;

  /**
   * True to log the vectors that embedding models return. They are not needed to count tokens.
   *
   * @default false
   */
  readonly embeddingData?: boolean;

  /**
   * True to log the videos in prompts and answers. They are not needed to count tokens.
   *
   * @default false
   */
  readonly videoData?: boolean;

  /**
   * True to log the audio in prompts and answers. It is not needed to count tokens.
   *
   * @default false
   */
  readonly audioData?: boolean;

  /**
   * Bucket for prompts and answers of more than 100 KB, and for binary data. The token counts are always in
   * the log group.
   *
   * If you remove this property later, Bedrock stops writing to this bucket. A bucket that somebody else has
   * set in the account is not changed.
   *
   * @default - the bucket that is already set in the account. Without such a bucket, large and binary data is
   * not logged
   */
  readonly largeDataDelivery?: LargeDataDelivery;

  /**
   * Action on the invocation logging of the account when the construct or its stack is deleted.
   *
   * @default LoggingOnDelete.RESTORE
   */
  readonly onDelete?: LoggingOnDelete;

  /**
   * Customer managed key for the log group that this construct creates. The key also encrypts the environment
   * variables and the logs of the function that changes the logging setting. The encryption of a log group
   * that you pass in `logGroup` is not changed.
   *
   * If the key is imported, a warning (`cdk-token-analytics:keyPolicy`) contains the statement to add to the
   * key policy.
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
 * Timeout of the function that changes the logging setting. It waits up to one minute until a new role works.
 * The remaining time is for API calls and for the response to CloudFormation.
 */
const TIMEOUT = Duration.minutes(3);
/**
 * Time after which CloudFormation stops waiting for the function. The function handles one event at a time,
 * so an event may have to wait for an earlier event.
 */
const SERVICE_TIMEOUT = Duration.minutes(10);

/**
 * Sets Bedrock's invocation logging for the account and region of the stack. Bedrock then writes each model
 * invocation to a log group, from which the ingest can read it.
 *
 * An account has one such setting in each region, which applies to all callers. If the account already has a
 * different setting, the deployment fails, lists the differences and changes nothing. There is one exception.
 * If the existing setting logs the same data to a bucket only, the deployment succeeds and keeps the bucket.
 *
 * When the stack is deleted or its creation is rolled back, the construct removes its changes from the
 * setting (see `onDelete`). Text is always logged, because only records with text are known to contain token
 * counts.
 */
export class BedrockInvocationLogging extends Construct {
  /**
   * Log group to which Bedrock writes.
   */
  public readonly logGroup: logs.ILogGroup;

  /**
   * Role that Bedrock assumes to write to the log group.
   */
  public readonly role: iam.Role;

  /**
   * Sets the invocation logging, and creates the log group if `logGroup` is omitted.
   *
   * @throws if the log group or the bucket is in another account or region
   * @throws if the name of the log group or the key prefix is invalid
   * @throws if the bucket uses access control lists
   * @throws if the app has another BedrockInvocationLogging for the same account and region
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
    // `properties` contains the same values as the environment variables, because CloudFormation calls the
    // function only if a property changes. The function checks that the values are equal.
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
      // `handlerFunction` adds a statement to the key policy, so that CloudWatch Logs can use the key for all
      // log groups of the stack.
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
      // Handles one event at a time, because two concurrent events could overwrite each other's changes.
      reservedConcurrentExecutions: 1,
      encryptionKey,
      environment,
    });
    // Disables retries. After the timeout of CloudFormation, a retry could apply a setting that was already
    // undone.
    handler.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: SERVICE_TIMEOUT });
    return handler;
  }

  private grantSetting(handler: HandlerFunction, stackIds: string[]): iam.Policy {
    // Allows `*`, because the setting has no ARN. The statement has its own policy, so that rule packs accept
    // the wildcard `*` only in this policy.
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
