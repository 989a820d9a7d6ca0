// Starts a local DynamoDB table for `bench/reports.mjs`. An open-source emulator contains the table. If the
// emulator cannot be installed, the fake table in `table.child.mjs` is started instead.
import { execFile, fork, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { peakMB } from './memory.mjs';
import { folder, root } from '../runtime/support.mjs';

const run = promisify(execFile);

/**
 * Name of the emulator on crates.io. The license is MIT or Apache-2.0. Only this benchmark uses the emulator.
 */
const CRATE = 'dynoxide-rs';
const VERSION = '3.2.0';
const FEATURES = ['native-sqlite', 'http-server', 'cli'];
const STARTS_WITHIN_MS = 20_000;
const FAKE_HEAP_MB = 8192;

export const TABLE = 'Traces';
const SCHEMA = {
  TableName: TABLE,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: ['pk', 'sk', 'incidentId'].map(AttributeName => ({
    AttributeName,
    AttributeType: 'S',
  })),
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'IncidentIndex',
      KeySchema: [
        { AttributeName: 'incidentId', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
};

/** Starts an in-memory table in a separate process. */
export async function startEngine() {
  const program = await installEmulator();
  const engine = program ? await startProgram(program) : await startFake();
  await createTable(engine.endpoint);
  return { ...engine, memoryMB: () => peakMB(engine.pid) };
}

/**
 * Installs the emulator if it is missing, which takes about two minutes. Returns undefined if the
 * installation fails.
 */
async function installEmulator() {
  const home = path.join(folder, `${CRATE}-${VERSION}`);
  const program = path.join(home, 'bin', 'dynoxide');
  if (existsSync(program)) return program;
  console.error(`building ${CRATE} ${VERSION} with cargo, once: about two minutes`);
  try {
    await run('cargo', [
      'install',
      CRATE,
      '--version',
      VERSION,
      '--locked',
      '--root',
      home,
      '--no-default-features',
      '--features',
      FEATURES.join(','),
      '--quiet',
    ]);
    return program;
  } catch (error) {
    console.error(
      `a fake table is used, because the emulator cannot be installed: ${error.message.split('\n', 1)[0]}`,
    );
    return undefined;
  }
}

async function startProgram(program) {
  const port = await freePort();
  const child = spawn(program, ['--host', '127.0.0.1', '--port', String(port), '--log', 'quiet'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let failure;
  child
    .once('error', error => (failure = error))
    .once('exit', code => (failure ??= new Error(`the DynamoDB emulator ended with ${code}`)));
  const endpoint = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + STARTS_WITHIN_MS; ; await pause(50)) {
    if (failure ?? Date.now() > end)
      throw failure ?? new Error(`the DynamoDB emulator must start within ${STARTS_WITHIN_MS} ms`);
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    )
      break;
  }
  return {
    name: `${CRATE} ${VERSION}: a DynamoDB emulator in memory`,
    isFake: false,
    endpoint,
    pid: child.pid,
    stop: () => child.kill(),
  };
}

async function startFake() {
  const child = fork(path.join(root, 'bench/reports/table.child.mjs'), [], {
    execArgv: [`--max-old-space-size=${FAKE_HEAP_MB}`],
  });
  const { endpoint } = await new Promise(resolve => child.once('message', resolve));
  return {
    name: 'a fake that stores and pages items, because cargo cannot install the emulator',
    isFake: true,
    endpoint,
    pid: child.pid,
    stop: () => child.kill(),
  };
}

async function createTable(endpoint) {
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await client.send(new CreateTableCommand(SCHEMA));
  client.destroy();
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}
