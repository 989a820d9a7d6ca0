import { run } from '../support/run';

test('the frequencies of letter pairs in the contract match the dictionaries', async () => {
  const { code, stderr } = await run(process.execPath, ['scripts/letter-pairs.mjs', '--check']);

  expect([code, stderr]).toEqual([0, '']);
});
