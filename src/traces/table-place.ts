import { CfnResource, Fn, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ITokenTraceTable } from './trace-table-interface';
import { TABLE_ARN } from '../contract';
import { requireSamePlace } from '../private/region-account';
import { propError } from '../private/validate';

/**
 * Valid names for a new table (DynamoDB Developer Guide, "Naming rules"). `must` is the length in error
 * messages.
 */
export const TABLE_NAME = { must: '3 to 255', pattern: /^[A-Za-z0-9_.-]{3,255}$/ };
/**
 * Valid names for an imported table. `must` is the length in error messages. An asterisk is invalid, because
 * in an IAM policy it would match every table.
 */
export const IMPORTED_NAME = { must: '1 to 255', pattern: /^[A-Za-z0-9_.-]{1,255}$/ };

/** Parts of the ARN of a table. Each can be a token. */
interface ArnParts {
  readonly region: string;
  readonly account: string;
  readonly tableName: string;
}

/**
 * Requires a valid table name. Accepts a name that is known only at deployment.
 *
 * @throws if the name is known at synth and is invalid
 */
export function requireTableName(
  where: IConstruct,
  name: string,
  { must, pattern }: typeof TABLE_NAME,
): void {
  if (Token.isUnresolved(name) || pattern.test(name)) return;
  throw propError(
    where,
    'tableName',
    `a table name of ${must} letters, digits and \`_ . -\``,
    name,
    'Pass the name of one table, without wildcards.',
  );
}

/**
 * Requires the ARN of one table. Accepts an ARN that is known only at deployment, if its known parts have no
 * wildcard.
 *
 * @throws if the ARN is known at synth and is not the ARN of a table. Also if it contains a wildcard
 */
export function requireTableArn(where: IConstruct, arn: string): void {
  if (TABLE_ARN.test(arn) || (Token.isUnresolved(arn) && !arn.includes('*'))) return;
  throw propError(
    where,
    'tableArn',
    'the ARN of one DynamoDB table',
    arn,
    'Pass arn:aws:dynamodb:<region>:<account>:table/<name>.',
  );
}

/** Returns the parts of an ARN. If the ARN is known only at deployment, CloudFormation splits it. */
export function tableArnParts(arn: string): ArnParts {
  const known = knownParts(arn);
  if (known) return known;
  const part = (index: number) => Fn.select(index, Fn.split(':', arn));
  return { region: part(3), account: part(4), tableName: Fn.select(1, Fn.split('/', arn)) };
}

/**
 * Returns true if the table with this ARN is certainly in the region and account of the stack of `scope`. An
 * ARN that is known only at deployment must be that of a table in a stack with the same environment.
 */
export function isInPlaceOf(scope: IConstruct, arn: string): boolean {
  const { region, account, environment } = Stack.of(scope);
  const parts = knownParts(arn);
  if (parts) return parts.region === region && parts.account === account;
  const table = findTable(arn);
  return table !== undefined && Stack.of(table).environment === environment;
}

/**
 * Returns the table of this app to which a name or an ARN refers. Returns undefined for a value that is known
 * at synth, and for a value of another kind of resource or of a parameter, because it can name any table.
 */
export function findTable(nameOrArn: string): CfnResource | undefined {
  const token = Tokenization.reverse(nameOrArn);
  if (!Reference.isReference(token) || !CfnResource.isCfnResource(token.target)) return undefined;
  return token.target.cfnResourceType.startsWith('AWS::DynamoDB::') ? token.target : undefined;
}

/**
 * Requires that a trace table is in the region and account of the stack of `where`, whose function reads it.
 * A known ARN contains the place of the table. If the ARN is a token of a table of this app, the place is
 * that of the stack which creates the table. For any other token, it is that of the stack of the construct.
 *
 * @throws if the table is known to be in another region or account
 */
export function requireTableInPlace(where: IConstruct, table: ITokenTraceTable): void {
  const { region, account } = knownParts(table.tableArn) ?? Stack.of(findTable(table.tableArn) ?? table);
  requireSamePlace(
    where,
    'traceTable',
    { node: table.node, env: { region, account } },
    'The function works only with a table in its own region and account: create it there. A TokenAnalytics ' +
      'with a table elsewhere needs `nightlyRollup: false`, and no ingest and no budget alert function.',
  );
}

/**
 * Returns the region and account of the stack that creates a table. Returns undefined if the app does not
 * create the table, or if the stack has no `env`.
 */
export function placeOfOwner(arn: string): Pick<ArnParts, 'region' | 'account'> | undefined {
  const table = findTable(arn);
  if (!table) return undefined;
  const { region, account } = Stack.of(table);
  return Token.isUnresolved(region) || Token.isUnresolved(account) ? undefined : { region, account };
}

function knownParts(arn: string): ArnParts | undefined {
  const [, region, account, tableName] = TABLE_ARN.exec(arn) ?? [];
  return tableName === undefined ? undefined : { region, account, tableName };
}
