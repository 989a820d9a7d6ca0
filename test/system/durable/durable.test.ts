import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { counted } from '../../lambda/process/support';
import { type FaultyTable, spilledIn, startFaultyTable } from '../../support/faulty-table';
import { until } from '../../support/held-clock';
import { REPOSITORY, run } from '../../support/run';

// Durable functions with AWS's own SDK and local runner, which need Node.js 22.

const NODE = path.join(__dirname, '..', 'bundles', 'node_modules', 'node22', 'bin', 'node');
const MISSING = (
  [
    [NODE, 'test/system/bundles'],
    [path.join(__dirname, 'node_modules'), 'test/system/durable'],
  ] as const
).filter(([file]) => !existsSync(file));
if (MISSING.length > 0) {
  const commands = MISSING.map(([, folder]) => `npm ci --prefix ${folder}`).join(', ');
  process.stderr.write(`SKIPPED: run ${commands}, so no durable function is run\n`);
}
const testInstalled = MISSING.length > 0 ? test.skip : test;

/** Calls of an invocation, and the traces and metrics delivered when it answered. */
interface Left {
  readonly status: string;
  /** Request identifiers of its calls. */
  readonly made: readonly string[];
  /** Those of the traces that came since the invocation before. */
  readonly traces: readonly string[];
  readonly metrics: number;
  readonly summaries: number;
}

interface Message extends Pick<Left, 'status' | 'made'> {
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
 * Runs a durable function.
 *
 * @param look is waited for when an invocation has answered, and is given all calls until then
 */
async function runDurable(
  setUp: string,
  look: (made: readonly string[]) => Promise<void> = () => Promise.resolve(),
): Promise<{ readonly left: readonly Left[]; readonly code: number | null; readonly stderr: string }> {
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
  const left: Left[] = [];
  let stderr = '';
  let failed: (error: unknown) => void = () => undefined;
  child.stderr?.on('data', chunk => (stderr += chunk));
  const written = () => [...table.traces].map(key => key.split('#').at(-1) as string);
  child.on('message', ({ status, made, lines }: Message) => {
    void look(left.flatMap(one => one.made).concat(made)).then(() => {
      const before = left.flatMap(one => one.traces);
      left.push({
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
  return { left, code, stderr };
}

/** Asserts that each invocation up to the end of the function had everything delivered when it answered. */
function expectDelivered({ left, code, stderr }: Awaited<ReturnType<typeof runDurable>>): void {
  expect([code, stderr]).toEqual([0, 'SUCCEEDED "done"\n']);
  expect(left.flatMap(({ made }) => made)).toEqual(['first', 'second', 'third1', 'third2', 'fourth']);
  // Their number depends on the local runner, which continues an invocation over a short wait.
  expect([left[0].status, left.at(-1)?.status]).toEqual(['PENDING', 'SUCCEEDED']);
  for (const { made, traces, metrics } of left) {
    expect([...traces].sort()).toEqual([...made].sort());
    expect(metrics).toBe(made.length);
  }
}

testInstalled.each(['outside', 'inside, with the plugin', 'by the plugin alone', 'inside and outside'])(
  'a durable function that is tracked %s delivers each record once, and before its invocation suspends',
  async setUp => {
    const ran = await runDurable(setUp);

    expectDelivered(ran);
    expect(ran.left.map(({ summaries }) => summaries)).toEqual(ran.left.map(() => 1));
  },
);

testInstalled(
  'a durable function that is tracked inside alone prints metrics and sends traces as it records',
  async () => {
    const ran = await runDurable('inside', made => until(() => table.traces.size === made.length));

    expectDelivered(ran);
    expect(ran.left.map(({ summaries }) => summaries)).toEqual([...ran.left.slice(1).map(() => 0), 1]);
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
