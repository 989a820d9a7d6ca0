// Tests examples/python/token_analytics.py with the AWS SDK for Python, against the Bedrock emulator.
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { readEventRecord } from '../../../lambda/ingest/event-record';
import { KnownProfiles } from '../../../lambda/ingest/known-profiles';
import { toInvocation } from '../../../lambda/invocation/record-input';
import type { ModelAnswer, ModelRequest } from '../../../local/emulators/bedrock/wire-shapes';
import {
  end,
  listenOnLoopback,
  type LoopbackServer,
  readBody,
  write,
} from '../../../local/emulators/http-server';
import { Bedrock, KeepingTracker, read } from '../../lambda/instrument/support';
import { findPrograms } from '../../support/python';
import { REPOSITORY, run } from '../../support/run';
import { CostCalculator, type Invocation } from 'cdk-token-analytics/runtime';

const FOLDER = path.join(REPOSITORY, 'test/clients/boto3');
const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const MINUTES = 60_000;
/** Endpoint that accepts no connection. */
const NOBODY = 'http://127.0.0.1:9';
const ANSWER: ModelAnswer = {
  text: 'secret',
  usage: { inputTokens: 1000, outputTokens: 100, cacheReadTokens: 4000, cacheWrite5mTokens: 600 },
};
const OPERATIONS = ['Converse', 'ConverseStream', 'InvokeModel', 'InvokeModelWithResponseStream'];

const programs = findPrograms(FOLDER, 'the Python example is not tested');
const python = programs && path.join(programs, 'python');
const testInPython = python === undefined ? test.skip : test;

/** Server that accepts PutEvents and keeps the `detail` of each event. */
interface Events extends LoopbackServer {
  readonly details: readonly string[];
  /** Steps of a call whose event the server answers after the call has returned, in their order. */
  readonly steps: readonly string[];
}

/**
 * Starts an event bus that answers PutEvents at once, never, or after the program has reported that its call
 * has returned.
 */
async function startEvents(answers: 'atOnce' | 'never' | 'afterReturn' = 'atOnce'): Promise<Events> {
  const details: string[] = [];
  const steps: string[] = [];
  const events = promiseOf();
  const returned = promiseOf();
  const server = await listenOnLoopback(async (request, response) => {
    if (answers === 'never') return;
    if (request.url === '/returned') {
      await events.promise;
      steps.push('the call returned');
      returned.resolve();
      end(response);
      return;
    }
    const { Entries } = JSON.parse((await readBody(request)).toString()) as {
      readonly Entries: readonly { readonly DetailType: string; readonly Detail: string }[];
    };
    details.push(...Entries.map(({ Detail }) => Detail));
    if (answers === 'afterReturn') {
      steps.push('the bus got the event');
      events.resolve();
      await returned.promise;
      steps.push('the bus answered');
    }
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    write(response, Buffer.from(JSON.stringify({ FailedEntryCount: 0, Entries: [{ EventId: 'e' }] })));
    end(response);
  });
  return { ...server, endpoint: server.endpoint, close: () => server.close(), details, steps };
}

