import * as agentRuntime from '@aws-sdk/client-bedrock-agent-runtime';
import * as bedrockRuntime from '@aws-sdk/client-bedrock-runtime';
import { LONG_SERVICE_NAMES, traceItem } from '../../../lambda/traces/trace-item';
import { bytesOf } from '../../reports/rolled-up-month';
import type { Invocation } from 'cdk-token-analytics/runtime';

const OPTIONS = { writeShards: 100, ttlDays: 90 };
/** Number with 17 digits, the maximum in JavaScript, so that its text in a trace is as long as possible. */
const LONGEST_AMOUNT = 1_125_899_906_842_623.4;

/** Names that the installed Bedrock clients export, e.g. `ConverseCommand` and `ThrottlingException`. */
const exported = [...new Set([...Object.keys(bedrockRuntime), ...Object.keys(agentRuntime)])];
const OPERATIONS = exported.flatMap(name => /^([A-Z]\w*)Command$/.exec(name)?.[1] ?? []);
const ERRORS = exported.filter(name => /^[A-Z]\w*Exception$/.test(name));

function invocation(changes: Partial<Invocation>): Invocation {
  return {
    requestId: 'req-1',
    agentId: 'triage',
    model: 'm',
    modelId: 'us.m',
    scope: 'geo',
    timestamp: new Date('2026-11-21T10:20:30.400Z'),
    ...changes,
  };
}

test('the installed clients have operations and errors with long names', () => {
  expect(OPERATIONS).toContain('InvokeModelWithResponseStream');
  expect(ERRORS).toContain('ServiceQuotaExceededException');
});

test.each(OPERATIONS)('keeps the full name of the operation %s in a trace', operation => {
  expect(traceItem(invocation({ operation }), OPTIONS).operation).toEqual({ S: operation });
});

test.each(ERRORS)('keeps the full name of the error %s in a trace', error => {
  expect(traceItem(invocation({ error }), OPTIONS).error).toEqual({ S: error });
});

test('keeps only names that the installed clients define', () => {
  expect([...OPERATIONS, ...ERRORS]).toEqual(expect.arrayContaining([...LONG_SERVICE_NAMES]));
});

test('cuts other long names to 24 bytes, also those that begin like a name of the service', () => {
  const name = 'InvokeModelWithResponseStreams';
  const item = traceItem(
    invocation({ operation: name, error: name, stopReason: 'ServiceQuotaExceededException' }),
    OPTIONS,
  );

  for (const attribute of [item.operation, item.error, item.stopReason]) {
    expect(attribute).toEqual({ S: expect.stringMatching(/^.{15}~[0-9a-f]{8}$/) as string });
  }
});

test.each(['é', '#'].flatMap(character => [true, false].map(failed => [character, failed] as const)))(
  'fits the largest trace of the character %s into 1 KB (failed: %s)',
  (character, failed) => {
    const long = character.repeat(5000);
    const longest = (names: readonly string[]) =>
      names.reduce((longer, name) => (name.length > longer.length ? name : longer));
    const item = traceItem(
      invocation({
        agentId: long,
        requestId: long,
        incidentId: long,
        sessionId: long,
        model: long,
        modelId: long,
        operation: longest(OPERATIONS),
        error: failed ? longest(ERRORS) : undefined,
        serviceTier: long,
        stopReason: long,
        usage: {
          uncachedInputTokens: 9e15,
          cacheReadTokens: 9e15,
          cacheWrite5mTokens: 9e15,
          cacheWrite1hTokens: 9e15,
          outputTokens: 9e15,
          speechInputTokens: 9e15,
          speechOutputTokens: 9e15,
          source: 'streamMetrics',
          partial: true,
        },
        cost: {
          usd: 0,
          picoUsd: 10n ** 38n - 1n,
          breakdown: { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n },
          price: { input: 1, output: 1, asOf: long, source: 's' },
          lowerBound: ['bareId', 'cacheWriteTtl'],
        },
        scope: 'in-region',
        latencyMs: LONGEST_AMOUNT,
        timeToFirstTokenMs: LONGEST_AMOUNT,
        items: LONGEST_AMOUNT,
        outputDifference: 9e15,
        reportedInputTokens: 9e15,
      }),
      OPTIONS,
    );

    expect(bytesOf(item)).toBeLessThanOrEqual(1024);
  },
);
