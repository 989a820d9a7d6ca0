import { asObject } from './counts';
import { weightOfText } from './estimate-tokens';

/**
 * Members whose text is no content that the model reads or
 * writes as tokens, or is encoded: their length says nothing.
 */
const NO_CONTENT: ReadonlySet<string> = new Set([
  'type',
  'role',
  'id',
  'toolUseId',
  'tool_use_id',
  'tool_call_id',
  'signature',
  'data',
  'bytes',
  'url',
  'media_type',
  'format',
  'status',
  'finish_reason',
  'stop_reason',
  'completionReason',
  'anthropic_version',
  'ttl',
]);

const MAX_DEPTH = 16;
/** The largest context windows hold a few million characters. */
const MAX_CHARACTERS = 8_000_000;

/**
 * Estimates the tokens of the text anywhere in a request, or in a part of an answer, before rounding. Images
 * and documents are not looked into, so of a request that has some it says too little. Nothing is kept.
 */
export function weightOfContent(content: unknown): number {
  let characters = 0;
  const weigh = (value: unknown, depth: number): number => {
    if (typeof value === 'string') {
      characters += value.length;
      return characters > MAX_CHARACTERS ? 0 : weightOfText(value);
    }
    if (depth > MAX_DEPTH || value instanceof Uint8Array) return 0;
    if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + weigh(item, depth + 1), 0);
    const members = asObject(value);
    if (!members) return 0;
    return Object.entries(members).reduce(
      (sum, [name, member]) => (NO_CONTENT.has(name) ? sum : sum + weigh(member, depth + 1)),
      0,
    );
  };
  return weigh(content, 0);
}
