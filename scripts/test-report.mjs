// Prints results of a test run from its JUnit files. Usage:
// `node scripts/test-report.mjs counts|slowest FILE …`. `counts` prints the numbers of all, failed and
// skipped tests. `slowest` prints the ten slowest tests. Exits with 1 if the files contain no test.
import { readFile } from 'node:fs/promises';

const SLOWEST = 10;

const [output, ...files] = process.argv.slice(2);
const reports = await Promise.all(files.map(file => readFile(file, 'utf8').catch(() => '')));
const tags = name =>
  reports.flatMap(report => [...report.matchAll(new RegExp(`<${name} [^>]*>`, 'g'))].map(([tag]) => tag));
const attribute = (tag, name) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
const sum = name => tags('testsuite').reduce((total, tag) => total + Number(attribute(tag, name)), 0);

if (output === 'counts') {
  console.log(sum('tests'), sum('failures') + sum('errors'), sum('skipped'));
} else if (output === 'slowest') {
  const cases = tags('testcase').map(tag => ({
    seconds: Number(attribute(tag, 'time')),
    name: attribute(tag, 'name'),
  }));
  for (const { seconds, name } of cases.sort((one, other) => other.seconds - one.seconds).slice(0, SLOWEST)) {
    console.log(`${seconds.toFixed(1).padStart(6)} s  ${name.trim()}`);
  }
} else {
  console.error(`test-report: the first argument must be counts or slowest, got: ${output}`);
  process.exitCode = 2;
}
if (tags('testcase').length === 0) process.exitCode ||= 1;
