import type { LoopbackServer } from '../../local/emulators/http-server';
import { startTableFront, type TableAnswer, type TableRequest } from '../support/table-front';

export interface FrontRequest extends TableRequest {
  /** Position of this request among the requests with the same operation. The first request has number 1. */
  readonly number: number;
}

/**
 * Proxy in front of the DynamoDB emulator. A test can answer a request itself, or leave it without an answer.
 */
export interface Front extends LoopbackServer {
  /**
   * Called before a request is forwarded. Returns `hangs` for no response, a response, or `undefined` to
   * forward the request.
   */
  see: (request: FrontRequest) => 'hangs' | TableAnswer | undefined;
}

export async function startFront(engine: string): Promise<Front> {
  const counts = new Map<string, number>();
  const server = await startTableFront(engine, async (request, handOn) => {
    const number = (counts.get(request.operation) ?? 0) + 1;
    counts.set(request.operation, number);
    return front.see({ ...request, number }) ?? handOn();
  });
  const front: Front = { ...server, see: () => undefined };
  return front;
}
