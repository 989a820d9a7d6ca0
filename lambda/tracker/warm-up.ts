import { callRecorder } from './call-recorder';
import { Delivery } from './delivery';
import { handlerRuns } from './handler-run';
import { UsageLog } from './usage-log';
import { SharedMetrics } from '../metrics/analytics-emitter';
import { Logger } from '../process/logger';
import { ignoringErrors } from '../process/promises';
import type { WriteBatch } from '../process/retry';
import { shared } from '../process/shared-state';
import { SharedTable } from '../traces/shared-table';
import type { QueuedItem } from '../traces/trace-item';

const CONTEXT = { agentId: 'warm-up', modelId: 'amazon.nova-micro-v1:0', requestId: 'warm-up' };
const RESPONSE = { usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 }, stopReason: 'end_turn' };
const FLUSH_MS = 1000;

/** Table that accepts each trace and stores nothing. */
class NoTable extends SharedTable {
  override connect(): Promise<WriteBatch<QueuedItem>> {
    return Promise.resolve(() => Promise.resolve({ left: [] }));
  }
}

/**
 * Runs the code of one handler with one call, once in the process. Nothing is printed, sent or counted.
 *
 * Node.js compiles a function when it is first called. For the first call of a model, this takes longer than
 * the next hundred calls together. Lambda creates the tracker in the init phase, with a full processor. The
 * handler of a small function has a part of a processor.
 */
export function warmUp(): void {
  const state = shared('warm-up', () => ({ isDone: false }));
  if (state.isDone) return;
  state.isDone = true;
  ignoringErrors(() => {
    const options = { sink: 'emf', tableName: 'warm-up' } as const;
    const delivery = new Delivery(options, {
      metrics: new SharedMetrics({ ...options, isSilent: true }),
      table: new NoTable(options),
    });
    const log = new UsageLog({}, new Logger('warm-up', { write: () => undefined }));
    const recorder = callRecorder(options, delivery, log);
    const callHandler = handlerRuns({ recorder, delivery, log, enabled: true, flushTimeoutMs: FLUSH_MS });
    void callHandler(() => recorder.observe(CONTEXT, () => RESPONSE).recorded().invocation, undefined, []);
  });
}
