// Runs the built handler of the demo agent in this process, in place of a Lambda function. The parent process
// reads the standard output of this process as the log of the function.
//
// The argument is the path of the handler file. Each message from the parent process is a task for the
// handler. After each task, this process sends `{ done: true }` or `{ error }` to the parent process.
import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import type { AgentTask } from '../../examples/quick-start/agent';

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
