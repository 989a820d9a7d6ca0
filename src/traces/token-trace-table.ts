import { CfnDeletionPolicy, Duration, Lazy, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, type IConstruct } from 'constructs';
import {
  DEFAULT_TRACE_TTL_DAYS,
  DEFAULT_WRITE_SHARDS,
  ENV,
  MAX_TRACE_TTL_DAYS,
  MAX_WRITE_SHARDS,
  TRACE_READ_ACTIONS,
  TRACE_TABLE,
  TRACE_WRITE_ACTIONS,
} from '../contract';
import {
  grantKeyThrough,
  TABLE_KEY_READ_ACTIONS,
  TABLE_KEY_WRITE_ACTIONS,
  warnOfForeignKey,
} from '../private/encryption-key';
import { grantRight, type Right } from '../private/grants';
import { REMOVAL_POLICY } from '../private/kinds';
import { requireSamePlace } from '../private/region-account';
import {
  BOOLEAN,
  DURATION,
  instance,
  NUMBER,
  requireShape,
  requireValue,
  type Shape,
  TEXT,
} from '../private/shape';
import { numberText } from '../private/token-text';
import { DAYS, propError, requireUnit, requireWhole, requireWholeNumber } from '../private/validate';

/**
 * Trace table. It has one item for each invocation, without prompts and answers.
 */
export interface ITokenTraceTable extends IConstruct {
  /**
   * ARN of the table.
   */
  readonly tableArn: string;

  /**
   * Name of the table.
   */
  readonly tableName: string;

  /**
   * Environment variables for programs that write traces to this table. The runtime reads them.
   */
  readonly environment: { [key: string]: string };

  /**
   * Grants the permission to write traces. This is `dynamodb:BatchWriteItem` on this table, the only action
   * that the runtime needs.
   *
   * @param grantee principal that writes traces
   */
  grantWriteTraces(grantee: iam.IGrantable): iam.Grant;

  /**
   * Grants the permission to read traces by key, from the table and its incident index. The permission does
   * not include scans.
   *
   * @param grantee principal that reads traces
   */
  grantReadTraces(grantee: iam.IGrantable): iam.Grant;
}

/**
 * Properties of a trace table.
 */
export interface TokenTraceTableProps {
  /**
   * Name of the table, 3 to 255 characters.
   *
   * @default - CloudFormation generates the name, so that an update can replace the table
   */
  readonly tableName?: string;

  /**
   * Retention of traces in whole days, from 0 to 36,500. `Duration.days(0)` means that traces are kept
   * forever. DynamoDB deletes a trace within a few days after it has expired.
   *
   * @default Duration.days(90)
   */
  readonly traceTtl?: Duration;

  /**
   * True to enable point-in-time recovery, which can restore the table to any second of the last 35 days.
   *
   * @default true
   */
  readonly pointInTimeRecovery?: boolean;

  /**
   * Encryption of the table.
   *
   * @default - a key that DynamoDB owns, without charge
   */
  readonly encryption?: dynamodb.TableEncryptionV2;

  /**
   * Removal policy of the table. It applies when the table is removed from the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * True to protect the table from deletion. The rollups in the table cannot be created again after the
   * traces have expired.
   *
   * @default - true, unless the removal policy of the table is DESTROY
   */
  readonly deletionProtection?: boolean;

  /**
   * Number of partitions for the traces of one agent on one day, from 1 to 100. One partition accepts 1,000
   * writes a second. Each further partition makes reports more expensive, because they read all partitions of
   * a day.
   *
   * @default 1
   */
  readonly writeShards?: number;
}

const SHAPE: Shape<TokenTraceTableProps> = {
  tableName: TEXT,
  traceTtl: DURATION,
  pointInTimeRecovery: BOOLEAN,
  encryption: instance(
    'a TableEncryptionV2',
    ['type'],
    'Pass, for example, dynamodb.TableEncryptionV2.customerManagedKey(key).',
  ),
  removalPolicy: REMOVAL_POLICY,
  deletionProtection: BOOLEAN,
  writeShards: NUMBER,
};

const { partitionKey, sortKey, ttl, incidentIndex } = TRACE_TABLE;

abstract class TraceTableBase extends Construct implements ITokenTraceTable {
  public abstract readonly tableArn: string;
  public abstract readonly tableName: string;
  public abstract readonly environment: { [key: string]: string };
  protected abstract readonly encryptionKey?: kms.IKey;

  public grantWriteTraces(grantee: iam.IGrantable): iam.Grant {
    return this.grantWith(TABLE_KEY_WRITE_ACTIONS, grantee, {
      purpose: 'write traces',
      actions: TRACE_WRITE_ACTIONS,
      resourceArns: [this.tableArn],
    });
  }

