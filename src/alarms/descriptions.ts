import type { Duration } from 'aws-cdk-lib';
import { numberText } from '../private/token-text';

/** Last sentence of each alarm description. It tells the on-call engineer that nothing was blocked. */
export const ONLY_NOTIFIES = 'This alarm only notifies: nothing was blocked.';

/** Beginning of the title of a dashboard widget that an alarm description can mention. */
type WidgetTitle = 'Cost by agent' | 'Token usage by agent';

/** Returns a sentence for an alarm description, e.g. 'Look at "Cost by agent" on the dashboard.'. */
export function lookAt(...titles: readonly WidgetTitle[]): string {
  return `Look at ${titles.map(title => `"${title}"`).join(' and ')} on the dashboard.`;
}

/**
 * Returns the time range that an alarm evaluates, as text: "in 1 hour", "in each of 3 periods of 5 minutes".
 */
export function spanWords(period: Duration, evaluationPeriods: number): string {
  const one = period.toHumanString();
  return evaluationPeriods === 1
    ? `in ${one}`
    : `in each of ${numberText(evaluationPeriods)} periods of ${one}`;
}
