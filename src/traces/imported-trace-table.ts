import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import {
  findTable,
  IMPORTED_NAME,
  isInPlaceOf,
  placeOfOwner,
  requireTableArn,
  requireTableName,
  tableArnParts,
} from './table-place';
import { traceSettings } from './trace-settings';
import { TABLE_ATTRIBUTES_SHAPE, type TokenTraceTableAttributes } from './trace-table-attributes';
import { type TablePlace, TraceTableBase } from './trace-table-base';
import type { ITokenTraceTable } from './trace-table-interface';
import { ENV } from '../contract';
import { requireSamePlace, requireStackPlace } from '../private/region-account';
import { requireShape, requireValue, TEXT } from '../private/shape';
import { propError } from '../private/validate';

/** Facts of a table that another app, or another stack, has created. */
interface ImportedTable {
  readonly tableArn: string;
  readonly tableName: string;
  readonly environment: { [key: string]: string };
  readonly encryptionKey?: kms.IKey;
  /** Region and account of the table. Default: those of the stack */
  readonly place?: TablePlace;
}

class ImportedTraceTable extends TraceTableBase {
  public readonly tableArn: string;
  public readonly tableName: string;
  public readonly environment: { [key: string]: string };

  /** @internal */
  public readonly _encryptionKey?: kms.IKey;
  private readonly placeOfTable?: TablePlace;

  /** @param importTable function that imports the table. It gets this construct, to name it in errors */
  constructor(scope: Construct, id: string, importTable: (where: Construct) => ImportedTable) {
    super(scope, id);
    const { tableArn, tableName, environment, encryptionKey, place } = importTable(this);
    this.tableArn = tableArn;
    this.tableName = tableName;
    this.environment = environment;
    this._encryptionKey = encryptionKey;
    this.placeOfTable = place;
  }

  /** @internal */
  public override get _place(): TablePlace {
    return this.placeOfTable ?? super._place;
  }
}

/** Imports a table of the region and account of the stack by its name. */
export function importByName(scope: Construct, id: string, tableName: string): ITokenTraceTable {
  return new ImportedTraceTable(scope, id, where => {
    requireValue(where, 'tableName', tableName, TEXT);
    requireTableName(where, tableName, IMPORTED_NAME);
    return inOwnPlace(where, dynamodb.TableV2.fromTableName(where, 'Table', tableName));
  });
}

/**
 * Imports a table of the region and account of the stack by its ARN.
 *
 * @throws if the table is known to be in another region or account
 */
export function importByArn(scope: Construct, id: string, tableArn: string): ITokenTraceTable {
  return new ImportedTraceTable(scope, id, where => {
    requireValue(where, 'tableArn', tableArn, TEXT);
    requireTableArn(where, tableArn);
    return inOwnPlace(where, dynamodb.TableV2.fromTableArn(where, 'Table', tableArn));
  });
}

/**
 * Imports a table by its attributes, also from another region or account.
 *
 * @throws if an attribute is invalid, or if not exactly one of `tableArn` and `tableName` is given
 */
export function importByAttributes(
  scope: Construct,
  id: string,
  attributes: TokenTraceTableAttributes,
): ITokenTraceTable {
  return new ImportedTraceTable(scope, id, where => {
    requireShape(where, attributes, TABLE_ATTRIBUTES_SHAPE);
    const { encryptionKey } = attributes;
    const { variable, ...table } = locateTable(where, attributes);
    return {
      ...table,
      encryptionKey,
      environment: { [ENV.tableName]: variable, ...traceSettings(where, attributes) },
    };
  });
}

/** Returns true if a table was imported, so that another app or stack can have a rollup for it. */
export function isImportedTable(table: ITokenTraceTable): boolean {
  return table instanceof ImportedTraceTable;
}

function inOwnPlace(where: Construct, table: dynamodb.ITableV2): ImportedTable {
  requireSamePlace(
    where,
    'tableArn',
    table,
    'To write traces to a table in another region or account, import it by ' +
      '`TokenTraceTable.fromTraceTableAttributes`.',
  );
  requireTableName(where, table.tableName, IMPORTED_NAME);
  const { tableArn, tableName } = table;
  return { tableArn, tableName, environment: { [ENV.tableName]: tableName } };
}

/** Returns the ARN, name and place of a table, and the value of the variable with which programs find it. */
function locateTable(
  where: Construct,
  { tableArn, tableName }: TokenTraceTableAttributes,
): Omit<ImportedTable, 'environment'> & { readonly variable: string } {
  if (tableName !== undefined && tableArn === undefined) {
    requireTableName(where, tableName, IMPORTED_NAME);
    requireNameOfOwnPlace(where, tableName);
    const { tableArn: arn } = dynamodb.TableV2.fromTableName(where, 'Table', tableName);
    return { tableArn: arn, tableName, variable: tableName };
  }
  if (tableArn === undefined || tableName !== undefined) {
    throw propError(
      where,
      'tableArn',
      tableArn === undefined ? 'given, unless `tableName` is given' : 'omitted if `tableName` is given',
      tableArn,
      'Pass the ARN of the table, or the name of a table in the region and account of the stack.',
    );
  }
  requireTableArn(where, tableArn);
  const { tableName: name, ...parts } = tableArnParts(tableArn);
  requireTableName(where, name, IMPORTED_NAME);
  // A table that may be elsewhere is named by its ARN, so that the runtime finds its region and account.
  return isInPlaceOf(where, tableArn)
    ? { tableArn, tableName: name, variable: name }
    : { tableArn, tableName: name, variable: tableArn, place: placeOfOwner(tableArn) ?? parts };
}

/**
 * If a table name refers to a table of this app, requires that this table is in the region and account of the
 * stack.
 */
function requireNameOfOwnPlace(where: Construct, tableName: string): void {
  const table = findTable(tableName);
  if (!table) return;
  requireStackPlace(
    where,
    'tableName',
    table,
    'Pass `tableArn`: a name is that of a table in the region and account of the stack.',
  );
}
