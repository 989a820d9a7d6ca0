import type { Run } from './delivery';
import type { Recorded } from '../instrument/observed-call';
import type { CallDefaults } from '../invocation/record-input';

/** Hears of the records made inside a tracked call, so that no call is counted twice. */
export class Claim {
  last: Recorded | undefined;

  constructor(private readonly outer: Claim | undefined) {}

  note(recorded: Recorded): void {
    this.last = recorded;
    this.outer?.note(recorded);
  }
}

/** What surrounds a call. */
export interface Scope {
  readonly run: Run;
  readonly defaults: CallDefaults;
  readonly claim?: Claim;
}

/** The defaults inside others: what is not said is inherited. */
export function inherited(outer: CallDefaults, inner: CallDefaults): CallDefaults {
  return {
    agentId: inner.agentId ?? outer.agentId,
    incidentId: inner.incidentId ?? outer.incidentId,
    sessionId: inner.sessionId ?? outer.sessionId,
    items: inner.items ?? outer.items,
    timestamp: inner.timestamp ?? outer.timestamp,
  };
}