  public grantReadTraces(grantee: iam.IGrantable): iam.Grant {
    return this.grantWith(TABLE_KEY_READ_ACTIONS, grantee, {
      purpose: 'read traces',
      actions: TRACE_READ_ACTIONS,
      resourceArns: [this.tableArn, `${this.tableArn}/index/${incidentIndex.name}`],
    });
  }

  /**
   * Grants a permission on the table, and the permission to use its encryption key. If the grant on the table
   * has no effect, does not grant the use of the key.
   */
  private grantWith(keyActions: readonly string[], grantee: iam.IGrantable, right: Right): iam.Grant {
    const grant = grantRight(this, grantee, right);
    if (grant.success && this.encryptionKey) {
      grantKeyThrough(this, this.encryptionKey, grantee, 'dynamodb', keyActions);
    }
    return grant;
  }
}

class ImportedTraceTable extends TraceTableBase {
  public readonly tableArn: string;
  public readonly tableName: string;
  public readonly environment: { [key: string]: string };

  protected readonly encryptionKey = undefined;

  constructor(scope: Construct, id: string, importTable: (scope: Construct) => dynamodb.ITableV2) {
    super(scope, id);
    const table = importTable(this);
    requireSamePlace(
      this,
      'tableArn',
      table,
      'Traces are written to a table in the account and region of the program: create TokenAnalytics there.',
    );
    requireTableName(this, table.tableName, IMPORTED_NAME);
    this.tableArn = table.tableArn;
    this.tableName = table.tableName;
    this.environment = { [ENV.tableName]: this.tableName };
  }
}

/**
 * On-demand DynamoDB table for traces. An index contains the traces that belong to an incident.
 *
 * The partition key consists of agent and day (`AGENT#<agentId>#<yyyy-mm-dd>`). In a partition, traces are
 * sorted by time.
 */
export class TokenTraceTable extends TraceTableBase {
  /**
   * Imports an existing table by its name. The table must be in the account and region of the stack.
   *
   * `environment` of the result contains only the name of the table, so the runtime uses the default number
   * of write shards and the default retention. If the table has a customer managed key, grant the use of the
   * key yourself.
   *
   * @param scope parent construct
   * @param id id of the construct
   * @param tableName name of the table, without wildcards
   * @throws if the name is not a valid table name
   */
  public static fromTableName(scope: Construct, id: string, tableName: string): ITokenTraceTable {
    return new ImportedTraceTable(scope, id, imported => {
      requireValue(imported, 'tableName', tableName, TEXT);
      requireTableName(imported, tableName, IMPORTED_NAME);
      return dynamodb.TableV2.fromTableName(imported, 'Table', tableName);
    });
  }

  /**
   * Imports an existing table by its ARN. The table must be in the account and region of the stack.
   *
   * `environment` of the result contains only the name of the table, so the runtime uses the default number
   * of write shards and the default retention. If the table has a customer managed key, grant the use of the
   * key yourself.
   *
   * @param scope parent construct
   * @param id id of the construct
   * @param tableArn ARN of the table
   * @throws if the table is in another account or region. Also if its name is not a valid table name
   */
  public static fromTableArn(scope: Construct, id: string, tableArn: string): ITokenTraceTable {
    return new ImportedTraceTable(scope, id, imported => {
      requireValue(imported, 'tableArn', tableArn, TEXT);
      requireTableArn(imported, tableArn);
      return dynamodb.TableV2.fromTableArn(imported, 'Table', tableArn);
    });
  }

  public readonly tableArn: string;
  public readonly tableName: string;
  public readonly environment: { [key: string]: string };

  /**
   * DynamoDB table. Use it for features that this construct does not have, such as metrics or a resource
   * policy.
   */
  public readonly table: dynamodb.TableV2;

  /** Customer managed key of the table. Undefined if the table has no such key. */
  protected readonly encryptionKey?: kms.IKey;

