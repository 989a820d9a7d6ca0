import { existsSync, mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { freePort, startServerProcess } from '../../support/server-process';

/** Emulator of AWS on the loopback address, written in Python. It runs Lambda functions as processes. */
export interface MiniStack {
  readonly endpoint: string;
  /** Folder of MiniStack. Tests may add files. It is deleted with MiniStack, even if the tests are killed. */
  readonly folder: string;
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

/** True if MiniStack and the command `cdk` are installed in the folder `tools`. */
export const isInstalled = [PYTHON, CDK].every(file => existsSync(file));

/**
 * Starts MiniStack at a free port, in an empty state.
 *
 * @throws if MiniStack is not ready after a minute
 */
export async function startMiniStack(): Promise<MiniStack> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  // The functions run with the `node` on PATH.
  const PATH = [path.dirname(process.execPath), process.env.PATH].join(path.delimiter);
  let HOME = '';
  const server = await startServerProcess({
    name: 'MiniStack',
    command: PYTHON,
    args: ['-m', 'ministack'],
    env: folder => {
      HOME = folder;
      const temporary = path.join(folder, 'tmp');
      mkdirSync(temporary);
      return {
        PATH,
        HOME,
        BIND_HOST: '127.0.0.1',
        GATEWAY_PORT: String(port),
        TMPDIR: temporary,
        S3_DATA_DIR: path.join(temporary, 's3'),
        // Otherwise, MiniStack would listen on all addresses of the machine.
        IOT_MTLS_ENABLED: '0',
        SFTP_ENABLED: '0',
      };
    },
    isReady: () => isReady(endpoint),
  });
  const environment = {
    PATH,
    HOME,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return { endpoint, folder: HOME, environment, close: server.close };
}

async function isReady(endpoint: string): Promise<boolean> {
  const response = await fetch(`${endpoint}/_ministack/ready`).catch(() => undefined);
  return response?.ok ?? false;
}
