import type { DataKind } from './logging-setting';
import { INVOCATION_LOGGING_DATA } from '../../src/contract';

const PREFIX = 'bedrock-model-invocation-logging/';
const NONE = `${PREFIX}none`;
const BUCKET = `${PREFIX}bucket:`;
const SEPARATOR = '+';

/** Id of a resource whose creation has failed. */
export const FAILED_ID = `${PREFIX}failed`;

/** State that a resource id holds. */
export interface ResourceState {
  /** Data that a bucket got before the stack's part was added; undefined if there was no bucket. */
  readonly before?: readonly DataKind[];
}

/**
 * Returns the physical id of a resource, which holds what {@link restoredSetting} needs later. It names no
 * place, because whoever may invoke the function can send any id.
 */
export function resourceId({ before }: ResourceState): string {
  return before ? BUCKET + before.join(SEPARATOR) : NONE;
}

/**
 * Returns the state in a physical id. It is undefined if the creation failed, or was cancelled before it was
 * answered: CloudFormation makes up an id then.
 */
export function stateOf(id: string): ResourceState | undefined {
  if (id === NONE) return {};
  if (!id.startsWith(BUCKET)) return undefined;
  const kinds = id.slice(BUCKET.length).split(SEPARATOR);
  return { before: INVOCATION_LOGGING_DATA.filter(kind => kinds.includes(kind)) };
}
