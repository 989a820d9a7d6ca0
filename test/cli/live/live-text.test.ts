import { setImmediate as turn } from 'node:timers/promises';
import { type LiveScreen, liveText } from '../../../cli/live/live-text';
import type { LiveView } from '../../../cli/live/live-view';
import { watch } from '../../../cli/live/watch';
import { money } from '../../../reports/figures/figures';
import { type HeldClock, holdClock } from '../../support/held-clock';

const figures = (picoUsd: bigint, unpriced = 0) => ({
  answered: 1200,
  failed: 0,
  fromCache: 0,
  inputTokens: 10,
  outputTokens: 5,
  totalTokens: 15,
  cost: money(picoUsd, unpriced),
});

function viewOf(names: readonly string[]): LiveView {
  return {
    generatedAt: '2026-11-22T10:30:20.000Z',
    timeZone: 'UTC',
    day: '2026-11-22',
    total: { ...figures(12_345_678_900_000n, 2), failed: 3, fromCache: 4 },
    perMinute: { seconds: 260, answered: 4.5, tokens: 100, cost: money(10n ** 10n, 0) },
    agents: names.map(name => ({ name, ...figures(10n ** 12n) })),
    minutes: Array.from({ length: 60 }, (_, index) => ({
      start: '2026-11-22T10:30:00.000Z',
      ...figures(BigInt(index)),
    })),
    reads: { requests: 1, units: 1 },
  };
}

const screen = (changes: Partial<LiveScreen> = {}): LiveScreen => ({
  columns: 100,
  rows: 40,
  dim: String,
  bold: String,
  sparkline: numbers => numbers.map(number => Math.min(9, number)).join(''),
  ...changes,
});

describe('live view as text', () => {
  test('shows calls, tokens, dollars per minute, the most expensive agents and unknown values', () => {
    const lines = liveText(viewOf(['triage', 'billing']), screen()).split('\n');

    expect(lines[0]).toBe('Today, 2026-11-22 (UTC)');
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^cost +≥ \$12\.35 \(2 unpriced\)$/),
        expect.stringMatching(/^answered +1,200 \(3 failed, 4 cached responses\)$/),
        expect.stringMatching(/^per minute +\$0\.01, 4\.5 calls, 100 tokens$/),
        expect.stringMatching(/^cost +0123456789{51}$/),
        expect.stringMatching(/^triage +\$1\.00 +1,200 calls +15 tokens$/),
      ]),
    );
  });

  test.each([
    [40, 10],
    [60, 16],
    [200, 60],
  ])('fits the live view into a terminal of %d columns and %d rows', (columns, rows) => {
    const many = Array.from({ length: 80 }, (_, index) => `agent-with-a-rather-long-name-${index}`);

    const lines = liveText(viewOf(many), screen({ columns, rows }), 'x'.repeat(500)).split('\n');

    expect(
      Math.max(
        ...lines
          .filter(line => /^(?:cost|calls|tokens) +\d{10}|^agent|^x/.test(line))
          .map(line => line.length),
      ),
    ).toBeLessThanOrEqual(columns);
    expect(lines.length).toBeLessThanOrEqual(Math.max(rows, 15));
    expect(lines).toContainEqual(expect.stringMatching(/^and \d+ more$/));
  });

  test("writes no control character of an agent's name to the terminal", () => {
    const text = liveText(viewOf(['evil\u001b[2J\u202e\nname']), screen());

    expect(text).toContain('evil?[2J??name');
  });

  test('shows a note if there are no calls today', () => {
    expect(liveText(viewOf([]), screen())).toContain('no calls yet today');
  });
});

describe('repeated live views', () => {
  const INTERVAL_MS = 100;
  let clock: HeldClock;
  beforeEach(() => {
    clock = holdClock();
  });
  afterEach(() => clock.release());

  /**
   * Runs the live text with the given poll results, and stops after the last result. Returns each text with
   * the time when it was shown, in milliseconds.
   */
  async function watched(looks: readonly (string | Error)[]) {
    const start = Date.now();
    const seen: (readonly [string, number])[] = [];
    const end = new AbortController();
    const left = [...looks];
    const see = (text: string) => {
      seen.push([text, Date.now() - start]);
      if (left.length === 0) end.abort();
    };
    await clock.pass(() =>
      watch({
        look: async () => {
          await turn();
          const next = left.shift();
          if (next === undefined || next instanceof Error) throw next ?? new Error('nothing left');
          return next;
        },
        show: see,
        onFailure: (error, view) => see(`${view} (${(error as Error).message})`),
        intervalMs: INTERVAL_MS,
        signal: end.signal,
      }),
    );
    return seen;
  }

  test('shows a new view at each interval until it is stopped', async () => {
    expect(await watched(['one', 'two', 'three'])).toEqual([
      ['one', 0],
      ['two', INTERVAL_MS],
      ['three', 2 * INTERVAL_MS],
    ]);
  });

  test('keeps the last view if a read fails, and reads again', async () => {
    expect(await watched(['one', new Error('throttled'), 'two'])).toEqual([
      ['one', 0],
      ['one (throttled)', INTERVAL_MS],
      ['two', 2 * INTERVAL_MS],
    ]);
  });

  test('stops with the error if the first read fails', async () => {
    await expect(watched([new Error('unreachable'), 'one', 'two'])).rejects.toThrow('unreachable');
  });

  test.each([
    'AccessDeniedException',
    'ResourceNotFoundException',
    'UnrecognizedClientException',
    'ExpiredTokenException',
    'InvalidSignatureException',
    'CredentialsProviderError',
  ])('stops at %s in any read, because no later read can succeed', async name => {
    const error = Object.assign(new Error('refused'), { name });

    await expect(watched(['one', error, 'two', 'three'])).rejects.toThrow('refused');
  });
});
