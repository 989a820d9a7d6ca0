import type { AlertMessage } from './alert-message';
import type { DayReading } from './read-day';
import type { Crossing, Threshold } from './thresholds';

/** Functions that claim budget thresholds. With a claim, only one handler run reports a threshold. */
export interface Claims {
  /**
   * Reserves a threshold for this handler run. Returns false if another run has claimed or reported the
   * threshold.
   */
  claim(threshold: Threshold): Promise<boolean>;
  /** Releases the claim on a threshold, so that a later handler run can report the threshold. */
  release(threshold: Threshold): Promise<void>;
  /** Records that thresholds were reported. */
  markSent(thresholds: readonly Threshold[]): Promise<void>;
}

/** Functions that {@link sendAlert} calls, e.g. to read the day's traces and to publish the message. */
export interface AlertParts {
  readonly claims: Claims;
  readonly readDay: () => Promise<DayReading>;
  readonly compose: (crossings: readonly Crossing[], day: DayReading, mayRepeat: boolean) => AlertMessage;
  readonly publish: (message: AlertMessage) => Promise<void>;
  readonly warn: (message: string, error: unknown) => void;
}

/**
 * Sends one message about the reached thresholds. Skips thresholds that another handler run has claimed or
 * reported. If the table cannot be written, the message may be sent twice.
 *
 * @returns the thresholds that the message reports
 * @throws if the message could not be sent. The next handler run tries again
 */
export async function sendAlert(
  crossings: readonly Crossing[],
  { claims, readDay, compose, publish, warn }: AlertParts,
): Promise<readonly Crossing[]> {
  const claimed = await Promise.all(
    crossings.map(crossing =>
      claims.claim(crossing).catch((error: unknown) => {
        warn('A budget alert could not be claimed. It is sent, and may be sent again', error);
        return undefined;
      }),
    ),
  );
  const reported = crossings.filter((_, index) => claimed[index] !== false);
  if (reported.length === 0) return reported;

  const day = await readDay();
  if (day.failure !== undefined) {
    warn('The traces of the day could not all be read. The message states it', day.failure);
  }
  try {
    await publish(compose(reported, day, claimed.includes(undefined)));
  } catch (error) {
    await Promise.all(
      reported.map(crossing =>
        claims.release(crossing).catch((failure: unknown) => {
          warn('A claim could not be released. It expires by itself', failure);
        }),
      ),
    );
    throw error;
  }
  await claims
    .markSent(reported.flatMap(crossing => [crossing, ...crossing.below]))
    .catch((error: unknown) => {
      warn('A budget alert could not be marked as sent. It may be sent again', error);
    });
  return reported;
}
