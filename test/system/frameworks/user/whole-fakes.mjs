// Runs a handler while all timers and queues of Node.js are fake. Prints the results to standard error,
// because writes to standard output never end with fake queues.
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { mock } from 'node:test';
import FakeTimers from '@sinonjs/fake-timers';
import { context, handlerWith, listen } from './services.js';

const require = createRequire(import.meta.url);
const load = () => require('cdk-token-analytics/runtime');
if (process.env.LOADED === 'before') load();

const FAKES = {
  'mock.timers': () => {
    mock.timers.enable();
    return () => mock.timers.reset();
  },
  'fake-timers': () => {
    const clock = FakeTimers.install();
    return () => clock.uninstall();
  },
};

const answers = {};
for (const [name, fake] of Object.entries(FAKES)) {
  const service = await listen();
  const { write } = process.stdout;
  const reset = fake();
  process.stdout.write = () => true;
  const options = { sink: 'emf', tableName: 'Traces', endpoint: service.url, flushTimeoutMs: 200 };
  answers[name] = await handlerWith(load(), options)({}, context);
  process.stdout.write = write;
  reset();
  service.close();
}
writeSync(2, JSON.stringify(answers));
