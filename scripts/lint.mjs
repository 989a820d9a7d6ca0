// Checks the style of the given folders and files. Usage: `node scripts/lint.mjs [--fix] [folder or file …]`.
// Without arguments, checks the whole project. With --fix, also corrects findings where possible.
import { quoted, runSteps } from './steps.mjs';

/** Folders to lint. The order splits them into two halves that take about the same time. */
const TREES = ['test', 'cli', 'src', 'lambda', 'bench', 'local', '.projenrc.ts', 'reports', 'examples'];
/** Files whose format Prettier checks. Prettier skips files that git ignores. */
const SOURCES = '*.{ts,mts,mjs,cjs,js,css}';

const args = process.argv.slice(2);
const fix = args.includes('--fix');
const places = args.filter(argument => argument !== '--fix');
const trees = places.length > 0 ? places : TREES;

const patterns =
  places.length > 0
    ? places.map(place => (/\.\w+$/.test(place) ? place : `${place}/**/${SOURCES}`))
    : [`**/${SOURCES}`, '.projenrc.ts'];
const prettier = `prettier --log-level warn ${fix ? '--write' : '--check'} ${patterns.map(quoted).join(' ')}`;
const eslint = place =>
  `eslint --ext .ts --max-warnings 0 --no-error-on-unmatched-pattern${fix ? ' --fix' : ''} ${quoted(place)}`;
/**
 * Each folder has its own ESLint process, because the types of all folders together need too much memory. Two
 * processes run in parallel.
 */
const halves = [0, 1]
  .map(half => trees.filter((_, index) => index % 2 === half).map(eslint))
  .filter(half => half.length > 0);

const prose = ['node scripts/prose/check.mjs', ...places.map(quoted)].join(' ');

await runSteps('npm run lint', [
  { name: 'layout', sequences: [[prettier]] },
  { name: 'eslint', env: { ESLINT_USE_FLAT_CONFIG: 'false', NODE_NO_WARNINGS: '1' }, sequences: halves },
  { name: 'prose', sequences: [[prose]] },
  ...(places.length > 0
    ? []
    : [{ name: 'unused files and dependencies', sequences: [['knip --no-progress']] }]),
]);
