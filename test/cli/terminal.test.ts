import { startCommand } from './command-process';
import { type CommandTable, heldClock, NOW, startCommandTable } from './support';
import { tableText } from '../../cli/output/table';
import { jsonText, wantsColor } from '../../cli/output/terminal';

const ESCAPE = String.fromCharCode(27);
/** Text with control characters that would change the title and the colors of a terminal. */
const EVIL = `a${ESCAPE}]0;owned${String.fromCharCode(7)}${ESCAPE}[31m\nb\u202e${String.fromCharCode(0x9b)}c`;

let table: CommandTable;
beforeAll(async () => {
  table = await startCommandTable([
    {
      at: '2026-11-26T10:00:00.000Z',
      agentId: 'a-very-long-agent-name-of-more-than-forty-characters',
      usd: 12.5,
      incidentId: EVIL,
    },
    { at: '2026-11-26T11:00:00.000Z', agentId: EVIL, model: EVIL, modelId: EVIL, usd: 1 },
  ]);
});
afterAll(() => table.close());

const widest = (text: string) => Math.max(...text.split('\n').map(line => [...line].length));

test.each([
  [200, 200],
  [100, 100],
  [80, 80],
  [60, 60],
])('fits a table into %d columns', async (columns, limit) => {
  const outputs = await Promise.all(
    [['daily'], ['agents'], ['models', '--agents'], ['top']].map(args =>
      table.run(args, { COLUMNS: String(columns) }),
    ),
  );

  for (const { code, stdout } of outputs) {
    expect(code).toBe(0);
    expect(widest(stdout)).toBeLessThanOrEqual(limit);
    expect(stdout).toContain('$13.50');
    if (columns !== 100) expect(stdout.includes('Cache read')).toBe(columns === 200);
  }
});

test('writes no control character of the table to the terminal in text, JSON or errors', async () => {
  const [text, json, top, error] = await Promise.all([
    table.run(['daily', '--by', 'agent']),
    table.run(['agents', '--json']),
    table.run(['top']),
    table.run(['incident', EVIL, '--agent', EVIL, '--since', EVIL]),
  ]);

  for (const { stdout, stderr } of [text, json, top, error]) {
    // `Cc` and `Cf` are the Unicode classes of control characters. ESLint forbids control characters in a
    // pattern.
    const acted = [...(stdout + stderr)].filter(
      character => character !== '\n' && /[\p{Cc}\p{Cf}]/u.test(character),
    );
    expect(acted).toEqual([]);
  }
  expect(
    (JSON.parse(json.stdout) as { agents: { name: string }[] }).agents.map(({ name }) => name),
  ).toContain(EVIL);
  expect(text.stdout).toContain('a?]0;owned??[31m?b??c');
});

test('uses colors only in a terminal without NO_COLOR', () => {
  expect(wantsColor({ isTTY: true }, {})).toBe(true);
  expect(wantsColor({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColor({ isTTY: true }, { NO_COLOR: '', TERM: 'dumb' })).toBe(false);
  expect(wantsColor({}, {})).toBe(false);
});

test.each([[['prices', '--json']], [['export', '--since', '2026-11-26']]])(
  'ends %j with exit code 0 if the reader of the output stops early',
  async args => {
    const { child, over } = startCommand([...args, '--endpoint', table.endpoint, '--region', 'us-east-1'], {
      env: { ...heldClock(NOW), TOKEN_ANALYTICS_TABLE: table.tableName },
    });
    child.stdout?.destroy();
    const { code, stderr } = await over;

    expect(code).toBe(0);
    expect(
      stderr
        .split('\n')
        .filter(
          line => line !== '' && !line.startsWith('Table ') && !/^token-analytics: \w+ ignores --/.test(line),
        ),
    ).toEqual([]);
  },
);

test('omits unused columns and columns that do not fit, and shortens the first column', () => {
  const columns = [
    { header: 'Name', align: 'left' as const },
    { header: 'Note', optional: true },
    { header: 'Tokens', drop: 1 },
    { header: 'Cost' },
  ];
  const rows = [{ cells: ['an agent with a rather long name', '', '1,000,000', '$1.00'] }];

  expect(tableText(columns, rows, { width: 120 })).toContain('Tokens');
  expect(tableText(columns, rows, { width: 120 })).not.toContain('Note');
  const narrow = tableText(columns, rows, { width: 30 });
  expect(narrow).not.toContain('Tokens');
  expect(narrow).toContain('│ an agent with a r… │ $1.00 │');
});

test('prints whole numbers of any size as JSON text', () => {
  expect(jsonText({ pico: 12345678901234567890n, none: undefined })).toBe(
    '{\n  "pico": "12345678901234567890"\n}\n',
  );
});
