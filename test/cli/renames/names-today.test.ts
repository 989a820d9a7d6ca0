import { type Account, startAccount } from './account';
import { nameProblems, readNames } from './names-today';
import type { NameKind } from './rename-table';

let account: Account;
beforeAll(async () => {
  account = await startAccount();
});
afterAll(() => account.close());

const ROW = '| command | `old` | `new` |';

test.each([
  ['old', 'new', ['new'], []],
  ['old', 'new', ['old', 'new'], [`old must not exist any longer: ${ROW}`]],
  ['old', 'new', [], [`new must exist: ${ROW}`]],
  ['Type.old', 'new', ['Type.new', 'Other.old'], []],
  [
    'Type.old',
    'new',
    ['Type.old', 'Other.new'],
    [expect.stringContaining('Type.old must not'), expect.stringContaining('Type.new must')],
  ],
])(
  'checks a rename from %s to %s against the names %j, with the problems %j',
  (before, after, names, problems) => {
    expect(nameProblems({ kind: 'constructs', row: ROW, before, after }, new Set(names))).toEqual(problems);
  },
);

test.each<[NameKind, string, string]>([
  ['command', 'daily', 'weekly'],
  ['option', '--granularity', '--weekly'],
  ['constructs', 'TokenAnalytics', 'CostCalculator'],
  ['constructs', 'TokenAnalyticsProps.namespace', 'TokenAnalyticsProps.modelId'],
  ['constructs', 'InstrumentFunctionOptions.agentId', 'InstrumentOptions.layer'],
  ['constructs', 'DetailLevel.CORE', 'DetailLevel.core'],
  ['runtime', 'CostCalculator', 'UsageReports'],
  ['runtime', 'Invocation.modelId', 'Invocation.id'],
  ['reports', 'UsageReports', 'CostCalculator'],
  ['reports', 'UsageReports.daily', 'UsageReports.weekly'],
  ['table key', 'AGENT#', 'MODEL#'],
  ['table attribute', 'agentId', 'agent'],
  ['environment variable', 'TOKEN_ANALYTICS_TABLE', 'TOKEN_ANALYTICS_TABLES'],
  ['metric', 'TotalCost', 'TotalCosts'],
  ['script', 'build:all', 'build:none'],
])('finds in the names of the kind %s the name %s, and not %s', async (kind, present, absent) => {
  const names = await readNames({ kind }, account);

  expect([names.has(present), names.has(absent)]).toEqual([true, false]);
});

test('reads the options of a command together with the common options', async () => {
  const options = await readNames({ kind: 'option', commands: ['top'] }, account);

  expect(['--limit', '--json', '--granularity'].map(option => options.has(option))).toEqual([
    true,
    true,
    false,
  ]);
});
