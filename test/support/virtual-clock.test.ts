import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { REPOSITORY, runOk } from './run';
import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../local/emulators/http-server';

const CLOCK = path.join(REPOSITORY, 'test', 'support', 'virtual-clock.mjs');
const START = '2026-11-26T12:00:00.000Z';

/**
 * Code at the start of each test program. `say` prints a text and the elapsed milliseconds on the virtual
 * clock.
 */
const HELPERS = `
  import { once } from 'node:events';
  import { request } from 'node:http';
  import { setTimeout as pause } from 'node:timers/promises';
  const [server] = process.argv.slice(1);
  const start = Date.now();
  const say = what => process.stdout.write(what + ' ' + (Date.now() - start) + '\\n');
`;
const SDK = `
  import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
  const list = (requestHandler, settings, options) =>
    new DynamoDBClient({
      endpoint: server,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      requestHandler,
      ...settings,
    }).send(new ListTablesCommand({}), options);
`;

/** Runs a program with the virtual clock. `server` is the URL for its requests. Returns the printed lines. */
async function linesOf(program: string, server = ''): Promise<string[]> {
  const stdout = await runOk(
    process.execPath,
    ['--import', CLOCK, '--input-type=module', '-e', HELPERS + program, server],
    { env: { ...process.env, NODE_NO_WARNINGS: '1', VIRTUAL_CLOCK_START: START } },
  );
  return stdout.trimEnd().split('\n');
}

test('timers fire in the order of their due times at the expected times', async () => {
  expect(
    await linesOf(`
      setTimeout(() => say('three hours'), 3 * 3_600_000);
      setTimeout(say, 3_600_000, 'an hour');
      setTimeout(say, 0, 'now');
      let times = 0;
      const timer = setInterval(() => { say('interval'); if ((times += 1) === 2) clearInterval(timer); }, 3_000_000);
      clearTimeout(setTimeout(say, 1000, 'never'));
      await pause(7_200_000);
      say(new Date().toISOString());
      say(performance.now() >= 7_200_000);
    `),
  ).toEqual([
    'now 0',
    'interval 3000000',
    'an hour 3600000',
    'interval 6000000',
    '2026-11-26T14:00:00.000Z 7200000',
    'true 7200000',
    'three hours 10800000',
  ]);
});

test('a process ends when only timers without a reference remain, and these fire before later timers', async () => {
  expect(
    await linesOf(`
      setTimeout(say, 1000, 'on the way').unref();
      setTimeout(say, 9000, 'never').unref();
      AbortSignal.timeout(1500).addEventListener('abort', ({ target }) => say(target.reason.name));
      await pause(2000);
      say('end');
    `),
  ).toEqual(['on the way 1000', 'TimeoutError 1500', 'end 2000']);
});

test('no timer fires while files are read and modules are imported', async () => {
  expect(
    await linesOf(`
      import { readFile } from 'node:fs/promises';
      setTimeout(say, 1000, 'deadline');
      for (let index = 0; index < 20; index += 1) await readFile('package-lock.json');
      await import('@aws-sdk/client-sqs');
      say('read');
    `),
  ).toEqual(['read 0', 'deadline 1000']);
});

test('dates use the virtual clock and support time zones', async () => {
  expect(
    await linesOf(`
      import { TZDate } from '@date-fns/tz';
      import { startOfDay } from 'date-fns';
      const date = new Date();
      say([date.toISOString(), date instanceof Date, date.constructor === Date, new Date(0).getTime(), typeof Date()]);
      say(new Date(startOfDay(new TZDate(Date.now(), 'Asia/Kolkata')).getTime()).toISOString());
    `),
  ).toEqual([`${START},true,true,0,string 0`, '2026-11-25T18:30:00.000Z 0']);
});

test('requests over HTTP/2 are refused', async () => {
  const [line] = await linesOf(`
    import http2 from 'node:http2';
    try { http2.connect('http://127.0.0.1'); } catch ({ message }) { say(message); }
  `);

  expect(line).toContain('does not support requests over HTTP/2');
});

