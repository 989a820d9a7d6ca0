import { parseDays } from '../../cli/commands/rollup';

const NOW = new Date('2026-11-22T00:30:00.000Z');

test.each([
  ['nothing', {}, ['2026-11-21', '2026-11-20']],
  ['a number of days', { days: 3 }, ['2026-11-19', '2026-11-20', '2026-11-21']],
  ['a range', { since: '2026-11-10', until: '2026-11-12' }, ['2026-11-10', '2026-11-11', '2026-11-12']],
  ['a begin', { since: '2026-11-20' }, ['2026-11-20', '2026-11-21']],
  ['an end', { until: '2026-11-15' }, ['2026-11-15']],
  ['words', { since: '3d', until: 'yesterday' }, ['2026-11-19', '2026-11-20', '2026-11-21']],
])('selects past UTC days from %s', (_name, options, days) => {
  expect(parseDays(options, NOW)).toEqual({ days, allowFewer: false });
});

test('passes on --allow-fewer', () => {
  expect(parseDays({ days: 1, allowFewer: true }, NOW)).toEqual({
    days: ['2026-11-21'],
    allowFewer: true,
  });
});

test.each([
  [{ since: 'today' }, /^--since must not be after --until/],
  [{ until: 'today' }, /^--until must be before today \(2026-11-22 in UTC\).*got: today$/],
  [{ until: '2026-12-24' }, /2026-12-24/],
  [{ since: '2026-11-20', until: '2026-11-22' }, /^--until must be before today/],
  [{ since: '2025-11-01' }, /^--since must be at most 366 days before --until, got: 2025-11-01/],
  [{ since: '2026-02-30' }, /^--since must be a day such as/],
  [{ since: '2026-11-12', until: '2026-11-10' }, /^--since must not be after --until/],
  [{ days: 2, since: '2026-11-20' }, /^--days must not be given with/],
])('refuses %j with an error that names the option and the value', (options, message) => {
  expect(() => parseDays(options, NOW)).toThrow(message);
});
