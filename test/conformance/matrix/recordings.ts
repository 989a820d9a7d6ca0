import { cellId } from './cells';
import { FAMILIES, FAMILY_IDS, type FamilyId, type OperationId, type VariantId } from './dimensions';
import type { RecordedResponse } from '../payloads';

const OPERATIONS: Partial<Record<RecordedResponse['operation'], OperationId>> = { BatchOutput: 'BatchLine' };

/**
 * Returns the id of the table cell to which a recorded response belongs. Returns undefined if no family
 * contains the model. An agent's response without a trace has no model, so the result is undefined as well.
 */
export function cellOfRecording(recording: RecordedResponse): string | undefined {
  const { operation, modelId } = recording;
  const family = familyOf(modelId ?? '');
  return family && cellId(OPERATIONS[operation] ?? (operation as OperationId), family, variantOf(recording));
}

function familyOf(modelId: string): FamilyId | undefined {
  return FAMILY_IDS.find(id => FAMILIES[id].matches.test(modelId));
}

function variantOf({ operation, statusCode, expected }: RecordedResponse): VariantId {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens } = expected;
  if (inputTokens === null) {
    return statusCode === undefined && operation !== 'BatchOutput' ? 'broken' : 'failed';
  }
  if (outputTokens === null) return 'broken';
  if (cacheReadTokens && cacheWriteTokens) return 'readWrite';
  if (cacheReadTokens) return 'read';
  if (cacheWrite1hTokens) return 'write1h';
  return cacheWriteTokens ? 'write5m' : 'none';
}
