import type { LoopbackServer } from '../../local/emulators/http-server';
import { startTableFront, type TableAnswer, type TableRequest } from '../support/table-front';

/** A request to a table. */
export interface FrontRequest extends TableRequest {
  /** Number of requests with the same operation so far, including this one. */
  readonly number: number;
}

/** Proxy of the table's emulator that sees each request, and can hold or answer it. */
export interface Front extends LoopbackServer {
  /**
   * Decides about a request before it reaches the emulator. `hangs` leaves it without an answer,
   * an object is the answer, and `undefined` forwards the request.
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
