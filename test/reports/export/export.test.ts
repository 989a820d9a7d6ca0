import { Writable } from 'node:stream';
import fc from 'fast-check';
import { csvCells, csvRows, DAY, exported, pagesOf, trace } from './export-support';
import type { Trace } from '../../../lambda/traces/trace';
import { EXPORT_FORMATS, exportTraces } from '../../../reports/export/export';
import { neutralize } from '../../../reports/export/export-csv';
import { totalsOfTraces } from '../../lambda/rollup/support';
import { fuzz } from '../../support/fuzz';

const UNIT_COLUMNS = ['units', 'unitCostUsd', 'costIsLowerBound'];
const ONE_PICO = { picoUsd: 1n, unpriced: 0 };
const KINDS: readonly Trace[] = [
  trace({ requestId: 'answered' }),
  trace({ requestId: 'unpriced', picoUsd: undefined, priceAsOf: undefined }),
  trace({ requestId: 'cached', cached: true, picoUsd: 0n, source: 'estimate' }),
  trace({
    requestId: 'failed',
    error: 'ThrottlingException',
    picoUsd: undefined,
    source: undefined,
    uncachedInputTokens: 0,
    outputTokens: 0,
  }),
  trace({ requestId: 'failedUnpriced', error: 'Error', picoUsd: undefined, partial: true }),
];

describe('sums of an export', () => {
  test.each(EXPORT_FORMATS.filter(format => format !== 'parquet'))(
    'returns exactly the sums of the exported rows, in %s',
    async format => {
      await fuzz(
        fc.asyncProperty(
          fc.array(
            fc.record({
              picoUsd: fc.option(fc.bigInt(0n, 10n ** 20n), { nil: undefined }),
              uncachedInputTokens: fc.nat(1_000_000),
              outputTokens: fc.nat(1_000_000),
              cached: fc.boolean(),
              error: fc.constantFrom(undefined, 'ThrottlingException'),
              source: fc.constantFrom(undefined, 'usage'),
            }),
            { maxLength: 40 },
          ),
          async changes => {
            const traces = changes.map((each, index) => trace({ ...each, requestId: `r${index}` }));
            const sums = totalsOfTraces(traces);

            const { result, text } = await exported(pagesOf(traces.slice(0, 7), [], traces.slice(7)), format);

            const { answered, failed, fromCache, unpriced, outputTokens, picoUsd: cost } = sums;
            expect(result).toMatchObject({
              rows: traces.length,
              answered,
              failed,
              fromCache,
              unpriced,
              outputTokens,
              picoUsd: cost,
            });
            expect(result.atLeast).toBe(sums.unpriced > 0);
            expect(result.bytes).toBe(Buffer.byteLength(text));
            const rows = rowsOf(format, text);
            const inRows = rows
              .filter(row => String(row.cached) === 'false')
              .reduce((sum, { picoUsd }) => sum + BigInt(picoUsd ?? 0), 0n);
            expect(inRows).toBe(sums.picoUsd);
          },
        ),
        { numRuns: 30 },
      );
    },
  );

  test('omits traces of another time, agent or model, and counts items with the wrong time', async () => {
    const traces = [
      trace(),
      trace({ agentId: 'other' }),
      trace({ model: 'other' }),
      trace({ timestamp: DAY.to }),
      trace({ timestamp: DAY.from }),
      trace({ timestamp: new Date(NaN) }),
    ];

    const { result, text } = await exported(pagesOf(traces), 'csv', {
      agentId: 'triage',
      model: 'amazon.nova-micro-v1:0',
    });

    expect(result).toMatchObject({ rows: 2, unreadable: 2, picoUsd: 735_420_246n, usd: '0.000735420246' });
    expect(csvRows(text).map(({ timestampUtc }) => timestampUtc)).toEqual([
      '2026-11-22T10:20:30.400Z',
      '2026-11-22T00:00:00.000Z',
    ]);
  });

  test('contains recorded and repriced costs of the same calls', async () => {
    const priceOfTrace = ({ requestId }: Trace) =>
      requestId === 'failedUnpriced' ? { picoUsd: 0n, unpriced: 1 } : { picoUsd: 400_000_000n, unpriced: 0 };

    const { result, text } = await exported(pagesOf(KINDS), 'csv', { repricer: { priceOfTrace } });

    expect(result).toMatchObject({ picoUsd: 367_710_123n, unpriced: 2 });
    expect(result.repriced).toMatchObject({ unpriced: 1, atLeast: true });
    expect(
      csvRows(text).map(({ kind, costUsd, repricedUsd, differenceUsd }) => ({
        kind,
        costUsd,
        repricedUsd,
        differenceUsd,
      })),
    ).toEqual([
      { kind: 'answered', costUsd: '0.000367710123', repricedUsd: '0.0004', differenceUsd: '0.000032289877' },
      { kind: 'unpriced', costUsd: '', repricedUsd: '0.0004', differenceUsd: '' },
      { kind: 'cached', costUsd: '0', repricedUsd: '', differenceUsd: '' },
      { kind: 'failed', costUsd: '', repricedUsd: '0.0004', differenceUsd: '' },
      { kind: 'failedUnpriced', costUsd: '', repricedUsd: '', differenceUsd: '' },
    ]);
  });
});

