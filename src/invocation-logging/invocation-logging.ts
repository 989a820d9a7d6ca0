import { ArnFormat, CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { INVOCATION_LOGGING_ACTIONS, type InvocationLoggingRequest } from '../contract';
import {
  acknowledge,
  INVOCATION_LOG_REASONS,
  LOGGING_SETTING_REASONS,
  RESOURCE_FUNCTION_REASONS,
  ROLE_REASONS,
} from '../private/acknowledged';
import { handlerFunction } from '../private/handler-function';

/**
 * Properties of the account's logging of model invocations.
 */
export interface BedrockInvocationLoggingProps {
  /**
   * The log group that is written to. It holds prompts and answers:
   * encrypt it, and restrict who reads it, as their content asks.
   *
   * @default - a new one, which stays when the stack is deleted
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * How long the new log group keeps records. The ingest needs them for minutes.
   *
   * @default logs.RetentionDays.ONE_WEEK
   */
  readonly retention?: logs.RetentionDays;

  /**
   * Whether records hold the images of prompts and answers. Tokens are counted without them.
   *
   * @default false
   */
  readonly imageData?: boolean;

  /**
   * Whether records hold the vectors of embeddings. Tokens are counted without them.
   *
   * @default false
   */
  readonly embeddingData?: boolean;

  /**
   * Whether records hold the videos of prompts and answers. Tokens are counted without them.
   *
   * @default false
   */
  readonly videoData?: boolean;

  /**
   * Whether records hold the sound of prompts and answers. Tokens are counted without it.
   *
   * @default false
   */
  readonly audioData?: boolean;
}

/** The one log stream that Bedrock writes (Bedrock User Guide, "Monitor model invocation"). */
const LOG_STREAM = 'aws/bedrock/modelinvocations';
const BEDROCK = 'bedrock.amazonaws.com';
/** New roles are not known everywhere at once, and the handler waits for that. */
const TIMEOUT = Duration.minutes(2);

/**
 * Has Bedrock log the model invocations of the account in the
 * region of the stack to a log group, for the ingest to read.
 *
 * There is one such setting for each account and region, and it holds for every caller there: where another
 * one is set already, deployment fails and names it, and nothing is changed. When the stack is deleted the
 * setting stays, and so do the log group and the role that it needs. Text is always logged: what a record
 * counts comes with it.
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

  constructor(scope: Construct, id: string, props: BedrockInvocationLoggingProps = {}) {
    super(scope, id);
    this.logGroup =
      props.logGroup ??
      new logs.LogGroup(this, 'LogGroup', {
        retention: props.retention ?? logs.RetentionDays.ONE_WEEK,
        removalPolicy: RemovalPolicy.RETAIN,
      });
    this.role = this.newRole();
    if (!props.logGroup) acknowledge(this.logGroup, INVOCATION_LOG_REASONS);
    const policy = new iam.Policy(this, 'Policy', {
      roles: [this.role],
      statements: [
        new iam.PolicyStatement({
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [this.logStreamArn()],
        }),
      ],
    });
    for (const kept of [this.role, policy]) kept.applyRemovalPolicy(RemovalPolicy.RETAIN);

    const handler = handlerFunction(new Construct(this, 'Handler'), {
      description: "Token analytics: sets the account's logging of model invocations, where no other is set.",
      handler: 'invocation-logging',
      reasons: RESOURCE_FUNCTION_REASONS,
      timeout: TIMEOUT,
      memorySize: 256,
      environment: {},
    });
    // There is one setting for each account and region, without an ARN.
    acknowledge(policy, ROLE_REASONS);
    handler.role.addToPolicy(
      new iam.PolicyStatement({ actions: [...INVOCATION_LOGGING_ACTIONS], resources: ['*'] }),
    );
    acknowledge(handler.role, LOGGING_SETTING_REASONS);
    handler.role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [this.role.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': BEDROCK } },
      }),
    );
    const request: InvocationLoggingRequest = {
      logGroupName: this.logGroup.logGroupName,
      roleArn: this.role.roleArn,
      imageData: String(props.imageData ?? false),
      embeddingData: String(props.embeddingData ?? false),
      videoData: String(props.videoData ?? false),
      audioData: String(props.audioData ?? false),
    };
    const setting = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::BedrockInvocationLogging',
      serviceToken: handler.function.functionArn,
      serviceTimeout: TIMEOUT.plus(Duration.minutes(1)),
      properties: { ...request },
    });
    setting.node.addDependency(policy, this.logGroup);
  }

  private newRole(): iam.Role {
    const { account, partition, region } = Stack.of(this);
    return new iam.Role(this, 'Role', {
      description: 'Token analytics: lets Bedrock log model invocations',
      assumedBy: new iam.ServicePrincipal(BEDROCK, {
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': `arn:${partition}:bedrock:${region}:${account}:*` },
        },
      }),
    });
  }

  private logStreamArn(): string {
    return Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: `${this.logGroup.logGroupName}:log-stream:${LOG_STREAM}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}
