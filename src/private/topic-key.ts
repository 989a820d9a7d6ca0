import { CfnResource } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import { addToKeyPolicy, type PolicyHolder } from './encryption-key';
import { isPolicyDocument, allowsCaller, readStatements } from './policy-document';
import { referenceText, readTemplateTexts, toText } from './reference-text';
import { KEY_ACTIONS, keyStatement, type Publisher, findTopicResource, type Topic } from './topic-policy';

/** Start of the aliases of keys that AWS manages; nobody can add to the policies of these keys. */
const AWS_MANAGED = 'alias/aws/';
const KEY_TYPE = 'AWS::KMS::Key';
const ALIAS_TYPE = 'AWS::KMS::Alias';
const ADDRESS = /^<(\w+)\.\w+>$/;

/** Returns true for the name, the alias or the ARN of a key that AWS manages. */
export function isAwsManaged(key: string): boolean {
  return key.includes(AWS_MANAGED);
}

/** Returns the key of a topic as its resource has it, which can be set without the construct, or `''`. */
export function findTopicKeyText(topic: Topic): string {
  const resource = findTopicResource(topic);
  return resource
    ? toText(readTemplateTexts(resource).KmsMasterKeyId)
    : ((topic.masterKey && referenceText(topic.masterKey, topic.masterKey.keyArn).text) ?? '');
}

/**
 * Lets a publisher use the key of the topic, if there is one. Nobody can add to the policy of a key that AWS
 * manages: a warning of its own says so.
 */
export function allowKeyUse(scope: IConstruct, topic: Topic, publisher: Publisher): void {
  const text = findTopicKeyText(topic);
  if (text === '' || isAwsManaged(text)) return;
  const resource = findKeyResource(topic, text);
  if (resource && allowsKeyUse(resource, publisher)) return;
  const key = resource ? findPolicyHolder(resource) : (topic.masterKey ?? unknownKey(text));
  addToKeyPolicy(scope, key, keyStatement(publisher), publisher.loss);
}

/** Returns the construct of the key of a topic's resource, if the app makes it. */
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

/** Returns what adds to the policy of a key: its construct, or its document if there is none. */
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

/** Key that the app knows by its id only. */
function unknownKey(id: string): PolicyHolder {
  return { node: { path: id }, addToResourcePolicy: () => ({ statementAdded: false }) };
}