describe('exported rows', () => {
  test('writes every field of a trace to CSV', async () => {
    const full = trace({
      scope: 'geo',
      incidentId: 'INC-1',
      sessionId: 's-1',
      ttftMs: 120.5,
      serviceTier: 'flex',
      items: 2.5,
      stopReason: 'end_turn',
      error: 'Error',
      partial: true,
      units: { guardrailContent: 2, guardrailTopics: 1 },
      unitPicoUsd: 450_000_000n,
      costIsLowerBound: ['bareId', 'unitPrice'],
    });

    const { text } = await exported(pagesOf([full]), 'csv', {
      timeZone: 'Asia/Kathmandu',
      to: new Date('2026-11-23T01:00:00Z'),
    });

    expect(csvRows(text)).toEqual([
      {
        timestampUtc: '2026-11-22T10:20:30.400Z',
        timestampLocal: '2026-11-22T16:05:30.400+05:45',
        timeZone: 'Asia/Kathmandu',
        day: '2026-11-22',
        agentId: 'triage',
        model: 'amazon.nova-micro-v1:0',
        modelId: 'us.amazon.nova-micro-v1:0',
        scope: 'geo',
        operation: 'Converse',
        incidentId: 'INC-1',
        sessionId: 's-1',
        requestId: 'req-1',
        uncachedInputTokens: '101',
        cacheReadTokens: '202',
        cacheWrite5mTokens: '33',
        cacheWrite1hTokens: '4',
        outputTokens: '55',
        inputTokens: '340',
        totalTokens: '395',
        costUsd: '0.000367710123',
        picoUsd: '367710123',
        priceAsOf: '2026-11-01',
        kind: 'failed',
        latencyMs: '812.25',
        ttftMs: '120.5',
        serviceTier: 'flex',
        items: '2.5',
        stopReason: 'end_turn',
        error: 'Error',
        source: 'usage',
        partial: 'true',
        cached: 'false',
        speechInputTokens: '0',
        speechOutputTokens: '0',
        units: 'guardrailContent=2 guardrailTopics=1',
        unitCostUsd: '0.00045',
        costIsLowerBound: 'bareId unitPrice',
      },
    ]);
  });

  test('neutralizes a reason in CSV, and writes it unchanged to JSON lines', async () => {
    const evil = trace({ costIsLowerBound: ['=1+1', '<img src=x>'] });

    const [csv, lines] = [
      await exported(pagesOf([evil]), 'csv', {
        repricer: {
          priceOfTrace: () => ({ ...ONE_PICO, lowerBound: 1, reasons: new Map([['@evil', 1]]) }),
        },
      }),
      await exported(pagesOf([evil]), 'jsonl'),
    ];

    expect(csvRows(csv.text)[0]).toMatchObject({
      costIsLowerBound: "'=1+1 <img src=x>",
      repricedIsLowerBound: "'@evil",
    });
    expect(JSON.parse(lines.text)).toMatchObject({ costIsLowerBound: '=1+1 <img src=x>' });
    expect(csv.result).toMatchObject({
      atLeast: true,
      lowerBound: 1,
      reasons: { '=1+1': 1, '<img src=x>': 1 },
      repriced: { lowerBound: 1, reasons: { '@evil': 1 } },
    });
  });

  test('adds the columns of speech tokens after all others, including the repriced ones', async () => {
    const talk = trace({ speechInputTokens: 41, speechOutputTokens: 55 });
    const [plain, repriced] = await Promise.all([
      exported(pagesOf([talk]), 'csv'),
      exported(pagesOf([talk]), 'csv', { repricer: { priceOfTrace: () => ONE_PICO } }),
    ]);

    expect([plain, repriced].map(({ text }) => csvCells(text).map(cells => cells.slice(30)))).toEqual([
      [
        ['partial', 'cached', 'speechInputTokens', 'speechOutputTokens', ...UNIT_COLUMNS],
        ['false', 'false', '41', '55', '', '', ''],
      ],
      [
        [
          ...['partial', 'cached', 'repricedUsd', 'differenceUsd', 'speechInputTokens', 'speechOutputTokens'],
          ...UNIT_COLUMNS,
          'repricedIsLowerBound',
        ],
        ['false', 'false', '0.000000000001', '-0.000367710122', '41', '55', '', '', '', ''],
      ],
    ]);
  });

  test('writes the same rows as JSON and as JSON lines, with null for unknown values', async () => {
    const { text: json, result } = await exported(pagesOf(KINDS.slice(0, 2), KINDS.slice(2)), 'json', {
      agentId: 'triage',
    });
    const { text: lines } = await exported(pagesOf(KINDS), 'jsonl');

    const parsed = JSON.parse(json) as { rows: Record<string, unknown>[]; totals: Record<string, unknown> };
    const rows = lines
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as unknown);
    expect(parsed).toMatchObject({
      timeZone: 'UTC',
      from: '2026-11-22T00:00:00.000+00:00',
      to: '2026-11-23T00:00:00.000+00:00',
      agentId: 'triage',
    });
    expect(parsed.rows).toEqual(rows);
    expect(parsed.rows[1]).toMatchObject({
      requestId: 'unpriced',
      costUsd: null,
      picoUsd: null,
      incidentId: null,
      kind: 'unpriced',
      cached: false,
    });
    expect(parsed.totals).toMatchObject({
      rows: 5,
      answered: 2,
      failed: 2,
      fromCache: 1,
      unpriced: 2,
      atLeast: true,
      picoUsd: String(result.picoUsd),
      usd: result.usd,
    });
  });

  test('writes each hour of a 25-hour day once, including both hours named 02:30', async () => {
    const hours = Array.from({ length: 25 }, (_, index) =>
      trace({ timestamp: new Date(Date.UTC(2026, 9, 24, 22 + index, 30)) }),
    );

    const { text } = await exported(pagesOf(hours), 'csv', {
      timeZone: 'Europe/Berlin',
      from: new Date('2026-10-24T22:00:00Z'),
      to: new Date('2026-10-25T23:00:00Z'),
    });

    const rows = csvRows(text);
    expect(new Set(rows.map(({ day }) => day))).toEqual(new Set(['2026-10-25']));
    expect(
      rows.map(({ timestampLocal }) => timestampLocal).filter(local => local.includes('T02:30')),
    ).toEqual(['2026-10-25T02:30:00.000+02:00', '2026-10-25T02:30:00.000+01:00']);
    for (const { timestampLocal, timestampUtc } of rows) {
      expect(new Date(timestampLocal).toISOString()).toBe(timestampUtc);
    }
  });

  test('writes a complete file without rows for an empty range', async () => {
    const csv = await exported(pagesOf(), 'csv');
    const json = await exported(pagesOf([]), 'json');
    const lines = await exported(pagesOf(), 'jsonl');

    expect(csvCells(csv.text)).toEqual([expect.arrayContaining(['timestampUtc', 'picoUsd', 'cached'])]);
    expect(JSON.parse(json.text)).toMatchObject({
      timeZone: 'UTC',
      rows: [],
      totals: { rows: 0, picoUsd: '0', atLeast: false },
    });
    expect(lines.text).toBe('');
    expect(csv.result).toMatchObject({ rows: 0, answered: 0, picoUsd: 0n, usd: '0' });
  });

  test.each(EXPORT_FORMATS)('writes the same bytes each time, for any page size, in %s', async format => {
    const traces = Array.from({ length: 50 }, (_, index) =>
      trace({ requestId: `r${index}`, incidentId: index % 3 === 0 ? undefined : `INC-${index % 5}` }),
    );

    const one = await exported(pagesOf(traces), format);
    const other = await exported(pagesOf(traces.slice(0, 1), traces.slice(1, 30), traces.slice(30)), format);

    expect(one.bytes.length).toBeGreaterThan(500);
    expect(one.bytes.equals(other.bytes)).toBe(true);
  });
});

