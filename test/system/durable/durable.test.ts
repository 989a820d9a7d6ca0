// Tests Lambda durable functions with AWS's SDK and local runner. Both need Node.js 22.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { counted } from '../../lambda/process/support';
import { type FaultyTable, spilledIn, startFaultyTable } from '../../support/faulty-table';
import { until } from '../../support/held-clock';
import { REPOSITORY, run } from '../../support/run';

const NODE = path.join(__dirname, '..', 'bundles', 'node_modules', 'node22', 'bin', 'node');
const MISSING = (
  [
    [NODE, 'test/system/bundles'],
    [path.join(__dirname, 'node_modules'), 'test/system/durable'],
  ] as const
).filter(([file]) => !existsSync(file));
if (MISSING.length > 0) {
  const commands = MISSING.map(([, folder]) => `npm ci --prefix ${folder}`).join(', ');
  process.stderr.write(`SKIPPED: run ${commands} to test durable functions\n`);
}
const testInstalled = MISSING.length > 0 ? test.skip : test;

/** Calls of one invocation of the function, with the traces and metrics written before it returned. */
interface Delivered {
  readonly status: string;
  /** Request ids of the calls that the invocation made. */
  readonly made: readonly string[];
  /** Request ids of the traces that were written during the invocation. */
  readonly traces: readonly string[];
  readonly metrics: number;
  readonly summaries: number;
}

interface Message extends Pick<Delivered, 'status' | 'made'> {
  readonly lines: readonly string[];
}

let table: FaultyTable;
let running: ChildProcess | undefined;
beforeEach(async () => {
  table = await startFaultyTable();
});
afterEach(async () => {
  running?.kill('SIGKILL');
  await table.close();
});

/**
 * Runs a durable function to its end, which takes several invocations.
 *
 * @param check called after each invocation with the request ids of all calls so far. The next invocation
 * starts when the promise of `check` is fulfilled
 */
async function runDurable(
  setUp: string,
  check: (made: readonly string[]) => Promise<void> = () => Promise.resolve(),
): Promise<{
  readonly invocations: readonly Delivered[];
  readonly code: number | null;
  readonly stderr: string;
}> {
  const child = spawn(NODE, [path.join(__dirname, 'run.mjs'), setUp], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'Function',
      NODE_NO_WARNINGS: '1',
      TOKEN_ANALYTICS_TABLE: 'Traces',
      TABLE: table.endpoint,
    },
  });
  running = child;
  const invocations: Delivered[] = [];
  let stderr = '';
  let failed: (error: unknown) => void = () => undefined;
  child.stderr?.on('data', chunk => (stderr += chunk));
  const written = () => [...table.traces].map(key => key.split('#').at(-1) as string);
  child.on('message', ({ status, made, lines }: Message) => {
    void check(invocations.flatMap(one => one.made).concat(made)).then(() => {
      const before = invocations.flatMap(one => one.traces);
      invocations.push({
        status,
        made,
        traces: [...written(), ...spilledIn(lines)].filter(requestId => !before.includes(requestId)),
        metrics: counted(lines, 'InvocationCount'),
        summaries: lines.filter(line => line.includes('token usage')).length,
      });
      child.send('go on');
    }, failed);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    failed = reject;
  });
  return { invocations, code, stderr };
}

/** Checks that each invocation wrote the traces and metrics of its calls before it returned. */
function expectDelivered({ invocations, code, stderr }: Awaited<ReturnType<typeof runDurable>>): void {
  expect([code, stderr]).toEqual([0, 'SUCCEEDED "done"\n']);
  expect(invocations.flatMap(({ made }) => made)).toEqual(['first', 'second', 'third1', 'third2', 'fourth']);
  // Ignores the statuses between the first and the last one. Their number varies in the local runner.
  expect([invocations[0].status, invocations.at(-1)?.status]).toEqual(['PENDING', 'SUCCEEDED']);
  for (const { made, traces, metrics } of invocations) {
    expect([...traces].sort()).toEqual([...made].sort());
    expect(metrics).toBe(made.length);
  }
}

testInstalled.each(['outside', 'inside, with the plugin', 'by the plugin alone', 'inside and outside'])(
  'a durable function tracked %s delivers each record once, before it suspends',
  async setUp => {
    const result = await runDurable(setUp);

    expectDelivered(result);
    expect(result.invocations.map(({ summaries }) => summaries)).toEqual(result.invocations.map(() => 1));
  },
);

testInstalled(
  'a durable function tracked only inside prints metrics and sends traces while it records',
  async () => {
    const result = await runDurable('inside', made => until(() => table.traces.size === made.length));

    expectDelivered(result);
    expect(result.invocations.map(({ summaries }) => summaries)).toEqual([
      ...result.invocations.slice(1).map(() => 0),
      1,
    ]);
  },
);

testInstalled('the examples of durable functions compile with the types of the SDK', async () => {
  const folder = path.join(REPOSITORY, 'build', 'durable');
  mkdirSync(folder, { recursive: true });
  const examples = readFileSync(path.join(REPOSITORY, 'docs', 'set-ups.md'), 'utf8').matchAll(
    /^```mts\n([\s\S]*?)^```$/gm,
  );
  const files = [...examples].map(([, code], index) => {
    const file = path.join(folder, `example-${index}.ts`);
    writeFileSync(file, code);
    return file;
  });
  const types = path.join('node_modules', '@aws', 'durable-execution-sdk-js', 'dist-types', 'index.d.ts');
  const paths = {
    'cdk-token-analytics/runtime': [path.join(REPOSITORY, 'lambda', 'index.ts')],
    '@aws/durable-execution-sdk-js': [path.join(__dirname, types)],
  };
  const configuration = path.join(folder, 'tsconfig.json');
  const compilerOptions = { rootDir: REPOSITORY, skipLibCheck: true, paths };
  const parent = path.join(REPOSITORY, 'test', 'tsconfig.json');
  writeFileSync(configuration, JSON.stringify({ extends: parent, compilerOptions, files, include: [] }));
  const tsc = path.join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, stdout } = await run(process.execPath, [tsc, '-p', configuration]);
  rmSync(folder, { recursive: true });

  expect(files).toHaveLength(2);
  expect([code, stdout]).toEqual([0, '']);
});
