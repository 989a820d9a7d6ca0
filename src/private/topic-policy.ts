import { CfnResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { IConstruct, IDependable } from 'constructs';
import { isPolicyDocument, allowsCaller, type Statement, readStatements } from './policy-document';
import { referenceText } from './reference-text';
import { atSynth, warn, warnWithStatement } from './synth-messages';

/** Conditions of a policy statement, such as `{ StringEquals: { 'aws:SourceAccount': account } }`. */
interface Conditions {
  readonly [operator: string]: { readonly [key: string]: string };
}

/** AWS service or IAM role that publishes to topics. */
export interface Publisher {
  /** Name of the service, or construct path of the role. */
  readonly name: string;
  readonly principal: iam.PrincipalBase;
  readonly conditions: Conditions;
  readonly keyConditions: Conditions;
  readonly account: string;
  /**
   * Condition keys that contain the account id of this publisher in its requests, such as
   * `aws:sourceaccount`. The keys are in lower case.
   */
  readonly accountKeys: readonly string[];
  /** Sentence in warnings that says why this publisher needs a statement in the topic policy. */
  readonly need: string;
  /** Sentence in warnings that says what fails if this publisher cannot use the encryption key. */
  readonly loss: string;
}

/**
 * Members of an SNS topic that this library reads. A topic construct or a CloudFormation resource provides
 * them.
 */
export type Topic = Pick<sns.ITopic, 'node' | 'env' | 'topicArn' | 'fifo' | 'masterKey'>;

type CfnPolicy = sns.CfnTopicPolicy | sns.CfnTopicInlinePolicy;

export const PUBLISH = 'sns:Publish';
export const KEY_ACTIONS: readonly string[] = ['kms:Decrypt', 'kms:GenerateDataKey*'];
const TOPIC_TYPE = 'AWS::SNS::Topic';
const POLICY_TYPES: readonly string[] = ['AWS::SNS::TopicPolicy', 'AWS::SNS::TopicInlinePolicy'];
/**
 * Pattern for the ARN of a topic that this app creates, as a resolved text: `<address.Ref>` or
 * `<address.TopicArn>`.
 */
const REFERENCE = /^<(\w+)\.(?:Ref|TopicArn)>$/;
const CLOUDWATCH = 'cloudwatch.amazonaws.com';
const BUDGETS = 'budgets.amazonaws.com';
/**
 * Actions that the default policy of a new topic allows (SNS Developer Guide, "Default access control
 * policy").
 */
const DEFAULT_ACTIONS = [
  'sns:GetTopicAttributes',
  'sns:SetTopicAttributes',
  'sns:AddPermission',
  'sns:RemovePermission',
  'sns:DeleteTopic',
  'sns:Subscribe',
  'sns:ListSubscriptionsByTopic',
  PUBLISH,
];

/**
 * Returns the publisher for CloudWatch alarms: the CloudWatch service, limited to the alarms of one region in
 * the account of the scope.
 *
 * @param region region of the alarms. Default: the region of the scope
 */
export function alarmPublisher(scope: IConstruct, region = Stack.of(scope).region): Publisher {
  const { account, partition } = Stack.of(scope);
  const conditions = sourceConditions(account, `arn:${partition}:cloudwatch:${region}:${account}:alarm:*`);
  return {
    name: CLOUDWATCH,
    principal: new iam.ServicePrincipal(CLOUDWATCH),
    conditions,
    keyConditions: conditions,
    account,
    accountKeys: ['aws:sourceaccount', 'aws:sourceowner'],
    need: 'Unless it is the default policy of a topic in the same account, alarms need a statement to publish.',
    loss: 'CloudWatch cannot use the key, and alarm notifications are lost.',
  };
}

/**
 * Returns the publisher for budgets: AWS Budgets, limited to the account of the scope (AWS Cost Management
 * User Guide, "Creating an SNS topic").
 */
export function budgetPublisher(scope: IConstruct): Publisher {
  const { account, partition } = Stack.of(scope);
  return {
    name: BUDGETS,
    principal: new iam.ServicePrincipal(BUDGETS),
    conditions: sourceConditions(account, `arn:${partition}:budgets::${account}:*`),
    keyConditions: { StringEquals: { 'aws:SourceAccount': account } },
    account,
    accountKeys: ['aws:sourceaccount'],
    need: 'Without a statement for AWS Budgets, the budget cannot be created, or sends no notifications.',
    loss: 'AWS Budgets cannot use the key, and budget notifications are lost.',
  };
}

/**
 * Returns the publisher for an IAM role. The principal is the account of `scope`, limited to the role by a
 * condition on `aws:PrincipalArn`. The role is not the principal, because the policy can be deployed before
 * the role exists.
 */
export function rolePublisher(scope: IConstruct, { node, roleArn }: iam.IRole): Publisher {
  const { account } = Stack.of(scope);
  const conditions = { ArnEquals: { 'aws:PrincipalArn': roleArn } };
  return {
    name: node.path,
    principal: new iam.AccountPrincipal(account),
    conditions,
    keyConditions: conditions,
    account,
    accountKeys: [],
    need: `If the topic is in another account, ${node.path} needs a statement to publish.`,
    loss: `Unless it allows principals of the account to use the key, ${node.path} cannot publish.`,
  };
}

function sourceConditions(account: string, sourceArn: string): Conditions {
  return { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': sourceArn } };
}

function publishStatement({ principal, conditions }: Publisher, topic: Topic): iam.PolicyStatement {
  return new iam.PolicyStatement({
    principals: [principal],
    actions: [PUBLISH],
    resources: [topic.topicArn],
    conditions,
  });
}

export function keyStatement({ principal, keyConditions }: Publisher): iam.PolicyStatement {
  return new iam.PolicyStatement({
    principals: [principal],
    actions: [...KEY_ACTIONS],
    resources: ['*'],
    conditions: keyConditions,
  });
}

/**
 * Returns a text that identifies a topic: the construct address if this app creates the topic, or else the
 * ARN.
 *
 * @param text the resolved ARN of the topic, such as `<address.Ref>`
 */
export function parseTopicKey(text: string): string {
  return REFERENCE.exec(text)?.[1] ?? text;
}

export function toTopicKey(topic: Topic): string {
  return parseTopicKey(referenceText(topic.node.scope ?? topic.node.root, topic.topicArn).text);
}

/**
 * Returns the CloudFormation resource of a topic, even if the topic is imported. Returns undefined if this
 * app does not create the topic.
 */
export function findTopicResource(topic: Topic): sns.CfnTopic | undefined {
  const key = toTopicKey(topic);
  return topic.node.root.node.findAll().find(node => isTopicResource(node) && node.node.addr === key) as
    sns.CfnTopic | undefined;
}

export function isTopicResource(construct: IConstruct): construct is sns.CfnTopic {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === TOPIC_TYPE;
}

export function isMadeInApp(topic: Topic): boolean {
  return findTopicResource(topic) !== undefined;
}

/** Returns all policies of this app that apply to the topic. */
function findTopicPolicies(topic: Topic): CfnPolicy[] {
  const key = toTopicKey(topic);
  return topic.node.root.node
    .findAll()
    .filter(isPolicy)
    .filter(policy => arnsOf(policy).some(arn => parseTopicKey(referenceText(policy, arn).text) === key));
}

function isPolicy(construct: IConstruct): construct is CfnPolicy {
  return CfnResource.isCfnResource(construct) && POLICY_TYPES.includes(construct.cfnResourceType);
}

function arnsOf(policy: CfnPolicy): readonly string[] {
  // Neither property exists if the app created the policy with the generic class `CfnResource`.
  const { topics, topicArn } = policy as Partial<sns.CfnTopicPolicy & sns.CfnTopicInlinePolicy>;
  return [topics ?? topicArn ?? []].flat();
}

/**
 * Adds a warning if a topic is imported and this app has no policy for it. The warning shows the statement
 * that the topic policy needs. Call this function before synth, so that an app can acknowledge the warning at
 * `scope`.
 */
export function warnOfImportedTopic(scope: IConstruct, topic: Topic, publisher: Publisher): void {
  if (!isMadeInApp(topic) && findTopicPolicies(topic).length === 0) warnOfPolicy(scope, topic, publisher);
}

function warnOfPolicy(scope: IConstruct, topic: Topic, publisher: Publisher): void {
  warnWithStatement(
    scope,
    'topicPolicy',
    `The policy of ${topic.node.path} cannot be changed from here. ${publisher.need} A customer managed key of ` +
      `the topic must also allow ${KEY_ACTIONS.join(' and ')} to ${publisher.name}. Add this statement to the policy:`,
    publishStatement(publisher, topic),
  );
}

/**
 * Adds a statement for a publisher to every policy of a topic. If this app cannot change a policy, adds a
 * warning that shows the statement. If this app creates the topic without a policy, adds the warning only if
 * `isNeeded` is true.
 *
 * @param isNeeded true if the default policy of SNS does not allow the publisher
 */
export function allowPublish(scope: IConstruct, topic: Topic, publisher: Publisher, isNeeded: boolean): void {
  const policies = findTopicPolicies(topic);
  if (policies.length === 0 && isNeeded && isMadeInApp(topic)) warnOfPolicy(scope, topic, publisher);
  for (const policy of policies) {
    const document: unknown = policy.policyDocument;
    // If the document is a PolicyDocument, it renders equal statements only once, so several constructs can
    // add the same statement.
    if (isPolicyDocument(document)) {
      document.addStatements(publishStatement(publisher, topic));
    } else if (!allowsCaller(readStatements(policy, document), publisher, [PUBLISH])) {
      warnWithStatement(
        scope,
        'topicPolicy',
        `${policy.node.path}, the policy of ${topic.node.path}, has a document that is not a PolicyDocument ` +
          `and cannot be changed from here. ${publisher.need} Add this statement to it:`,
        publishStatement(publisher, topic),
      );
    }
  }
}

/**
 * Creates a policy that allows `publisher` to publish to a topic of this app. If the topic has a policy, does
 * nothing. The new policy replaces the default policy of SNS. If the app adds no other statements, the
 * default statement of SNS is added at synth.
 *
 * @returns the policies of the topic. Deploy these policies before the first message is published
 */
export function createTopicPolicy(scope: IConstruct, topic: sns.ITopic, publisher: Publisher): IDependable[] {
  const policies = findTopicPolicies(topic);
  if (policies.length > 0) return policies;
  const { policyDependable } = topic.addToResourcePolicy(publishStatement(publisher, topic));
  if (!policyDependable) return [];
  atSynth(scope, () => {
    restoreDefault(topic, publisher);
    warnOfSecondPolicy(scope, topic);
  });
  return [policyDependable];
}

function restoreDefault(topic: Topic, publisher: Publisher): void {
  for (const policy of findTopicPolicies(topic)) {
    const document: unknown = policy.policyDocument;
    if (!isPolicyDocument(document)) continue;
    const ours = textOf(
      policy,
      withoutSid(publishStatement(publisher, topic).toStatementJson() as Statement),
    );
    const isOurs = (statement: Statement) =>
      isServiceStatement(statement) || textOf(policy, withoutSid(statement)) === ours;
    if (readStatements(policy, document).every(isOurs)) document.addStatements(defaultStatement(topic));
  }
}

function defaultStatement(topic: Topic): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: '__default_statement_ID',
    principals: [new iam.AnyPrincipal()],
    actions: DEFAULT_ACTIONS,
    resources: [topic.topicArn],
    conditions: { StringEquals: { 'AWS:SourceOwner': topic.env.account } },
  });
}

function warnOfSecondPolicy(scope: IConstruct, topic: Topic): void {
  const paths = findTopicPolicies(topic).map(({ node }) => node.path);
  if (paths.length < 2) return;
  warn(
    scope,
    'topicPolicies',
    `${topic.node.path} has more than one policy: ${paths.join(', ')}. A topic keeps only the policy that is ` +
      `deployed last. Create yours before ${scope.node.path}, or add its statements by ` +
      '`topic.addToResourcePolicy`.',
  );
}

function withoutSid(statement: Statement): Statement {
  return { ...statement, Sid: undefined };
}

/**
 * Returns true for a statement that this library adds for CloudWatch or AWS Budgets. If a policy has only
 * these statements, `restoreDefault` adds the default statement of SNS.
 */
function isServiceStatement(statement: Statement): boolean {
  const service = typeof statement.Principal === 'object' ? statement.Principal.Service : undefined;
  return (
    statement.Effect === 'Allow' &&
    statement.Action === PUBLISH &&
    (service === CLOUDWATCH || service === BUDGETS) &&
    statement.Condition?.ArnLike !== undefined
  );
}

function textOf(policy: CfnPolicy, document: unknown): string {
  return JSON.stringify(Stack.of(policy).resolve(document));
}
