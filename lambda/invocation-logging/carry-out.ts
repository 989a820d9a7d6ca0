import { setTimeout as pause } from 'node:timers/promises';
import type { LoggingRequest } from './event';
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
import { isInvalid, patience, patienceWithRole } from './patience';
import { CREATED_ID, FAILED_ID, UNTOUCHED_ID } from './resource-id';
import {
  areDeleting,
  areIdle,
  areRollingBack,
  endingOf,
  type StackStatuses,
  undoingOf,
} from './stack-status';
import { formerPlace, propertyDifferences } from './wanted-logging';
import { INVOCATION_LOGGING_ON_DELETE } from '../../src/contract';

/** The stack's wishes and its means. */
export interface Stage extends Pick<Services, 'setting'> {
  readonly wanted: WantedLogging;
  readonly onDelete: string;
  /** Time when the work must be done, so that there is time for the answer. */
  readonly endsAt: number;
  readonly stackStatuses: () => Promise<StackStatuses>;
  /** Logs a warning. */
  readonly warn: (text: string, reason: unknown) => void;
}

/** Result of a request. */
export interface CarriedOut {
  /** Physical id for the answer. */
  readonly id: string;
  readonly outcome?: Outcome;
  /** Error if the request failed. */
  readonly error?: unknown;
}

type Outcome = 'set' | 'as wanted' | 'restored' | 'left';

/** Looks at a stack that seems idle. A status can be read late. */
const IDLE_LOOKS = 4;
const IDLE_PAUSE_MS = 5000;
/** Time for which Bedrock may refuse what remains of a setting, before all of it is deleted. */
const REST_MS = 15_000;

/**
 * Carries out a request on the account's setting. If the setting is somebody else's, nothing is changed. No
 * error is thrown.
 */
export async function carryOut(request: LoggingRequest, stage: Stage): Promise<CarriedOut> {
  const { type, id } = request;
  if (type === 'Create') return create(request, stage);
  if (type !== 'Update' && type !== 'Delete') {
    return { id: UNTOUCHED_ID, error: new Error('RequestType must be Create, Update or Delete.') };
  }
  if (id === undefined) {
    const error = new Error('An Update or Delete must have a PhysicalResourceId, of at most 1,024 bytes.');
    return { id: UNTOUCHED_ID, error };
  }
  try {
    return { id, outcome: await (type === 'Update' ? update(request, stage) : remove(id, stage)) };
  } catch (error) {
    return { id, error };
  }
}

async function create({ properties }: LoggingRequest, stage: Stage): Promise<CarriedOut> {
  const { setting, wanted, endsAt } = stage;
  let id = UNTOUCHED_ID;
  try {
    warnOfDifferences(properties, stage);
    requireGoing(undoingOf(await operationOf(stage)));
    const patiently = patienceWithRole(endsAt);
    const next = plannedSetting('Create', await patiently(() => setting.read()), wanted);
    if (!next) return { id: CREATED_ID, outcome: 'as wanted' };
    id = FAILED_ID;
    await patiently(() => setting.write(next));
    const undoing = undoingOf(await stage.stackStatuses());
    if (undoing !== undefined) {
      // The deletion may be over, and would not come again.
      await takeOut(stage, await patience(endsAt)(() => setting.read()));
      id = UNTOUCHED_ID;
      requireGoing(undoing);
    }
    return { id: CREATED_ID, outcome: 'set' };
  } catch (error) {
    return { id, error };
  }
}

async function update({ properties, oldProperties }: LoggingRequest, stage: Stage): Promise<Outcome> {
  const { setting, wanted, endsAt } = stage;
  const statuses = await operationOf(stage);
  requireGoing(endingOf(statuses));
  warnOfDifferences(properties, stage);
  const patiently = patienceWithRole(endsAt);
  const present = await patiently(() => setting.read());
  const former = formerPlace(oldProperties);
  let next: LoggingConfiguration | undefined;
  try {
    next = plannedSetting('Update', present, wanted, former);
  } catch (error) {
    if (!(error instanceof ForeignSettingError)) throw error;
    const known = statuses.includes(undefined) ? await stage.stackStatuses() : statuses;
    if (!areRollingBack(known)) throw error;
    if (!present || !isOurs(present, wanted)) return 'left';
    // Somebody has added a bucket: it keeps its data.
    next = plannedSetting('Update', present, { ...wanted, data: dataOf(present) }, former);
  }
  if (!next) return 'as wanted';
  const written = next;
  await patiently(() => setting.write(written));
  return 'set';
}

async function remove(id: string, stage: Stage): Promise<Outcome> {
  if (id === UNTOUCHED_ID) return 'left';
  const statuses = await operationOf(stage);
  const present = await patience(stage.endsAt)(() => stage.setting.read());
  // Privacy comes first: the setting is left only if it is certain that nothing is rolled back.
  const isLeft =
    id === CREATED_ID && stage.onDelete === INVOCATION_LOGGING_ON_DELETE.leave && areDeleting(statuses);
  return isLeft ? 'left' : takeOut(stage, present);
}

/** Takes the stack's part out of the setting. */
async function takeOut(stage: Stage, present: LoggingConfiguration | undefined): Promise<Outcome> {
  const { setting, wanted, endsAt } = stage;
  if (!present || !isOurs(present, wanted)) return 'left';
  const restored = restoredSetting(present);
  try {
    if (restored) {
      await patience(endsAt, REST_MS)(() => setting.write(restored));
      return 'restored';
    }
  } catch (error) {
    if (!isInvalid(error)) throw error;
    stage.warn('Bedrock refuses what others have set, such as a bucket that is gone: all is deleted', error);
  }
  await patience(endsAt)(() => setting.remove());
  return 'restored';
}

/**
 * Returns the statuses of the stacks.
 *
 * @throws if no operation runs, and stays so: nobody but CloudFormation has business here
 */
async function operationOf({ stackStatuses }: Stage): Promise<StackStatuses> {
  for (let looks = 1; ; looks += 1) {
    const statuses = await stackStatuses();
    if (!areIdle(statuses)) return statuses;
    if (looks >= IDLE_LOOKS) {
      throw new Error(
        `No operation of the stack runs (${statuses.join(', ')}), so nothing is changed. ` +
          'Only CloudFormation may invoke this function.',
      );
    }
    await pause(IDLE_PAUSE_MS);
  }
}

/** @throws if a stack is in a status in which a request comes too late */
function requireGoing(late: string | undefined): void {
  if (late !== undefined) throw new Error(`The request comes too late: the stack is in ${late}.`);
}

/**
 * Warns of an event with other properties than the environment, which alone is set. The function may not be
 * updated yet. Refusing the event could leave a rollback stuck.
 */
function warnOfDifferences(properties: LoggingRequest['properties'], { wanted, warn }: Stage): void {
  const differences = propertyDifferences(properties, wanted);
  if (differences.length > 0) warn('The event is of another time', new Error(differences.join(', ')));
}
