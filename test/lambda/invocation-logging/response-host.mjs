// Redirects requests for `RESPONSE_ORIGIN` to the loopback server `RESPONSE_SERVER`. Usage:
// `node --import ./response-host.mjs`. The handler sends its response only to hosts of CloudFormation, where
// a test cannot run a server.
const { RESPONSE_ORIGIN, RESPONSE_SERVER } = process.env;
const { fetch } = globalThis;

globalThis.fetch = (input, init) => {
  const url = new URL(input);
  return fetch(url.origin === RESPONSE_ORIGIN ? RESPONSE_SERVER + url.pathname + url.search : url, init);
};
