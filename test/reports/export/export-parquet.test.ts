import { parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { exported, pagesOf, trace } from './export-support';
import { totalsOfTraces } from '../../lambda/rollup/support';

/** Copies a buffer into an ArrayBuffer, which the Parquet reader needs. */
function fileOf(bytes: Buffer): ArrayBuffer {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy.buffer;
}

describe('an export in Parquet format', () => {
  test('writes the values of traces to Parquet in typed columns, and the time zone to the metadata', async () => {
    const traces = [
      trace({ incidentId: '=1+1', sessionId: 'séance', ttftMs: 120.5, items: 2.5, partial: true }),
      trace({ requestId: 'req-2', picoUsd: undefined, latencyMs: undefined }),
    ];

    const { bytes, result } = await exported(pagesOf(traces), 'parquet', {
      timeZone: 'Europe/Berlin',
      repricer: { priceOfTrace: () => ({ picoUsd: 1n, unpriced: 0 }) },
    });

    const metadata = await parquetMetadataAsync(fileOf(bytes));
    const [first, second] = await parquetReadObjects({ file: fileOf(bytes) });
    expect(
      Object.fromEntries(metadata.key_value_metadata?.map(({ key, value }) => [key, value]) ?? []),
    ).toEqual({
      timeZone: 'Europe/Berlin',
      from: '2026-11-22T01:00:00.000+01:00',
      to: '2026-11-23T01:00:00.000+01:00',
    });
    expect(first).toMatchObject({
      timestampUtc: traces[0].timestamp,
      timestampLocal: '2026-11-22T11:20:30.400+01:00',
      timeZone: 'Europe/Berlin',
      day: '2026-11-22',
      // The Parquet export does not escape `=`. Only the CSV export does, because spreadsheets would run the
      // text as a formula.
      incidentId: '=1+1',
      sessionId: 'séance',
      inputTokens: 340n,
      costUsd: 0.000367710123,
      picoUsd: 367_710_123n,
      differenceUsd: -0.000367710122,
      latencyMs: 812.25,
      items: 2.5,
      kind: 'answered',
      partial: true,
      cached: false,
    });
    expect(second).toMatchObject({
      requestId: 'req-2',
      costUsd: null,
      picoUsd: null,
      latencyMs: null,
      incidentId: null,
      repricedUsd: 1e-12,
      differenceUsd: null,
    });
    const types = Object.fromEntries(
      parquetSchema(metadata).children.map(({ element }) => [element.name, element]),
    );
    expect(types.timestampUtc).toMatchObject({
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    });
    expect(types.costUsd).toMatchObject({ converted_type: 'DECIMAL', precision: 38, scale: 12 });
    expect(result.bytes).toBe(bytes.length);
  });

  test('writes Parquet in row groups, whose sum equals that of the traces', async () => {
    const traces = Array.from({ length: 10_500 }, (_, index) =>
      trace({
        requestId: `r${index}`,
        picoUsd: index % 7 === 0 ? undefined : 10n ** 15n + BigInt(index),
        cached: index % 11 === 0,
      }),
    );

    const { bytes, result } = await exported(pagesOf(traces.slice(0, 400), traces.slice(400)), 'parquet');

    const metadata = await parquetMetadataAsync(fileOf(bytes));
    const rows = (await parquetReadObjects({
      file: fileOf(bytes),
      columns: ['requestId', 'picoUsd', 'cached'],
    })) as { requestId: string; picoUsd: bigint | null; cached: boolean }[];
    expect(metadata.row_groups.map(({ num_rows }) => num_rows)).toEqual([10_000n, 500n]);
    expect(rows.map(({ requestId }) => requestId)).toEqual(traces.map(({ requestId }) => requestId));
    const { picoUsd, unpriced } = totalsOfTraces(traces);
    expect(rows.filter(({ cached }) => !cached).reduce((sum, row) => sum + (row.picoUsd ?? 0n), 0n)).toBe(
      picoUsd,
    );
    expect(result).toMatchObject({ rows: 10_500, picoUsd, unpriced, atLeast: true });
  });

  test('writes a complete Parquet file without rows if there are no traces', async () => {
    const { bytes, result } = await exported(pagesOf(), 'parquet');

    const metadata = await parquetMetadataAsync(fileOf(bytes));
    expect(await parquetReadObjects({ file: fileOf(bytes) })).toEqual([]);
    expect(parquetSchema(metadata).children.map(({ element }) => element.name)).toEqual(
      expect.arrayContaining(['timestampUtc', 'picoUsd', 'cached']),
    );
    expect(result.rows).toBe(0);
  });

  test('refuses an amount above 64 bits in Parquet, and names the call', async () => {
    await expect(
      exported(pagesOf([trace({ requestId: 'dear', picoUsd: 2n ** 63n })]), 'parquet'),
    ).rejects.toThrow(
      'picoUsd of dear must fit a 64-bit number of parquet, got: 9223372036854775808. Export it as csv, ' +
        'json or jsonl',
    );
  });
});