/** Creates a promise, and the function that fulfills it. */
function promiseOf() {
  let resolve = () => {};
  const promise = new Promise<void>(fulfill => {
    resolve = fulfill;
  });
  return { promise, resolve };
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

interface Calls {
  readonly answer?: Bedrock['answer'];
  readonly events?: Parameters<typeof startEvents>[0] | 'unreachable';
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs one case of `calls.py` against the emulators. `result` is what the case returns. */
async function runCase(name: string, { answer = ANSWER, events = 'atOnce', env }: Calls = {}) {
  const bus = await startEvents(events === 'unreachable' ? 'atOnce' : events);
  const bedrock = await Bedrock.start();
  bedrock.answer = answer;
  const endpoint = events === 'unreachable' ? NOBODY : bus.endpoint;
  const done = await run(python ?? '', [path.join(FOLDER, 'calls.py'), bedrock.endpoint, endpoint, name], {
    env: { ...process.env, ...env },
  });
  await bedrock.close();
  await bus.close();
  if (done.code !== 0) throw new Error(done.stderr);
  return {
    result: JSON.parse(done.stdout) as unknown,
    stderr: done.stderr,
    requests: bedrock.requests,
    details: bus.details,
    steps: bus.steps,
    recorded: bus.details.map(invocationOf),
  };
}

testInPython(
  'a boto3 client reports each call with the tokens and the cost that the SDK records, and without content',
  async () => {
    const answer = (request: ModelRequest): ModelAnswer =>
      JSON.stringify(request).includes('"fail"')
        ? { error: { status: 400, type: 'ValidationException', message: 'secret' } }
        : ANSWER;
    const { result, stderr, details, recorded } = await runCase('all_operations', { answer });
    const bedrock = await Bedrock.start();
    bedrock.answer = ANSWER;
    const expected = await recordedBySdk(bedrock);
    await bedrock.close();

    expect(stderr).toBe('');
    expect((result as string[]).join('')).toContain('secret');
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

testInPython('the hooks pass the events of a stream to the caller unchanged', async () => {
  const { result, recorded } = await runCase('same_events');
  const [without, withHooks] = result as unknown[][];

  expect(withHooks).toEqual(without);
  expect(withHooks.length).toBeGreaterThan(3);
  expect(recorded).toHaveLength(1);
});

testInPython('a stream that the caller leaves early is one unpriced invocation', async () => {
  const { recorded } = await runCase('left_early');

  expect(recorded).toHaveLength(1);
  expect(recorded[0]).toMatchObject({ operation: 'ConverseStream', cost: undefined });
});

testInPython('the service tier of InvokeModel is read from its headers', async () => {
  const headers = {
    'x-amzn-bedrock-service-tier': 'priority',
    'x-amzn-bedrock-input-token-count': '1000',
    'x-amzn-bedrock-output-token-count': '100',
  };
  const { result, recorded } = await runCase('invoked', { answer: { response: {}, headers } });

  expect(result).toBe('priority');
  expect(recorded).toMatchObject([{ serviceTier: 'priority', usage: { outputTokens: 100 } }]);
});

testInPython('a stream that breaks off gives the error of boto3 and one failed invocation', async () => {
  const answer: ModelAnswer = { ...ANSWER, pace: { stopAfter: { events: 2, how: 'error' } } };
  const { result, recorded, details } = await runCase('broken_stream', { answer });

  expect(result).toBe('EventStreamError');
  expect(recorded).toMatchObject([{ operation: 'ConverseStream', error: 'EventStreamError' }]);
  expect(details.join('')).not.toContain('secret');
});

testInPython('twenty calls in parallel threads give twenty events', async () => {
  const { result, recorded, stderr } = await runCase('threads');

  expect(result).toBe(20);
  expect(new Set(recorded.map(({ requestId }) => requestId)).size).toBe(20);
  expect(recorded).toHaveLength(20);
  expect(stderr).toBe('');
});

testInPython.each([
  ['a program', {}],
  ['a function in Lambda', { AWS_LAMBDA_FUNCTION_NAME: 'f' }],
] as const)(
  'a call of %s returns before the event bus answers',
  async (_what, env) => {
    const { result, details, steps } = await runCase('returned', { events: 'afterReturn', env });

    expect(result).toBe('end_turn');
    expect(steps).toEqual(['the bus got the event', 'the call returned', 'the bus answered']);
    expect(details).toHaveLength(1);
  },
  MINUTES,
);

testInPython.each([
  ['is unreachable', 'unreachable', {}],
  ['does not answer', 'never', {}],
  ['does not answer a function in Lambda', 'never', { AWS_LAMBDA_FUNCTION_NAME: 'f' }],
] as const)('a call succeeds if the event bus %s', async (_what, events, env) => {
  const { result, details, stderr } = await runCase('one_call', { events, env });

  expect(result).toBe('end_turn');
  expect(details).toEqual([]);
  expect(stderr).toMatch(/EndpointConnectionError|ConnectTimeoutError|ReadTimeoutError/);
  expect(stderr).not.toContain('secret');
});

testInPython('a call that botocore repeats gives one event', async () => {
  let requests = 0;
  const answer = (): ModelAnswer => {
    requests += 1;
    return requests === 1
      ? { error: { status: 503, type: 'ServiceUnavailableException', message: '' } }
      : ANSWER;
  };
  const { result, recorded } = await runCase('retried', { answer });

  expect(result).toBe(1);
  expect(recorded.map(({ error }) => error)).toEqual([undefined]);
});

testInPython('a client with hooks that are added twice gives one event for each call', async () => {
  const { recorded } = await runCase('hooked_twice');

  expect(recorded).toHaveLength(1);
});

testInPython(
  'a call without a connection to Bedrock gives the error of boto3 and one failed invocation',
  async () => {
    const { result, recorded } = await runCase('no_connection');

    expect(result).toBe('EndpointConnectionError');
    expect(recorded).toMatchObject([{ error: 'EndpointConnectionError' }]);
  },
);

testInPython(
  'calls are marked for an ingest of the log, and calls that cannot be marked are left to it',
  async () => {
    const { result, requests, recorded } = await runCase('marked');
    const { metadata, marksInvokeModel } = result as { metadata: unknown; marksInvokeModel: boolean };
    const mark = { tokenAnalytics: 'recorded' };

    expect(requests.map(({ requestMetadata }) => requestMetadata)).toEqual([
      mark,
      { team: 'shop' },
      marksInvokeModel ? mark : undefined,
    ]);
    expect(recorded.map(({ operation }) => operation)).toEqual(
      marksInvokeModel ? ['Converse', 'InvokeModel'] : ['Converse'],
    );
    expect(metadata).toEqual({ team: 'shop' });
  },
);

testInPython('a call succeeds if its event cannot be written as JSON', async () => {
  const { result, recorded, stderr } = await runCase('bad_members');

  expect(result).toBe('end_turn');
  expect(recorded).toEqual([]);
  expect(stderr).toContain('TypeError');
});

testInPython('the response with hooks can be copied', async () => {
  expect((await runCase('copied')).result).toBe(true);
});

testInPython(
  'the first Python example of docs/ingest.md has ten lines, and sends an event that the ingest accepts',
  async () => {
    const text = readFileSync(path.join(REPOSITORY, 'docs/ingest.md'), 'utf8');
    const [example] = [...text.matchAll(/^```python\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
    const bus = await startEvents();
    const bedrock = await Bedrock.start();
    bedrock.answer = ANSWER;
    const done = await run(python ?? '', ['-c', example], {
      env: {
        ...process.env,
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.endpoint,
        AWS_ENDPOINT_URL_EVENTBRIDGE: bus.endpoint,
        AWS_REGION: 'us-east-1',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      },
    });
    await bedrock.close();
    await bus.close();

    expect(done.stderr).toBe('');
    expect(bus.details.map(invocationOf)).toMatchObject([
      { agentId: 'orders', usage: { uncachedInputTokens: 1000, outputTokens: 100 } },
    ]);
    expect(bedrock.requests[0].requestMetadata).toEqual({ tokenAnalytics: 'recorded' });
    expect(bus.details.join('')).not.toContain('secret');
    expect(example.split('\n').filter(line => line.trim() !== '')).toHaveLength(10);
  },
);
