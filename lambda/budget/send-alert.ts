import type { AlertMessage } from './alert-message';
import type { DayReading } from './read-day';
import type { Crossing, Threshold } from './thresholds';

/** Who may tell of a threshold, so that it is told of once. */
export interface Claims {
  /** Whether this run may tell: false where another run does, or has. */
  claim(threshold: Threshold): Promise<boolean>;
  /** Gives a claim up. */
  release(threshold: Threshold): Promise<void>;
  /** Says that thresholds are told of. */
  markSent(thresholds: readonly Threshold[]): Promise<void>;
}

/** What a message is made and sent with. */
export interface AlertParts {
  readonly claims: Claims;
  readonly readDay: () => Promise<DayReading>;
  readonly compose: (told: readonly Crossing[], day: DayReading, mayRepeat: boolean) => AlertMessage;
  readonly publish: (message: AlertMessage) => Promise<void>;
  readonly warn: (message: string, error: unknown) => void;
}

/**
 * Sends one message of the crossings that nobody has told of, if there are any. The claim comes first, so
 * that of two runs at a time one sends; it is marked as sent when it is, and given up where it cannot be. A
 * run that ends without a word holds its claim for some minutes, and the next run then sends: an alert comes
 * twice rather than never.
 *
 * @returns the crossings that were told of
 * @throws where the message could not be sent: the next try sends it
 */
export async function sendAlert(
  crossings: readonly Crossing[],
  { claims, readDay, compose, publish, warn }: AlertParts,
): Promise<readonly Crossing[]> {
  const answers = await Promise.all(
    crossings.map(crossing =>
      claims.claim(crossing).catch((error: unknown) => {
        warn('A budget alert could not be claimed: it is sent all the same and may come again', error);
        return undefined;
      }),
    ),
  );
  const told = crossings.filter((_, index) => answers[index] !== false);
  if (told.length === 0) return told;

  const day = await readDay();
  if (day.failure !== undefined) {
    warn('The traces of the day could not be read whole: the message says so', day.failure);
  }
  try {
    await publish(compose(told, day, answers.includes(undefined)));
  } catch (error) {
    await Promise.all(
      told.map(crossing =>
        claims.release(crossing).catch((failure: unknown) => {
          warn('A claim could not be given up: it ends by itself', failure);
        }),
      ),
    );
    throw error;
  }
  await claims.markSent(told.flatMap(crossing => [crossing, ...crossing.below])).catch((error: unknown) => {
    warn('A budget alert could not be marked as sent: it may come again', error);
  });
  return told;
}
