import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { isInstalled, startMiniStack, TOOLS } from './ministack';
import { startDynamoDb } from '../../../local/emulators/dynamodb/dynamodb';
import type { LoopbackServer } from '../../../local/emulators/http-server';
import { freePort, startServerProcess } from '../../support/server-process';

export type EngineName = 'dynalite' | 'dynoxide' | 'MiniStack';

/** Emulator of DynamoDB on the loopback address. */
export interface Engine {
  readonly name: EngineName;
  /** Reason why the emulator is not installed. Undefined if it is installed. */
  readonly missing?: string;
  start(): Promise<LoopbackServer>;
}

const DYNOXIDE = path.join(TOOLS, '@dynoxide', 'linux-x64', 'dynoxide');

/** Three emulators, each by different authors. `dynalite` is the one of the fast tests. */
export const ENGINES: readonly Engine[] = [
  { name: 'dynalite', start: startDynamoDb },
  {
    name: 'dynoxide',
    ...(existsSync(DYNOXIDE) ? {} : { missing: '@dynoxide/linux-x64 exists only for Linux on x64' }),
    start: startDynoxide,
  },
  {
    name: 'MiniStack',
    ...(isInstalled ? {} : { missing: 'MiniStack needs Python 3.10 and PyPI' }),
    start: startMiniStack,
  },
];

/** Starts dynoxide at a free port. Its tables are in memory. */
async function startDynoxide(): Promise<LoopbackServer> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const { close } = await startServerProcess({
    name: 'dynoxide',
    command: DYNOXIDE,
    args: ['serve', '--host', '127.0.0.1', '--port', String(port)],
    env: folder => ({ HOME: folder, PATH: process.env.PATH ?? '' }),
    isReady: () =>
      fetch(endpoint).then(
        () => true,
        () => false,
      ),
  });
  return { endpoint, close };
}
