import type { LoopbackServer } from '../../local/emulators/http-server';
import { startTableFront, type TableAnswer, type TableRequest } from '../support/table-front';

export interface FrontRequest extends TableRequest {
  /** Number of requests with this operation so far, including this one. */
  readonly number: number;
}

/** Proxy in front of the DynamoDB emulator. Can delay or answer a request itself. */
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
