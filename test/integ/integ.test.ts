import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { APPS } from './apps';
import { replacedBy } from './replaced';
import { acrossVersions, keptTemplates, type Templates, templatesOf } from './templates';
import { IS_NEWEST } from '../support/cdk-features';
import { REPOSITORY } from '../support/run';

const names = Object.keys(APPS);

/** Returns the Git tag of the newest release. Returns undefined if the repository has no release. */
function newestTag(): string | undefined {
  try {
    return execFileSync('git', ['describe', '--tags', '--abbrev=0', '--match', 'v*'], {
      cwd: REPOSITORY,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

test.each(names)('%s: the templates equal the stored ones (npm run integ:update rewrites them)', name => {
  // The stored templates are those of the newest version of aws-cdk-lib.
  const same = IS_NEWEST ? (templates: Templates) => templates : acrossVersions;

  expect(same(templatesOf(name))).toEqual(same(keptTemplates(name)));
});

describe('an upgrade', () => {
  const tag = newestTag();
  if (tag === undefined) {
    process.stderr.write('SKIPPED: there is no release to upgrade from yet\n');
  }

  (tag === undefined ? test.skip : test).each(names)(
    'from the newest release replaces no stateful resource of %s',
    name => {
      const before = execFileSync(
        'git',
        ['show', `${tag}:${path.posix.join('test', 'integ', 'templates', `${name}.json`)}`],
        { cwd: REPOSITORY, encoding: 'utf8' },
      );

      expect(replacedBy(JSON.parse(before) as Templates, templatesOf(name))).toEqual([]);
    },
  );

  test('reports a replaced or removed table', () => {
    const before = keptTemplates('parts');
    const change = (from: string, to: string) =>
      JSON.parse(JSON.stringify(before).replaceAll(from, to)) as Templates;

    expect(replacedBy(before, before)).toEqual([]);
    expect(replacedBy(before, change('"Traces', '"Other'))).toEqual([
      expect.stringMatching(/^Data\/Traces.*GlobalTable/),
    ]);
    expect(
      replacedBy(
        before,
        change('"AttributeName":"sk","KeyType":"RANGE"', '"AttributeName":"sort","KeyType":"RANGE"'),
      ),
    ).toEqual([expect.stringMatching(/^Data\/Traces.*WILL_REPLACE|^Data\/Traces.*REPLACE/)]);
    expect(replacedBy(before, change('"RetentionInDays":30', '"RetentionInDays":60'))).toEqual([]);
  });
});
