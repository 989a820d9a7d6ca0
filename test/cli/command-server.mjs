// Runs commands in this process, one after another. The parent process sends the arguments and the
// environment of a command, and gets its exit code and output. A command has ended when Node.js emits
// `beforeExit`. Each command loads `COMMAND` again, but not the imports of `COMMAND`.
const COMMAND = new URL('../../lib/cli/main.mjs', import.meta.url).href;
const OUTPUTS = ['stdout', 'stderr'];
let runs = 0;

/**
 * Captures the text that a command writes to a stream. Returns a function that ends the capture and returns
 * the text.
 */
function capture(stream) {
  const { write } = stream;
  const listeners = new Map(stream.eventNames().map(event => [event, stream.listeners(event)]));
  const chunks = [];
  stream.write = (chunk, encoding, done = encoding) => {
    chunks.push(Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8'));
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  return () => {
    stream.write = write;
    for (const event of stream.eventNames()) {
      for (const listener of stream.listeners(event)) {
        if (!listeners.get(event)?.includes(listener)) stream.removeListener(event, listener);
      }
    }
    return Buffer.concat(chunks).toString();
  };
}

process.on('message', ({ args, env }) => {
  const ends = OUTPUTS.map(name => capture(process[name]));
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.argv = [process.execPath, COMMAND, ...args];
  process.exitCode = undefined;
  process.channel.unref();
  process.once('beforeExit', code => {
    process.channel.ref();
    const [stdout, stderr] = ends.map(end => end());
    process.send({ code, signal: null, stdout, stderr });
  });
  void import(`${COMMAND}?run=${(runs += 1)}`);
});
