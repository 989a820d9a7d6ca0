// Days of the generated traffic: 30 days from 2026-10-01.

const FIRST_DAY = '2026-10-01';
const DAYS = 30;
const DAY_MS = 86_400_000;

export const START = Date.parse(`${FIRST_DAY}T00:00:00.000Z`);
/** Days of the month in order, such as `2026-10-01`. */
export const DAYS_OF_MONTH = Array.from({ length: DAYS }, (_, index) =>
  new Date(START + index * DAY_MS).toISOString().slice(0, 10),
);
