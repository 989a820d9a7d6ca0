import { budgetStatus, budgetWindows } from '../../../lambda/budget/budget-status';

describe('budgetWindows', () => {
  test.each([
    ['UTC', '2026-11-23T10:20:00Z', '2026-11-23T00:00:00.000Z', '2026-11-01T00:00:00.000Z'],
    ['Europe/Berlin', '2026-11-01T00:30:00Z', '2026-10-31T23:00:00.000Z', '2026-10-31T23:00:00.000Z'],
    ['Asia/Kathmandu', '2026-11-23T10:20:00Z', '2026-11-22T18:15:00.000Z', '2026-10-31T18:15:00.000Z'],
    // In Berlin, summer time ends on 2026-10-25. The day starts in summer time, at 22:00 UTC.
    ['Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00.000Z', '2026-09-30T22:00:00.000Z'],
    ['America/New_York', '2026-03-08T18:00:00Z', '2026-03-08T05:00:00.000Z', '2026-03-01T05:00:00.000Z'],
  ])('returns the starts of the local day and month in %s at %s', (timeZone, now, dayStart, monthStart) => {
    const windows = budgetWindows(new Date(now), timeZone);

    expect(windows.dayStart.toISOString()).toBe(dayStart);
    expect(windows.monthStart.toISOString()).toBe(monthStart);
  });

  test('reads from the start of the month or the last 30 days, whichever is earlier', () => {
    const late = budgetWindows(new Date('2026-10-31T23:50:00Z'), 'UTC');
    const early = budgetWindows(new Date('2026-11-02T10:07:00Z'), 'UTC');

    expect(late.from.toISOString()).toBe('2026-10-01T00:00:00.000Z');
    expect(early.from.toISOString()).toBe('2026-10-03T10:00:00.000Z');
  });
});

describe('budgetStatus', () => {
  const windows = budgetWindows(new Date('2026-11-23T10:20:00Z'), 'UTC');

  test('adds up each window exactly, with the used percentage of each budget', () => {
    const points = [
      { time: new Date('2026-10-24T10:15:00Z'), usd: 5 },
      { time: new Date('2026-10-31T23:45:00Z'), usd: 0.1 },
      { time: new Date('2026-11-01T00:00:00Z'), usd: 0.2 },
      { time: new Date('2026-11-22T23:45:00Z'), usd: 0.7 },
      { time: new Date('2026-11-23T00:00:00Z'), usd: 0.1 },
      { time: new Date('2026-11-23T10:15:00Z'), usd: 0.2 },
    ];

    const status = budgetStatus(points, windows, { timeZone: 'UTC', daily: 2, monthly: 10 });

    expect(status).toEqual({
      timeZone: 'UTC',
      dayToDateUsd: 0.3,
      monthToDateUsd: 1.2,
      last30DaysUsd: 6.3,
      dailyBudgetUsd: 2,
      dailyBudgetUsedPercent: 15,
      monthlyBudgetUsd: 10,
      monthlyBudgetUsedPercent: 12,
    });
  });

  test('returns no used percentage without a budget', () => {
    const status = budgetStatus([], windows, { timeZone: 'UTC', daily: 2 });

    expect(status.dailyBudgetUsedPercent).toBe(0);
    expect(status.monthlyBudgetUsedPercent).toBeUndefined();
  });
});
