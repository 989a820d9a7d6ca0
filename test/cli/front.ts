import type { LoopbackServer } from '../../local/emulators/http-server';
import { startTableFront, type TableAnswer, type TableRequest } from '../support/table-front';

/** A request to a table. */
export interface FrontRequest extends TableRequest {
  /** How many of its operation there were before, and this one. */
  readonly number: number;
}

/** A server before a table's engine that sees each request, and can keep it or answer it. */
export interface Front extends LoopbackServer {
  /**
   * What becomes of a request: `hangs`, it is not handed on and never
   * answered; an object, that is the answer. Called before it is handed on.
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
