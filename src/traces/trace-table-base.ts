import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { ITokenTraceTable } from './trace-table-interface';
import { TRACE_READ_ACTIONS, TRACE_TABLE, TRACE_WRITE_ACTIONS } from '../contract';
import {
  grantKeyThrough,
  serviceName,
  TABLE_KEY_READ_ACTIONS,
  TABLE_KEY_WRITE_ACTIONS,
} from '../private/encryption-key';
import { grantRight, type Right } from '../private/grants';
import { isKnownToDiffer } from '../private/region-account';
import { warnWithStatement } from '../private/synth-messages';

/** Region and account of a table. */
export interface TablePlace {
  readonly region: string;
  readonly account: string;
}

/**
 * Trace table with the grants of {@link ITokenTraceTable}.
 *
 * @internal
 */
export abstract class TraceTableBase extends Construct implements ITokenTraceTable {
  public abstract readonly tableArn: string;
  public abstract readonly tableName: string;
  public abstract readonly environment: { [key: string]: string };

  /**
   * Customer managed key of the table. Undefined if the table has no such key.
   *
   * @internal
   */
  public abstract readonly _encryptionKey?: kms.IKey;

  public grantWriteTraces(grantee: iam.IGrantable): iam.Grant {
    return this.grantWith(TABLE_KEY_WRITE_ACTIONS, grantee, this.writeRight);
  }

  public grantReadTraces(grantee: iam.IGrantable): iam.Grant {
    return this.grantWith(TABLE_KEY_READ_ACTIONS, grantee, {
      purpose: 'read traces',
      actions: TRACE_READ_ACTIONS,
      resourceArns: [this.tableArn, `${this.tableArn}/index/${TRACE_TABLE.incidentIndex.name}`],
    });
  }

  /**
   * Region and account of the table. By default, those of the stack.
   *
   * @internal
   */
  public get _place(): TablePlace {
    const { region, account } = Stack.of(this);
    return { region, account };
  }

  /**
   * Adds the warnings of `grantWriteTraces` for a table or a key of another account. Use this method for a
   * program whose role gets no permission here.
   *
   * @internal
   */
  public _warnOfForeignOwner(): void {
    this.warnOfOwner(TABLE_KEY_WRITE_ACTIONS, this.writeRight);
  }

  private get writeRight(): Right {
    return { purpose: 'write traces', actions: TRACE_WRITE_ACTIONS, resourceArns: [this.tableArn] };
  }

  /**
   * Grants a permission on the table, and the permission to use its encryption key. If the grant on the table
   * has no effect, does not grant the use of the key.
   */
  private grantWith(keyActions: readonly string[], grantee: iam.IGrantable, right: Right): iam.Grant {
    const grant = grantRight(this, grantee, right);
    if (!grant.success) return grant;
    const { _encryptionKey: key, _place: place } = this;
    if (key) grantKeyThrough(this, key, grantee, 'dynamodb', keyActions, place.region);
    this.warnOfOwner(keyActions, right);
    return grant;
  }

  private warnOfOwner(keyActions: readonly string[], right: Right): void {
    this.warnOfForeignTable(right);
    if (this._encryptionKey) this.warnOfForeignTableKey(this._encryptionKey, keyActions);
  }

  /**
   * Adds a warning if the table belongs to another account. The policy of a role is then not enough: the
   * resource policy of the table must allow the account, too.
   */
  private warnOfForeignTable({ purpose, actions, resourceArns }: Right): void {
    const { account } = Stack.of(this);
    if (!isKnownToDiffer(this._place.account, account)) return;
    warnWithStatement(
      this,
      'foreignTable',
      `The table belongs to another account (${this._place.account}). Without a statement for this account in the ` +
        `resource policy of the table, no program here can ${purpose}. Add this statement to the policy:`,
      new iam.PolicyStatement({
        principals: [new iam.AccountPrincipal(account)],
        actions: [...actions],
        resources: [...resourceArns],
      }),
    );
  }

  private warnOfForeignTableKey(key: kms.IKey, actions: readonly string[]): void {
    const { account } = Stack.of(this);
    if (!isKnownToDiffer(key.env.account, account)) return;
    warnWithStatement(
      this,
      'foreignTableKey',
      `${key.node.path} belongs to another account (${key.env.account}). Without a statement for this account in ` +
        'the policy of the key, DynamoDB refuses requests from here. Add this statement to the policy:',
      new iam.PolicyStatement({
        principals: [new iam.AccountPrincipal(account)],
        actions: [...actions],
        resources: ['*'],
        conditions: { StringEquals: { 'kms:ViaService': serviceName('dynamodb', this._place.region) } },
      }),
    );
  }
}