  /**
   * @throws if `writeShards` is not a whole number from 1 to 100. Also if `traceTtl` is not a whole number of
   * days from 0 to 36,500. Also if `tableName` is not a valid table name. Also if `encryption` has a customer
   * managed key and the region of the stack is unknown.
   */
  constructor(scope: Construct, id: string, props: TokenTraceTableProps = {}) {
    super(scope, id);
    requireShape(this, props, SHAPE);
    const { writeShards = DEFAULT_WRITE_SHARDS, traceTtl = Duration.days(DEFAULT_TRACE_TTL_DAYS) } = props;
    if (props.tableName !== undefined) requireTableName(this, props.tableName, TABLE_NAME);
    requireRegion(this, props.encryption);
    requireWholeNumber(this, 'writeShards', writeShards, 1, MAX_WRITE_SHARDS);
    requireUnit(this, 'traceTtl', traceTtl, 'days');
    requireWhole(this, 'traceTtl', traceTtl, { ...DAYS, min: 0 });
    requireTtl(this, traceTtl);

    this.table = new dynamodb.TableV2(this, 'Resource', {
      tableName: props.tableName,
      partitionKey: { name: partitionKey, type: dynamodb.AttributeType.STRING },
      sortKey: { name: sortKey, type: dynamodb.AttributeType.STRING },
      billing: dynamodb.Billing.onDemand(),
      encryption: props.encryption,
      timeToLiveAttribute: ttl,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: props.pointInTimeRecovery ?? true },
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      deletionProtection: props.deletionProtection,
      globalSecondaryIndexes: [
        {
          indexName: incidentIndex.name,
          partitionKey: { name: incidentIndex.partitionKey, type: dynamodb.AttributeType.STRING },
          sortKey: { name: incidentIndex.sortKey, type: dynamodb.AttributeType.STRING },
          // All attributes are copied to the index, because reports on incidents need them. Fewer attributes
          // would not reduce the cost, because a trace of at most 1 KB takes one write unit.
          projectionType: dynamodb.ProjectionType.ALL,
        },
      ],
    });
    if (props.deletionProtection === undefined) protectUnlessDestroyed(this.table);
    this.tableArn = this.table.tableArn;
    this.tableName = this.table.tableName;
    this.encryptionKey = this.table.encryptionKey;
    if (this.encryptionKey) warnOfForeignKey(this, this.encryptionKey);
    this.environment = {
      [ENV.tableName]: this.tableName,
      [ENV.writeShards]: numberText(writeShards),
      [ENV.traceTtlDays]: numberText(traceTtl.toDays()),
    };
  }
}

/**
 * Valid names for a new table (DynamoDB Developer Guide, "Naming rules"). `must` is the length in error
 * messages.
 */
const TABLE_NAME = { must: '3 to 255', pattern: /^[A-Za-z0-9_.-]{3,255}$/ };
/**
 * Valid names for an imported table. `must` is the length in error messages. An asterisk is invalid, because
 * in an IAM policy it would match every table.
 */
const IMPORTED_NAME = { must: '1 to 255', pattern: /^[A-Za-z0-9_.-]{1,255}$/ };
const TABLE_ARN = /^arn:[^:]+:dynamodb:[^:]+:[^:]+:table\/.+$/;

function requireTableName(where: IConstruct, name: string, { must, pattern }: typeof TABLE_NAME): void {
  if (Token.isUnresolved(name) || pattern.test(name)) return;
  throw propError(
    where,
    'tableName',
    `a table name of ${must} letters, digits and \`_ . -\``,
    name,
    'Pass the name of one table, without wildcards.',
  );
}

function requireTableArn(where: IConstruct, arn: string): void {
  if (Token.isUnresolved(arn) || TABLE_ARN.test(arn)) return;
  throw propError(
    where,
    'tableArn',
    'the ARN of a DynamoDB table',
    arn,
    'Pass arn:aws:dynamodb:<region>:<account>:table/<name>.',
  );
}

/**
 * Requires a retention of at most `MAX_TRACE_TTL_DAYS`. For a longer retention, the runtime would use its
 * default.
 */
function requireTtl(where: IConstruct, traceTtl: Duration): void {
  if (traceTtl.isUnresolved() || traceTtl.toDays() <= MAX_TRACE_TTL_DAYS) return;
  throw propError(
    where,
    'traceTtl',
    `at most ${MAX_TRACE_TTL_DAYS} days`,
    traceTtl.toHumanString(),
    'Pass Duration.days(0) to keep traces forever.',
  );
}

/**
 * Requires that the region of the stack is known if the table has a customer managed key. aws-cdk-lib looks
 * up the key by region.
 */
function requireRegion(where: IConstruct, encryption: dynamodb.TableEncryptionV2 | undefined): void {
  if (!encryption || encryption.type !== dynamodb.TableEncryption.CUSTOMER_MANAGED) return;
  if (!Token.isUnresolved(Stack.of(where).region)) return;
  throw propError(
    where,
    'encryption',
    'a key that DynamoDB or AWS owns, in a stack without a region',
    'a customer managed key',
    'Set the `env` of the stack ({ account, region }), or remove the key.',
  );
}

/** Protects a table from deletion, unless its removal policy is DESTROY. */
function protectUnlessDestroyed(table: dynamodb.TableV2): void {
  const resource = table.node.defaultChild as dynamodb.CfnGlobalTable;
  resource.addPropertyOverride(
    'Replicas.0.DeletionProtectionEnabled',
    Lazy.any({ produce: () => resource.cfnOptions.deletionPolicy !== CfnDeletionPolicy.DELETE }),
  );
}
