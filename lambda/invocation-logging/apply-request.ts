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

/** Statuses of the stack and of the outermost stack. Undefined if a status cannot be read. */
export type StackStatuses = readonly (string | undefined)[];

/** Statuses in which CloudFormation deletes a resource that a template or a user removed. */
const DELETING: StackStatuses = ['DELETE_IN_PROGRESS', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'];
const ROLLING_BACK = 'UPDATE_ROLLBACK_IN_PROGRESS';

/** Calls a function again while its error may be temporary. */
type Retry = <Result>(call: () => Promise<Result>) => Promise<Result>;

/** Longest time until Bedrock knows a new role, and until new permissions of the handler apply. */
const RETRY_MS = 60_000;
/** Pause between two calls. */
const RETRY_PAUSE_MS = 5000;
const THROTTLED = 429;

/** Wanted setting, and access to the account and to the stack. */
export interface RequestContext extends Pick<Services, 'setting'> {
  readonly wanted: WantedLogging;
  /** Action at deletion: `INVOCATION_LOGGING_ON_DELETE`. */
  readonly onDelete: string;
  /** Deadline in epoch milliseconds. It leaves time for the response. */
  readonly endsAt: number;
  /** Reads the statuses of the stack and of the outermost stack. */
  readonly stackStatuses: () => Promise<StackStatuses>;
  /** Logs a warning. */
  readonly warn: (text: string, reason: unknown) => void;
}

/** Result of a request. */
export interface RequestResult {
  /** Physical id for the response. */
  readonly id: string;
  readonly outcome?: Outcome;
  /** Error if the request failed. */
  readonly error?: unknown;
}

/** Effect on the setting, for the log. */
type Outcome = 'set' | 'as wanted' | 'restored' | 'left';

/** Number of times that the statuses of an idle stack are read, because a status can be out of date. */
const IDLE_READS = 4;
const IDLE_PAUSE_MS = 5000;
/** Time for which a refused write of the remaining setting is repeated. Then the setting is deleted. */
const RESTORE_MS = 15_000;

/** Applies a request to the account's setting, unless the setting belongs to others. It never throws. */
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
      // CloudFormation may have requested the deletion before this write, so the setting is removed here.
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
    // The kinds of data stay as they are, because a bucket that others have set receives them, too.
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
  // Logs may contain private data, so logging stays on only if the stack is certainly not rolled back.
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
 * Returns the statuses of the stacks during an operation.
 *
 * @throws if the stacks stay idle, because then CloudFormation did not send the request
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

/** @throws if there is a status in which the request comes too late */
function refuseLate(late: string | undefined): void {
  if (late !== undefined) throw new Error(`The request comes too late: the stack is in ${late}.`);
}

/**
 * Warns if the properties of an event differ from the environment, for example before the function is
 * updated. The environment takes precedence. Refusing the event could block a rollback.
 */
function warnOfDifferences(properties: LoggingRequest['properties'], { wanted, warn }: RequestContext): void {
  const differences = propertyDifferences(properties, wanted);
  if (differences.length > 0) {
    warn('The properties of the event differ from the environment', new Error(differences.join(', ')));
  }
}

/**
 * Returns a function that retries calls for up to a minute in total. It retries missing permissions,
 * throttling, time-outs and errors of the service or the network.
 *
 * @param endsAt time in epoch milliseconds after which it does not retry
 * @param invalidMs time for which it also retries an invalid setting. Default: 0
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

/** Returns a function that also retries an invalid setting, because Bedrock may not know a new role yet. */
function retryWithRole(endsAt: number): Retry {
  return retryTransient(endsAt, RETRY_MS);
}

/** Returns true if Bedrock refused a setting as invalid. */
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
    // Errors of the network and time-outs have no status.
    status === undefined ||
    status >= 500
  );
}

/** Returns true if no operation runs, so that CloudFormation sends no event. */
function areIdle(statuses: StackStatuses): boolean {
  return statuses.every(status => status?.endsWith('_COMPLETE'));
}

/** Returns the first status with a rollback, deletion or cleanup, in which a stack creates no resource. */
function findUndoing(statuses: StackStatuses): string | undefined {
  return statuses.find(status => status && /ROLLBACK|^DELETE_|CLEANUP/.test(status));
}

/**
 * Returns the first status in which a stack updates no resource: it is deleted, or its creation is rolled
 * back.
 */
function findEnding(statuses: StackStatuses): string | undefined {
  return statuses.find(status => status && /^(?:DELETE|ROLLBACK)_/.test(status));
}

/** Returns true if an update is rolled back. The rollback must not fail. */
function areRollingBack(statuses: StackStatuses): boolean {
  return statuses.includes(ROLLING_BACK);
}

/** Returns true if the resource is deleted for certain by a template or a user, and not by a rollback. */
function areDeleting(statuses: StackStatuses): boolean {
  return statuses.every(status => DELETING.includes(status));
}
