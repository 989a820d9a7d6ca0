import { runCommand } from './command-process';
import { runAt, startCommandTable, NOW, type CommandTable } from './support';

let table: CommandTable;
beforeAll(async () => {
  table = await startCommandTable();
});
afterAll(() => table.close());

describe('a wrong command line', () => {
  test.each([
    [['dialy'], "unknown command 'dialy' (did you mean daily?)"],
    [['daily', '--jsno'], "unknown option '--jsno' (did you mean --json?)"],
    [['daily', 'extra'], "too many arguments for 'daily'. Expected 0 arguments but got 1"],
    [['incident'], "missing required argument 'id'"],
    [
      ['daily', '--since', '2026-02-30'],
      '--since must be a day such as 2026-11-20, today, yesterday, or 7d, 4w or 3mo ago, got: 2026-02-30',
    ],
    [['--since', '2026-11-27'], '--since must not be after today (2026-11-26), got: 2026-11-27'],
    [
      ['--since', 'today', '--until', '2d'],
      '--since must not be after --until, got: today (2026-11-26) and 2d (2026-11-24)',
    ],
    [
      ['--since', '2020-01-01'],
      '--since must be at most 1100 days before --until, got: 2020-01-01 (2522 days). Read fewer days at a time',
    ],
    [
      ['--timezone', 'Mars/Olympus'],
      "option '--timezone <zone>' argument 'Mars/Olympus' is invalid. It must be an IANA time zone, " +
        'such as Europe/Berlin, or `local`.',
    ],
    [
      ['top', '-n', '0'],
      "option '-n, --limit <number>' argument '0' is invalid. It must be a whole number from 1 to 10000.",
    ],
    [
      ['top', '--by', 'day'],
      "option '--by <what>' argument 'day' is invalid. Allowed choices are incident, agent, model.",
    ],
    [['thresholds'], '--daily or --hourly must be given, in US dollars. Pass, for example, --daily 25'],
    [
      ['thresholds', '--daily', '-1'],
      "option '--daily <usd>' argument '-1' is invalid. It must be an amount of US dollars, 0 or " +
        'more, such as 12.50.',
    ],
    [
      ['--region', 'Frankfurt'],
      "option '--region <region>' argument 'Frankfurt' is invalid. It must be an AWS region, such as " +
        'eu-central-1.',
    ],
    [
      ['--endpoint', 'localhost:8000'],
      "option '--endpoint <url>' argument 'localhost:8000' is invalid. It must be a URL that begins " +
        'with http:// or https://.',
    ],
    [['--table', 'a b'], 'the table from --table must be the name or the ARN of a DynamoDB table, got: a b'],
    [['--agent', ''], "option '--agent <id>' argument '' is invalid. It must not be empty."],
    [
      ['whatif'],
      '--to, --to-region, --scope, --tier or --batch must be given. Pass, for example, --to amazon.nova-pro-v1:0',
    ],
    [
      ['daily', '--discount', 'anthropic=0.1'],
      '--discount must be given with --reprice, because recorded costs do not change',
    ],
    [
      ['whatif', '--batch', '--discount', 'anthropic=10'],
      "option '--discount <name=share>' argument 'anthropic=10' is invalid. It must be a vendor, a model id " +
        'or a pattern with a share from 0 to 1, such as anthropic=0.1 for 10 %.',
    ],
    [
      ['prices', '--discount', 'anthropic'],
      "option '--discount <name=share>' argument 'anthropic' is invalid. It must be a vendor",
    ],
    [
      ['prices', '--discount', 'Anthropic=0.1'],
      "option '--discount <name=share>' argument 'Anthropic=0.1' is invalid. It must be a vendor",
    ],
    [
      ['prices', '--explain'],
      '--explain must be given with a model. Pass, for example, prices amazon.nova-micro-v1:0 --explain',
    ],
    [
      ['completion', 'tcsh'],
      "command-argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are zsh, bash, " +
        'fish, powershell.',
    ],
  ])('ends with exit code 2 and one line that names the error and the fix for %j', async (args, says) => {
    const { code, stdout, stderr } = await runAt(NOW, args);

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(`token-analytics: ${says}`)]);
  });
});

