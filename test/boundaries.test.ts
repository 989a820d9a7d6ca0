import * as path from 'node:path';
import { type ImportEdge, importsOf, loopsIn, sourcesIn } from './support/import-graph';
import { HANDLERS, LATE_MODULES } from '../src/private/entry-points';

/**
 * Layers of each folder, from top to bottom. Each layer is a list of subfolders and files, which may import
 * only from lower layers.
 */
const LAYERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  cli: [
    ['index'],
    ['program'],
    ['commands'],
    ['json-outputs'],
    ['doctor', 'rollup', 'replay', 'live', 'serve-until-end'],
    ['run'],
    ['find-table', 'date-range', 'cloudwatch-endpoint'],
    ['options', 'stack-outputs'],
    ['failure', 'exit-codes'],
    ['output'],
  ],
  local: [['demo'], ['preview'], ['page'], ['emulators']],
  reports: [
    ['index'],
    ['usage-reports'],
    ['usage', 'what-if'],
    ['bill', 'covered-share', 'export', 'forecast', 'prices'],
    ['source', 'figures'],
    ['results', 'errors'],
  ],
  lambda: [
    ['index', 'ingest'],
    ['tracker', 'budget', 'rollup'],
    ['traces', 'instrument'],
    ['metrics'],
    ['invocation'],
    ['pricing'],
    ['usage', 'invocation-logging'],
    ['process'],
  ],
  src: [
    ['index'],
    ['token-analytics'],
    ['token-analytics-imported'],
    ['token-analytics-attributes', 'token-analytics-base'],
    [
      'token-analytics-interface',
      'token-analytics-checks',
      'token-analytics-estimate',
      'token-analytics-shape',
    ],
    ['token-analytics-options'],
    ['dashboard'],
    ['alarms'],
    ['ingest', 'budget', 'rollup', 'cost-estimate'],
    ['traces', 'metrics', 'pricing', 'instrument', 'dimension-check', 'invocation-logging'],
    ['private'],
    ['contract'],
  ],
};
const TREES = Object.keys(LAYERS);

/**
 * For each folder, the other folders from which it may import. All folders may also import `src/contract.ts`.
 */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  cli: ['local', 'reports', 'lambda'],
  // The command `demo` in `local` runs the quick start, which is in `examples`.
  local: ['reports', 'lambda', 'examples'],
  reports: ['lambda'],
  lambda: [],
  src: [],
};
const CONTRACT = 'src/contract.ts';

/**
 * The only file outside of `src` that may import aws-cdk-lib. The command `demo` uses it to synthesise the
 * quick start.
 */
const SYNTHESISES = 'local/demo/synthesise.ts';

/** Packages that a folder must not import. */
const FORBIDDEN_PACKAGES: Readonly<Record<string, RegExp>> = {
  cli: /^(?:aws-cdk-lib|constructs)(?:\/|$)/,
  local: /^(?:aws-cdk-lib|constructs)(?:\/|$)/,
  reports: /^(?:aws-cdk-lib|constructs)(?:\/|$)|^cdk-token-analytics/,
  lambda: /^(?:aws-cdk-lib|constructs)(?:\/|$)|^cdk-token-analytics/,
  src: /^@aws-sdk\/|^@aws-lambda-powertools\/|^cdk-token-analytics/,
};

const treeOf = (file: string) => file.split('/')[0];
const partOf = (file: string) => file.split('/')[1].replace(/(?:\.aws|\.late)?(?:\.d)?\.ts$/, '');
const isSource = ({ to, isPackage }: ImportEdge) => !isPackage && !to.endsWith('.json');
const describeImport = ({ from, to }: ImportEdge) => `${from} imports ${to}`;

