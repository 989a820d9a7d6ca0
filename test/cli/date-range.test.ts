import { startOfDayOption, rangeOf } from '../../cli/date-range';

const NOW = new Date('2026-11-26T23:30:00Z');
const range = (since?: string, until?: string, timezone = 'UTC', days = 7) =>
  rangeOf({ since, until, timezone }, days, NOW);

test.each([
  [undefined, undefined, '2026-11-20', '2026-11-26'],
  ['today', undefined, '2026-11-26', '2026-11-26'],
  ['yesterday', 'yesterday', '2026-11-25', '2026-11-25'],
  ['7d', undefined, '2026-11-19', '2026-11-26'],
  ['4w', '1w', '2026-10-29', '2026-11-19'],
  ['3mo', undefined, '2026-08-26', '2026-11-26'],
  [undefined, '2026-03-31', '2026-03-25', '2026-03-31'],
  [' Today ', undefined, '2026-11-26', '2026-11-26'],
])('reads --since %s and --until %s as the days from %s to %s', (since, until, from, to) => {
  expect(range(since, until)).toEqual({ from, to });
});

test('reads days in the time zone of the options', () => {
  expect(range('today', undefined, 'Asia/Tokyo')).toEqual({ from: '2026-11-27', to: '2026-11-27' });
  expect(range('today', undefined, 'America/Los_Angeles')).toEqual({ from: '2026-11-26', to: '2026-11-26' });
  expect(startOfDayOption('--at', 'today', 'Asia/Tokyo', NOW)).toEqual(new Date('2026-11-26T15:00:00Z'));
});

test('goes back one month to the last day of a shorter month', () => {
  expect(rangeOf({ since: '1mo', timezone: 'UTC' }, 7, new Date('2026-03-31T12:00:00Z'))).toEqual({
    from: '2026-02-28',
    to: '2026-03-31',
  });
});

test.each([
  '2026-13-01',
  '2026-2-1',
  '20261120',
  '2026-02-29',
  '7',
  '7 d',
  'd',
  '-7d',
  '',
  'tomorrow',
  '2026-11-20T00:00:00Z',
])('refuses %j as a day', since => {
  expect(() => range(since)).toThrow(
    '--since must be a day such as 2026-11-20, today, yesterday, or 7d, 4w or 3mo ago, got: ',
  );
});

test('refuses a reversed range and a range of more than three years', () => {
  expect(() => range('2026-11-20', '2026-11-19')).toThrow(
    '--since must not be after --until, got: 2026-11-20 (2026-11-20) and 2026-11-19 (2026-11-19)',
  );
  expect(() => range('99999d')).toThrow('--since must be at most 1100 days before --until');
});
