import type { Invocation } from '../invocation/invocation';

/** Invocations that wait to be written, in order, and no more of them than there is room for. */
export class TraceQueue {
  private invocations: Invocation[] = [];

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.invocations.length;
  }

  /** @returns false where there is no room */
  add(invocation: Invocation): boolean {
    if (this.invocations.length >= this.capacity) return false;
    this.invocations.push(invocation);
    return true;
  }

  /** Takes the first ones out. */
  take(count: number): Invocation[] {
    return this.invocations.splice(0, count);
  }
}
