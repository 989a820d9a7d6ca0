import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { tapBody } from '../../../lambda/instrument/body-tap';
import { listenOnLoopback, type LoopbackServer } from '../../../local/emulators/http-server';
import { until } from '../../support/held-clock';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
setFlagsFromString('--no-expose-gc');

let server: LoopbackServer;
let serve: (response: ServerResponse) => unknown;
beforeEach(async () => {
  server = await listenOnLoopback(async (_request, response) => {
    await serve(response as ServerResponse);
  });
});
afterEach(() => server.close());

/** Calls of the functions of a tap, in their order. */
function newTap() {
  const seen: string[] = [];
  return {
    seen,
    tap: {
      onChunk: (chunk: Uint8Array) => void seen.push(Buffer.from(chunk).toString('utf8')),
      onEnd: () => void seen.push('END'),
      onError: (error: unknown) => void seen.push(`ERROR ${(error as Error).message}`),
      onLeft: () => void seen.push('LEFT'),
    },
  };
}

async function tapped(init: RequestInit = {}) {
  const response = await fetch(`${server.endpoint}/path?q=1`, init);
  const { seen, tap } = newTap();
  expect(tapBody(response, tap)).toBe(true);
  return { response, seen };
}

const JSON_TEXT = '{"answer":"ärger 😀"}';
const sendJson = (response: ServerResponse) => {
  response.setHeader('content-type', 'application/json');
  response.setHeader('set-cookie', ['a=1', 'b=2']);
  response.end(JSON_TEXT);
};

/** Ways to read a body, and their results as text. */
const READERS: readonly (readonly [string, (response: Response) => Promise<unknown>])[] = [
  ['json', response => response.json()],
  ['text', response => response.text()],
  ['arrayBuffer', async response => Buffer.from(await response.arrayBuffer()).toString()],
  ['blob', async response => [await (await response.clone().blob()).text(), (await response.blob()).type]],
  ['for await', async response => Buffer.concat(await all(response.body as never)).toString()],
  ['a BYOB reader', async response => Buffer.concat(await readInto(response.body as never)).toString()],
  ['pipeThrough', async response => new Response(response.body?.pipeThrough(new TransformStream())).text()],
  ['tee', async response => new Response(response.body?.tee()[1]).text()],
  ['a clone and its original', async response => [await response.clone().json(), await response.json()]],
  ['a clone of a clone', response => response.clone().clone().json()],
  ['a copy', response => new Response(response.body, response).json()],
];

async function all(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

async function readInto(stream: ReadableStream<Uint8Array>): Promise<Uint8Array[]> {
  const reader = stream.getReader({ mode: 'byob' });
  const chunks: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(5));
    if (done) return chunks;
    chunks.push(value);
  }
}

test.each(READERS)('a body that is read with %s is the same, and is observed once', async (_name, read) => {
  serve = sendJson;
  const plain = await read(await fetch(server.endpoint));
  const { response, seen } = await tapped();

  expect(await read(response)).toEqual(plain);
  await until(() => seen.includes('END'));
  expect(seen).toEqual([JSON_TEXT, 'END']);
});

test('the response keeps its members, its identity and its state', async () => {
  serve = sendJson;
  const plain = await fetch(`${server.endpoint}/path?q=1`);
  const { response } = await tapped();
  const facts = ({ status, statusText, ok, redirected, type, url, bodyUsed }: Response) => ({
    ...{ status, statusText, ok, redirected, type, url, bodyUsed },
  });
  const undated = ({ headers }: Response) => [...headers].filter(([name]) => name !== 'date');

  expect(response).toBeInstanceOf(Response);
  expect(facts(response)).toEqual(facts(plain));
  expect(undated(response)).toEqual(undated(plain));
  expect(facts(response.clone())).toEqual(facts(plain));
  expect(facts(response.clone().clone())).toEqual(facts(plain));
  expect(undated(response.clone())).toEqual(undated(plain));
  expect(response.body).toBe(response.body);
  await response.text();
  expect(response.bodyUsed).toBe(true);
  await expect(response.text()).rejects.toThrow(/body/i);
  expect(() => response.clone()).toThrow(/clone|body/i);
});

test('a response without a body is left unchanged', async () => {
  serve = response => response.writeHead(204).end();
  const response = await fetch(server.endpoint);

  expect(tapBody(response, newTap().tap)).toBe(false);
  expect(await response.text()).toBe('');
});

test('a body that was already read is left unchanged', async () => {
  const response = new Response('text');
  await response.text();

  expect(tapBody(response, newTap().tap)).toBe(false);
});

test('an empty body ends', async () => {
  const { seen, tap } = newTap();
  const response = new Response('');
  tapBody(response, tap);

  expect(await response.text()).toBe('');
  expect(seen).toEqual(['END']);
});

