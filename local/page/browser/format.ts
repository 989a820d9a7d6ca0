const DAY_MS = 86_400_000;

/** Formats a number with at most four significant digits, and with thousands separators. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}

/** Formats a number for an axis label, where space is limited: `12K`, `3.4M`. */
export function formatAxis(value: number): string {
  if (Math.abs(value) >= 10_000) {
    return value.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 2 });
  }
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
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
