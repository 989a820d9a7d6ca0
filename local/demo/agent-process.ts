import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import type { AgentTask } from '../../examples/quick-start/agent';

/**
 * The agent's execution environment, as a process of its own: it loads the built handler and
 * invokes it with one task at a time, as Lambda does. Its standard output is the function's log.
 *
 * Arguments: the handler's file. Messages: a task in, `done` or an error's text out.
 */
const FUNCTION_TIMEOUT_MS = 300_000;

type Handler = (event: AgentTask, context: unknown) => Promise<unknown>;

const loading = import(pathToFileURL(process.argv[2]).href) as Promise<{ readonly handler: Handler }>;

process.on('message', (task: AgentTask) => {
  const deadline = Date.now() + FUNCTION_TIMEOUT_MS;
  const context = { awsRequestId: randomUUID(), getRemainingTimeInMillis: () => deadline - Date.now() };
  loading
    .then(({ handler }) => handler(task, context))
    .then(
      () => process.send?.({ done: true }),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
});
