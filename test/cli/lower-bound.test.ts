import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type CommandTable, startCommandTable } from './support';
import { AT_LEAST, lowerBoundCalls, REASONS, SONNET, UNITS_NOTE } from '../support/lower-bound-day';

let table: CommandTable;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-lower-bound-'));
  // `NOW` is 12:00, so the calls of this day are in the last 60 minutes.
  table = await startCommandTable([...HISTORY, ...lowerBoundCalls('2026-11-26T11:30:00.000Z')]);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await table.close();
});

/** Calls of the ten days before. Each day costs at least 15 US dollars. */
const HISTORY = Array.from({ length: 10 }, (_, index) => `2026-11-${index + 16}`).flatMap(day =>
  lowerBoundCalls(`${day}T11:30:00.000Z`).map(({ requestId, ...call }) => ({
    ...call,
    requestId: `${day}-${requestId}`,
    incidentId: undefined,
  })),
);
const COST = {
  picoUsd: '15000000000000',
  usd: '15',
  atLeast: true,
  unpriced: 1,
  lowerBound: 4,
  reasons: REASONS,
};
const TOTAL = '≥ $15.00 (1 unpriced, 4 at least)';
const NOTES = [`At least: ${AT_LEAST}`, UNITS_NOTE];
const TODAY = ['--since', '2026-11-26'];

async function linesOf(args: readonly string[], code = 0, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const over = await table.run(args, env);
  expect([over.code, over.stderr.includes('Error')]).toEqual([code, false]);
  return over.stdout.split('\n').map(line => line.trim());
}
const cellsOf = (line = '') =>
  line
    .split('│')
    .map(cell => cell.trim())
    .filter(cell => cell !== '');

