import { parseRollupRequest } from '../../../lambda/rollup/rollup-event';

const TODAY = '2026-03-01';

describe('parseRollupRequest', () => {
  test.each([
    undefined,
    null,
    {},
    {
      'version': '0',
      'detail-type': 'Scheduled Event',
      'source': 'aws.events',
      'detail': {},
      'day': 'ignored',
    },
  ])('requests yesterday and the day before for the event %j', event => {
    expect(parseRollupRequest(event, TODAY)).toEqual({
      days: ['2026-02-28', '2026-02-27'],
      allowFewer: false,
    });
  });

  test('requests the day or the range of the event', () => {
    expect(parseRollupRequest({ day: '2024-02-29' }, TODAY)).toEqual({
      days: ['2024-02-29'],
      allowFewer: false,
    });
    expect(parseRollupRequest({ from: '2025-12-30', to: '2026-01-02', allowFewer: true }, TODAY)).toEqual({
      days: ['2025-12-30', '2025-12-31', '2026-01-01', '2026-01-02'],
      allowFewer: true,
    });
    expect(parseRollupRequest({ from: '2026-02-28', to: '2026-02-28' }, TODAY).days).toEqual(['2026-02-28']);
  });

  test.each<[unknown, string]>([
    ['2026-02-20', 'the event must be an object, got: "2026-02-20"'],
    [['2026-02-20'], 'the event must be an object'],
    [{ date: '2026-02-20' }, 'the event must have no members but day, from, to, allowFewer, got: "date"'],
    [{ day: '20.02.2026' }, 'day must be a UTC day such as 2026-11-20, got: "20.02.2026"'],
    [{ day: '2026-02-30' }, 'day must be a UTC day'],
    [{ day: 20260220 }, 'day must be a UTC day such as 2026-11-20, got: 20260220'],
    [{ day: TODAY }, 'day must be before today (2026-03-01 in UTC)'],
    [{ day: '2026-03-02' }, 'day must be before today'],
    [{ day: '2026-02-20', from: '2026-02-20' }, 'the event must have day, or from and to, got both'],
    [{ from: '2026-02-20' }, 'to must be a UTC day such as 2026-11-20, got: undefined'],
    [{ to: '2026-02-20' }, 'from must be a UTC day'],
    [{ from: '2026-02-20', to: '2026-02-19' }, 'to must not be before from, got: 2026-02-20 to 2026-02-19'],
    [{ from: '2026-02-20', to: TODAY }, 'to must be before today'],
    [{ from: '2025-02-20', to: '2026-02-21' }, 'from and to must be at most 366 days, got: 367'],
    [{ day: '2026-02-20', allowFewer: 'yes' }, 'allowFewer must be true or false, got: "yes"'],
  ])('refuses the event %j', (event, message) => {
    expect(() => parseRollupRequest(event, TODAY)).toThrow(message);
  });
});
