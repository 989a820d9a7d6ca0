import { startProgress } from '../../cli/output/terminal';
import { holdClock } from '../support/held-clock';

/** Returns the text that a progress bar writes if `act` changes it after `afterMs` milliseconds. */
async function written(
  isTTY: boolean,
  act: (bar: Awaited<ReturnType<typeof startProgress>>) => void,
  afterMs = 1000,
): Promise<string> {
  const before = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
  Object.defineProperty(process.stderr, 'isTTY', { value: isTTY, configurable: true });
  let text = '';
  const write = jest.spyOn(process.stderr, 'write').mockImplementation(chunk => {
    text += String(chunk);
    return true;
  });
  const clock = holdClock();
  try {
    const bar = await startProgress('Reading days');
    await clock.advance(afterMs);
    act(bar);
    bar.stop();
  } finally {
    write.mockRestore();
    clock.release();
    if (before) Object.defineProperty(process.stderr, 'isTTY', before);
    else Reflect.deleteProperty(process.stderr, 'isTTY');
  }
  return text;
}

test('shows a progress bar only in a terminal', async () => {
  const act = (bar: Awaited<ReturnType<typeof startProgress>>) => bar.update({ done: 2, total: 7 });

  expect(await written(true, act)).toContain('Reading days');
  expect(await written(true, act)).toContain('2 of 7');
  expect(await written(false, act)).toBe('');
});

test('shows no progress bar for work that ends within 250 ms', async () => {
  const act = (bar: Awaited<ReturnType<typeof startProgress>>) => bar.update({ done: 2, total: 7 });

  expect(await written(true, bar => bar.update({ done: 7, total: 7 }))).toBe('');
  expect(await written(true, act, 249)).toBe('');
  expect(await written(true, act, 250)).toContain('2 of 7');
});
