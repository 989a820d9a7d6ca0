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
 * Records a fake model call, only once in each process. Reads a response, computes its cost, and makes the
 * log line, the metric lines and the trace. Prints, sends and counts nothing.
 *
 * Node.js compiles a function when it is first called. Without the warm-up, the first model call takes longer
 * to record than the next hundred calls together. The warm-up runs in the init phase, in which Lambda
 * provides a full processor. Later, a function with little memory gets only a part of a processor.
 */
export function warmUp(): void {
  const state = shared('warm-up', () => ({ isStarted: false, isDone: false }));
  if (state.isStarted) return;
  state.isStarted = true;
  // A failed warm-up only makes the first call slower. The tests check `isDone`.
  ignoringErrors(() => {
    withoutWarnings(recordNothing);
    state.isDone = true;
  });
}

function recordNothing(): void {
  const profiles = new ProfileResolver();
  const facts = responseReader({ reads: 'Converse' }, MODEL, RESPONSE)();
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
