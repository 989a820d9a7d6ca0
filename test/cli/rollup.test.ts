import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { runInTurn, startCommand } from './command-process';
import { type Front, startFront } from './front';
import { NOW, runAt, validated } from './support';
import { readRollups } from '../../lambda/rollup/rollup-table.aws';
import { addUtcDays } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';
import { call, type RollupTestTable, startRollupTable, TABLE } from '../lambda/rollup/support';
import { refusal } from '../support/table-front';

const TODAY = dayOf(new Date());
const DAYS = [-6, -5, -4].map(days => addUtcDays(TODAY, days));
const [FIRST, , LAST] = DAYS;
const RANGE = ['--since', FIRST, '--until', LAST];
const AGENTS = ['triage', 'billing', 'search', 'a#b', 'ünï', 'x'];

interface RollupJson {
  readonly days: readonly { readonly day: string; readonly traces: number; readonly items: number }[];
  readonly failed: readonly { readonly day: string; readonly reason: string }[];
  readonly remaining: readonly string[];
  readonly tracesRead: number;
  readonly itemsWritten: number;
}

let table: RollupTestTable;
let front: Front;
const args = (...more: string[]) => ['rollup', '--table', TABLE, '--endpoint', front.endpoint, ...more];

beforeEach(async () => {
  table = await startRollupTable();
  await writeDays(table);
  front = await startFront(table.endpoint);
});

afterEach(async () => {
  await front.close();
  await table.close();
});

async function writeDays(into: RollupTestTable): Promise<void> {
  await into.write(
    DAYS.flatMap(day =>
      AGENTS.flatMap((agentId, agent) =>
        [0, 1, 2, 3, 4, 5].map(index =>
          call({
            agentId,
            requestId: `r${index}`,
            timestamp: new Date(`${day}T0${index}:1${agent}:00.000Z`),
            model: `m${index % 2}`,
            picoUsd: BigInt(1000 * agent + index),
          }),
        ),
      ),
    ),
  );
}

/**
 * Returns all items of the table without `rolledUpAt`, the time of the rollup, because it differs between
 * runs.
 */
async function contentOf({ client }: RollupTestTable): Promise<string[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: TABLE }));
  return Items.map(({ rolledUpAt: _, ...item }) => JSON.stringify(Object.entries(item).sort())).sort();
}

async function rollupDays({ client }: RollupTestTable): Promise<string[]> {
  const days: string[] = [];
  for await (const { day } of readRollups(client, TABLE, FIRST, TODAY)) days.push(day);
  return days;
}

test('rolls up a range of days, and shows the result', async () => {
  const { code, stdout, stderr } = await runInTurn(args(...RANGE));

  expect(stderr).toContain(`Table ${TABLE} in us-east-1`);
  expect(code).toBe(0);
  for (const day of DAYS) expect(stdout).toMatch(new RegExp(`${day} .*36 .* 12 `));
  expect(await rollupDays(table)).toEqual(DAYS);
});

test('rolls up yesterday and the day before by default, and never today', async () => {
  const nightly = await runAt(NOW, args('--json'));
  const today = await runAt(NOW, args('--until', 'today'));

  expect((validated('rollup', nightly.stdout) as RollupJson).days.map(({ day }) => day)).toEqual([
    '2026-11-25',
    '2026-11-24',
  ]);
  expect([today.code, today.stdout]).toEqual([2, '']);
  expect(today.stderr).toContain('--until must be before today (2026-11-26 in UTC)');
});

test('rolls up the other days if one fails, and ends with a failure', async () => {
  await runInTurn(args(...RANGE));
  const [lost] = (await table.partition(`AGENT#x#${DAYS[1]}`)).slice(0, 1);
  await table.remove([{ pk: String(lost.pk.S), sk: String(lost.sk.S) }]);

  const refused = await runInTurn(args(...RANGE, '--json'));
  const allowed = await runInTurn(args(...RANGE, '--json', '--allow-fewer'));

  const result = validated('rollup', refused.stdout) as RollupJson;
  expect(refused.code).toBe(1);
  expect(result.days.map(({ day }) => day)).toEqual([FIRST, LAST]);
  expect(result.failed).toEqual([
    {
      day: DAYS[1],
      reason: expect.stringMatching(/agent x has 5 traces, and had 6 .*roll it up with --allow-fewer/),
    },
  ]);
  expect(refused.stderr).toContain(`${DAYS[1]} was not rolled up`);
  expect([allowed.code, (JSON.parse(allowed.stdout) as RollupJson).tracesRead]).toEqual([0, 107]);
});

test('ends the run at a permanent error, and lists the days that were not started', async () => {
  front.see = ({ operation }) => (operation === 'Query' ? refusal('AccessDeniedException') : undefined);

  const { code, stdout, stderr } = await runInTurn(args(...RANGE, '--json'));

  const result = JSON.parse(stdout) as RollupJson;
  expect(code).toBe(1);
  expect(result.failed.map(({ day }) => day)).toEqual([FIRST]);
  expect(result.remaining).toEqual(DAYS.slice(1));
  expect(stderr).toContain('AWS denies access');
});

// A run makes 21 writes: 18 of rollups (one for each agent and day), and three that mark a day as complete.
describe('a rollup that is killed', () => {
  let whole: string[];

  beforeAll(async () => {
    const other = await startRollupTable();
    await writeDays(other);
    await runInTurn(['rollup', '--table', TABLE, '--endpoint', other.endpoint, ...RANGE]);
    whole = await contentOf(other);
    await other.close();
  });

  test.each([12, 21])(
    'writes the same rollups if it is killed at write %d and run again as in one run',
    async killedAt => {
      const running = startCommand(args(...RANGE));
      front.see = ({ operation, number }) => {
        if (operation === 'BatchWriteItem' && number === killedAt) running.child.kill('SIGKILL');
        return undefined;
      };
      const killed = await running.over;
      const [halfWay, content] = [await rollupDays(table), await contentOf(table)];
      front.see = () => undefined;

      const again = await runInTurn(args(...RANGE));

      expect(killed.signal).toBe('SIGKILL');
      // Readers see a day only after all its rollups are written, so `halfWay` contains only complete days.
      expect(halfWay).toEqual(DAYS.slice(0, halfWay.length));
      for (const day of halfWay) {
        expect(content.filter(item => item.includes(`"${day}"`) && item.includes('ROLLUP#'))).toHaveLength(
          13,
        );
      }
      expect(again.code).toBe(0);
      expect(await contentOf(table)).toEqual(whole);
    },
  );
});

test('ends at Ctrl-C without a visible partial day', async () => {
  const running = startCommand(args(...RANGE, '--json'));
  front.see = ({ operation, number }) => {
    if (operation !== 'BatchWriteItem' || number !== 9) return undefined;
    running.child.kill('SIGINT');
    return 'hangs';
  };

  const { code, stdout } = await running.over;

  const result = JSON.parse(stdout) as RollupJson;
  expect(code).toBe(130);
  expect(result.days.map(({ day }) => day)).toEqual([FIRST]);
  expect(result.failed).toEqual([{ day: DAYS[1], reason: 'it was ended half way: roll it up again' }]);
  expect(result.remaining).toEqual([LAST]);
  expect(await rollupDays(table)).toEqual([FIRST]);
});
