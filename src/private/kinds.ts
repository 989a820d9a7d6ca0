import { RemovalPolicy, Token } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { instance, type Kind, oneOf } from './shape';

export const TOPIC = instance(
  'an SNS topic',
  ['topicArn', 'addToResourcePolicy'],
  'Pass new sns.Topic(…), or sns.Topic.fromTopicArn(…) of an ARN.',
);
export const LOG_GROUP = instance(
  'a log group',
  ['logGroupName', 'logGroupArn'],
  'Pass new logs.LogGroup(…), or logs.LogGroup.fromLogGroupName(…).',
);
export const QUEUE = instance(
  'an SQS queue',
  ['queueArn', 'queueName'],
  'Pass new sqs.Queue(…), or sqs.Queue.fromQueueArn(…).',
);
export const EVENT_BUS = instance(
  'an event bus',
  ['eventBusArn', 'eventBusName'],
  'Pass new events.EventBus(…), or events.EventBus.fromEventBusName(…).',
);
export const KEY_OR_ALIAS = instance(
  'a KMS key',
  ['keyArn', 'addToResourcePolicy'],
  'Pass new kms.Key(…), or kms.Key.fromKeyArn(…) of an ARN.',
);
export const BUCKET = instance(
  'an S3 bucket',
  ['bucketName', 'bucketArn', 'addToResourcePolicy'],
  'Pass new s3.Bucket(…), or s3.Bucket.fromBucketName(…).',
);
/**
 * Validation rule for a KMS key that IAM policies refer to. An alias is invalid, because IAM policies cannot
 * refer to an alias.
 */
export const KEY: Kind = {
  ...KEY_OR_ALIAS,
  must: 'a KMS key, not an alias',
  holds: value => KEY_OR_ALIAS.holds(value) && !('aliasName' in (value as object)),
};
export const FUNCTION = instance(
  'a Lambda function',
  ['functionArn', 'grantPrincipal'],
  'Pass a function that is made in this app.',
);
export const LAYER = instance('a layer version', ['layerVersionArn'], 'Pass new TokenAnalyticsLayer(…).');
export const ALARM = instance('an alarm', ['alarmArn', 'alarmName'], 'Pass a cloudwatch.Alarm.');
export const ALARM_ACTION = instance(
  'an alarm action',
  ['bind'],
  'Give, for example, new actions.SnsAction(topic) of aws-cdk-lib/aws-cloudwatch-actions.',
);
export const WIDGET = instance(
  'a widget',
  ['toJson', 'position'],
  'Give, for example, new cloudwatch.TextWidget(…).',
);
export const DASHBOARD = instance(
  'a CloudWatch dashboard',
  ['addWidgets', 'dashboardName'],
  'Pass a cloudwatch.Dashboard.',
);
export const TRACE_TABLE = instance(
  'a TokenTraceTable',
  ['tableArn', 'tableName', 'environment', 'grantWriteTraces'],
  'Pass new TokenTraceTable(…), or TokenTraceTable.fromTableName(…) for an existing table.',
);
export const PRICING = instance(
  'a TokenPricing',
  ['environment', 'grantResolveProfiles'],
  'Pass new TokenPricing({ … }).',
);
export const BUDGET_ALERT = instance(
  'a BudgetAlertLambda',
  ['enabled', 'namespace', 'linkDashboard'],
  'Pass the BudgetAlertLambda construct.',
);
export const BUDGET_WINDOW = instance(
  'a BudgetWindow',
  ['isDayToDate'],
  'Pass BudgetWindow.rolling24Hours(), .calendarDay() or .dayToDate().',
);
export const BUDGET_FILTER = instance(
  'a BudgetFilter',
  ['filterExpression'],
  'Give, for example, BudgetFilter.bedrockAndMarketplace().',
);
export const SECTION = instance(
  'a DashboardSection',
  ['_render'],
  'Give, for example, DashboardSection.gateway().',
);
export const GRANTEE = instance(
  'a role, or a construct that has one',
  ['grantPrincipal'],
  'Give, for example, a role or a function.',
);
export const ROLE = instance(
  'an IAM role',
  ['roleArn', 'roleName'],
  'Pass new iam.Role(…), or the role of the program, such as taskDefinition.taskRole.',
);
export const RETENTION: Kind = {
  must: 'one of logs.RetentionDays',
  holds: value =>
    typeof value === 'number' && (Token.isUnresolved(value) || RetentionDays[value] !== undefined),
  fix: 'Give, for example, logs.RetentionDays.ONE_MONTH.',
};
export const REMOVAL_POLICY = oneOf('RemovalPolicy', RemovalPolicy);
