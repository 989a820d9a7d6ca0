import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { readSpanLine, readSpanRules } from '../../../../lambda/ingest/spans/read-span';
import type { SpanCall, SpanReading } from '../../../../lambda/ingest/spans/span-call';
import type { TokenUsage } from '../../../../lambda/usage/token-usage';

export type Members = Readonly<Record<string, unknown>>;

const FIXTURES = path.join(__dirname, '../../../fixtures/spans');

/** Returns the text of a span record in the fixtures, whose numbers are not rounded. */
export function sampleLine(name: string): string {
  return readFileSync(path.join(FIXTURES, `${name}.json`), 'utf8');
}

export const BOTO = 'opentelemetry.instrumentation.botocore.bedrock-runtime';
export const SONNET = 'us.anthropic.claude-sonnet-4-6';
export const TRACE_ID = '6a100000000000000000000000000001';
export const SPAN_ID = '00000000000000a1';

/** Parts of a span record that a test changes. */
export interface SpanChanges {
  readonly attributes?: Members;
  readonly resource?: Members;
  readonly scope?: Members | null;
  readonly record?: Members;
}

/** Makes the span of one model call, as a framework sends it. */
export function spanRecord({ attributes, resource, scope, record }: SpanChanges = {}): Members {
  return {
    resource: { attributes: { 'service.name': 'orders', ...resource } },
    scope: scope === undefined ? { name: 'some.framework', version: '1.0.0' } : scope,
    traceId: TRACE_ID,
    spanId: SPAN_ID,
    parentSpanId: '00000000000000b1',
    name: 'chat',
    kind: 'INTERNAL',
    startTimeUnixNano: 1_793_000_000_000_000_000,
    endTimeUnixNano: 1_793_000_002_500_000_000,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': SONNET,
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 10,
      ...attributes,
    },
    status: { code: 'UNSET' },
    ...record,
  };
}

export const NO_RULES = readSpanRules({});

export function readLine(message: string, rules = NO_RULES): SpanReading {
  return readSpanLine({ message }, rules);
}

export function read(changes?: SpanChanges, rules = NO_RULES): SpanReading {
  return readLine(JSON.stringify(spanRecord(changes)), rules);
}

/** Returns the call of a reading. Fails if the line is not the span of a model call. */
export function spanOf(reading: SpanReading): SpanCall {
  if (reading.kind !== 'span') throw new Error(`expected a span, got: ${JSON.stringify(reading)}`);
  return reading.span;
}

/** Returns the counts of a usage: uncached input, cache reads, cache writes, output. */
export function bucketsOf(usage: TokenUsage | undefined): readonly number[] | undefined {
  return (
    usage && [
      usage.uncachedInputTokens,
      usage.cacheReadTokens,
      usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
      usage.outputTokens,
    ]
  );
}
