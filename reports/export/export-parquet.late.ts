import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { ExportTarget, FormatWriter } from './export-format';
import type { CellType, ExportColumn, ExportedCall } from './export-rows';
import { ReportArgumentError } from '../errors';

/**
 * Number of rows in a row group (a block of a Parquet file). A whole group is kept in memory before it is
 * written.
 */
const GROUP_ROWS = 10_000;
/** Size of a decimal column: 38 digits in 16 bytes. Most programs cannot read larger decimal types. */
const DECIMAL = { precision: 38, type_length: 16 } as const;
const USD_PLACES = 12;
const MAX_INT64 = 2n ** 63n - 1n;
const CREATED_BY = 'cdk-token-analytics';

type SchemaElement = ParquetWriter['schema'][number];

/** Type of a column in the Parquet file, by type of its cells. */
const TYPES: Readonly<Record<CellType, Omit<SchemaElement, 'name'>>> = {
  moment: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  own: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  count: { type: 'INT64' },
  amount: { type: 'DOUBLE' },
  usd: { type: 'FIXED_LEN_BYTE_ARRAY', converted_type: 'DECIMAL', scale: USD_PLACES, ...DECIMAL },
  pico: { type: 'INT64' },
  flag: { type: 'BOOLEAN' },
};

type ParquetCell = string | number | bigint | boolean | undefined;

/**
 * Creates a writer of Parquet files. Sums of the columns `costUsd` (decimal with 12 places) and `picoUsd`
 * (64-bit integer) are exact.
 *
 * @throws ReportArgumentError while rows are written, if an invocation costs more than 9.2 million US
 * dollars. A 64-bit integer cannot contain more pico-dollars
 */
export function parquetWriter({ to, columns, head }: ExportTarget): FormatWriter {
  const bytes = new ByteWriter();
  const file = new ParquetWriter({
    writer: bytes,
    schema: [
      { name: 'root', num_children: columns.length },
      ...columns.map(({ name, type }): SchemaElement => ({
        name,
        repetition_type: 'OPTIONAL',
        ...TYPES[type],
      })),
    ],
    createdBy: CREATED_BY,
    kvMetadata: Object.entries(head).map(([key, value]) => ({ key, value: String(value) })),
  });
  let group: ParquetCell[][] = columns.map(() => []);
  let rows = 0;

  /** Writes the new bytes of the Parquet library to the stream, and empties the library's buffer. */
  const send = async () => {
    const grown = bytes.getBytes().slice();
    bytes.index = 0;
    await to.write(grown);
  };
  const writeGroup = async () => {
    await file.write({
      columnData: columns.map(({ name }, index) => ({ name, data: group[index] })),
      rowGroupSize: rows,
    });
    group = columns.map(() => []);
    rows = 0;
    await send();
  };

  return {
    begin: send,
    write: async calls => {
      for (const call of calls) {
        for (let index = 0; index < columns.length; index += 1) {
          group[index].push(parquetCell(columns[index], call));
        }
        rows += 1;
        if (rows === GROUP_ROWS) await writeGroup();
      }
    },
    end: async () => {
      if (rows > 0) await writeGroup();
      await file.finish();
      await send();
    },
  };
}

function parquetCell(column: ExportColumn, call: ExportedCall): ParquetCell {
  switch (column.type) {
    case 'moment': {
      const moment = column.of(call);
      return moment && BigInt(moment.getTime());
    }
    case 'count': {
      const count = column.of(call);
      return count === undefined ? undefined : BigInt(Math.round(count));
    }
    case 'pico': {
      const pico = column.of(call);
      if (pico !== undefined && (pico > MAX_INT64 || pico < -MAX_INT64)) {
        throw new ReportArgumentError({
          code: 'amount-too-large',
          column: column.name,
          requestId: call.trace.requestId,
          value: pico,
        });
      }
      return pico;
    }
    default:
      return column.of(call);
  }
}
