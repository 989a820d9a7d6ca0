import { setTimeout as pause } from 'node:timers/promises';

/** Repeats a call as long as its error may pass. */
export type Patience = <Result>(call: () => Promise<Result>) => Promise<Result>;

/** Time for which Bedrock may not know a new role, and IAM not the handler's own rights. */
const WAIT_MS = 60_000;
const PAUSE_MS = 5000;
const THROTTLED = 429;

/**
 * Returns a function that repeats calls, for a minute in all. Rights that are not known yet, throttling,
 * time-outs and errors of the service or the network may pass, other refusals not.
 *
 * @param endsAt time after which nothing is repeated
 * @param invalidMs time for which a refused setting may pass
 */
export function patience(endsAt: number, invalidMs = 0): Patience {
  const start = Date.now();
  return async call => {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        const ms = isInvalid(error) ? invalidMs : isTransient(error) ? WAIT_MS : 0;
        if (Date.now() + PAUSE_MS > Math.min(start + ms, endsAt)) throw error;
        await pause(PAUSE_MS);
      }
    }
  };
}

/** Patience with a role that was made just now. */
export function patienceWithRole(endsAt: number): Patience {
  return patience(endsAt, WAIT_MS);
}

/** Returns true if Bedrock has refused a setting. */
export function isInvalid(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationException';
}

function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return (
    error.name === 'AccessDeniedException' ||
    error.name === 'ThrottlingException' ||
    status === THROTTLED ||
    // An error without a status is one of the network or of the clock.
    status === undefined ||
    status >= 500
  );
}
