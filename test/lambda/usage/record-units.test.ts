import { logRecord } from '../ingest/support';
import { KeepingTracker, NOVA } from '../instrument/support';

const usage = { inputTokens: 1000, outputTokens: 200, totalTokens: 1200 };
const assessed = { own: { invocationMetrics: { usage: { contentPolicyUnits: 2 } } } };
const trace = { guardrail: { inputAssessment: assessed } };
/** 1,000 × $0.035 / 1M + 200 × $0.14 / 1M, in pico-dollars. */
const TOKENS = 63_000_000n;
/** Batch jobs cost half of it. */
const BATCH_TOKENS = 31_500_000n;

test.each([
  [
    'a line of a batch job with the trace of a guardrail',
    'BatchOutput',
    NOVA,
    { recordId: '1', modelInput: {}, modelOutput: { output: {}, usage, trace } },
    [{ guardrailContent: 2 }, BATCH_TOKENS + 300_000_000n, undefined],
  ],
  [
    'a line of a batch job with a guardrail and without its trace',
    'BatchOutput',
    NOVA,
    { recordId: '1', modelInput: { guardrailConfig: {} }, modelOutput: { output: {}, usage } },
    [undefined, BATCH_TOKENS, ['guardrailUnits']],
  ],
  [
    'a line of a batch job without an answer',
    'BatchOutput',
    NOVA,
    { recordId: '1', modelInput: { guardrailConfig: {} }, error: { errorCode: 400 } },
    [undefined, undefined, undefined],
  ],
  [
    'a record of the invocation log',
    'ModelInvocationLog',
    NOVA,
    logRecord({ output: { outputBodyJson: { usage, trace } } }),
    [{ guardrailContent: 2 }, TOKENS + 300_000_000n, undefined],
  ],
])(
  'billed units are read from %s that a program tracks',
  async (_what, operation, modelId, response, bill) => {
    const tracker = new KeepingTracker({ agentId: 'triage' });

    const { recorded } = await tracker.track({ operation, modelId }, () => response);

    const { units, cost } = await recorded;
    expect([units, cost?.picoUsd, cost?.lowerBound]).toEqual(bill);
  },
);