describe('a day with calls whose cost is a lower bound', () => {
  test.each<[string, readonly string[]]>([
    ['daily', ['daily', ...TODAY]],
    ['agents', ['agents', ...TODAY]],
    ['models', ['models', ...TODAY]],
    ['top', ['top', ...TODAY]],
    ['trends', ['trends', ...TODAY]],
    ['incident', ['incident', 'INC-1']],
  ])('%s shows ≥ with the number of calls, and the reasons and units below', async (_name, args) => {
    const lines = await linesOf(args);

    expect(lines.filter(line => cellsOf(line).includes(TOTAL)).length).toBeGreaterThan(0);
    expect(lines).toEqual(expect.arrayContaining(NOTES));
  });

  test('shows ≥ only for the agents and models that have such calls', async () => {
    const [agents, models] = [await linesOf(['agents', ...TODAY]), await linesOf(['models', ...TODAY])];
    const costs = (lines: readonly string[], names: readonly string[]) =>
      names.map(name => cellsOf(lines.find(line => cellsOf(line)[0] === name)).at(-1));

    expect(costs(agents, ['triage', 'writer'])).toEqual([
      '≥ $6.00 (2 at least)',
      '≥ $9.00 (1 unpriced, 2 at least)',
    ]);
    expect(costs(models, [SONNET, 'amazon.nova-micro-v1:0', 'vendor.new-v1'])).toEqual([
      '≥ $14.00 (4 at least)',
      '$1.00',
      '≥ $0.00 (1 unpriced)',
    ]);
  });

  test('incident shows the reason of each call, and ≥ before its cost', async () => {
    const calls = (await linesOf(['incident', 'INC-1'], 0, { COLUMNS: '200' })).map(cellsOf);

    expect(
      calls
        .filter(([time, agent]) => agent && time.startsWith('2026-11-26 11:'))
        .map(cells => cells.slice(7)),
    ).toEqual([
      ['$1.00'],
      ['guardrail text units not known', '≥ $2.00'],
      ['bare model id without a region', '≥ $3.00'],
      ['time to live of cache writes not known', '≥ $4.00'],
      ['unit without a price', '≥ $5.00'],
      ['unknown'],
    ]);
  });

  test('thresholds shows ≥ with the reasons, for today and for the last 60 minutes', async () => {
    const lines = await linesOf(['thresholds', '--daily', '20', '--hourly', '10'], 3);

    expect(lines.slice(-5)).toEqual([
      `ok  ${TOTAL} spent today, within the daily limit of $20.00 as far as costs are known`,
      NOTES[0],
      `exceeded  ${TOTAL} spent in the last 60 minutes: $5.00 above the hourly limit of $10.00`,
      NOTES[0],
      '',
    ]);
  });

  test('live shows ≥ with the reasons', async () => {
    const lines = await linesOf(['live']);

    expect(lines.find(line => line.startsWith('cost'))).toBe(`cost            ${TOTAL}`);
    expect(lines.join(' ')).toContain(`At least: ${AT_LEAST}`);
  });

  test.each<[string, readonly string[]]>([
    ['daily', TODAY],
    ['agents', TODAY],
    ['models', TODAY],
    ['top', TODAY],
    ['trends', TODAY],
    ['incident', ['INC-1']],
  ])('%s prints the counts, reasons and units as JSON', async (name, args) => {
    expect(await table.json(name, args)).toMatchObject({
      total: {
        cost: COST,
        units: { guardrailContent: 2, images: 1 },
        unitCost: { picoUsd: '500000000000', usd: '0.5' },
      },
    });
  });

  test('incident prints the reasons of each call as JSON', async () => {
    const { invocations } = (await table.json('incident', ['INC-1'])) as {
      readonly invocations: readonly { readonly costIsLowerBound?: readonly string[] }[];
    };

    expect(invocations.map(({ costIsLowerBound }) => costIsLowerBound)).toEqual([
      undefined,
      ['guardrailUnits'],
      ['bareId'],
      ['cacheWriteTtl'],
      ['unitPrice'],
      undefined,
    ]);
  });

  test('thresholds and live print the counts and reasons as JSON', async () => {
    expect(await table.json('thresholds', ['--daily', '20', '--hourly', '10'], 3)).toMatchObject({
      checks: [{ actual: COST }, { actual: COST }],
    });
    expect(await table.json('live')).toMatchObject({
      total: { cost: COST },
      agents: [{ name: 'writer', cost: { lowerBound: 2, reasons: { cacheWriteTtl: 1, unitPrice: 1 } } }, {}],
    });
  });

  test('export writes the reasons, units and their cost of each call, and sums them up', async () => {
    const columns = ['requestId', 'units', 'unitCostUsd', 'costIsLowerBound'];
    const [csv, lines] = ['csv', 'jsonl'].map(format => path.join(folder, `calls.${format}`));
    const results = [
      await table.json('export', [...TODAY, '--output', csv]),
      await table.json('export', [...TODAY, '--output', lines]),
    ];

    for (const result of results) expect(result).toMatchObject({ ...COST, rows: 6 });
    const [head, ...rows] = readFileSync(csv, 'utf8')
      .trimEnd()
      .split('\r\n')
      .map(row => row.split(','));
    expect(head.slice(-3)).toEqual(columns.slice(1));
    expect(rows.map(row => columns.map(name => row[head.indexOf(name)]))).toEqual([
      ['exact', '', '', ''],
      ['guardrail', '', '', 'guardrailUnits'],
      ['bare', '', '', 'bareId'],
      ['ttl', '', '', 'cacheWriteTtl'],
      ['unit', 'guardrailContent=2 images=1', '0.5', 'unitPrice'],
      ['unpriced', '', '', ''],
    ]);
    const objects = readFileSync(lines, 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>);
    expect(objects.map(row => columns.map(name => row[name] ?? ''))).toEqual(
      rows.map(row => columns.map(name => row[head.indexOf(name)])),
    );
  });

  test('export prints the sum with the number of calls and the reasons', async () => {
    const lines = await linesOf(['export', ...TODAY, '--output', path.join(folder, 'sum.csv')]);

    expect(lines.find(line => line.startsWith('6 calls'))).toContain(TOTAL);
    expect(lines).toContain(NOTES[0]);
  });

  test('forecast shows ≥ with the number of calls of its history and the reasons', async () => {
    const lines = await linesOf(['forecast', '--days', '1', '--history', '10']);

    expect(cellsOf(lines.find(line => cellsOf(line)[0] === '2026-11-26'))[1]).toBe('≥ $15.00');
    expect(lines).toEqual(
      expect.arrayContaining([
        '10 calls of the history are unpriced, so the true amounts are higher.',
        'History, at least: 40 calls may have cost more: 10 × bare model id without a region, 10 × time to live ' +
          'of cache writes not known, 10 × guardrail text units not known, 10 × unit without a price.',
      ]),
    );
    expect(await table.json('forecast', ['--days', '1', '--history', '10'])).toMatchObject({
      atLeast: true,
      unpriced: 10,
      lowerBound: 40,
      reasons: { bareId: 10, cacheWriteTtl: 10, guardrailUnits: 10, unitPrice: 10 },
    });
  });

  test('trends omits the change of a cost that is a lower bound, and explains the cost before, too', async () => {
    const lines = await linesOf(['trends', ...TODAY]);

    expect(cellsOf(lines.find(line => cellsOf(line)[0] === 'Total')).at(-1)).toBe('–');
    expect(lines).toContain(`Same time before, at least: ${AT_LEAST}`);
  });

  test('whatif shows ≥ for each side, with the reasons that its prices leave', async () => {
    const lines = await linesOf(['whatif', '--to-region', 'us-west-2', ...TODAY]);

    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringContaining(`recorded cost ${TOTAL}; 1 cannot be compared.`),
        `Recorded, at least: ${AT_LEAST}`,
        'Units besides tokens keep their recorded cost on both sides: $0.50.',
        'The time to live is not known for cache writes of 1 call: they count as 5-minute writes.',
      ]),
    );
  });
});
