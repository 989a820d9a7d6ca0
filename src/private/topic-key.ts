import { CfnResource } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import { addToKeyPolicy, type PolicyHolder } from './encryption-key';
import { isPolicyDocument, allowsCaller, readStatements } from './policy-document';
import { referenceText, readTemplateTexts, toText } from './reference-text';
import { KEY_ACTIONS, keyStatement, type Publisher, findTopicResource, type Topic } from './topic-policy';

/** Prefix of the aliases of AWS managed keys. The policies of these keys cannot be changed. */
const AWS_MANAGED = 'alias/aws/';
const KEY_TYPE = 'AWS::KMS::Key';
const ALIAS_TYPE = 'AWS::KMS::Alias';
const ADDRESS = /^<(\w+)\.\w+>$/;

/** Returns true if a text is the alias of an AWS managed key, or the ARN of such an alias. */
export function isAwsManaged(key: string): boolean {
  return key.includes(AWS_MANAGED);
}

/**
 * Returns the id, ARN or alias of the key that encrypts a topic, or `''` if the topic has no key. If this app
 * creates the topic, reads the key from the rendered CloudFormation resource, because an override can set the
 * key.
 */
export function findTopicKeyText(topic: Topic): string {
  const resource = findTopicResource(topic);
  return resource
    ? toText(readTemplateTexts(resource).KmsMasterKeyId)
    : ((topic.masterKey && referenceText(topic.masterKey, topic.masterKey.keyArn).text) ?? '');
}

/**
 * Allows a publisher to use the encryption key of a topic. Does nothing if the topic has no key. Does nothing
 * if AWS manages the key, because other code adds a warning for this case.
 */
export function allowKeyUse(scope: IConstruct, topic: Topic, publisher: Publisher): void {
  const text = findTopicKeyText(topic);
  if (text === '' || isAwsManaged(text)) return;
  const resource = findKeyResource(topic, text);
  if (resource && allowsKeyUse(resource, publisher)) return;
  const key = resource ? findPolicyHolder(resource) : (topic.masterKey ?? unknownKey(text));
  addToKeyPolicy(scope, key, keyStatement(publisher), publisher.loss);
}

/**
 * Returns the construct of the key that encrypts a topic. Returns undefined if this app does not create the
 * key.
 */
export function findAppKey(topic: Topic): kms.IKey | undefined {
  const resource = findKeyResource(topic, findTopicKeyText(topic));
  return resource && findKeyConstruct(resource);
}

function findKeyResource({ node }: Pick<Topic, 'node'>, text: string): kms.CfnKey | undefined {
  const address = ADDRESS.exec(text)?.[1];
  if (address === undefined) return undefined;
  const target = node.root.node
    .findAll()
    .filter(each => CfnResource.isCfnResource(each))
    .filter(({ cfnResourceType }) => cfnResourceType === KEY_TYPE || cfnResourceType === ALIAS_TYPE)
    .find(each => each.node.addr === address);
  return target?.cfnResourceType === ALIAS_TYPE
    ? findKeyResource({ node }, toText(readTemplateTexts(target).TargetKeyId))
    : (target as kms.CfnKey | undefined);
}

function allowsKeyUse(resource: kms.CfnKey, publisher: Publisher): boolean {
  const document: unknown = resource.keyPolicy;
  return (
    !isPolicyDocument(document) && allowsCaller(readStatements(resource, document), publisher, KEY_ACTIONS)
  );
}

/**
 * Returns the key construct, which can add statements to the key policy. If the app created only a `CfnKey`,
 * returns an adapter that adds statements to `keyPolicy`.
 */
function findPolicyHolder(resource: kms.CfnKey): PolicyHolder {
  const addToResourcePolicy = (statement: iam.PolicyStatement) => {
    const document: unknown = resource.keyPolicy;
    if (!isPolicyDocument(document)) return { statementAdded: false };
    document.addStatements(statement);
    return { statementAdded: true };
  };
  return findKeyConstruct(resource) ?? { node: resource.node, addToResourcePolicy };
}

function findKeyConstruct(resource: kms.CfnKey): kms.IKey | undefined {
  const { scope } = resource.node;
  return scope?.node.defaultChild === resource && 'addToResourcePolicy' in scope
    ? (scope as unknown as kms.IKey)
    : undefined;
}

/**
 * Returns a placeholder for a key that this app does not create. `addToResourcePolicy` does nothing, because
 * this app cannot change the policy of the key.
 */
function unknownKey(id: string): PolicyHolder {
  return { node: { path: id }, addToResourcePolicy: () => ({ statementAdded: false }) };
}
