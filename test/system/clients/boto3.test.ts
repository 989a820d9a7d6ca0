// Tests examples/python/token_analytics.py with the AWS SDK for Python, against the Bedrock emulator.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { readEventRecord } from '../../../lambda/ingest/event-record';
import { KnownProfiles } from '../../../lambda/ingest/known-profiles';
import { toInvocation } from '../../../lambda/invocation/record-input';
import {
  end,
  listenOnLoopback,
  type LoopbackServer,
  readBody,
  write,
} from '../../../local/emulators/http-server';
import { Bedrock, KeepingTracker, read } from '../../lambda/instrument/support';
import { REPOSITORY, run } from '../../support/run';
import { CostCalculator, type Invocation } from 'cdk-token-analytics/runtime';

const FOLDER = path.join(REPOSITORY, 'test/clients/boto3');
const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const MINUTES = 60_000;
const HAS_SDK = 'import boto3, sys; sys.exit(sys.version_info < (3, 10))';
const OPERATIONS = ['Converse', 'ConverseStream', 'InvokeModel', 'InvokeModelWithResponseStream'];

const scratch = mkdtempSync(path.join(tmpdir(), 'token-analytics-boto3-'));
const python = findPython();
const testInPython = python === undefined ? test.skip : test;
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Returns a Python with boto3: the installed one, or one in a new virtual environment. */
function findPython(): string | undefined {
  if (spawnSync('python3', ['-c', HAS_SDK]).status === 0) return 'python3';
  const environment = path.join(scratch, 'venv');
  const made = spawnSync('python3', ['-m', 'venv', environment]).status === 0;
  const pip = [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--requirement',
    path.join(FOLDER, 'requirements.txt'),
  ];
  const installed =
    made && spawnSync(path.join(environment, 'bin/pip'), pip, { timeout: 3 * MINUTES }).status === 0;
  if (installed) return path.join(environment, 'bin/python');
  console.warn('SKIPPED: boto3 cannot be installed, so the Python example is not tested.');
  return undefined;
}

/** Starts a server that accepts PutEvents, and adds the `detail` of each event to `details`. */
function startEvents(details: string[]): Promise<LoopbackServer> {
  return listenOnLoopback(async (request, response) => {
    const { Entries } = JSON.parse((await readBody(request)).toString()) as {
      readonly Entries: readonly { readonly DetailType: string; readonly Detail: string }[];
    };
    details.push(...Entries.map(({ Detail }) => Detail));
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    write(response, Buffer.from(JSON.stringify({ FailedEntryCount: 0, Entries: [{ EventId: 'e' }] })));
    end(response);
  });
}

function invocationOf(detail: string): Invocation {
  const { reading } = readEventRecord({
    'detail-type': 'TokenUsage',
    'id': 'event',
    'time': '2026-11-20T10:00:00Z',
    'detail': JSON.parse(detail) as unknown,
  });
  if (reading.kind !== 'call') throw new Error(JSON.stringify(reading));
  const profiles = new KnownProfiles({});
  return toInvocation(reading.call, { calculator: new CostCalculator(), profiles, defaults: {} });
}

/** Records the same four calls with the AWS SDK for JavaScript. */
async function recordedBySdk(bedrock: Bedrock): Promise<readonly Invocation[]> {
  const tracker = new KeepingTracker({ agentId: 'orders' });
  const client = () => tracker.instrument(bedrock.newClient());
  await bedrock.converse(client(), SONNET);
  await read(await bedrock.converseStream(client(), SONNET));
  await bedrock.invoke(client(), SONNET);
  await read(await bedrock.invokeStream(client(), SONNET));
  return tracker.invocations;
}

testInPython(
  'a boto3 client reports each call with the tokens and the cost that the SDK records, and without content',
  async () => {
    const details: string[] = [];
    const events = await startEvents(details);
    const bedrock = await Bedrock.start();
    bedrock.answer = request =>
      JSON.stringify(request).includes('"fail"')
        ? { error: { status: 400, type: 'ValidationException', message: 'secret' } }
        : { text: 'secret', usage: { inputTokens: 1000, outputTokens: 100 } };

    const done = await run(python ?? '', [path.join(FOLDER, 'calls.py'), bedrock.endpoint, events.endpoint]);
    const recorded = details.map(invocationOf);
    const expected = await recordedBySdk(bedrock);
    await bedrock.close();
    await events.close();

    expect(done.stderr).toBe('');
    expect((JSON.parse(done.stdout) as string[]).join('')).toContain('secret');
    expect(recorded.slice(0, 4).map(({ operation }) => operation)).toEqual(OPERATIONS);
    expect(recorded.slice(0, 4).map(({ cost }) => cost?.picoUsd)).toEqual(
      expected.map(({ cost }) => cost?.picoUsd),
    );
    expect(recorded.slice(0, 4).every(({ cost }) => cost !== undefined)).toBe(true);
    expect(recorded[4]).toMatchObject({ error: 'ValidationException', incidentId: 'INC-1' });
    expect(recorded).toHaveLength(5);
    expect(details.join('')).not.toContain('secret');
  },
  5 * MINUTES,
);
