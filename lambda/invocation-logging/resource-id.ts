const PREFIX = 'bedrock-model-invocation-logging/';

/**
 * Physical id of a resource that was created. It holds nothing else, because whoever may invoke the function
 * can send any id.
 */
export const CREATED_ID = `${PREFIX}created`;
/** Id of a resource whose creation has failed after it may have written. */
export const FAILED_ID = `${PREFIX}failed`;
/** Id of a resource whose creation has written nothing: its deletion has nothing to undo. */
export const UNTOUCHED_ID = `${PREFIX}untouched`;
