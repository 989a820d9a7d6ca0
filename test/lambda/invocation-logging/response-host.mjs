// Leads one https origin to a loopback server: `node --import ./response-host.mjs`. The built handler answers to
// hosts of CloudFormation only, and a test cannot have one of those. All else of fetch() stays as it is: a URL
// on any other origin goes where it says.
const { RESPONSE_ORIGIN, RESPONSE_SERVER } = process.env;
const { fetch } = globalThis;

globalThis.fetch = (input, init) => {
  const url = new URL(input);
  return fetch(url.origin === RESPONSE_ORIGIN ? RESPONSE_SERVER + url.pathname + url.search : url, init);
};
