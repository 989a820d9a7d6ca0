// Kills a process that started a server program, and checks that nothing is left of the program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { REPOSITORY } from './run';

const TS_NODE = path.join(REPOSITORY, 'node_modules', 'ts-node', 'dist', 'bin.js');
/** Server program that ignores Ctrl-C. The file `pid` contains its process id. */
const SERVER = `
  process.on('SIGINT', () => {});
  require('node:fs').writeFileSync('pid', String(process.pid));
  setInterval(() => {}, 1000);
`;
/** Program that starts the server program, and prints the folder of the server program. */
const OWNER = `
  import { existsSync } from 'node:fs';
  import { startServerProcess } from './test/support/server-process';
  let folder = '';
  void startServerProcess({
    name: 'Probe',
    command: process.execPath,
    args: ['-e', ${JSON.stringify(SERVER)}],
    env: made => {
      folder = made;
      return {};
    },
    isReady: async () => existsSync(folder + '/pid'),
  }).then(() => console.log(folder));
`;
const ATTEMPTS = 200;
const WAIT_MS = 100;
jest.setTimeout(60_000);

test.each([
  { signal: 'SIGKILL', isGroup: false },
  { signal: 'SIGINT', isGroup: true },
] as const)('a server program and its folder are gone after $signal', async ({ signal, isGroup }) => {
  const owner = spawn(process.execPath, [TS_NODE, '-T', '-P', 'test/tsconfig.json', '-e', OWNER], {
    cwd: REPOSITORY,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const folder = line.toString().trim();
  const pid = Number(readFileSync(path.join(folder, 'pid'), 'utf8'));
  expect(isRunning(pid)).toBe(true);

  process.kill(isGroup ? -Number(owner.pid) : Number(owner.pid), signal);

  for (let attempt = 0; attempt < ATTEMPTS && (isRunning(pid) || existsSync(folder)); attempt += 1) {
    await pause(WAIT_MS);
  }
  const left = { program: isRunning(pid), folder: existsSync(folder) };
  if (left.program) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
  expect(left).toEqual({ program: false, folder: false });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
