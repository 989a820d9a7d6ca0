import { asObject, type Json } from './counts';

/** Reads the stop reason from an InvokeModel body, or from a chunk of its stream. */
export function readStopReason(body: Json): string | undefined {
  return readEarlyStopReason(body) ?? readLastStopReason(body);
}

/** Reads the stop reason from members that can be in any chunk of a stream. */
export function readEarlyStopReason(chunk: Json): string | undefined {
  return [asObject(chunk.delta)?.stop_reason, asObject(chunk.messageStop)?.stopReason, chunk.stopReason].find(
    isReason,
  );
}

/** Reads the stop reason from members that only a body or the last chunk of a stream has. */
export function readLastStopReason(chunk: Json): string | undefined {
  const parts = [chunk.choices, chunk.outputs, chunk.results].find(
    list => Array.isArray(list) && list.length > 0,
  ) as readonly unknown[] | undefined;
  const part = asObject(parts?.[0]);
  return [
    chunk.stop_reason,
    chunk.completionReason,
    chunk.finish_reason,
    part?.finish_reason,
    part?.stop_reason,
    part?.completionReason,
  ].find(isReason);
}

function isReason(reason: unknown): reason is string {
  return typeof reason === 'string' && reason !== '';
}
