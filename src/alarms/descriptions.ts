import type { Duration } from 'aws-cdk-lib';
import { numberText } from '../private/token-text';

/** Ends each description: who is woken by an alarm must not look for what it has stopped. */
export const ONLY_TELLS = 'It only tells: nothing is blocked or enforced.';

/** "in 1 hour", "in each of 3 periods of 5 minutes". */
export function spanWords(period: Duration, evaluationPeriods: number): string {
  const one = period.toHumanString();
  return evaluationPeriods === 1
    ? `in ${one}`
    : `in each of ${numberText(evaluationPeriods)} periods of ${one}`;
}
