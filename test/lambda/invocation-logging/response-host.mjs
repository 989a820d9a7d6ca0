// Redirects requests for RESPONSE_ORIGIN to a loopback server: `node --import ./response-host.mjs`. The
// handler only sends its response to hosts of CloudFormation, where a test cannot run a server. Other
// requests are not redirected.
const { RESPONSE_ORIGIN, RESPONSE_SERVER } = process.env;
const { fetch } = globalThis;

globalThis.fetch = (input, init) => {
  const url = new URL(input);
  return fetch(url.origin === RESPONSE_ORIGIN ? RESPONSE_SERVER + url.pathname + url.search : url, init);
};
