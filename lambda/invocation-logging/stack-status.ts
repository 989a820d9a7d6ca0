/** Statuses of the stack and of the outermost one; undefined if one cannot be read. */
export type StackStatuses = readonly (string | undefined)[];

/** Statuses of a stack in which CloudFormation deletes what the template, or a user, has given up. */
const DELETING: StackStatuses = ['DELETE_IN_PROGRESS', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'];
const ROLLING_BACK = 'UPDATE_ROLLBACK_IN_PROGRESS';

/** Returns true if no operation is known to run, so that CloudFormation sends no event. */
export function areIdle(statuses: StackStatuses): boolean {
  return statuses.every(status => status?.endsWith('_COMPLETE'));
}

/** Returns the status in which nothing is created any more, if a stack is in one. */
export function undoingOf(statuses: StackStatuses): string | undefined {
  return statuses.find(status => status && /ROLLBACK|^DELETE_|CLEANUP/.test(status));
}

/** Returns the status in which nothing is updated any more, if a stack is in one. */
export function endingOf(statuses: StackStatuses): string | undefined {
  return statuses.find(status => status && /^(?:DELETE|ROLLBACK)_/.test(status));
}

/** Returns true if an update is rolled back, which must not fail. */
export function areRollingBack(statuses: StackStatuses): boolean {
  return statuses.includes(ROLLING_BACK);
}

/** Returns true if it is certain that the resource is deleted, and no creation rolled back. */
export function areDeleting(statuses: StackStatuses): boolean {
  return statuses.every(status => DELETING.includes(status));
}
