import { CfnResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { IConstruct, IDependable } from 'constructs';
import { isPolicyDocument, allowsCaller, type Statement, readStatements } from './policy-document';
import { referenceText } from './reference-text';
import { atSynth, warn, warnWithStatement } from './synth-messages';

/** Conditions of a policy statement. */
interface Conditions {
  readonly [operator: string]: { readonly [key: string]: string };
}

/** Service or role that publishes to topics. */
export interface Publisher {
  /** Name of the service, or path of the role. */
  readonly name: string;
  readonly principal: iam.PrincipalBase;
  readonly conditions: Conditions;
  readonly keyConditions: Conditions;
  readonly account: string;
  /** Condition keys that equal the account for this publisher, in lower case. */
  readonly accountKeys: readonly string[];
  /** Sentence for warnings that states why the topic policy needs a statement for the publisher. */
  readonly need: string;
  /** Sentence for warnings that states what fails if the publisher cannot use the key of the topic. */
  readonly loss: string;
}

/** Topic, or only its resource. */
export type Topic = Pick<sns.ITopic, 'node' | 'env' | 'topicArn' | 'fifo' | 'masterKey'>;

type CfnPolicy = sns.CfnTopicPolicy | sns.CfnTopicInlinePolicy;

export const PUBLISH = 'sns:Publish';
export const KEY_ACTIONS: readonly string[] = ['kms:Decrypt', 'kms:GenerateDataKey*'];
const TOPIC_TYPE = 'AWS::SNS::Topic';
const POLICY_TYPES: readonly string[] = ['AWS::SNS::TopicPolicy', 'AWS::SNS::TopicInlinePolicy'];
/** Reference to a topic in a reference text. */
const REFERENCE = /^<(\w+)\.(?:Ref|TopicArn)>$/;
const CLOUDWATCH = 'cloudwatch.amazonaws.com';
const BUDGETS = 'budgets.amazonaws.com';
/**
 * Actions of the policy that SNS gives a new topic (SNS Developer Guide, "Default access control policy").
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
 * Returns CloudWatch as the publisher for alarms of the scope's account in a region.
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
 * Returns AWS Budgets as the publisher for budgets of the scope's account (User Guide, "Creating an SNS
 * topic").
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
 * Returns a role of the scope as a publisher. The principal is the account, with a condition on the role,
 * because a policy with a role as its principal cannot be deployed before the role exists.
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
 * Returns the address of a topic that is made in the app, for every reference text of it. Returns other texts
 * as is.
 */
export function parseTopicKey(text: string): string {
  return REFERENCE.exec(text)?.[1] ?? text;
}

export function toTopicKey(topic: Topic): string {
  return parseTopicKey(referenceText(topic.node.scope ?? topic.node.root, topic.topicArn).text);
}

/** Returns the resource of a topic that is made in the app, also for an import by reference. */
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

/** Returns all policies in the app that apply to the topic. */
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
  // A plain CfnResource of this type has neither property.
  const { topics, topicArn } = policy as Partial<sns.CfnTopicPolicy & sns.CfnTopicInlinePolicy>;
  return [topics ?? topicArn ?? []].flat();
}

/**
 * Warns of an imported topic, with the statement that its policy needs. A warning that is added before synth
 * can be acknowledged at the construct itself, a later one only at a parent.
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
 * Adds a statement for a publisher to the policies that a topic has at synth. A topic without a policy has
 * the default policy of its account. If a policy cannot be changed from here, a warning contains the
 * statement.
 *
 * @param isNeeded true if the default policy does not allow the publisher
 */
export function allowPublish(scope: IConstruct, topic: Topic, publisher: Publisher, isNeeded: boolean): void {
  const policies = findTopicPolicies(topic);
  if (policies.length === 0 && isNeeded && isMadeInApp(topic)) warnOfPolicy(scope, topic, publisher);
  for (const policy of policies) {
    const document: unknown = policy.policyDocument;
    // Equal statements of several constructs are rendered once.
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
 * Creates a policy for a topic of the app that has none, because a publisher needs more than the default
 * policy. The statement of the default policy is added at synth, unless the app adds its own statements.
 *
 * @returns the policies of the topic, which must exist before anything is published
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
 * Returns true for statements in the form that this library writes for services. They do not replace the
 * default statement.
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
