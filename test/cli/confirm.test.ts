import { PassThrough } from 'node:stream';
import { canAsk, confirm } from '../../cli/output/terminal';

function asking(answer?: string) {
  const input = new PassThrough();
  const output = new PassThrough();
  if (answer !== undefined) input.end(answer);
  return { input, output };
}

test.each([
  ['y\n', true],
  ['Yes\n', true],
  [' y \n', true],
  ['n\n', false],
  ['\n', false],
  ['yesterday\n', false],
  ['', false],
])('reads the answer %j as consent: %s', async (answer, expected) => {
  const streams = asking(answer);

  await expect(confirm('Go on?', streams)).resolves.toBe(expected);

  expect(String(streams.output.read())).toBe('Go on? [y/N] ');
});

test('rejects an open question if its signal aborts', async () => {
  const abort = new AbortController();
  const answer = confirm('Go on?', { ...asking(), signal: abort.signal });

  abort.abort();

  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
});

test('asks only if input and output are a terminal', () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true });

  expect(canAsk({ input: terminal, output: terminal })).toBe(true);
  expect(canAsk({ input: new PassThrough(), output: terminal })).toBe(false);
  expect(canAsk({ input: terminal, output: new PassThrough() })).toBe(false);
});
