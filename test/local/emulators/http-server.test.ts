import { execFile } from 'node:child_process';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startBedrock } from '../../../local/emulators/bedrock/server';

const REPOSITORY = path.join(__dirname, '..', '..', '..');
const WAIT_MS = 20;
const MAX_WAITS = 1000;

/** Program of another process, because a client in this process closes its connections at other moments. */
const CLIENT = `
  const { BedrockRuntimeClient, ConverseCommand } = require('@aws-sdk/client-bedrock-runtime');
  const client = new BedrockRuntimeClient({ endpoint: process.argv[1], region: 'us-east-1' });
  (async () => {
    for (let index = 0; index < 300; index += 1) {
      await client.send(new ConverseCommand({ modelId: 'amazon.nova-micro-v1:0', messages: [] }));
    }
  })();
`;

/** Returns the number of open TCP connections of this process. */
function countConnections(): number {
  return process.getActiveResourcesInfo().filter(type => type === 'TCPSocketWrap').length;
}

test('the emulator closes its sockets of each connection that the SDK has closed', async () => {
  const before = countConnections();
  const bedrock = await startBedrock({
    answer: () => ({ text: 'Fine.', usage: { inputTokens: 1, outputTokens: 1 } }),
  });

  await promisify(execFile)(process.execPath, ['-e', CLIENT, bedrock.endpoint], {
    cwd: REPOSITORY,
    env: { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
  });
  // The kernel reports the end of a connection a little later.
  for (let waits = 0; countConnections() > before && waits < MAX_WAITS; waits += 1) await pause(WAIT_MS);

  // Sockets of earlier tests in this process may close meanwhile.
  expect(countConnections()).toBeLessThanOrEqual(before);
  await bedrock.close();
}, 120_000);
