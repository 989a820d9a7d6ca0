import { catalogFinding } from '../../../cli/doctor/price-checks';
import { CATALOG_AS_OF } from '../../../lambda/pricing/list-prices/catalog';
import { addUtcDays } from '../../../lambda/rollup/utc-day';

test.each([
  [0, 'ok'],
  [90, 'ok'],
  [91, 'warn'],
  [400, 'warn'],
])('gives a catalog that is %d days old the status %s', (days, status) => {
  const finding = catalogFinding(new Date('2026-11-22T23:59:00.000Z'), addUtcDays('2026-11-22', -days));

  expect(finding.status).toBe(status);
  expect(finding.fix === undefined).toBe(status === 'ok');
  if (status === 'warn') expect(finding.detail).toContain(`${days} days old`);
});

test('checks the price catalog of this version by default', () => {
  expect(catalogFinding(new Date(`${CATALOG_AS_OF}T12:00:00.000Z`)).detail).toBe(`of ${CATALOG_AS_OF}`);
});
