import { type App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { AwsSolutionsChecks } from 'cdk-nag';
import { busIn, ingestIn, logGroupIn } from './support';
import { testWithNag } from '../../support/nag';
import { newStack } from '../support';

const KEY_ARN = 'arn:aws:kms:us-east-1:111111111111:key/abc';

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Returns for each IAM policy of a stack a list of its statements with `kms:` actions. */
const keyStatements = (stack: Stack) =>
  Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).map(({ Properties }) =>
    (Properties as { PolicyDocument: { Statement: Statement[] } }).PolicyDocument.Statement.filter(
      ({ Action }) => [Action].flat().some(action => action.startsWith('kms:')),
    ),
  );

const through = (service: string, Action: string | string[], Resource: unknown) => ({
  Effect: 'Allow',
  Action,
  Resource,
  Condition: {
    StringEquals: {
      'kms:ViaService': { 'Fn::Join': ['', [`${service}.`, { Ref: 'AWS::Region' }, '.amazonaws.com']] },
    },
  },
});

test('encrypts both queues, and the log group and environment of each function with a key', () => {
  const stack = newStack();
  const encryptionKey = new kms.Key(stack, 'Key');
  ingestIn(stack, { logGroup: logGroupIn(stack), eventBus: busIn(stack), encryptionKey });
  const arn = stack.resolve(encryptionKey.keyArn) as unknown;

  const template = Template.fromStack(stack);
  template.resourcePropertiesCountIs(
    'AWS::SQS::Queue',
    { KmsMasterKeyId: arn, SqsManagedSseEnabled: Match.absent() },
    2,
  );
  template.resourceCountIs('AWS::SQS::Queue', 2);
  template.resourcePropertiesCountIs('AWS::Lambda::Function', { KmsKeyArn: arn }, 3);
  template.resourceCountIs('AWS::Lambda::Function', 3);
  // The three log groups of the functions are encrypted with the key. The ingest only reads the fourth log
  // group.
  template.resourcePropertiesCountIs('AWS::Logs::LogGroup', { KmsKeyId: arn }, 3);
  template.resourceCountIs('AWS::Logs::LogGroup', 4);
});

test('allows each role to use the key only through SQS and Lambda', () => {
  const stack = newStack();
  const encryptionKey = new kms.Key(stack, 'Key');
  ingestIn(stack, { logGroup: logGroupIn(stack), eventBus: busIn(stack), encryptionKey });
  const arn = stack.resolve(encryptionKey.keyArn) as unknown;

  const statements = keyStatements(stack);
  expect(statements).toHaveLength(3);
  for (const ofRole of statements) {
    expect(ofRole).toEqual([
      through('lambda', 'kms:Decrypt', arn),
      through('sqs', ['kms:Decrypt', 'kms:GenerateDataKey'], arn),
    ]);
  }
});

test('adds one statement for CloudWatch Logs to a key of the app, without a warning', () => {
  const stack = newStack();
  ingestIn(stack, { logGroup: logGroupIn(stack), encryptionKey: new kms.Key(stack, 'Key') });

  const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('AWS::KMS::Key'));
  const { Statement: statements } = (Properties as { KeyPolicy: { Statement: object[] } }).KeyPolicy;
  expect(statements.filter(statement => JSON.stringify(statement).includes('"logs.'))).toHaveLength(1);
  Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
});

test('uses an imported key, and warns with the statement that CloudWatch Logs needs', () => {
  const stack = newStack();
  ingestIn(stack, { logGroup: logGroupIn(stack), encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) });

  Template.fromStack(stack).resourcePropertiesCountIs('AWS::SQS::Queue', { KmsMasterKeyId: KEY_ARN }, 2);
  for (const ofRole of keyStatements(stack)) {
    expect(ofRole).toContainEqual(through('sqs', ['kms:Decrypt', 'kms:GenerateDataKey'], KEY_ARN));
  }
  Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('cdk-token-analytics:keyPolicy'));
});

test('refuses a key in another region, and accepts one in another account or with a token', () => {
  const env = { account: '111111111111', region: 'us-east-1' };
  const make = (arn: (stack: Stack) => string) => {
    const stack = newStack({ env });
    ingestIn(stack, { eventBus: busIn(stack), encryptionKey: kms.Key.fromKeyArn(stack, 'Key', arn(stack)) });
    return (stack.node.root as App).synth();
  };

  expect(() => make(() => KEY_ARN.replace('us-east-1', 'eu-west-1'))).toThrow(
    '[Stack/Ingest] `encryptionKey` must be in the region of the stack (us-east-1), got: Stack/Key in eu-west-1. ',
  );
  expect(() => make(() => KEY_ARN.replace('111111111111', '222222222222'))).not.toThrow();
  expect(() => make(stack => new CfnParameter(stack, 'Arn').valueAsString)).not.toThrow();
});

testWithNag('an ingest with a key has no finding of cdk-nag AwsSolutions', () => {
  const stack = newStack();
  const encryptionKey = new kms.Key(stack, 'Key', { enableKeyRotation: true });
  ingestIn(stack, { logGroup: logGroupIn(stack), eventBus: busIn(stack), encryptionKey });

  const app = stack.node.root as App;
  expect(new AwsSolutionsChecks(app).validateScope(app).violations).toEqual([]);
});
