import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Server program to start as a process. */
interface ServerProgram {
  /** Name of the program in errors and in the name of its folder, e.g. `MiniStack`. */
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** Returns all environment variables of the program. `folder` is an empty folder for its files. */
  readonly env: (folder: string) => Readonly<Record<string, string>>;
  /** Returns true if the server answers. */
  readonly isReady: () => Promise<boolean>;
}

/** Running server program. */
interface ServerProcess {
  /** Stops the program, and deletes its folder. */
  close(): Promise<void>;
}

const ATTEMPTS = 240;
const PAUSE_MS = 250;
/**
 * Shell script that starts a program. It ends the program and deletes its folder when its standard input is
 * closed. This also happens if this process is killed. A signal to the process group, such as Ctrl-C, ends
 * only `cat`.
 */
const UNTIL_INPUT_ENDS =
  '"$0" "$@" & child=$!; trap : INT TERM HUP; cat > /dev/null; kill $child; wait $child; rm -rf "$PWD"';

/**
 * Starts a server program in an empty folder, and waits until it is ready.
 *
 * @throws if the server is not ready after a minute
 */
export async function startServerProcess(program: ServerProgram): Promise<ServerProcess> {
  const { name, command, args = [], env, isReady } = program;
  const folder = mkdtempSync(path.join(tmpdir(), `token-analytics-${name.toLowerCase()}-`));
  const log = path.join(folder, 'log.txt');
  const output = openSync(log, 'w');
  const shell = spawn('sh', ['-c', UNTIL_INPUT_ENDS, command, ...args], {
    cwd: folder,
    env: env(folder),
    stdio: ['pipe', output, output],
  });
  closeSync(output);
  const ended = once(shell, 'close');
  const close = async () => {
    shell.stdin?.end();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; !(await isReady()); attempt += 1) {
    if (shell.exitCode === null && attempt < ATTEMPTS) {
      await pause(PAUSE_MS);
      continue;
    }
    const text = readFileSync(log, 'utf8');
    await close();
    throw new Error(`${name} must be ready after ${(ATTEMPTS * PAUSE_MS) / 1000} s, but printed: ${text}`);
  }
  return { close };
}

/** Returns a port of the loopback address that no program uses. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
