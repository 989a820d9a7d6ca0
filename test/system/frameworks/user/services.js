// Fakes of AWS services for unit tests of a user's function.
const http = require('node:http');

/**
 * Starts a local server and records the bodies of its requests.
 *
 * @param answer response body, or a function that creates it from the request body. If it is undefined, the
 * server does not respond
 */
exports.listen = async answer => {
  const requests = [];
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', part => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      requests.push(body);
      if (answer !== undefined) response.end(typeof answer === 'function' ? answer(body) : answer);
    });
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    requests,
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

const usage = (exports.usage = {
  uncachedInputTokens: 10,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 5,
  source: 'usage',
  partial: false,
});

/** Creates a handler that records one model call and returns `answer`. */
exports.handlerWith = (runtime, options) => {
  const tracker = new runtime.TokenTracker({ agentId: 'triage', ...options });
  return tracker.handler(async () => {
    tracker.record({ modelId: 'amazon.nova-lite-v1:0', usage, requestId: 'one' });
    return 'answer';
  });
};

exports.context = { getRemainingTimeInMillis: () => 30_000 };
