import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { runCommand } from './command-process';
import { type CommandTable, heldClock, NOW, startCommandTable } from './support';

let table: CommandTable;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-cli-'));
  table = await startCommandTable();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await table.close();
});

describe('token-analytics daily', () => {
  test('runs daily as the default command, and shows the last seven days with their totals', async () => {
    const [bare, named] = await Promise.all([
      table.run([]),
      runCommand(['daily', '--table', table.tableName, '--endpoint', table.endpoint], {
        env: heldClock(NOW),
      }),
    ]);

    expect(bare.code).toBe(0);
    expect(named).toEqual(bare);
    expect(bare.stdout).toContain('2026-11-20 to 2026-11-26 (UTC)');
    expect(bare.stdout).toMatch(
      /│ 2026-11-20 +│ +2 │ +0 │ +4,500 │ +300 │ +3,000 │ +0 │ +66\.7% │ +\$1\.25 │/,
    );
    expect(bare.stdout).toMatch(/│ 2026-11-24 +│.*≥ \$0\.00 \(1 unpriced\) │/);
    expect(bare.stdout).toMatch(/│ Total +│ +6 │.*≥ \$4\.00 \(1 unpriced\) │/);
    expect(bare.stderr).toBe('Table TokenTraces in us-east-1 (from --table)\n');
  });

  test('prints daily as JSON that matches its schema, with exact sums', async () => {
    expect(await table.json('daily', ['--since', '2026-11-20', '--until', '2026-11-23'])).toEqual(
      expect.objectContaining({
        from: '2026-11-20',
        to: '2026-11-23',
        timeZone: 'UTC',
        days: [
          expect.objectContaining({ day: '2026-11-20' }),
          expect.anything(),
          expect.anything(),
          expect.objectContaining({ day: '2026-11-23' }),
        ],
        total: expect.objectContaining({
          answered: 4,
          cost: { picoUsd: '3300000000000', usd: '3.3', atLeast: false, unpriced: 0 },
        }),
      }),
    );
  });

  test('uses the days of another time zone, and filters by agent and model', async () => {
    const [tokyo, narrowed] = await Promise.all([
      table.json('daily', [
        '--timezone',
        'Pacific/Kiritimati',
        '--since',
        '2026-11-20',
        '--until',
        '2026-11-20',
      ]),
      table.json('daily', ['--agent', 'writer', '--model', 'us.amazon.nova-micro-v1:0']),
    ]);

    // In `Pacific/Kiritimati` (UTC+14), 20 November ends at 10:00 UTC. Only the two calls before 10:00 UTC
    // are counted.
    expect(tokyo).toEqual(expect.objectContaining({ total: expect.objectContaining({ answered: 2 }) }));
    expect(narrowed).toEqual(
      expect.objectContaining({
        agentId: 'writer',
        model: 'amazon.nova-micro-v1:0',
        total: expect.objectContaining({ answered: 1, cost: expect.objectContaining({ usd: '0.05' }) }),
      }),
    );
  });

  test('reprices with the catalog and with a price file', async () => {
    const file = path.join(folder, 'prices.json');
    writeFileSync(file, JSON.stringify({ 'unknown.model-v1': { input: 1_000_000, output: 0 } }));
    const [catalog, own] = await Promise.all([
      table.run(['daily', '--reprice', '--since', '2026-11-20', '--until', '2026-11-20']),
      table.json('daily', ['--reprice', file, '--since', '2026-11-24', '--until', '2026-11-24']),
    ]);

    expect(catalog.stdout).toMatch(/Recorded │ +Repriced │ +Difference/);
    expect(own).toEqual(
      expect.objectContaining({
        total: expect.objectContaining({ repriced: expect.objectContaining({ usd: '100', unpriced: 0 }) }),
      }),
    );
  });

  test('reprices with several discounts, each from its own option', async () => {
    const day = ['--since', '2026-11-20', '--until', '2026-11-20'];
    const repriced = await Promise.all(
      [[], ['--discount', 'anthropic=0.1'], ['--discount', 'anthropic=0.1', '--discount', '*nova*=.5']].map(
        discounts => table.json('daily', ['--reprice', ...discounts, ...day]),
      ),
    );

    expect(
      repriced.map(report => (report as { total: { repriced: { usd: string } } }).total.repriced.usd),
    ).toEqual(['0.0076215', '0.0068625', '0.00684675']);
  });

  test('shows a row for each agent of a day', async () => {
    const { stdout } = await table.run([
      'daily',
      '--by',
      'agent',
      '--since',
      '2026-11-23',
      '--until',
      '2026-11-23',
    ]);

    expect(stdout.indexOf('  triage')).toBeGreaterThan(stdout.indexOf('2026-11-23 '));
    expect(stdout).toMatch(/│ {3}writer +│ +1 │.*\$0\.05 │/);
  });
});

