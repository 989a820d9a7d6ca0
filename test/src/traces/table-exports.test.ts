import { App, CfnParameter, NestedStack, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { TokenAnalytics, type TokenAnalyticsProps, TokenTraceTable } from '../../../src';
import { WARNS_OF_STRONG_REFERENCES } from '../../support/cdk-features';

const HERE = { account: '111122223333', region: 'us-east-1' };

interface Output {
  readonly Value: unknown;
  readonly Export?: { readonly Name: unknown };
}

/** Returns the exports of a stack: the value of each, by its name. */
function exportsOf(stack: Stack): Record<string, unknown> {
  const outputs = Template.fromStack(stack).toJSON().Outputs as Record<string, Output> | undefined;
  return Object.fromEntries(
    Object.values(outputs ?? {}).flatMap(({ Value, Export }) =>
      Export ? [[JSON.stringify(Export.Name), Value] as const] : [],
    ),
  );
}

/** App with a TokenAnalytics, and with or without an instrumented function in another stack. */
interface Variant {
  readonly context?: Record<string, unknown>;
  readonly env?: { readonly account?: string; readonly region?: string };
  readonly isNested?: boolean;
  readonly props?: (stack: Stack) => Partial<TokenAnalyticsProps>;
}

/** Returns the exports of the analytics stack, before and after the last agent has left its own stack. */
function exportsWithAndWithoutAgent({ context, env = HERE, isNested, props }: Variant): [object, object] {
  const [before, after] = [true, false].map(hasAgent => {
    const app = new App({ context });
    const stack = new Stack(app, 'Analytics', { env });
    const analytics = new TokenAnalytics(isNested ? new NestedStack(stack, 'Nested') : stack, 'A', {
      dailyBudget: 10,
      ...props?.(stack),
    });
    if (hasAgent) {
      const other = new Stack(app, 'Agent', { env });
      analytics.instrument(
        new lambda.Function(other, 'Fn', {
          runtime: lambda.Runtime.NODEJS_24_X,
          handler: 'index.handler',
          code: lambda.Code.fromInline('exports.handler = async () => {};'),
        }),
        { agentId: 'triage' },
      );
    }
    return exportsOf(stack);
  });
  return [before, after];
}

test.each<[string, Variant, number]>([
  ['a stack', {}, 2],
  ['a stack without account and region', { env: {} }, 2],
  ['a nested stack', { isNested: true }, 2],
  ['a stack with a key', { props: stack => ({ encryptionKey: new kms.Key(stack, 'Key') }) }, 3],
  ['a stack with an alias of a key', { props: stack => ({ encryptionKey: aliasedKey(stack) }) }, 3],
  ['a stack whose table has a name', { props: () => ({ traceTableOptions: { tableName: 'traces' } }) }, 2],
  [
    'a stack whose references are strong and weak',
    { context: { '@aws-cdk/core:defaultCrossStackReferences': 'both' } },
    2,
  ],
])('the exports of %s stay when the last agent leaves', (_what, variant, count) => {
  const [before, after] = exportsWithAndWithoutAgent(variant);

  expect(Object.keys(before)).toHaveLength(count);
  expect(after).toEqual(before);
  expect(new Set(Object.values(before).map(value => JSON.stringify(value))).size).toBe(count);
});

test('a stack with weak references has no exports', () => {
  const context = { '@aws-cdk/core:defaultCrossStackReferences': 'weak' };

  const [before, after] = exportsWithAndWithoutAgent({ context });

  // Older versions of aws-cdk-lib ignore the context key, so the exports must stay.
  expect(Object.keys(before)).toHaveLength(WARNS_OF_STRONG_REFERENCES ? 0 : 2);
  expect(after).toEqual(before);
});

test('the key of another stack and an imported table are not exported', () => {
  const app = new App();
  const keyStack = new Stack(app, 'Keys', { env: HERE });
  const stack = new Stack(app, 'Analytics', { env: HERE });
  new TokenTraceTable(stack, 'Traces', {
    encryption: dynamodb.TableEncryptionV2.customerManagedKey(new kms.Key(keyStack, 'Key')),
  });
  TokenTraceTable.fromTraceTableAttributes(stack, 'Imported', { tableName: 'traces' });

  expect(Object.keys(exportsOf(stack))).toHaveLength(2);
});

test('the app can still change the logical id of the table', () => {
  const stack = new Stack(new App(), 'Analytics', { env: HERE });
  const { table } = new TokenTraceTable(stack, 'Traces');
  (table.node.defaultChild as dynamodb.CfnGlobalTable).overrideLogicalId('OldTable');

  expect(Object.values(exportsOf(stack))).toEqual([
    { Ref: 'OldTable' },
    { 'Fn::GetAtt': ['OldTable', 'Arn'] },
  ]);
});

test('a table name that is a parameter of the stack is exported as the name of the table', () => {
  const stack = new Stack(new App(), 'Analytics', { env: HERE });
  const tableName = new CfnParameter(stack, 'Name').valueAsString;
  new TokenTraceTable(stack, 'Traces', { tableName });

  expect(Object.values(exportsOf(stack))).toHaveLength(2);
});

function aliasedKey(stack: Stack): kms.IKey {
  return new kms.Key(stack, 'Key', { alias: 'tokens' });
}
