import { setTimeout as pause } from 'node:timers/promises';
import { CREATED_ID, FAILED_ID, type LoggingRequest, UNTOUCHED_ID } from './custom-resource';
import {
  dataOf,
  ForeignSettingError,
  isOurs,
  type LoggingConfiguration,
  plannedSetting,
  restoredSetting,
  type WantedLogging,
} from './logging-setting';
import type { Services } from './logging-setting.aws';
import { formerPlace, propertyDifferences } from './wanted-logging';
import { INVOCATION_LOGGING_ON_DELETE } from '../../src/contract';

/**
 * Status of the stack and status of its outermost parent stack, in this order. A status is undefined if it
 * could not be read.
 */
export type StackStatuses = readonly (string | undefined)[];

/**
 * Stack statuses in which a resource is deleted on purpose. The stack is deleted, or an update removed the
 * resource from the template.
 */
const DELETING: StackStatuses = ['DELETE_IN_PROGRESS', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'];
const ROLLING_BACK = 'UPDATE_ROLLBACK_IN_PROGRESS';

/** Function that calls `call`, and calls it again after an error that may be temporary. */
type Retry = <Result>(call: () => Promise<Result>) => Promise<Result>;

/** Maximum time for retries, in milliseconds. New IAM roles and permissions take effect within this time. */
const RETRY_MS = 60_000;
/** Pause between two attempts, in milliseconds. */
const RETRY_PAUSE_MS = 5000;
const THROTTLED = 429;

/** Context of a request: the wanted setting, and functions for the account and the stack. */
export interface RequestContext extends Pick<Services, 'setting'> {
  readonly wanted: WantedLogging;
  /** Action when the resource is deleted: `restore` or `leave`, as in `INVOCATION_LOGGING_ON_DELETE`. */
  readonly onDelete: string;
  /**
   * Deadline of calls and retries, in epoch milliseconds. It leaves time for the response to CloudFormation.
   */
  readonly endsAt: number;
  /** Reads the status of the stack, and the status of its outermost parent stack. */
  readonly stackStatuses: () => Promise<StackStatuses>;
  readonly warn: (text: string, reason: unknown) => void;
}

export interface RequestResult {
  /** Physical id of the resource, for the response to CloudFormation. */
  readonly id: string;
  readonly outcome?: Outcome;
  /** Error of a failed request. Undefined if the request succeeded. */
  readonly error?: unknown;
}

/**
 * Effect of a request on the account's setting, for the log. With `as wanted` and `left`, the setting is
 * unchanged.
 */
type Outcome = 'set' | 'as wanted' | 'restored' | 'left';

/**
 * Number of status reads without a running operation until a stack counts as idle. One read can return an
 * outdated status.
 */
const IDLE_READS = 4;
const IDLE_PAUSE_MS = 5000;
/**
 * Maximum time in milliseconds for retries of writing a restored setting. If Bedrock still refuses the
 * setting, it is deleted.
 */
const RESTORE_MS = 15_000;

/**
 * Applies a request from CloudFormation to the account's invocation logging. Does not replace a setting of
 * others. Never throws: the result contains the error.
 */
export async function applyRequest(request: LoggingRequest, context: RequestContext): Promise<RequestResult> {
  const { type, id } = request;
  if (type === 'Create') return create(request, context);
  if (type !== 'Update' && type !== 'Delete') {
    return { id: UNTOUCHED_ID, error: new Error('RequestType must be Create, Update or Delete.') };
  }
  if (id === undefined) {
    const error = new Error('An Update or Delete must have a PhysicalResourceId, of at most 1,024 bytes.');
    return { id: UNTOUCHED_ID, error };
  }
  try {
    return { id, outcome: await (type === 'Update' ? update(request, context) : remove(id, context)) };
  } catch (error) {
    return { id, error };
  }
}

async function create({ properties }: LoggingRequest, context: RequestContext): Promise<RequestResult> {
  const { setting, wanted, endsAt } = context;
  let id = UNTOUCHED_ID;
  try {
    warnOfDifferences(properties, context);
    refuseLate(findUndoing(await readOperation(context)));
    const withRetry = retryWithRole(endsAt);
    const next = plannedSetting('Create', await withRetry(() => setting.read()), wanted);
    if (!next) return { id: CREATED_ID, outcome: 'as wanted' };
    id = FAILED_ID;
    await withRetry(() => setting.write(next));
    const undoing = findUndoing(await context.stackStatuses());
    if (undoing !== undefined) {
      // Undoes the write, because the stack no longer creates resources. CloudFormation may send no further
      // Delete request.
      await removeOwnPart(context, await retryTransient(endsAt)(() => setting.read()));
      id = UNTOUCHED_ID;
      refuseLate(undoing);
    }
    return { id: CREATED_ID, outcome: 'set' };
  } catch (error) {
    return { id, error };
  }
}

async function update(
  { properties, oldProperties }: LoggingRequest,
  context: RequestContext,
): Promise<Outcome> {
  const { setting, wanted, endsAt } = context;
  const statuses = await readOperation(context);
  refuseLate(findEnding(statuses));
  warnOfDifferences(properties, context);
  const withRetry = retryWithRole(endsAt);
  const present = await withRetry(() => setting.read());
  const former = formerPlace(oldProperties);
  let next: LoggingConfiguration | undefined;
  try {
    next = plannedSetting('Update', present, wanted, former);
  } catch (error) {
    if (!(error instanceof ForeignSettingError)) throw error;
    const known = statuses.includes(undefined) ? await context.stackStatuses() : statuses;
    if (!areRollingBack(known)) throw error;
    if (!present || !isOurs(present, wanted)) return 'left';
    // Keeps the logged data types, such as text or images, because others also use this setting.
    next = plannedSetting('Update', present, { ...wanted, data: dataOf(present) }, former);
  }
  if (!next) return 'as wanted';
  const written = next;
  await withRetry(() => setting.write(written));
  return 'set';
}

async function remove(id: string, context: RequestContext): Promise<Outcome> {
  if (id === UNTOUCHED_ID) return 'left';
  const statuses = await readOperation(context);
  const present = await retryTransient(context.endsAt)(() => context.setting.read());
  // True if `leave` applies. In a possible rollback, it does not apply, because logs may contain private
  // data.
  const isLeft =
    id === CREATED_ID && context.onDelete === INVOCATION_LOGGING_ON_DELETE.leave && areDeleting(statuses);
  return isLeft ? 'left' : removeOwnPart(context, present);
}

/** Removes from the setting the members that the stack has set. */
async function removeOwnPart(
  context: RequestContext,
  present: LoggingConfiguration | undefined,
): Promise<Outcome> {
  const { setting, wanted, endsAt } = context;
  if (!present || !isOurs(present, wanted)) return 'left';
  const restored = restoredSetting(present);
  try {
    if (restored) {
      await retryTransient(endsAt, RESTORE_MS)(() => setting.write(restored));
      return 'restored';
    }
  } catch (error) {
    if (!isInvalid(error)) throw error;
    context.warn('Bedrock refuses the remaining setting of others, so it is deleted, too', error);
  }
  await retryTransient(endsAt)(() => setting.remove());
  return 'restored';
}

/**
 * Waits until the stack is in an operation, such as an update. Returns the status of the stack and of its
 * outermost parent.
 *
 * @throws if no operation starts, because the request then did not come from CloudFormation
 */
async function readOperation({ stackStatuses }: RequestContext): Promise<StackStatuses> {
  for (let reads = 1; ; reads += 1) {
    const statuses = await stackStatuses();
    if (!areIdle(statuses)) return statuses;
    if (reads >= IDLE_READS) {
      throw new Error(
        `No operation of the stack runs (${statuses.join(', ')}), so nothing is changed. ` +
          'Only CloudFormation may invoke this function.',
      );
    }
    await pause(IDLE_PAUSE_MS);
  }
}

/**
 * Throws an error if the request comes too late.
 *
 * @param late stack status that makes the request too late. Undefined if the request is in time
 */
function refuseLate(late: string | undefined): void {
  if (late !== undefined) throw new Error(`The request comes too late: the stack is in ${late}.`);
}

/**
 * Logs a warning if the properties of the event differ from `wanted`. Throws no error, because an error could
 * block a rollback.
 */
function warnOfDifferences(properties: LoggingRequest['properties'], { wanted, warn }: RequestContext): void {
  const differences = propertyDifferences(properties, wanted);
  if (differences.length > 0) {
    warn('The properties of the event differ from the environment', new Error(differences.join(', ')));
  }
}

/**
 * Returns a function that retries failed calls, for up to a minute in total. Retries a call after
 * `AccessDeniedException`, throttling, a network error, a time-out or an HTTP status of 500 or more.
 *
 * @param endsAt time in epoch milliseconds after which no call is retried
 * @param invalidMs maximum time in milliseconds for retries after a `ValidationException`. Default: 0
 */
function retryTransient(endsAt: number, invalidMs = 0): Retry {
  const start = Date.now();
  return async call => {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        const ms = isInvalid(error) ? invalidMs : isTransient(error) ? RETRY_MS : 0;
        if (Date.now() + RETRY_PAUSE_MS > Math.min(start + ms, endsAt)) throw error;
        await pause(RETRY_PAUSE_MS);
      }
    }
  };
}

