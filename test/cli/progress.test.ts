import { startProgress } from '../../cli/output/progress';

/** What a bar writes while an action has it. */
async function written(
  isTTY: boolean,
  act: (bar: Awaited<ReturnType<typeof startProgress>>) => void,
): Promise<string> {
  const before = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
  Object.defineProperty(process.stderr, 'isTTY', { value: isTTY, configurable: true });
  let text = '';
  const write = jest.spyOn(process.stderr, 'write').mockImplementation(chunk => {
    text += String(chunk);
    return true;
  });
  const clock = jest.spyOn(Date, 'now');
  try {
    clock.mockReturnValue(1_000);
    const bar = await startProgress('Reading days');
    clock.mockReturnValue(2_000);
    act(bar);
    bar.stop();
  } finally {
    write.mockRestore();
    clock.mockRestore();
    if (before) Object.defineProperty(process.stderr, 'isTTY', before);
    else Reflect.deleteProperty(process.stderr, 'isTTY');
  }
  return text;
}

test('a bar is on a terminal alone', async () => {
  const act = (bar: Awaited<ReturnType<typeof startProgress>>) => bar.update({ done: 2, total: 7 });

  expect(await written(true, act)).toContain('Reading days');
  expect(await written(true, act)).toContain('2 of 7');
  expect(await written(false, act)).toBe('');
});

test('what is done at once has none', async () => {
  expect(await written(true, bar => bar.update({ done: 7, total: 7 }))).toBe('');
});