test.each([
  ['agents', '--models', 'anthropic.claude-sonnet'],
  ['models', '--agents', 'writer'],
])('sorts %s by cost, adds rows with %s, and shows a total', async (name, parts, part) => {
  const [text, short, json] = await Promise.all([
    table.run([name, parts]),
    table.run([name, '--limit', '1']),
    table.json(name),
  ]);

  expect(text.code).toBe(0);
  expect(text.stdout).toContain(part);
  expect(text.stdout).toMatch(/│ Total .*≥ \$4\.00 \(1 unpriced\) │/);
  expect(short.stdout).toContain('The total includes 2 more. Show all with --limit 3.');
  expect((json as Record<string, readonly { name: string }[]>)[name][0].name).toBe(
    name === 'agents' ? 'triage' : 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  );
});

test('lists the calls of an incident in order, and fails for an unknown incident', async () => {
  const [text, json, none] = await Promise.all([
    table.run(['incident', 'INC-1', '--limit', '2']),
    table.json('incident', ['INC-1']),
    table.run(['incident', 'INC-9']),
  ]);

  expect(text.stdout).toContain('Incident INC-1 $3.05');
  expect(text.stdout).toContain('2026-11-20 08:00:00 to 2026-11-23 10:00:02 (UTC), 3 days 2 hours');
  expect(text.stdout).toContain('2 of 3 calls. Show more with --limit.');
  expect(json).toEqual(
    expect.objectContaining({
      incidentId: 'INC-1',
      invocations: [
        expect.anything(),
        expect.anything(),
        expect.objectContaining({ agentId: 'writer', costUsd: '0.05' }),
      ],
    }),
  );
  expect(none.code).toBe(1);
  expect(none.stderr).toContain('the table has no calls of this incident');
});

test('compares incidents, agents and models with top', async () => {
  const [incidents, agents, json] = await Promise.all([
    table.run(['top']),
    table.run(['top', '--by', 'agent', '-n', '1']),
    table.json('top', ['--by', 'model']),
  ]);

  expect(incidents.stdout).toMatch(
    /│ 1 │ INC-1 +│ +3 │.*\$3\.05 │\n│ 2 │ INC-2 .*≥ \$0\.70 \(1 unpriced\) │/,
  );
  expect(agents.stdout).toMatch(/│ 1 │ triage /);
  expect(agents.stdout).toContain('1 of 3.');
  expect(json).toEqual(expect.objectContaining({ by: 'model', count: 3 }));
});

test('compares each period with the one before in trends', async () => {
  const [days, weeks] = await Promise.all([
    table.run(['trends', '--since', '2026-11-22', '--until', '2026-11-24']),
    table.json('trends', ['--granularity', 'week', '--since', '2026-11-09']),
  ]);

  expect(days.stdout).toMatch(/\n[▁█]{3}\n/);
  expect(days.stdout).toMatch(/│ 2026-11-24 +│ +1 │ +-50\.0% │/);
  expect(weeks).toEqual(
    expect.objectContaining({
      granularity: 'week',
      periods: [
        expect.anything(),
        expect.objectContaining({ label: '2026-W47' }),
        expect.objectContaining({ label: '2026-W48', complete: false }),
      ],
    }),
  );
});

test('ends thresholds with exit code 3 if a limit is exceeded, and with 0 otherwise', async () => {
  const [fine, exceeded] = await Promise.all([
    table.run(['thresholds', '--daily', '5', '--hourly', '0.70']),
    table.run(['thresholds', '--daily', '5', '--hourly', '0.50']),
  ]);

  expect(fine.code).toBe(0);
  expect(fine.stdout).toContain('$0.70 spent in the last 60 minutes, within the hourly limit of $0.70');
  expect(exceeded.code).toBe(3);
  expect(exceeded.stdout).toContain(
    'exceeded  $0.70 spent in the last 60 minutes: $0.20 above the hourly limit of $0.50',
  );
  expect(await table.json('thresholds', ['--hourly', '0.50'], 3)).toEqual(
    expect.objectContaining({ alertRequired: true }),
  );
});

