// Deploys the quick start and the app with every feature to MiniStack, makes a few model calls, and leaves
// MiniStack running. Prints the addresses and the commands to look around. Usage: `npm run e2e -- --keep`.
//
// A process in the background holds MiniStack and the Bedrock emulator until it is killed. Its arguments are
// `hold` and the name of the file for the text to print.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Account } from './account';
import { bootstrap, deploy } from './deploy';
import { everything, quickStart } from './deployed-apps';
import { isInstalled, type MiniStack, startMiniStack } from './ministack';
import { startBedrock } from '../../../local/emulators/bedrock/server';
import { REPOSITORY } from '../../support/run';

const PAUSE_MS = 200;
const NOVA = 'amazon.nova-lite-v1:0';
const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
/** Token counts in the answer to each call. */
const USAGE = { inputTokens: 12_000, outputTokens: 800 };
const TASKS = [
  { agent: 'triage', incidentId: 'INC-1', models: [NOVA, HAIKU] },
  { agent: 'scribe', incidentId: 'INC-1', models: [HAIKU] },
  { agent: 'triage', incidentId: 'INC-2', models: [NOVA, NOVA, NOVA] },
];

async function main([mode, file]: readonly string[]): Promise<void> {
  if (mode === 'hold') await hold(file);
  else if (isInstalled) await startHolder();
  else process.stdout.write('skipped: MiniStack is not installed.\n');
}

/** Starts the process in the background, and prints its text as soon as both apps are deployed. */
async function startHolder(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-keep-'));
  const [file, log] = ['text.txt', 'log.txt'].map(name => path.join(folder, name));
  const output = openSync(log, 'w');
  const holder = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), 'hold', file], {
    cwd: REPOSITORY,
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  while (!existsSync(file)) {
    if (holder.exitCode !== null) throw new Error(`the apps were not deployed: ${readFileSync(log, 'utf8')}`);
    await pause(PAUSE_MS);
  }
  holder.unref();
  process.stdout.write(readFileSync(file, 'utf8'));
  rmSync(folder, { recursive: true });
}

/** Starts the emulators, deploys both apps, writes the text to a file, and waits until a signal ends it. */
async function hold(file: string): Promise<void> {
  const ended = Promise.race(['SIGTERM', 'SIGINT', 'SIGHUP'].map(signal => once(process, signal)));
  const bedrock = await startBedrock({ answer: () => ({ text: 'Done.', usage: USAGE }) });
  const ministack = await startMiniStack();
  try {
    await bootstrap(ministack);
    await deploy(ministack, app => quickStart(app, bedrock.endpoint));
    await deploy(ministack, app => everything(app, bedrock.endpoint));
    const functions = await functionsOf(ministack);
    writeFileSync(`${file}.new`, text(ministack, bedrock.endpoint, functions));
    renameSync(`${file}.new`, file);
    await ended;
  } finally {
    await ministack.close();
    await bedrock.close();
  }
}

/** Makes the calls of `TASKS`. Returns the names of the functions that can be called. */
async function functionsOf(ministack: MiniStack): Promise<Readonly<Record<string, string>>> {
  const account = new Account(ministack);
  try {
    const resources = await account.resources('Everything');
    const nameOf = (logicalId: string) =>
      resources.find(each => each.type === 'AWS::Lambda::Function' && each.logicalId.startsWith(logicalId))
        ?.physicalId ?? '';
    for (const { agent, incidentId, models } of TASKS) {
      const steps = models.map(modelId => ({ api: 'Converse', modelId, prompt: 'What happened?' }));
      await account.invoke(nameOf(agent), { agentId: agent, incidentId, steps });
    }
    return { agent: nameOf('triage'), rollup: nameOf('TokenAnalyticsNightlyRollup') };
  } finally {
    account.close();
  }
}

function text(
  { endpoint, environment }: MiniStack,
  bedrockEndpoint: string,
  { agent, rollup }: Readonly<Record<string, string>>,
): string {
  const variables = Object.entries(environment)
    .filter(([name]) => name.startsWith('AWS_'))
    .map(([name, value]) => `${name}=${value}`);
  const command = 'node lib/cli/index.js';
  const event = JSON.stringify({
    agentId: 'triage',
    incidentId: 'INC-3',
    steps: [{ api: 'Converse', modelId: NOVA, prompt: 'What happened?' }],
  });
  const invoke = (name: string, payload: string) =>
    `curl -s ${endpoint}/2015-03-31/functions/${name}/invocations -d '${payload}'`;
  return `
MiniStack is at ${endpoint}, and the Bedrock emulator at ${bedrockEndpoint}. The stacks QuickStart and
Everything are deployed. To look around:

  export ${variables.join(' ')}
  ${command} daily --stack Everything --by agent
  ${command} incident INC-1 --stack Everything
  ${command} doctor --stack Everything
  ${invoke(agent, event)}
  ${invoke(rollup, '{}')}

To end both: kill ${process.pid}
`;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