describe('a failing command', () => {
  const failures: readonly (readonly [
    string,
    () => Promise<{ args: string[]; env?: NodeJS.ProcessEnv }>,
    RegExp,
  ])[] = [
    [
      'nothing answers',
      async () => ({ args: ['--endpoint', 'http://127.0.0.1:1'] }),
      /nothing answers at 127\.0\.0\.1:1: check --endpoint/,
    ],
    [
      'the table does not exist',
      async () => ({ args: ['--table', 'Others'] }),
      /the table Others in us-east-1, or an index of it, does not exist/,
    ],
    [
      'there are no credentials',
      async () => ({ args: [], env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' } }),
      /no AWS credentials .*--profile/,
    ],
    [
      'the profile is unknown',
      async () => ({ args: ['--profile', 'nobody'] }),
      /no AWS credentials .*nobody|no AWS credentials/,
    ],
    [
      'the price file does not exist',
      async () => ({ args: ['--reprice', 'no-such-prices.json'] }),
      /the file or folder does not exist: no-such-prices\.json/,
    ],
  ];

  test.each(failures)(
    'ends with exit code 1, a fix and an empty standard output: %s',
    async (_name, prepare, says) => {
      const { args, env } = await prepare();
      const { code, stdout, stderr } = await runAt(
        NOW,
        ['daily', '--json', '--table', table.tableName, '--endpoint', table.endpoint, ...args],
        env,
      );

      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(says);
      expect(stderr).not.toMatch(/^\s+at /m);
    },
  );

  test('ends with exit code 1 and a fix if AWS denies access', async () => {
    table.refuses = () => true;
    const { code, stderr } = await table.run(['daily']);
    table.refuses = () => false;

    expect(code).toBe(1);
    expect(stderr).toContain(
      'token-analytics: AWS denies access (refused): allow the action for this identity, or name ' +
        'another --profile',
    );
  });

  test('shows the complete error with its stack if TOKEN_ANALYTICS_DEBUG is set', async () => {
    const { stderr } = await runAt(NOW, ['daily', '--table', 'Others', '--endpoint', table.endpoint], {
      TOKEN_ANALYTICS_DEBUG: '1',
    });

    expect(stderr).toMatch(/^ResourceNotFoundException: [\s\S]+\n\s+at /m);
  });
});

test('names the options for a region if none is known', async () => {
  const { code, stderr } = await runAt(NOW, ['--table', 'Traces'], { AWS_REGION: '' });

  expect(code).toBe(2);
  expect(stderr).toContain(
    'no AWS region: name one with --region, set AWS_REGION, or name a --profile that has one',
  );
});

test('accepts every common option, notes ignored ones, and omits them from the help of the command', async () => {
  const [prices, help] = await Promise.all([
    runAt(NOW, [
      'prices',
      'amazon.nova-micro-v1:0',
      '--agent',
      'a',
      '--table',
      'Traces',
      '--region',
      'us-east-1',
    ]),
    runAt(NOW, ['prices', '--help']),
  ]);

  expect(prices.code).toBe(0);
  expect(prices.stderr).toContain('token-analytics: prices ignores --agent\n');
  expect(prices.stderr).toContain('token-analytics: prices ignores --table\n');
  expect(help.stdout).not.toContain('--agent');
  expect(help.stdout).toContain('--region <region>');
});

test('lists every command in the help, and examples in the help of each command', async () => {
  const { code, stdout } = await runAt(NOW, ['--help']);
  const names = [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)\b/gm)].map(
    ([, name]) => name,
  );
  const helps = await Promise.all(
    names.filter(name => name !== 'help').map(name => runAt(NOW, [name, '--help'])),
  );

  expect(code).toBe(0);
  expect(names).toEqual(
    expect.arrayContaining([
      'daily',
      'agents',
      'models',
      'incident',
      'trends',
      'top',
      'live',
      'thresholds',
      'whatif',
      'export',
      'replay',
      'rollup',
      'prices',
      'doctor',
      'reconcile',
      'preview',
      'demo',
      'completion',
    ]),
  );
  for (const help of helps) {
    expect(help.code).toBe(0);
    expect(help.stdout).toMatch(
      /^Usage: token-analytics [\s\S]+\nExamples:\n {2}# .+\n {2}\$ token-analytics/,
    );
  }
});

test('prints the version of the package', async () => {
  const { code, stdout } = await runCommand(['--version']);

  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