test('compares the same tokens at two prices with whatif', async () => {
  const [text, json, contradiction] = await Promise.all([
    table.run([
      'whatif',
      '--from',
      'anthropic.claude-sonnet-4-5-20250929-v1:0',
      '--to',
      'amazon.nova-micro-v1:0',
    ]),
    table.json('whatif', ['--batch']),
    table.run(['whatif', '--batch', '--tier', 'flex']),
  ]);

  expect(text.stdout).toContain('What if anthropic.claude-sonnet-4-5-20250929-v1:0 → amazon.nova-micro-v1:0');
  expect(text.stdout).toMatch(/│ Total +│ +2 calls │/);
  expect(text.stdout).toContain('The comparison keeps the recorded token counts');
  expect(json).toEqual(expect.objectContaining({ invocations: 6, question: { to: { batch: true } } }));
  expect(contradiction.code).toBe(2);
  expect(contradiction.stderr).toMatch(
    /^token-analytics: --tier must not be given with --batch.* got: flex/m,
  );
});

test('applies discounts to both sides of whatif, and notes them', async () => {
  const { stdout } = await table.run([
    'whatif',
    ...['--from', 'anthropic.claude-sonnet-4-5-20250929-v1:0', '--to', 'amazon.nova-micro-v1:0'],
    ...['--discount', 'anthropic=0.1', '--discount', 'amazon=0.2'],
  ]);

  // In the United States, 3,000 input, 5,000 cache read and 600 output tokens of Claude Sonnet cost $0.02145.
  // With the discount of 10 %, they cost $0.0193.
  expect(stdout).toMatch(/│ Total +│ +2 calls │ +\$0\.0193 │ +\$0\.0001862 │/);
  expect(stdout).toContain('Discounts on list prices: anthropic (10 % less), amazon (20 % less).');
});

describe('token-analytics export', () => {
  test('writes the calls to standard output, and a summary to standard error', async () => {
    const { code, stdout, stderr } = await table.run(['export', '--format', 'jsonl']);
    const rows = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { costUsd?: string; agentId?: string })
      .filter(({ agentId }) => agentId !== undefined);

    expect(code).toBe(0);
    expect(rows).toHaveLength(6);
    expect(stderr).toContain('6 calls 2026-11-20 to 2026-11-26 (UTC), ≥ $4.00 (1 unpriced)');
  });

  test('writes a complete export file or none, in the format of its extension', async () => {
    const file = path.join(folder, 'calls.csv');
    const json = await table.json('export', ['--output', file]);
    const whole = readFileSync(file, 'utf8');
    table.refuses = () => true;
    const failed = await table.run(['export', '--output', file]);
    table.refuses = () => false;

    expect(json).toEqual(
      expect.objectContaining({ format: 'csv', rows: 6, usd: '4', bytes: Buffer.byteLength(whole) }),
    );
    expect(whole.trim().split('\n')).toHaveLength(7);
    expect(failed.code).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe(whole);
    expect(readdirSync(folder).filter(name => name.includes('partial'))).toEqual([]);
  });

  test('refuses --json if the calls are exported to standard output', async () => {
    const { code, stdout, stderr } = await table.run(['export', '--json']);

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('--output must name a file');
  });
});

test('shows no table for a report without calls', async () => {
  const { code, stdout } = await table.run([
    'daily',
    '--since',
    '2026-01-01',
    '--until',
    '2026-01-02',
    '--agent',
    'nobody',
  ]);

  expect([code, stdout]).toEqual([0, 'No calls 2026-01-01 to 2026-01-02 (UTC), agent nobody.\n']);
});

test('shows forecast amounts with intervals, or the reason if there is too little history', async () => {
  const short = await table.json('forecast', [], 1);
  const long = await startCommandTable(
    Array.from({ length: 40 }, (_, index) => ({
      at: new Date(Date.parse('2026-10-17T10:00:00Z') + index * 86_400_000),
      usd: index % 7 < 5 ? 10 : 4,
    })),
  );
  try {
    const [text, json] = await Promise.all([
      long.run(['forecast', '--days', '7', '--history', '40']),
      long.json('forecast'),
    ]);

    expect(short).toEqual(expect.objectContaining({ status: 'too-little-history' }));
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/│ 2026-11-26 +│ +\$\d/);
    expect(text.stdout).toMatch(/│ Total +│ +\$\d/);
    expect(json).toEqual(expect.objectContaining({ status: 'ok', forecastDays: 14, historyDays: 40 }));
  } finally {
    await long.close();
  }
});
