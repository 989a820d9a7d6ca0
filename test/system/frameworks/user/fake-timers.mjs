// Tests a handler with the fake timers of Node.js (`mock.timers`) and of @sinonjs/fake-timers: `node --test
// fake-timers.mjs`.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { afterEach, describe, mock, test } from 'node:test';
import FakeTimers from '@sinonjs/fake-timers';
import { context, handlerWith, listen } from './services.js';

const isLate = process.env.LOADED === 'after';
const imported = isLate ? undefined : await import('cdk-token-analytics/runtime');
const require = createRequire(import.meta.url);
const required = isLate ? undefined : require('cdk-token-analytics/runtime');

const FAKES = {
  'mock.timers': () => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate'] });
    return () => mock.timers.reset();
  },
  'fake-timers': () => {
    const clock = FakeTimers.install({
      toFake: [
        'setTimeout',
        'clearTimeout',
        'setInterval',
        'clearInterval',
        'setImmediate',
        'clearImmediate',
        'Date',
      ],
    });
    return () => clock.uninstall();
  },
};
for (const [name, fake] of Object.entries(FAKES)) {
  for (const format of ['import', 'require']) {
    describe(`${name}, ${format}`, () => {
      let service;
      let reset;
      afterEach(() => {
        reset();
        service?.close();
      });
      const load = async () =>
        format === 'import'
          ? (imported ?? (await import('cdk-token-analytics/runtime')))
          : (required ?? require('cdk-token-analytics/runtime'));

      test('a handler that writes its trace returns', async () => {
        service = await listen('{"UnprocessedItems":{}}');
        reset = fake();
        const options = { sink: 'emf', tableName: 'Traces', endpoint: service.url };
        assert.equal(await handlerWith(await load(), options)({}, context), 'answer');
        assert.equal(service.requests.length, 1);
      });

      test('a handler returns if its table does not respond', async () => {
        service = await listen();
        reset = fake();
        const options = { sink: 'emf', tableName: 'Traces', endpoint: service.url, flushTimeoutMs: 200 };
        assert.equal(await handlerWith(await load(), options)({}, context), 'answer');
      });
    });
  }
}
