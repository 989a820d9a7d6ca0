import type { Json } from '../../usage/counts';

/**
 * Format of a stop reason. A custom model can return any text, and other formats are dropped. The schema of
 * events has the same pattern.
 */
export const STOP_REASON = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
/** Format of a service tier, e.g. `flex`. The schema of events has the same pattern. */
export const SERVICE_TIER = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Returns the value if it is a text that matches the pattern. Otherwise returns undefined. */
export function matching(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

/** Returns a member of an object. Ignores inherited members, such as `constructor`. */
export function own(members: Json | undefined, name: string): unknown {
  return members && Object.hasOwn(members, name) ? members[name] : undefined;
}
