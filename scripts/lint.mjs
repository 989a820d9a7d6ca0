// Checks the layout and the style of sources, and the prose in them. Usage:
// `node scripts/lint.mjs [--fix] [folder or file …]`. Without arguments, checks the whole project. With
// --fix, also corrects findings where possible.
import { quoted, runSteps } from './steps.mjs';

/** Folders and files that ESLint checks. */
const TREES = ['src', 'lambda', 'reports', 'cli', 'local', 'examples', 'bench', 'test', '.projenrc.ts'];
/**
 * Options of ESLint's parser that load all sources into one TypeScript program. By default, each folder is
 * loaded into a program of its own. This is faster for one folder, but three times slower for all.
 */
const ONE_PROGRAM = '--parser-options=projectService:false --parser-options=project:./tsconfig.all.json';
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
const eslint = [
  'eslint --ext .ts --max-warnings 0 --no-error-on-unmatched-pattern',
  ...(fix ? ['--fix'] : []),
  ...(places.length > 0 ? [] : [ONE_PROGRAM]),
  ...trees.map(quoted),
].join(' ');
const prose = ['node scripts/prose/check.mjs', ...places.map(quoted)].join(' ');

const layout = { name: 'layout', sequences: [[prettier]] };
const style = {
  name: 'eslint',
  env: { ESLINT_USE_FLAT_CONFIG: 'false', NODE_NO_WARNINGS: '1' },
  sequences: [[eslint]],
};
const others = {
  name: 'prose',
  sequences: [[prose], ...(places.length > 0 ? [] : [['knip --no-progress']])],
};

// With --fix, Prettier and ESLint write files, so they run one after the other.
await runSteps(
  'npm run lint',
  fix
    ? [layout, style, others]
    : [
        {
          name: 'layout, style, prose and unused code',
          env: style.env,
          sequences: [style, layout, others].flatMap(({ sequences }) => sequences),
        },
      ],
);
