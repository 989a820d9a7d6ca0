import { switchOf } from '../process/parse-boolean';
import { warnOnce } from '../process/warn-once';

/**
 * Returns true if Powertools' own variables switch metrics off. Its lines obey them by themselves, and sent
 * metrics follow. `POWERTOOLS_DEV` does not say in its name what it does to metrics, so it is warned of.
 */
export function metricsAreOff(
  { POWERTOOLS_METRICS_DISABLED: disabled = '', POWERTOOLS_DEV: dev = '' }: NodeJS.ProcessEnv = process.env,
): boolean {
  const own = switchOf(disabled);
  const isOff = own ?? switchOf(dev) ?? false;
  if (isOff && own === undefined) {
    warnOnce(
      'metrics:dev',
      'POWERTOOLS_DEV is on: no metric is published. Unset it, or set POWERTOOLS_METRICS_DISABLED=false.',
    );
  }
  return isOff;
}
