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
 * A table of traces: one item for each model call, never a prompt or an answer.
 */
export interface ITokenTraceTable extends IConstruct {
  /**
   * The table's ARN.
   */
  readonly tableArn: string;

  /**
   * The table's name.
   */
  readonly tableName: string;

  /**
   * Environment variables that tell the runtime to write here.
   */
  readonly environment: { [key: string]: string };

  /**
   * Lets a grantee write traces: `dynamodb:BatchWriteItem`
   * on this table, which is all that the runtime calls.
   *
   * @param grantee who writes
   */
  grantWriteTraces(grantee: iam.IGrantable): iam.Grant;

  /**
   * Lets a grantee read traces by key, from the table and from its incident index. It cannot scan.
   *
   * @param grantee who reads
   */
  grantReadTraces(grantee: iam.IGrantable): iam.Grant;
}

/**
 * Properties of a trace table.
 */
export interface TokenTraceTableProps {
  /**
   * The table's name.
   *
   * @default - named by CloudFormation, so that the table can be replaced
   */
  readonly tableName?: string;

  /**
   * How long a trace is kept: whole days, or `Duration.days(0)`
   * for ever. DynamoDB deletes within some days after that.
   *
   * @default Duration.days(90)
   */
  readonly traceTtl?: Duration;

  /**
   * Whether the table can be restored to any second of the last 35 days.
   *
   * @default true
   */
  readonly pointInTimeRecovery?: boolean;

  /**
   * The key that the table is encrypted with.
   *
   * @default - a key that DynamoDB owns, without charge
   */
  readonly encryption?: dynamodb.TableEncryptionV2;

  /**
   * What becomes of the table when it leaves the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * True to protect the table from being deleted. Once traces have expired, its rollups are the only record
   * of those days.
   *
   * @default - true, unless the table's removal policy is DESTROY
   */
  readonly deletionProtection?: boolean;

  /**
   * Over how many partitions one agent's day is spread, 1 to 100. One partition
   * takes 1,000 writes a second; each more makes reading a day dearer.
   *
   * @default 1
   */
  readonly writeShards?: number;
}

/** Kinds of the properties. */
const SHAPE: Shape<TokenTraceTableProps> = {
  tableName: TEXT,
  traceTtl: DURATION,
  pointInTimeRecovery: BOOLEAN,
  encryption: instance(
    'a TableEncryptionV2',
    ['type'],
    'Give, for example, dynamodb.TableEncryptionV2.customerManagedKey(key).',
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

  /** Grants a right on the table, and only after that the key: a key without the table would help nobody. */
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
      'Make TokenAnalytics in a stack of that place: traces are written to a table at home.',
    );
    requireTableName(this, table.tableName, IMPORTED_NAME);
    this.tableArn = table.tableArn;
    this.tableName = table.tableName;
    this.environment = { [ENV.tableName]: this.tableName };
  }
}

/**
 * An on-demand DynamoDB table of traces, with a sparse index of incidents.
 *
 * An agent's day is one partition (`AGENT#<agentId>#<yyyy-mm-dd>`), sorted by time.
 */
export class TokenTraceTable extends TraceTableBase {
  /**
   * A table that stands already, by its name, in the account and region of the stack.
   *
   * Its environment names the table alone: the runtime then takes its own defaults for
   * shards and retention. Rights on a customer-managed key are to be granted beside it.
   *
   * @param scope where
   * @param id the construct's id
   * @param tableName the table's name, without wildcards
   * @throws if the name is not one of DynamoDB's
   */
  public static fromTableName(scope: Construct, id: string, tableName: string): ITokenTraceTable {
    return new ImportedTraceTable(scope, id, imported => {
      requireValue(imported, 'tableName', tableName, TEXT);
      requireTableName(imported, tableName, IMPORTED_NAME);
      return dynamodb.TableV2.fromTableName(imported, 'Table', tableName);
    });
  }

  /**
   * A table that stands already, by its ARN, in the account and region
   * of the stack. See `fromTableName` for its environment and key.
   *
   * @param scope where
   * @param id the construct's id
   * @param tableArn the table's ARN
   * @throws if the table is of another account or region, or its name has other characters than DynamoDB's
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
   * The DynamoDB table, for what is not here: its own metrics, a resource policy.
   */
  public readonly table: dynamodb.TableV2;

  /**
   * The customer-managed key, where the table is encrypted with one.
   */
  protected readonly encryptionKey?: kms.IKey;

  /**
   * @throws if `writeShards` is not a whole number from 1 to 100, `traceTtl` is not a whole number of days up
   * to 36,500, the name is not one of DynamoDB's, or a customer-managed key is given in a stack without a
   * region
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
          // A trace is at most 1 KB, so a smaller projection writes
          // the same one unit, and reading an incident needs it all.
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

/** DynamoDB Developer Guide, "Naming rules". */
const TABLE_NAME = { must: '3 to 255', pattern: /^[A-Za-z0-9_.-]{3,255}$/ };
/** The name of a table that is there goes into IAM policies, where `*` would be every table. */
const IMPORTED_NAME = { must: '1 to 255', pattern: /^[A-Za-z0-9_.-]{1,255}$/ };
const TABLE_ARN = /^arn:[^:]+:dynamodb:[^:]+:[^:]+:table\/.+$/;

function requireTableName(where: IConstruct, name: string, { must, pattern }: typeof TABLE_NAME): void {
  if (Token.isUnresolved(name) || pattern.test(name)) return;
  throw propError(
    where,
    'tableName',
    `a table name of ${must} letters, digits and \`_ . -\``,
    name,
    'Give the name of one table, without wildcards.',
  );
}

function requireTableArn(where: IConstruct, arn: string): void {
  if (Token.isUnresolved(arn) || TABLE_ARN.test(arn)) return;
  throw propError(
    where,
    'tableArn',
    'the ARN of a DynamoDB table',
    arn,
    'Give arn:aws:dynamodb:<region>:<account>:table/<name>.',
  );
}

/** Requires what the runtime takes: it would keep traces for its default time instead. */
function requireTtl(where: IConstruct, traceTtl: Duration): void {
  if (traceTtl.isUnresolved() || traceTtl.toDays() <= MAX_TRACE_TTL_DAYS) return;
  throw propError(
    where,
    'traceTtl',
    `at most ${MAX_TRACE_TTL_DAYS} days`,
    traceTtl.toHumanString(),
    'Give Duration.days(0) to keep traces for ever.',
  );
}

/** Requires a known region for a key of one's own, which aws-cdk-lib names for each replica by its region. */
function requireRegion(where: IConstruct, encryption: dynamodb.TableEncryptionV2 | undefined): void {
  if (!encryption || encryption.type !== dynamodb.TableEncryption.CUSTOMER_MANAGED) return;
  if (!Token.isUnresolved(Stack.of(where).region)) return;
  throw propError(
    where,
    'encryption',
    'a key of DynamoDB or AWS in a stack without a region',
    'a customer-managed key',
    'Give the stack its `env`: { account, region }, or leave the key out.',
  );
}

/** Protects a table from being deleted, unless its removal policy says that it goes with the stack. */
function protectUnlessDestroyed(table: dynamodb.TableV2): void {
  const resource = table.node.defaultChild as dynamodb.CfnGlobalTable;
  resource.addPropertyOverride(
    'Replicas.0.DeletionProtectionEnabled',
    Lazy.any({ produce: () => resource.cfnOptions.deletionPolicy !== CfnDeletionPolicy.DELETE }),
  );
}
