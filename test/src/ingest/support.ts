import type { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as logs from 'aws-cdk-lib/aws-logs';
import { TokenTraceTable, TokenUsageIngest, type TokenUsageIngestProps } from '../../../src';

export function ingestIn(
  stack: Stack,
  props: Partial<TokenUsageIngestProps> = {},
  id = 'Ingest',
): TokenUsageIngest {
  const traceTable = props.traceTable ?? new TokenTraceTable(stack, `${id}Traces`);
  return new TokenUsageIngest(stack, id, { traceTable, ...props });
}

export const logGroupIn = (stack: Stack, id = 'Invocations') =>
  new logs.LogGroup(stack, id, { retention: logs.RetentionDays.ONE_WEEK });
export const busIn = (stack: Stack) => new events.EventBus(stack, 'Bus');
