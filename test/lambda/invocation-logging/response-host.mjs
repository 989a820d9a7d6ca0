// Redirects requests for `RESPONSE_ORIGIN`, a host of CloudFormation, to the local server `RESPONSE_SERVER`.
// Loaded into the handler's process by `node --import`, because the handler accepts no other response host.
const { RESPONSE_ORIGIN, RESPONSE_SERVER } = process.env;
const { fetch } = globalThis;

globalThis.fetch = (input, init) => {
  const url = new URL(input);
  return fetch(url.origin === RESPONSE_ORIGIN ? RESPONSE_SERVER + url.pathname + url.search : url, init);
};
