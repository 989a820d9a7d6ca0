import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY, run, runOk } from './support/run';
import { stdoutOf } from './support/stdout';
import { ENV, LOGGING_ENV, METRICS } from '../src/contract';
import { TokenTracker, type TokenTrackerOptions } from 'cdk-token-analytics/runtime';

const read = (file: string) => readFileSync(path.join(REPOSITORY, file), 'utf8');

describe('docs/configuration.md', () => {
  const rows = [
    ...read('docs/configuration.md').matchAll(/^\| `([A-Z_]+)` \|(?: `(\w+)` \|)? ([^|]+) \| ([^|]+) \|/gm),
  ].map(([, variable, option, wanted]) => ({ variable, option, wanted }));
  const ofTracker = rows.filter(({ option }) => option !== undefined);

  /** Returns the warnings that are printed while `make` runs. */
  const warningsOf = (make: () => unknown): string[] => {
    const warnings: string[] = [];
    const spy = jest.spyOn(process.stderr, 'write').mockImplementation(chunk => {
      warnings.push((JSON.parse(String(chunk)) as { message: string }).message);
      return true;
    });
    make();
    spy.mockRestore();
    return warnings;
  };

  test('docs/configuration.md lists each variable once', () => {
    expect(
      rows
        .map(({ variable }) => variable)
        .filter(variable => variable.startsWith('TOKEN_ANALYTICS_'))
        .sort(),
    ).toEqual([...Object.values(ENV), ...Object.values(LOGGING_ENV)].sort());
  });

  const BAD: Readonly<Record<string, string>> = {
    TOKEN_ANALYTICS_AGENTS: 'triage,scribe',
    TOKEN_ANALYTICS_NAMESPACE: 'AWS/Mine',
  };
  const ANY_TEXT = ['TOKEN_ANALYTICS_AGENT_ID', 'TOKEN_ANALYTICS_TABLE', 'AWS_REGION'];

  test.each(ofTracker.filter(({ variable }) => !ANY_TEXT.includes(variable)))(
    'an invalid $variable causes one warning, in the words of the page',
    ({ variable, wanted }) => {
      const value = BAD[variable] ?? '{"never';

      expect(
        warningsOf(() => {
          for (let time = 0; time < 2; time += 1) TokenTracker.fromEnvironment({ [variable]: value });
        }),
      ).toEqual([`${variable} must be ${wanted}, got: ${value}. The default is used.`]);
    },
  );

  test.each(ofTracker)(
    'an invalid option $option causes one warning, in the words of the page, and the tracker works',
    async ({ option, wanted }) => {
      const options = {
        sink: 'emf',
        cloudWatchEndpoint: 'http://127.0.0.1:9',
        [option]: option === 'region' || option === 'agentId' || option === 'tableName' ? '' : 7.5e9,
      } as TokenTrackerOptions;
      let tracker: TokenTracker | undefined;

      const [warning, ...others] = warningsOf(() => {
        for (let time = 0; time < 2; time += 1) tracker = new TokenTracker(options);
      });

      expect(warning).toContain(`The tracker's option ${option} must be ${wanted}, got: `);
      expect(others).toEqual([]);
      await stdoutOf(async () => {
        expect(tracker?.record({ modelId: 'amazon.nova-micro-v1:0' }).agentId).toBe('unnamed');
        await tracker?.flush();
      });
    },
  );
});

describe('docs/coverage.md', () => {
  test('docs/coverage.md is up to date with the table of the conformance tests', async () => {
    const { code, stderr } = await run('node', ['scripts/coverage.mjs', '--check']);

    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  test.each([
    [
      'docs/coverage.md lists prices that only one source has',
      [
        {
          id: 'a.b',
          priced: false,
          rates: { input: '1' },
          tierRates: { flex: { input: '0.5' } },
          longPrompt: { above: 200_000, rates: { input: '2' } },
          perUnit: { output_cost_per_image: '3' },
          source: 'C',
          asOf: '2026-11-20',
        },
      ],
      /^\| `a\.b` \| input 1; flex: input 0\.5; above 200,000 tokens: input 2; image 3 \| C, 2026-11-20 \|$/m,
    ],
    ['docs/coverage.md has no section for such prices if there are none', [], /^$/],
  ])('%s', async (_what, prices, wanted) => {
    const script = `import { singleSourceSection } from './scripts/coverage-page.mjs';
      process.stdout.write(singleSourceSection(${JSON.stringify(prices)}));`;

    expect(await runOk('node', ['--input-type=module', '--eval', script])).toMatch(wanted);
  });
});

describe('docs/metrics.md', () => {
  test('docs/metrics.md lists each metric of the contract once', () => {
    const listed = [...read('docs/metrics.md').matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, names]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );

    expect(listed.sort()).toEqual(
      Object.values(METRICS)
        .map(({ name }) => name)
        .sort(),
    );
  });
});

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...['docs', 'docs/decisions'].flatMap(folder =>
    readdirSync(path.join(REPOSITORY, folder))
      .filter(name => name.endsWith('.md'))
      .map(name => `${folder}/${name}`),
  ),
];

describe.each(PAGES)('%s', page => {
  test('the page names only files and folders that exist', () => {
    const text = read(page).replaceAll(/```[\s\S]*?```/g, '');
    const paths = [
      ...text.matchAll(/`((?:src|lambda|reports|cli|local|test|scripts|docs|examples|bench)\/[\w./-]*)`/g),
    ].map(([, name]) => name);
    const linked = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, name]) =>
      path.posix.join(path.posix.dirname(page), name),
    );

    expect([...paths, ...linked].filter(name => !existsSync(path.join(REPOSITORY, name)))).toEqual([]);
  });
});