describe('text of the table in CSV', () => {
  test.each([
    ['=HYPERLINK("http://x","y")', '\'=HYPERLINK("http://x","y")'],
    ["+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"],
    ['-2+3', "'-2+3"],
    ['@SUM(1)', "'@SUM(1)"],
    ['\t=1', "'\t'=1"],
    ['\r=1', "'\r'=1"],
    ['\n=1', "'\n'=1"],
    [' \u00a0\u200b=1', "' \u00a0\u200b=1"],
    ['\uff1d1', "'\uff1d1"],
    ['\uff0b1', "'\uff0b1"],
    ['\uff0d1', "'\uff0d1"],
    ['\uff201', "'\uff201"],
    ['a;=1', "a;'=1"],
    ['a",=1,"', 'a",\'=1,"'],
    ['a\0=1', 'a\uFFFD=1'],
    ['\0=1', '\uFFFD=1'],
    ['\u001b[31mred', '\uFFFD[31mred'],
    ['a-b=c', 'a-b=c'],
    ['billing, "urgent"', 'billing, "urgent"'],
    ['', ''],
  ])('neutralizes the text %j in CSV as %j, so that no spreadsheet runs it', async (text, harmless) => {
    const { text: csv } = await exported(
      pagesOf([trace({ agentId: text, incidentId: text, error: text })]),
      'csv',
    );

    expect(csvRows(csv)).toEqual([
      expect.objectContaining({
        agentId: harmless,
        incidentId: harmless,
        error: harmless,
        outputTokens: '55',
      }),
    ]);
  });

  test('never begins a CSV cell with a character that starts a formula, for any text', () => {
    const risky = fc
      .array(
        fc.constantFrom(
          '=',
          '+',
          '-',
          '@',
          '\t',
          '\r',
          '\n',
          ' ',
          '\0',
          ';',
          ',',
          '"',
          '\uff1d',
          'a',
          '1',
          '\u200b',
        ),
        { maxLength: 8 },
      )
      .map(parts => parts.join(''));
    fuzz(
      fc.property(risky, text => {
        for (const cell of neutralize(text).split(/[;,"\t\r\n]/)) {
          expect(cell.replace(/^[\s\u200b]+/, '')).not.toMatch(/^[=+\-@\uff1d]/);
        }
        expect(neutralize(text)).not.toMatch(/^[\t\r\n]|\0/);
      }),
      { numRuns: 2000 },
    );
  });

  test('does not change negative amounts in CSV', async () => {
    const { text } = await exported(pagesOf([trace()]), 'csv', {
      repricer: { priceOfTrace: () => ONE_PICO },
    });

    expect(csvRows(text)[0].differenceUsd).toBe('-0.000367710122');
  });
});

describe('output stream of an export', () => {
  const turn = () => new Promise(resolve => setImmediate(resolve));

  /** Returns an endless generator of pages. `taken.pages` is the number of pages read from it so far. */
  function endless() {
    const taken = { pages: 0, ended: false };
    async function* pages() {
      try {
        for (;;) {
          taken.pages += 1;
          yield await Promise.resolve(Array.from({ length: 500 }, () => trace()));
        }
      } finally {
        taken.ended = true;
      }
    }
    return { taken, pages: pages() };
  }

  test.each(['csv', 'json', 'jsonl'] as const)(
    'reads no more pages while the output stream is full, in %s',
    async format => {
      const { taken, pages } = endless();
      const stop = new AbortController();
      let chunks = 0;
      const stream = new Writable({
        highWaterMark: 1,
        // Accepts five chunks. The sixth write does not end, so that the export must wait.
        write: (_chunk, _encoding, done) => {
          chunks += 1;
          if (chunks <= 5) setImmediate(done);
        },
      });

      const running = exportTraces(pages, format, stream, { ...DAY, signal: stop.signal });
      while (chunks <= 5) await turn();
      for (let turns = 0; turns < 50; turns += 1) await turn();
      const read = taken.pages;
      stop.abort(new Error('enough'));

      await expect(running).rejects.toThrow('enough');
      expect(read).toBeLessThanOrEqual(6);
      expect(taken).toEqual({ pages: read, ended: true });
    },
  );

  test.each(EXPORT_FORMATS)('stops reading if the output stream fails, in %s', async format => {
    const { taken, pages } = endless();
    let chunks = 0;
    const stream = new Writable({
      write: (_chunk, _encoding, done) => {
        chunks += 1;
        done(
          chunks === 2
            ? Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
            : undefined,
        );
      },
    });

    await expect(exportTraces(pages, format, stream, DAY)).rejects.toThrow(
      'the export could not be written: ENOSPC: no space left on device',
    );

    expect(taken.ended).toBe(true);
  });

  test('throws if the output stream is closed half way, or has already ended', async () => {
    const { taken, pages } = endless();
    const closed = new Writable({ write: () => closed.destroy() });
    const over = new Writable().end();

    await expect(exportTraces(pages, 'csv', closed, DAY)).rejects.toThrow(
      'the stream was closed before its end',
    );
    await expect(exportTraces(pagesOf([trace()]), 'csv', over, DAY)).rejects.toThrow(
      'the stream has already ended',
    );

    expect(taken.ended || taken.pages === 0).toBe(true);
  });

  test('throws if the output stream fails at its last bytes', async () => {
    const stream = new Writable({
      highWaterMark: 1_000_000,
      write: (_chunk, _encoding, done) => void setImmediate(() => done(new Error('EPIPE'))),
    });

    await expect(exportTraces(pagesOf([trace()]), 'csv', stream, DAY)).rejects.toThrow('EPIPE');
  });

  test('leaves the output stream open, and removes its own listeners', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
    const listeners = () => stream.eventNames().map(name => [name, stream.listenerCount(name)]);
    const before = listeners();

    await exportTraces(pagesOf([trace()]), 'csv', stream, DAY);

    expect(stream.writableEnded || stream.destroyed).toBe(false);
    expect(listeners()).toEqual(before);
  });

  test('writes nothing if the format or the time zone is invalid', async () => {
    const stream = new Writable();

    await expect(exportTraces(pagesOf(), 'xml' as 'csv', stream, DAY)).rejects.toThrow(
      'format must be one of csv, json, jsonl, parquet, got: xml',
    );
    await expect(
      exportTraces(pagesOf(), 'csv', stream, { ...DAY, timeZone: 'Mars/Olympus' }),
    ).rejects.toThrow('timeZone must be an IANA time zone such as Europe/Berlin, got: Mars/Olympus');
  });

  test('fails with the error of the table if reading fails', async () => {
    async function* broken() {
      yield await Promise.resolve([trace()]);
      throw new Error('AccessDeniedException');
    }

    await expect(exported(broken(), 'json')).rejects.toThrow('AccessDeniedException');
  });
});

function rowsOf(format: string, text: string): readonly Record<string, string | boolean | null>[] {
  if (format === 'csv') return csvRows(text).map(row => ({ ...row, picoUsd: row.picoUsd || null }));
  if (format === 'jsonl') {
    return text
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Record<string, string>);
  }
  return (JSON.parse(text) as { rows: Record<string, string>[] }).rows;
}
