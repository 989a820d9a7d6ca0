import fc from 'fast-check';
import { fuzz } from './fuzz';

const VARIABLES = ['FUZZ_SEED', 'FUZZ_PATH', 'FUZZ_RUNS'] as const;
const before = Object.fromEntries(VARIABLES.map(name => [name, process.env[name]]));

beforeEach(() => {
  for (const name of VARIABLES) delete process.env[name];
});
afterAll(() => {
  for (const name of VARIABLES) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

/** Property that fails if the sum of two numbers is 1000 or more, e.g. for 0 and 1000, and for 1 and 999. */
const failing = fc.property(fc.nat(100_000), fc.nat(100_000), (one, other) => {
  expect(one + other).toBeLessThan(1000);
});

function failureOf(run: () => void): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('The property must fail, but holds.');
}

const valueOf = (pattern: RegExp, { message }: Error) => pattern.exec(message)?.[1];
const seedOf = (error: Error) => valueOf(/\nFUZZ_SEED=(-?\d+) /, error);
const counterexampleOf = (error: Error) => valueOf(/^Counterexample: (.*)$/m, error);

test('a failed property throws the report of fast-check, its cause and the command to run it again', () => {
  const error = failureOf(() => fuzz(failing, { seed: 42 }));

  expect(error.message).toMatch(/^Property failed after \d+ tests\n\{ seed: 42, path: "[\d:]+", /);
  expect((error.cause as Error).message).toContain('toBeLessThan');
  expect(error.message.split('\n').at(-1)).toBe(
    'FUZZ_SEED=42 npx jest test/support/fuzz.test.ts ' +
      "-t 'a failed property throws the report of fast-check, its cause and the command to run it again'",
  );
});

test("the command quotes the test name, such as what's quoted, (groups) and $special* characters", () => {
  expect(failureOf(() => fuzz(failing, { seed: 42 })).message).toMatch(
    String.raw` -t 'the command quotes the test name, such as what'\''s quoted, \(groups\) and \$special\* characters'`,
  );
});

test('the seed in the command finds the same counterexample', () => {
  const first = failureOf(() => fuzz(failing));

  process.env.FUZZ_SEED = seedOf(first);
  const second = failureOf(() => fuzz(failing, { seed: 1 }));

  expect(second.message).toBe(first.message);
  expect(counterexampleOf(first)).toMatch(/^\[\d+,\d+\]$/);
});

test('the seed and the path in the report find the same counterexample at once', () => {
  const first = failureOf(() => fuzz(failing));

  process.env.FUZZ_SEED = seedOf(first);
  process.env.FUZZ_PATH = valueOf(/, path: "([\d:]+)"/, first);
  const second = failureOf(() => fuzz(failing));

  expect(second.message).toMatch(/^Property failed after 1 tests\n/);
  expect(counterexampleOf(second)).toBe(counterexampleOf(first));
});

test('a failed asynchronous property rejects with the same error', async () => {
  const property = fc.asyncProperty(fc.nat(), fc.nat(), async (one, other) => {
    await Promise.resolve();
    return one + other < 1000;
  });

  await expect(fuzz(property, { seed: -7 })).rejects.toThrow(
    /^Property failed after [^]*\nFUZZ_SEED=-7 npx jest test\/support\/fuzz\.test\.ts -t '.*'$/,
  );
});

test('FUZZ_RUNS multiplies the runs of a property and is part of the command', async () => {
  let runs = 0;
  const holds = fc.property(fc.nat(), () => {
    runs += 1;
  });
  fuzz(holds);
  fuzz(holds, { numRuns: 7 });
  expect(runs).toBe(107);

  process.env.FUZZ_RUNS = '3';
  fuzz(holds, { numRuns: 7 });
  await fuzz(
    fc.asyncProperty(fc.nat(), async () => {
      runs += await Promise.resolve(1);
    }),
  );

  expect(runs).toBe(107 + 21 + 300);
  expect(failureOf(() => fuzz(failing, { seed: 42 })).message).toContain(
    '\nFUZZ_SEED=42 FUZZ_RUNS=3 npx jest ',
  );
});

test.each([
  ['FUZZ_SEED', 'x', 'FUZZ_SEED must be a whole number, got: x. Set, for example, FUZZ_SEED=10.'],
  ['FUZZ_SEED', '', 'FUZZ_SEED must be a whole number, got: . Set, for example, FUZZ_SEED=10.'],
  [
    'FUZZ_RUNS',
    '0',
    'FUZZ_RUNS must be a whole number of 1 or more, got: 0. Set, for example, FUZZ_RUNS=10.',
  ],
  [
    'FUZZ_RUNS',
    '1.5',
    'FUZZ_RUNS must be a whole number of 1 or more, got: 1.5. Set, for example, FUZZ_RUNS=10.',
  ],
])('refuses %s=%s', (name, value, message) => {
  process.env[name] = value;

  expect(() => fuzz(failing)).toThrow(message);
});