test('chunks of a stream that is not a byte stream are passed on as they are', async () => {
  const chunks = [Buffer.from('a'), new Uint8Array(0), Buffer.from('b')];
  const { seen, tap } = newTap();
  const source = new ReadableStream<Uint8Array>({
    start: controller => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const response = new Response(source);
  tapBody(response, tap);
  const passed = await all(response.body as never);

  expect(passed.map((chunk, index) => chunk === chunks[index])).toEqual([true, true, true]);
  expect(seen).toEqual(['a', '', 'b', 'END']);
});

test('requests a chunk only when the consumer requests one', async () => {
  let pulls = 0;
  const source = new ReadableStream<Uint8Array>(
    { pull: controller => controller.enqueue(Buffer.from(String((pulls += 1)))) },
    { highWaterMark: 0 },
  );
  const response = new Response(source);
  tapBody(response, newTap().tap);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  expect(pulls).toBe(0);
  await reader.read();
  await new Promise(setImmediate);

  expect(pulls).toBe(1);
  await reader.read();
  expect(pulls).toBe(2);
});

test('a slow reader of a large body slows the server down as without the tap', async () => {
  let written = 0;
  const chunk = Buffer.alloc(1_000_000, 'x');
  serve = async response => {
    response.on('error', () => undefined);
    for (; written < 100 && !response.destroyed; written += 1) {
      if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    }
    response.end();
  };
  const { response } = await tapped();
  await response.body?.getReader().read();
  let before = -1;
  await until(() => {
    const isSame = written === before;
    before = written;
    return isSame && written > 0;
  });

  expect(written).toBeLessThan(90);
});

test('a cancelled body cancels its source with the same reason', async () => {
  const reasons: unknown[] = [];
  const { seen, tap } = newTap();
  const source = new ReadableStream<Uint8Array>({
    pull: controller => controller.enqueue(Buffer.from('a')),
    cancel: reason => {
      reasons.push(reason);
      throw new Error('cannot cancel');
    },
  });
  const response = new Response(source);
  tapBody(response, tap);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();

  await expect(reader.cancel('enough')).rejects.toThrow('cannot cancel');
  expect(reasons).toEqual(['enough']);
  expect(seen).toEqual(['a', 'LEFT']);
});

test('a body that is cancelled while a chunk is requested ends', async () => {
  const { seen, tap } = newTap();
  const response = new Response(new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) }));
  tapBody(response, tap);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const pending = reader.read();
  await reader.cancel();

  expect(await pending).toEqual({ done: true, value: undefined });
  expect(seen).toEqual(['LEFT']);
});

test.each([
  ['while a chunk is requested', true],
  ['while no chunk is requested', false],
])('an error of the source reaches the caller unchanged %s', async (_name, isReading) => {
  const failure = new Error('broken');
  let fail: () => void = () => undefined;
  const { seen, tap } = newTap();
  const source = new ReadableStream<Uint8Array>({
    start: controller => {
      controller.enqueue(Buffer.from('a'));
      fail = () => controller.error(failure);
    },
  });
  const response = new Response(source);
  tapBody(response, tap);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  const pending = isReading ? reader.read() : undefined;
  fail();

  expect(await (pending ?? reader.closed).catch((error: unknown) => error)).toBe(failure);
  expect(await reader.read().catch((error: unknown) => error)).toBe(failure);
  expect(seen).toEqual(['a', 'ERROR broken']);
});

test('an abort reaches the caller as without the tap', async () => {
  serve = response => void response.write('a');
  const controller = new AbortController();
  const { response, seen } = await tapped({ signal: controller.signal });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  controller.abort();
  const failure = await reader.read().catch((error: unknown) => error);

  expect(failure).toBe(controller.signal.reason);
  expect(seen).toEqual(['a', 'ERROR This operation was aborted']);
});

/** Runs garbage collections until `isDone` returns true. */
async function collectUntil(isDone: () => boolean): Promise<void> {
  for (let round = 0; round < 50 && !isDone(); round += 1) {
    await new Promise(setImmediate);
    collectGarbage();
  }
}

test('a response that is dropped is reported when it is garbage-collected', async () => {
  serve = response => void response.write('a');
  const { seen, tap } = newTap();
  const open = async () => {
    const response = await fetch(server.endpoint);
    tapBody(response, tap);
  };
  await open();
  await collectUntil(() => seen.length > 0);

  expect(seen).toEqual(['LEFT']);
});

test('a reader that is the only reference to a response still reads it to its end', async () => {
  let finish: () => void = () => undefined;
  serve = response => {
    response.write('a');
    finish = () => response.end('b');
  };
  const { seen, tap } = newTap();
  const open = async () => {
    const response = await fetch(server.endpoint);
    tapBody(response, tap);
    return (response.body as ReadableStream<Uint8Array>).getReader();
  };
  const reader = await open();
  await collectUntil(() => false);
  finish();
  const chunks: string[] = [];
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    chunks.push(Buffer.from(step.value).toString());
  }

  expect(chunks.join('')).toBe('ab');
  expect(seen.at(-1)).toBe('END');
});

test('an error in the tap does not reach the caller', async () => {
  const fail = () => {
    throw new Error('in the tap');
  };
  const response = new Response('text');
  tapBody(response, { onChunk: fail, onEnd: fail, onError: fail, onLeft: fail });

  expect(await response.text()).toBe('text');
});
