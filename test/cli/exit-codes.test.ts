import { runInTurn } from './command-process';
import { EXIT_CODES } from '../../cli/exit-codes';

test('lists each exit code with its meaning in the help', async () => {
  const { stdout } = await runInTurn(['--help']);

  const [, section = ''] = /\nExit codes:\n([\s\S]+)$/.exec(stdout) ?? [];
  const lines = section.trimEnd().split('\n');
  expect(lines.map(line => line.trim().split(/ {2,}/))).toEqual(
    Object.values(EXIT_CODES).map(({ code, meaning }) => [String(code), meaning]),
  );
});

test('uses exit code 3 for an exceeded threshold', () => {
  expect(EXIT_CODES.exceeded.code).toBe(3);
});
