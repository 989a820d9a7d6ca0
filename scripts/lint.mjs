// Checks the layout and the style of sources, and the prose in them. Usage:
// `node scripts/lint.mjs [--fix] [folder or file …]`. Without arguments, checks the whole project. With
// --fix, also corrects findings where possible.
import { quoted, runSteps } from './steps.mjs';

/**
 * Folders and files that ESLint checks. One process checks the entries at even indexes, a second process the
 * entries at odd indexes. The order gives both processes about the same work.
 */
const TREES = ['test', 'cli', 'src', 'lambda', 'bench', 'local', '.projenrc.ts', 'reports', 'examples'];
/** Pattern of files whose layout Prettier checks. Prettier skips files that git ignores. */
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
 * ESLint commands of two parallel processes. Each command checks one folder, because checking all folders at
 * once needs too much memory.
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
