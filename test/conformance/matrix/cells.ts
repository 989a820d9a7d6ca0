import type { FamilyId, OperationId, VariantId } from './dimensions';
import { cellPayload, type Expected, type Payload } from './payload';
import { ROWS, type Row } from './rows';
import type { SourceId } from './sources';

export interface Cell {
  /** Operation, model family and variant as one text, such as `Converse, claude, read`. */
  readonly id: string;
  readonly operation: OperationId;
  readonly family: FamilyId;
  readonly variant: VariantId;
  readonly sources: readonly SourceId[];
  /** True if the input count of the response includes cached tokens. */
  readonly cachedInside?: true;
  readonly notOffered?: string;
  readonly unclear?: string;
}

/** Cell of the table with a payload. Cells without a payload have a reason in `notOffered`. */
export interface OfferedCell extends Cell {
  readonly payload: Payload;
  readonly expected: Expected;
}

export const cellId = (operation: OperationId, family: FamilyId, variant: VariantId): string =>
  `${operation}, ${family}, ${variant}`;

/**
 * Returns the cells of the table, in the order of the rows. A row has a cell for each combination of its
 * operations, families and variants.
 */
export function cellsOf(rows: readonly Row[] = ROWS): readonly (Cell | OfferedCell)[] {
  return rows.flatMap(row =>
    row.operations.flatMap(operation =>
      row.families.flatMap(family => row.variants.map(variant => cellOf(row, operation, family, variant))),
    ),
  );
}

function cellOf(row: Row, operation: OperationId, family: FamilyId, variant: VariantId): Cell | OfferedCell {
  const { sources, notOffered, unclear, cachedInside } = row;
  const cell: Cell = {
    id: cellId(operation, family, variant),
    operation,
    family,
    variant,
    sources,
    cachedInside,
    notOffered,
    unclear,
  };
  return notOffered === undefined
    ? { ...cell, ...cellPayload(operation, family, variant, { cachedInside }) }
    : cell;
}

export const isOffered = (cell: Cell | OfferedCell): cell is OfferedCell => 'payload' in cell;
