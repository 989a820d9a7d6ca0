// Counts the calls in an exported file and adds up their costs.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';

const [, , format, file] = process.argv;
const sums = { traces: 0, pico: 0n };

function add(picoUsd) {
  sums.traces += 1;
  if (picoUsd !== '' && picoUsd !== null && picoUsd !== undefined) sums.pico += BigInt(picoUsd);
}

const lines = () => createInterface({ input: createReadStream(file), crlfDelay: Infinity });

const READERS = {
  /** Adds up a CSV file. Generated values contain no comma or line break, so no CSV parser is needed. */
  csv: async () => {
    let column;
    for await (const line of lines()) {
      const cells = line.split(',').map(cell => cell.replace(/^"|"$/g, ''));
      if (column === undefined) column = cells.indexOf('picoUsd');
      else add(cells[column]);
    }
  },
  jsonl: async () => {
    for await (const line of lines()) add(JSON.parse(line).picoUsd);
  },
  parquet: async () => {
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer);
    let rowStart = 0;
    for (const { num_rows: rows } of metadata.row_groups) {
      const rowEnd = rowStart + Number(rows);
      for (const { picoUsd } of await parquetReadObjects({
        file: buffer,
        metadata,
        columns: ['picoUsd'],
        rowStart,
        rowEnd,
      }))
        add(picoUsd);
      rowStart = rowEnd;
    }
  },
};

await READERS[format]();
process.send({ traces: sums.traces, pico: String(sums.pico) }, () => process.exit(0));