/**
 * Returns a `retryTransient` function that also retries after a `ValidationException`, for up to a minute.
 * Bedrock returns this error until it knows a new role.
 */
function retryWithRole(endsAt: number): Retry {
  return retryTransient(endsAt, RETRY_MS);
}

/** Returns true if Bedrock refused the setting as invalid. */
function isInvalid(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationException';
}

function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return (
    error.name === 'AccessDeniedException' ||
    error.name === 'ThrottlingException' ||
    status === THROTTLED ||
    // Network errors and time-outs have no HTTP status.
    status === undefined ||
    status >= 500
  );
}

/**
 * Returns true if neither stack is in an operation. CloudFormation sends requests only during an operation.
 */
function areIdle(statuses: StackStatuses): boolean {
  return statuses.every(status => status?.endsWith('_COMPLETE'));
}

/**
 * Returns the first status of a rollback, deletion or cleanup, or undefined. In such a status, a Create
 * request comes too late.
 */
function findUndoing(statuses: StackStatuses): string | undefined {
  return statuses.find(status => status && /ROLLBACK|^DELETE_|CLEANUP/.test(status));
}

/**
 * Returns the first status of a deletion or of a rolled-back creation, or undefined. In such a status, an
 * Update request comes too late.
 */
function findEnding(statuses: StackStatuses): string | undefined {
  return statuses.find(status => status && /^(?:DELETE|ROLLBACK)_/.test(status));
}

/** Returns true if a stack is rolling back an update. A failed request would block this rollback. */
function areRollingBack(statuses: StackStatuses): boolean {
  return statuses.includes(ROLLING_BACK);
}

/**
 * Returns true if all stacks have a status of an intended deletion. Otherwise, a rollback may delete the
 * resource.
 */
function areDeleting(statuses: StackStatuses): boolean {
  return statuses.every(status => DELETING.includes(status));
}
