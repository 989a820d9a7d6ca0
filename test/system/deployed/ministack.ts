import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Emulator of AWS on the loopback address, written in Python. It runs Lambda functions as processes. */
export interface MiniStack {
  readonly endpoint: string;
  /**
   * Environment variables with which the AWS SDK and the command `cdk` use MiniStack, instead of AWS. PATH is
   * included, and no other variable of this process.
   */
  readonly environment: Readonly<Record<string, string>>;
  /** Stops MiniStack, and deletes its files. */
  close(): Promise<void>;
}

/** Account of MiniStack. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';
/** Folder with the installed tools. */
export const TOOLS = path.join(__dirname, 'tools', 'node_modules');
/** Virtual environment of Python with MiniStack. */
export const VENV = path.join(TOOLS, '.venv');
const PYTHON = path.join(VENV, 'bin', 'python3');
export const CDK = path.join(TOOLS, '.bin', 'cdk');
/** Script that runs MiniStack until the standard input of the script is closed. */
const RUN = '"$0" -m ministack & child=$!; cat > /dev/null; kill $child; wait $child';
const ATTEMPTS = 240;
const PAUSE_MS = 250;

/** True if MiniStack and the command `cdk` are installed in the folder `tools`. */
export const isInstalled = [PYTHON, CDK].every(file => existsSync(file));

/**
 * Starts MiniStack at a free port, in an empty state.
 *
 * @throws if MiniStack is not ready after a minute
 */
export async function startMiniStack(): Promise<MiniStack> {
  const folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-ministack-'));
  const temporary = path.join(folder, 'tmp');
  mkdirSync(temporary);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const log = path.join(folder, 'log.txt');
  const output = openSync(log, 'w');
  // The functions run with the `node` on PATH.
  const PATH = [path.dirname(process.execPath), process.env.PATH].join(path.delimiter);
  // The standard input is also closed if this process is killed.
  const shell = spawn('sh', ['-c', RUN, PYTHON], {
    cwd: folder,
    env: {
      PATH,
      HOME: folder,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      TMPDIR: temporary,
      S3_DATA_DIR: path.join(temporary, 's3'),
      // Otherwise, MiniStack would listen on all addresses of the machine.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
    },
    stdio: ['pipe', output, output],
  });
  closeSync(output);
  const ended = once(shell, 'close');
  const close = async () => {
    shell.stdin?.end();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; !(await isReady(endpoint)); attempt += 1) {
    if (shell.exitCode === null && attempt < ATTEMPTS) {
      await pause(PAUSE_MS);
      continue;
    }
    const text = readFileSync(log, 'utf8');
    await close();
    throw new Error(`MiniStack must be ready after ${(ATTEMPTS * PAUSE_MS) / 1000} s, but printed: ${text}`);
  }
  const environment = {
    PATH,
    HOME: folder,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return { endpoint, environment, close };
}

async function isReady(endpoint: string): Promise<boolean> {
  const response = await fetch(`${endpoint}/_ministack/ready`).catch(() => undefined);
  return response?.ok ?? false;
}

/** Returns a port of 127.0.0.1 at which no program listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
