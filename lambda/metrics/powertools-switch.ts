import { parseBoolean } from '../process/parse-boolean';
import { warnOnce } from '../process/warn-once';

/**
 * Returns true if Powertools' own variables switch metrics off. Powertools obeys them when it prints, and
 * sent metrics do the same. The name `POWERTOOLS_DEV` does not mention metrics, so it causes a warning.
 */
export function metricsAreOff(
  { POWERTOOLS_METRICS_DISABLED: disabled = '', POWERTOOLS_DEV: dev = '' }: NodeJS.ProcessEnv = process.env,
): boolean {
  const own = parseBoolean(disabled);
  const isOff = own ?? parseBoolean(dev) ?? false;
  if (isOff && own === undefined) {
    warnOnce(
      'metrics:dev',
      'POWERTOOLS_DEV is on: no metric is published. Unset it, or set POWERTOOLS_METRICS_DISABLED=false.',
    );
  }
  return isOff;
}
