// Runs the calls of a real client in a process of its own. A system test starts it with the client's file, and
// sends one message for each call.
import { setTimeout as pause } from 'node:timers/promises';
import { TokenTracker } from '../../lib/runtime/index.mjs';

/** Longest wait until a call is recorded, in milliseconds. */
const LONGEST_WAIT_MS = 5000;

/** Request of every call. */
export const PROMPT = 'Which service has failed?';
export const TOOL = {
  name: 'find_service',
  description: 'Finds a service',
  parameters: {
    type: 'object',
    properties: { name: { type: 'string' } },
    required: ['name'],
    additionalProperties: false,
  },
};

/**
 * Waits for messages of the test. Each message names an API of the client, and a call.
 *
 * @param apis functions that create a client for an endpoint, and return its calls. They get the tracker and its
 * `fetch`. If the call is not recorded, they get no tracker and the global `fetch`
 */
export function serve(apis) {
  process.on('message', async ({ api, call, endpoint, isRecorded }) => {
    const tracker = new TokenTracker({ sink: 'emf', agentId: 'client' });
    const invocations = [];
    tracker.delivery.take = (invocation, run) => {
      invocations.push(invocation);
      run.sum(invocation);
    };
    const fetch = isRecorded ? tracker.fetch(undefined, { endpoints: [endpoint] }) : globalThis.fetch;
    const outcome = await apis[api]({ endpoint, fetch, tracker: isRecorded ? tracker : undefined })
      [call]()
      .catch(error => ({ error: error.constructor.name, status: statusOf(error) ?? statusOf(error.cause) }));
    const end = Date.now() + LONGEST_WAIT_MS;
    while (isRecorded && tracker.summary() && invocations.length === 0 && Date.now() < end) await pause(5);
    process.send(JSON.parse(JSON.stringify({ outcome, invocations }, bigintsAsText)));
  });
  process.send('ready');
}

function statusOf(error) {
  return error?.status ?? error?.statusCode ?? error?.$metadata?.httpStatusCode;
}

function bigintsAsText(_name, value) {
  return typeof value === 'bigint' ? String(value) : value;
}

/** Reads a stream until its first part, aborts the request, and returns the name of the error if there is one. */
export async function abortAfterFirst(stream, controller) {
  let parts = 0;
  try {
    for await (const part of stream) {
      void part;
      parts += 1;
      if (parts === 1) controller.abort();
    }
    return { error: undefined };
  } catch (error) {
    return { error: error.name };
  }
}
