import { RemovalPolicy, Token } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { instance, type Kind, oneOf } from './shape';

/** Kinds of the resources and objects that props take. */
export const TOPIC = instance(
  'an SNS topic',
  ['topicArn', 'addToResourcePolicy'],
  'Give new sns.Topic(…), or sns.Topic.fromTopicArn(…) of an ARN.',
);
export const LOG_GROUP = instance(
  'a log group',
  ['logGroupName', 'logGroupArn'],
  'Give new logs.LogGroup(…), or logs.LogGroup.fromLogGroupName(…).',
);
export const QUEUE = instance(
  'an SQS queue',
  ['queueArn', 'queueName'],
  'Give new sqs.Queue(…), or sqs.Queue.fromQueueArn(…).',
);
export const EVENT_BUS = instance(
  'an event bus',
  ['eventBusArn', 'eventBusName'],
  'Give new events.EventBus(…), or events.EventBus.fromEventBusName(…).',
);
export const KEY_OR_ALIAS = instance(
  'a KMS key',
  ['keyArn', 'addToResourcePolicy'],
  'Give new kms.Key(…), or kms.Key.fromKeyArn(…) of an ARN.',
);
export const BUCKET = instance(
  'an S3 bucket',
  ['bucketName', 'bucketArn', 'addToResourcePolicy'],
  'Give new s3.Bucket(…), or s3.Bucket.fromBucketName(…).',
);
/** Key that IAM policies name. They cannot name it by an alias. */
export const KEY: Kind = {
  ...KEY_OR_ALIAS,
  must: 'a KMS key, not an alias of one',
  holds: value => KEY_OR_ALIAS.holds(value) && !('aliasName' in (value as object)),
};
export const FUNCTION = instance(
  'a Lambda function',
  ['functionArn', 'grantPrincipal'],
  'Give a function that is made in this app.',
);
export const LAYER = instance('a layer version', ['layerVersionArn'], 'Give new TokenAnalyticsLayer(…).');
export const ALARM = instance('an alarm', ['alarmArn', 'alarmName'], 'Give a cloudwatch.Alarm.');
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
  'Give a cloudwatch.Dashboard.',
);
export const TRACE_TABLE = instance(
  'a TokenTraceTable',
  ['tableArn', 'tableName', 'environment', 'grantWriteTraces'],
  'Give new TokenTraceTable(…), or TokenTraceTable.fromTableName(…) of a table that is there already.',
);
export const PRICING = instance(
  'a TokenPricing',
  ['environment', 'grantResolveProfiles'],
  'Give new TokenPricing({ … }).',
);
export const BUDGET_ALERT = instance(
  'a BudgetAlertLambda',
  ['enabled', 'namespace', 'linkDashboard'],
  'Give the construct.',
);
export const BUDGET_WINDOW = instance(
  'a BudgetWindow',
  ['isDayToDate'],
  'Give BudgetWindow.rolling24Hours(), .calendarDay() or .dayToDate().',
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
  'a role, or what has one',
  ['grantPrincipal'],
  'Give, for example, a role or a function.',
);
export const RETENTION: Kind = {
  must: 'one of logs.RetentionDays',
  holds: value =>
    typeof value === 'number' && (Token.isUnresolved(value) || RetentionDays[value] !== undefined),
  fix: 'Give, for example, logs.RetentionDays.ONE_MONTH.',
};
export const REMOVAL_POLICY = oneOf('RemovalPolicy', RemovalPolicy);
