import { SummaryBuilder } from './summary';
import { UsageLog } from './usage-log';
import { responseReader } from '../instrument/response-facts';
import { toInvocation } from '../invocation/record-input';
import { AnalyticsEmitter, SharedMetrics } from '../metrics/analytics-emitter';
import { CostCalculator } from '../pricing/cost-calculator';
import { ProfileResolver } from '../pricing/model-id';
import { Logger } from '../process/logger';
import { ignoringErrors } from '../process/promises';
import { shared } from '../process/shared-state';
import { withoutWarnings } from '../process/warn-once';
import { SharedTable } from '../traces/shared-table';

const MODEL = 'amazon.nova-micro-v1:0';
const RESPONSE = { usage: { inputTokens: 2, outputTokens: 1, totalTokens: 3 }, stopReason: 'end_turn' };
const OPTIONS = { sink: 'emf', isSilent: true } as const;

/**
 * Runs the code of one call, once in the process: reads a response, computes its cost, and makes the log
 * line, the metric lines and the trace. Nothing is printed, sent or counted.
 *
 * Node.js compiles a function when it is first called. For the first call of a model, this takes longer than
 * the next hundred calls together. Lambda creates the tracker in the init phase, with a full processor. The
 * handler of a small function has a part of a processor.
 */
export function warmUp(): void {
  const state = shared('warm-up', () => ({ isDone: false }));
  if (state.isDone) return;
  state.isDone = true;
  ignoringErrors(() => withoutWarnings(recordNothing));
}

function recordNothing(): void {
  const profiles = new ProfileResolver();
  const facts = responseReader('Converse', MODEL, RESPONSE)();
  const invocation = toInvocation(
    {
      ...facts,
      agentId: 'warm-up',
      modelId: MODEL,
      requestId: 'warm-up',
      operation: 'Converse',
      latencyMs: 1,
    },
    { calculator: new CostCalculator({}, profiles), profiles, defaults: {} },
  );
  const sums = new SummaryBuilder();
  sums.add(invocation);
  new UsageLog({}, new Logger('warm-up', { env: {}, write: () => undefined })).run(sums.build());
  const emitter = new AnalyticsEmitter(OPTIONS, new SharedMetrics(OPTIONS));
  emitter.emit(invocation);
  emitter.publish();
  new SharedTable({ tableName: 'warm-up' }).itemsOf(invocation, { provisional: false, withEntry: true });
}
