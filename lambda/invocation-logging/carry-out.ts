import { setTimeout as pause } from 'node:timers/promises';
import {
  dataOf,
  ForeignSettingError,
  isOurs,
  type LoggingConfiguration,
  plannedSetting,
  restoredSetting,
  type WantedLogging,
} from './logging-setting';
import { resourceId, stateOf } from './resource-id';
import { INVOCATION_LOGGING_ON_DELETE } from '../../src/contract';

/** Place of the account's setting. */
export interface LoggingSetting {
  read(): Promise<LoggingConfiguration | undefined>;
  write(configuration: LoggingConfiguration): Promise<void>;
  remove(): Promise<void>;
}

/** The stack's wishes and its means. */
export interface Stage {
  readonly wanted: WantedLogging;
  readonly onDelete: string;
  readonly setting: LoggingSetting;
  /** Reads the status of the stack; undefined if it cannot be read. */
  readonly stackStatus: () => Promise<string | undefined>;
}

/** Request of CloudFormation. Its properties are not read: whoever may invoke the function can send any. */
export type LoggingRequest =
  | { readonly RequestType: 'Create' }
  | { readonly RequestType: 'Update' | 'Delete'; readonly PhysicalResourceId: string };

/** Result of a request. */
export interface CarriedOut {
  readonly id: string;
  readonly outcome: 'set' | 'as wanted' | 'restored' | 'left';
}

/** Statuses of a stack in which CloudFormation deletes what the template, or a user, has given up. */
const DELETING: readonly (string | undefined)[] = [
  'DELETE_IN_PROGRESS',
  'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
];
const ROLLING_BACK = 'UPDATE_ROLLBACK_IN_PROGRESS';

/**
 * Errors of a role or policy that was made just now: Bedrock cannot use the role yet, or IAM does not know
 * the handler's own rights everywhere.
 */
const NOT_KNOWN_YET: ReadonlySet<string> = new Set(['ValidationException', 'AccessDeniedException']);
const WAIT_MS = 60_000;
const PAUSE_MS = 5000;

/**
 * Carries out a request on the account's setting.
 *
 * @throws if the setting is somebody else's, in which case nothing is changed, or a service refuses
 */
export async function carryOut(request: LoggingRequest, stage: Stage): Promise<CarriedOut> {
  switch (request.RequestType) {
    case 'Create':
      return create(stage);
    case 'Update':
      return { id: request.PhysicalResourceId, outcome: await update(stage) };
    case 'Delete':
      return { id: request.PhysicalResourceId, outcome: await remove(request.PhysicalResourceId, stage) };
    default:
      throw new Error('RequestType must be Create, Update or Delete.');
  }
}

async function create({ setting, wanted }: Stage): Promise<CarriedOut> {
  const patiently = patience();
  const present = await patiently(() => setting.read());
  const next = plannedSetting('Create', present, wanted);
  if (next) await patiently(() => setting.write(next));
  return {
    id: resourceId(present?.s3Config ? { before: dataOf(present) } : {}),
    outcome: next ? 'set' : 'as wanted',
  };
}

async function update({ setting, wanted, stackStatus }: Stage): Promise<CarriedOut['outcome']> {
  const patiently = patience();
  try {
    const next = plannedSetting('Update', await patiently(() => setting.read()), wanted);
    if (next) await patiently(() => setting.write(next));
    return next ? 'set' : 'as wanted';
  } catch (error) {
    // A refused update is rolled back by another update. If that failed, too, the stack would be stuck.
    if (error instanceof ForeignSettingError && (await stackStatus()) === ROLLING_BACK) return 'left';
    throw error;
  }
}

async function remove(
  id: string,
  { setting, wanted, onDelete, stackStatus }: Stage,
): Promise<CarriedOut['outcome']> {
  const present = await setting.read();
  if (!present || !isOurs(present, wanted)) return 'left';
  const state = stateOf(id);
  // Privacy comes first: the setting is left only if it is certain that nothing is rolled back.
  if (
    state &&
    onDelete === INVOCATION_LOGGING_ON_DELETE.leave &&
    DELETING.includes((await stackStatus()) ?? '')
  ) {
    return 'left';
  }
  const restored = restoredSetting(present, wanted, state?.before);
  await (restored ? setting.write(restored) : setting.remove());
  return 'restored';
}

/** Returns a function that repeats calls as long as new roles may not be known, for a minute in all. */
function patience(): <Result>(call: () => Promise<Result>) => Promise<Result> {
  const end = Date.now() + WAIT_MS;
  return async call => {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        const mayPass = error instanceof Error && NOT_KNOWN_YET.has(error.name);
        if (!mayPass || Date.now() + PAUSE_MS > end) throw error;
        await pause(PAUSE_MS);
      }
    }
  };
}
