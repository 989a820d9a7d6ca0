import { cellId } from './cells';
import { FAMILIES, FAMILY_IDS, type FamilyId, type OperationId, type VariantId } from './dimensions';
import type { RecordedResponse } from '../payloads';

const OPERATIONS: Partial<Record<RecordedResponse['operation'], OperationId>> = { BatchOutput: 'BatchLine' };

/**
 * Returns the cell that a recorded response belongs to; undefined if it names no model of a family, or if it
 * is an agent's answer without a trace.
 */
export function cellOfRecording({ operation, modelId, expected }: RecordedResponse): string | undefined {
  const family = familyOf(modelId ?? '');
  return family && cellId(OPERATIONS[operation] ?? (operation as OperationId), family, variantOf(expected));
}

function familyOf(modelId: string): FamilyId | undefined {
  return FAMILY_IDS.find(id => FAMILIES[id].matches.test(modelId));
}

function variantOf({ inputTokens, outputTokens, ...cache }: RecordedResponse['expected']): VariantId {
  if (inputTokens === null) return 'failed';
  if (outputTokens === null) return 'broken';
  const { cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens } = cache;
  if (cacheReadTokens && cacheWriteTokens) return 'readWrite';
  if (cacheReadTokens) return 'read';
  if (cacheWrite1hTokens) return 'write1h';
  return cacheWriteTokens ? 'write5m' : 'none';
}
