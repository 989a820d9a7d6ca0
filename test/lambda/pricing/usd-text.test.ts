import * as fc from 'fast-check';
import { usdToPico } from '../../../lambda/pricing/pico';
import { usdText } from '../../../lambda/pricing/usd-text';
import { fuzz } from '../../support/fuzz';

test.each([
  [0, '$0.00'],
  [1e-12, '$0.000000000001'],
  [0.0003677, '$0.0003677'],
  [0.00036771, '$0.0003677'],
  [-0.5, '-$0.50'],
  [0.0123, '$0.0123'],
  [0.25, '$0.25'],
  [0.99996, '$1.00'],
  [1.005, '$1.01'],
  [1234567.5, '$1,234,567.50'],
])('formats %d dollars as %s', (usd, text) => {
  expect(usdText(usdToPico(usd))).toBe(text);
});

test('formats amounts to four digits below a dollar, and to the cent from a dollar on', () => {
  fuzz(
    fc.property(fc.bigInt({ min: 1n, max: 10n ** 20n }), pico => {
      const difference = usdToPico(usdText(pico).replace(/[$,]/g, '')) - pico;
      const half = pico >= 10n ** 12n ? 5n * 10n ** 9n : 10n ** BigInt(Math.max(0, String(pico).length - 4));
      return difference <= half && difference >= -half;
    }),
  );
});
