import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import type { AgentTask } from '../../examples/quick-start/agent';

/**
 * Runs as a separate process in place of the agent's Lambda execution environment: loads the built handler
 * and invokes it with one task at a time. Its standard output is the log of the function.
 *
 * The argument is the file of the handler. Each message from the parent is a task. Each message to the parent
 * is `done` or an error text.
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