describe('requests to a server', () => {
  const json = { 'content-type': 'application/x-amz-json-1.0' };
  let server: LoopbackServer;
  let answer: (url: string | undefined) => Promise<{ status: number; body: string } | 'hangs'>;
  beforeAll(async () => {
    server = await listenOnLoopback(async (request, response) => {
      await readBody(request);
      const answered = await answer(request.url);
      if (answered !== 'hangs') send(response, answered.status, json, answered.body);
      else if ('writeProcessing' in response) response.writeProcessing();
    });
  });
  afterAll(() => server.close());

  test('a request with short timeouts does not time out while it waits for the server', async () => {
    // The response takes 100 real milliseconds, longer than every timeout in the program.
    answer = () => pause(100).then(() => ({ status: 200, body: '{"TableNames":[]}' }));

    expect(
      await linesOf(
        `${SDK}
        setTimeout(say, 20, 'timer');
        const { TableNames } = await list(
          { connectionTimeout: 10, requestTimeout: 20, socketTimeout: 30, throwOnRequestTimeout: true },
          { maxAttempts: 1 },
          { abortSignal: AbortSignal.timeout(40) },
        );
        say('SDK ' + TableNames.length);
        const [response] = await once(request(server).setTimeout(50).end(), 'response');
        for await (const chunk of response);
        say('http ' + response.statusCode);
        say('fetch ' + (await (await fetch(server, { signal: AbortSignal.timeout(50) })).text()).length);
      `,
        server.endpoint,
      ),
    ).toEqual(['SDK 0 0', 'http 200 0', 'fetch 17 0', 'timer 20']);
  });

  test('parallel requests do not time out, in any order of responses', async () => {
    let number = 0;
    answer = async () => {
      for (let turns = (number += 1) % 17; turns > 0; turns -= 1) await pause(0);
      return { status: 200, body: 'x'.repeat((number % 5) * 50_000) };
    };

    const [last] = await linesOf(
      `
        let [answered, late] = [0, 0];
        const one = async agent => {
          const sent = request(server, { agent }).setTimeout(3, () => (late += 1)).end();
          const deadline = setTimeout(() => (late += 1), 2);
          const [response] = await once(sent, 'response');
          for await (const chunk of response);
          clearTimeout(deadline);
          answered += 1;
        };
        await Promise.all(Array.from({ length: 20 }, async () => {
          for (let round = 0; round < 8; round += 1) await one();
        }));
        say(answered + ' ' + late);
      `,
      server.endpoint,
    );

    expect(last).toBe('160 0 0');
  });

  test('back-off between retries takes no real time and counts on the virtual clock', async () => {
    let requests = 0;
    answer = async () =>
      (requests += 1) % 4 === 0
        ? { status: 200, body: '{"TableNames":["after four"]}' }
        : { status: 400, body: '{"__type":"com.amazonaws.dynamodb#ThrottlingException"}' };

    const [line] = await linesOf(
      `${SDK}
        const { TableNames, $metadata } = await list({}, { maxAttempts: 4 });
        say(TableNames + ' ' + ($metadata.totalRetryDelay > 0) + ' ' + (Date.now() - start >= $metadata.totalRetryDelay));
      `,
      server.endpoint,
    );

    expect(line).toMatch(/^after four true true \d+$/);
  });

  test('a request that the server keeps times out at the timeout of its client', async () => {
    answer = async url => (url === '/kept' ? 'hangs' : pause(50).then(() => ({ status: 200, body: '' })));

    expect(
      await linesOf(
        `
        const kept = request(server + '/kept').end();
        kept.setTimeout(20_000, () => kept.destroy(new Error('socket timeout')));
        setTimeout(say, 10_000, 'before');
        setTimeout(say, 30_000, 'after');
        for (let count = 0; count < 3; count += 1) {
          const [response] = await once(request(server).end(), 'response');
          for await (const chunk of response);
          say('other');
        }
        await once(kept, 'error').then(([{ message }]) => say(message));
        await fetch(server + '/').then(({ status }) => say(status));
      `,
        server.endpoint,
      ),
    ).toEqual([
      'other 0',
      'other 0',
      'other 0',
      'before 10000',
      'socket timeout 20000',
      '200 20000',
      'after 30000',
    ]);
  });
});
