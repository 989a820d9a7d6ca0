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
 * Fate of the account's setting when the construct or its stack is deleted.
 */
export enum LoggingOnDelete {
  /**
   * The setting is put back: logging ends, or goes on to the bucket alone that was set before. The role is
   * deleted, the log group stays with its records.
   */
  RESTORE = 'restore',

  /**
   * The setting stays, with the role and the log group that it needs, and calls are logged on. A policy that
   * the bucket of `largeDataDelivery` has for this alone stays, too. If a log group, a bucket or a policy of
   * the app that it needs is deleted with the stack, a warning says so (`cdk-token-analytics:leftLogging`).
   * The next deployment of the construct is refused until somebody deletes the setting.
   *
   * If a deployment is rolled back, the setting is put back all the same. A stack whose creation has failed
   * without a rollback, and is deleted then, is not told from others: the setting stays.
   */
  LEAVE = 'leave',
}

/**
 * Properties of the account's logging of model invocations.
 */
export interface BedrockInvocationLoggingProps {
  /**
   * The log group that is written to, in the account and region of the stack. It holds prompts and answers:
   * encrypt it where it is made, and restrict who reads it, as their content asks.
   *
   * @default - a new one, which stays with its records when the stack is deleted
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * Time for which the new log group keeps records. The ingest needs them for minutes.
   *
   * @default logs.RetentionDays.ONE_WEEK
   */
  readonly retention?: logs.RetentionDays;

  /**
   * True if records hold the images of prompts and answers. Tokens are counted without them.
   *
   * @default false
   */
  readonly imageData?: boolean;

  /**
   * True if records hold the vectors of embeddings. Tokens are counted without them.
   *
   * @default false
   */
  readonly embeddingData?: boolean;

  /**
   * True if records hold the videos of prompts and answers. Tokens are counted without them.
   *
   * @default false
   */
  readonly videoData?: boolean;

  /**
   * True if records hold the sound of prompts and answers. Tokens are counted without it.
   *
   * @default false
   */
  readonly audioData?: boolean;

  /**
   * Place for bodies of more than 100 KB and for binary ones. Counts are in the log record in any case.
   *
   * If the property is removed, the delivery ends. A place that somebody else has set is kept.
   *
   * @default - the place that is set already, if any. Without one, such bodies are logged nowhere.
   */
  readonly largeDataDelivery?: LargeDataDelivery;

  /**
   * Fate of the account's setting when the construct or its stack is deleted.
   *
   * @default LoggingOnDelete.RESTORE
   */
  readonly onDelete?: LoggingOnDelete;

  /**
   * Key that encrypts the new log group, and the log group and environment of the function that sets the
   * logging. A log group that is given as `logGroup` is encrypted where it is made. CloudWatch Logs is
   * allowed to use the key. If it is imported, a warning has the statement to add
   * (`cdk-token-analytics:keyPolicy`).
   *
   * @default - keys of AWS
   */
  readonly encryptionKey?: kms.IKey;
}

/** Kinds of the properties. */
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

/** The handler waits up to a minute for new roles, then for calls that time out, and for its answer. */
const TIMEOUT = Duration.minutes(3);
/** One event runs at a time, so that CloudFormation's next one can wait for the one before. */
const SERVICE_TIMEOUT = Duration.minutes(10);

/**
 * Has Bedrock log the model invocations of the account in the
 * region of the stack to a log group, for the ingest to read.
 *
 * There is one such setting for each account and region, and it holds for every caller there. If another one
 * is set already, deployment fails, names each difference and changes nothing. A bucket that gets the same
 * data stays beside the log group, and its data are never changed. When the stack is deleted, the stack's
 * part is taken out of the setting (`onDelete`), also when its creation is rolled back. Text is always
 * logged, because a record is only known to come with its counts then.
 */
export class BedrockInvocationLogging extends Construct {
  /**
   * The log group that records are written to.
   */
  public readonly logGroup: logs.ILogGroup;

  /**
   * The role by which Bedrock writes to it.
   */
  public readonly role: iam.Role;

  /**
   * @throws if the log group or the bucket is known to be in another account or region, the name of the log
   * group or the key prefix has characters that it cannot have, the bucket has access control lists, or the
   * app has another BedrockInvocationLogging for the same account and region
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
      description: 'Token analytics: lets Bedrock log model invocations',
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
    // The function sets what its environment says, and only compares the properties with it: if one changes,
    // CloudFormation asks for an update.
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
      // The function lets CloudWatch Logs use the key for its own log group, and so for this one.
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
      description: "Token analytics: sets the account's logging of model invocations, where no other is set.",
      handler: 'invocation-logging',
      reasons: RESOURCE_FUNCTION_REASONS,
      timeout: TIMEOUT,
      memorySize: 256,
      // Two events at a time could each undo what the other has read.
      reservedConcurrentExecutions: 1,
      encryptionKey,
      environment,
    });
    // An event that runs again, after CloudFormation has given it up, would set what is undone already.
    handler.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: SERVICE_TIMEOUT });
    return handler;
  }

  private grantSetting(handler: HandlerFunction, stackIds: string[]): iam.Policy {
    // There is one setting for each account and region, without an ARN. No other statement stands here,
    // because the policy has a written reason for its wildcard.
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
