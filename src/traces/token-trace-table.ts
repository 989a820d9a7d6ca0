import { CfnDeletionPolicy, type Duration, Lazy, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct, IConstruct } from 'constructs';
import { importByArn, importByAttributes, importByName } from './imported-trace-table';
import { exportForOtherStacks } from './table-exports';
import { requireTableName, TABLE_NAME } from './table-place';
import { traceSettings } from './trace-settings';
import type { TokenTraceTableAttributes } from './trace-table-attributes';
import { TraceTableBase } from './trace-table-base';
import type { ITokenTraceTable } from './trace-table-interface';
import { ENV, TRACE_TABLE } from '../contract';
import { warnOfForeignKey } from '../private/encryption-key';
import { REMOVAL_POLICY } from '../private/kinds';
import { BOOLEAN, DURATION, instance, NUMBER, requireShape, type Shape, TEXT } from '../private/shape';
import { refuseAtSynth } from '../private/synth-messages';
import { propError } from '../private/validate';

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
    return importByName(scope, id, tableName);
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
    return importByArn(scope, id, tableArn);
  }

  /**
   * Imports an existing table by its attributes. The table can be in another region or account if `tableArn`
   * is given. A table in another account must allow the account of the stack in its resource policy.
   *
   * @param scope parent construct
   * @param id id of the construct
   * @param attributes attributes of the table
   * @throws if an attribute is invalid, or if not exactly one of `tableArn` and `tableName` is given
   */
  public static fromTraceTableAttributes(
    scope: Construct,
    id: string,
    attributes: TokenTraceTableAttributes,
  ): ITokenTraceTable {
    return importByAttributes(scope, id, attributes);
  }

  public readonly tableArn: string;
  public readonly tableName: string;
  public readonly environment: { [key: string]: string };

  /**
   * DynamoDB table. Use it for features that this construct does not have, such as metrics or a resource
   * policy.
   */
  public readonly table: dynamodb.TableV2;

  /** @internal */
  public readonly _encryptionKey?: kms.IKey;

  /**
   * @throws if `writeShards` is not a whole number from 1 to 100. Also if `traceTtl` is not a whole number of
   * days from 0 to 36,500. Also if `tableName` is not a valid table name. Also if `encryption` has a customer
   * managed key and the region of the stack is unknown.
   */
  constructor(scope: Construct, id: string, props: TokenTraceTableProps = {}) {
    super(scope, id);
    requireShape(this, props, SHAPE);
    if (props.tableName !== undefined) requireTableName(this, props.tableName, TABLE_NAME);
    requireRegion(this, props.encryption);
    const settings = traceSettings(this, props);

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
    if (props.tableName === undefined) refuseAtSynth(this, () => generatedNameError(this));
    this.tableArn = this.table.tableArn;
    this.tableName = this.table.tableName;
    this._encryptionKey = this.table.encryptionKey;
    if (this._encryptionKey) warnOfForeignKey(this, this._encryptionKey);
    this.environment = { [ENV.tableName]: this.tableName, ...settings };
    exportForOtherStacks(this, [this.tableName, this.tableArn, this._encryptionKey?.keyArn]);
  }
}

/**
 * Returns an error if a stack with another environment refers to the table. aws-cdk-lib then gives the table
 * a name, and an update with a new name replaces the table.
 */
function generatedNameError(where: TokenTraceTable): Error | undefined {
  const { tableName } = where.table.node.defaultChild as dynamodb.CfnGlobalTable;
  if (!Token.isUnresolved(tableName)) return undefined;
  const generated: unknown = Stack.of(where).resolve(tableName);
  if (generated === undefined) return undefined;
  return propError(
    where,
    'tableName',
    'given if a stack with another environment (`env`) refers to the table',
    `the generated name ${String(generated)}, which would replace a deployed table`,
    'If the table is deployed, pass its ARN as text to the other stack, by `fromTokenAnalyticsAttributes` or ' +
      '`fromTraceTableAttributes`, or give both stacks the same `env`. If the table is new, set its `tableName`.',
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
