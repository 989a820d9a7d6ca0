// Runs two handlers of the middy framework. `inside` is tracked with its middleware. `outside` wraps a
// tracked handler.
import middy from '@middy/core';
import * as runtime from 'cdk-token-analytics/runtime';
import { context, usage } from './services.js';

const tracker = new runtime.TokenTracker({ agentId: 'triage', sink: 'emf' });
const answer = async () => {
  tracker.record({ modelId: 'amazon.nova-lite-v1:0', usage });
  return 'answer';
};
const handlers = {
  inside: tracker.handler(middy(answer)),
  outside: middy(tracker.handler(answer)),
};

for (const [name, handler] of Object.entries(handlers)) {
  const seen = [];
  const chained = handler
    .use({ before: () => void seen.push('before') })
    .use({ after: () => void seen.push('after') });
  console.log([name, await chained({}, context), ...seen].join(', '));
}
