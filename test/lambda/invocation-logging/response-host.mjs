// Redirects requests for one https origin to a loopback server: `node --import ./response-host.mjs`. The built
// handler responds only to hosts of CloudFormation, and a test cannot run a server there. Requests to other
// origins are unchanged.
const { RESPONSE_ORIGIN, RESPONSE_SERVER } = process.env;
const { fetch } = globalThis;

globalThis.fetch = (input, init) => {
  const url = new URL(input);
  return fetch(url.origin === RESPONSE_ORIGIN ? RESPONSE_SERVER + url.pathname + url.search : url, init);
};