describe.each(TREES)('%s', tree => {
  const files = sourcesIn(tree);
  const edges = files.flatMap(importsOf);
  const layerOf = new Map(LAYERS[tree].flatMap((parts, layer) => parts.map(part => [part, layer] as const)));

  test('has a layer for each part of the tree, and no layer for a missing part', () => {
    expect([...new Set(files.map(partOf))].sort()).toEqual([...layerOf.keys()].sort());
  });

  test('imports only files that exist', () => {
    expect(
      edges.filter(({ to, isPackage }) => !isPackage && path.posix.extname(to) === '').map(describeImport),
    ).toEqual([]);
  });

  test('imports only the trees below it and the contract', () => {
    const crossings = edges
      .filter(isSource)
      .filter(({ to }) => treeOf(to) !== tree && to !== CONTRACT && !BELOW[tree].includes(treeOf(to)));

    expect(crossings.map(describeImport)).toEqual([]);
  });

  test('imports no packages that only other trees may use', () => {
    expect(
      edges
        .filter(
          ({ from, to, isPackage }) => isPackage && from !== SYNTHESISES && FORBIDDEN_PACKAGES[tree].test(to),
        )
        .map(describeImport),
    ).toEqual([]);
  });

  test('imports only parts on lower layers of the tree', () => {
    const layer = (file: string) => layerOf.get(partOf(file)) ?? NaN;
    const upwards = edges
      .filter(isSource)
      .filter(
        ({ from, to }) => treeOf(to) === tree && partOf(from) !== partOf(to) && !(layer(from) < layer(to)),
      );

    expect(upwards.map(describeImport)).toEqual([]);
  });
});

describe('all trees', () => {
  const edges = TREES.flatMap(sourcesIn).flatMap(importsOf).filter(isSource);

  test('files do not import each other in a loop, including imports of types', () => {
    expect(loopsIn(edges.map(({ from, to }) => [from, to] as const))).toEqual([]);
  });

  test('folders do not import each other in a loop', () => {
    // Returns the folder of a file, or the file itself if it is not in a subfolder.
    const folderOf = (file: string) => (file.split('/').length > 2 ? path.posix.dirname(file) : file);

    expect(
      loopsIn(
        edges
          .map(({ from, to }) => [folderOf(from), folderOf(to)] as const)
          .filter(([from, to]) => from !== to),
      ),
    ).toEqual([]);
  });

  test('the contract imports nothing', () => {
    expect(importsOf(CONTRACT)).toEqual([]);
  });
});

describe('the AWS SDK', () => {
  const AWS_FILE = /\.aws\.ts$/;
  const LATE_FILE = /\.(?:aws|late)\.ts$/;
  const handlers: readonly string[] = Object.values(HANDLERS);
  const files = ['lambda', 'reports'].flatMap(sourcesIn);

  test('only handlers and *.aws.ts files import values of the AWS SDK', () => {
    const others = files.filter(file => !AWS_FILE.test(file) && !handlers.includes(file));

    expect(
      others
        .flatMap(valueImportsOf)
        .filter(({ from, to }) => (LATE_FILE.test(from) ? /^@aws-sdk\// : /^@(?:aws-sdk|smithy)\//).test(to))
        .map(describeImport),
    ).toEqual([]);
  });

  test('each *.aws.ts file imports the AWS SDK', () => {
    const without = files
      .filter(file => AWS_FILE.test(file))
      .filter(file => !valueImportsOf(file).some(({ to }) => /^@aws-sdk\//.test(to) || AWS_FILE.test(to)));

    expect(without).toEqual([]);
  });

  test('entry points of programs load *.aws.ts and *.late.ts files only through import()', () => {
    const reached = reachedFrom(['lambda/index.ts', 'reports/index.ts']);

    expect(reached.size).toBeGreaterThan(50);
    expect([...reached].filter(file => LATE_FILE.test(file))).toEqual([]);
  });

  test('the assets contain a file for each module that import() loads', () => {
    const imported = [...reachedFrom(['lambda/index.ts', 'reports/index.ts'])]
      .flatMap(importsOf)
      .filter(({ to, isDynamic }) => isDynamic && LATE_FILE.test(to))
      .map(({ to }) => to);

    expect([...new Set(imported)].sort()).toEqual(Object.values(LATE_MODULES).sort());
  });
});

const valueImportsOf = (file: string) => importsOf(file).filter(({ isType }) => !isType);

/**
 * Returns the given files and all files that they import, directly or indirectly. Ignores imports of types,
 * and calls of `import()`.
 */
function reachedFrom(starts: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const left = [...starts];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    left.push(
      ...valueImportsOf(file)
        .filter(({ isPackage, isDynamic }) => !isPackage && !isDynamic)
        .map(({ to }) => to),
    );
  }
  return reached;
}

describe('loopsIn', () => {
  test('loopsIn finds import loops, including a file that imports itself', () => {
    expect(
      loopsIn([
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
        ['c', 'd'],
        ['e', 'e'],
      ]),
    ).toEqual([['a', 'b', 'c'], ['e']]);
  });
});
