const DAY_MS = 86_400_000;

/**
 * Absolute value below which a number is shown as 0. Costs are multiples of 1e-12 US dollars, so a smaller
 * number is a rounding error of floating-point sums.
 */
const SMALLEST = 5e-13;

/**
 * Formats a number with thousands separators. Numbers of 1,000 or more are rounded to whole numbers. Other
 * numbers have at most four significant digits.
 */
export function formatNumber(value: number): string {
  if (Math.abs(value) < SMALLEST) return '0';
  return Math.abs(value) >= 1000
    ? value.toLocaleString('en-US', { maximumFractionDigits: 0 })
    : value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}

/** Formats the value of a series: a number, with a percent sign if the label of the series is in per cent. */
export function formatValue(value: number, label: string): string {
  return /%|\bper ?cent\b/i.test(label) ? `${formatNumber(value)} %` : formatNumber(value);
}

/** Formats a number for an axis label, where space is limited: `12K`, `3.4M`. */
export function formatAxis(value: number): string {
  if (Math.abs(value) >= 10_000) {
    return value.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 2 });
  }
  return formatNumber(value);
}

export function formatUsd(value: number): string {
  return `$${formatAxis(value)}`;
}

/** Formats a time in UTC: `2026-11-22 14:05`. Seconds are added if they are not 0. */
export function formatTime(time: number): string {
  const text = new Date(time).toISOString().replace('T', ' ');
  return text.slice(17, 19) === '00' ? text.slice(0, 16) : text.slice(0, 19);
}

/**
 * Returns the label format of a time axis: days if the axis is longer than two days, otherwise hours and
 * minutes.
 */
export function timeAxisFormat(start: number, end: number): string {
  return end - start > 2 * DAY_MS ? '{MM}-{dd}' : '{HH}:{mm}';
}
