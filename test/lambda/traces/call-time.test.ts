import { callTimeProblem, momentOf } from '../../../lambda/traces/call-time';

const NOW = new Date('2026-11-29T12:00:00.000Z');
const DAY_MS = 86_400_000;

describe('momentOf', () => {
  test.each<[unknown, string]>([
    ['2026-11-20T10:00:00Z', '2026-11-20T10:00:00.000Z'],
    ['2026-11-20T10:00:00.123456+00:00', '2026-11-20T10:00:00.123Z'],
    ['2026-11-20T10:00:00.123456789Z', '2026-11-20T10:00:00.123Z'],
    ['2026-12-31T23:59:59.999-05:30', '2027-01-01T05:29:59.999Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    [Date.UTC(2026, 10, 20), '2026-11-20T00:00:00.000Z'],
  ])('momentOf parses %p', (value, expected) => {
    expect(momentOf(value)?.toISOString()).toBe(expected);
  });

  test.each([
    ['a day that February never has', '2026-02-31T00:00:00Z'],
    ['a leap day of another year', '2026-02-29T00:00:00Z'],
    ['a day that April does not have', '2026-04-31T00:00:00+01:00'],
    ['day 0', '2026-11-00T00:00:00Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['hour 24', '2026-11-20T24:00:00Z'],
    ['second 60', '2026-11-20T10:00:60Z'],
    ['a year of six digits', '+275760-09-13T00:00:00.000Z'],
    ['a year before Christ', '-000001-01-01T00:00:00.000Z'],
    ['a day alone', '2026-11-20'],
    ['a time without an offset', '2026-11-20T10:00:00'],
    ['another form', 'Fri, 20 Nov 2026 10:00:00 GMT'],
    ['text around it', ' 2026-11-20T10:00:00Z'],
    ['a long fraction', `2026-11-20T10:00:00.${'0'.repeat(10_000_000)}Z`],
    ['a number as text', '1795478400000'],
    ['too large a number', 8.64e15 + 1],
    ['no number', NaN],
    ['nothing', undefined],
    ['null', null],
    ['an object', { toString: () => '2026-11-20T10:00:00Z' }],
  ])('momentOf returns undefined for %s', (_what, value) => {
    expect(momentOf(value)).toBeUndefined();
  });
});

describe('callTimeProblem', () => {
  const at = (time: string | number) => new Date(time);

  test.each<[string, Date, number, string | undefined]>([
    ['now', NOW, 90, undefined],
    ['in two hours', at('2026-11-29T14:00:00.000Z'), 90, undefined],
    [
      'in two hours and a moment',
      at('2026-11-29T14:00:00.001Z'),
      90,
      'the timestamp is more than two hours ahead',
    ],
    ['in 2035', at('2035-01-01T00:00:00Z'), 0, 'the timestamp is more than two hours ahead'],
    ['at the end of time', at(8.64e15), 0, 'the timestamp is more than two hours ahead'],
    ['90 days ago, less a moment', at(NOW.getTime() - 90 * DAY_MS + 1), 90, undefined],
    [
      '90 days ago',
      at(NOW.getTime() - 90 * DAY_MS),
      90,
      'the timestamp is more than 90 days ago, when its trace would be deleted',
    ],
    ['years ago if traces are kept for ever', at('2020-01-01T00:00:00Z'), 0, undefined],
    [
      'before 2020 if traces are kept for ever',
      at('2019-12-31T23:59:59.999Z'),
      0,
      'the timestamp is before 2020',
    ],
    ['in 1969', at('1969-12-31T00:00:00Z'), 36_500, 'the timestamp is before 2020'],
    ['in the year 1', at('0001-01-01T00:00:00Z'), 90, 'the timestamp is before 2020'],
    ['at no time', at(NaN), 90, 'the timestamp is not a date'],
  ])('accepts or refuses a call %s', (_when, timestamp, ttlDays, problem) => {
    expect(callTimeProblem(timestamp, { ttlDays, now: NOW })).toBe(problem);
  });
});
