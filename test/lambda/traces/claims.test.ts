import { paginateScan } from '@aws-sdk/client-dynamodb';
import { claimItem, requestClaim, TRACKER } from '../../../lambda/traces/claim-item';
import { TraceWriter } from '../../../lambda/traces/trace-writer';
import { ENV } from '../../../src/contract';
import { stdoutOf } from '../../support/stdout';
import { startTraceEngine, type TraceEngine } from '../../support/trace-engine';
import { type Invocation, TokenTracker } from 'cdk-token-analytics/runtime';

const INVOCATION: Invocation = {
  requestId: 'request-1',
  agentId: 'orders',
  model: 'nova-lite',
  modelId: 'us.amazon.nova-lite-v1:0',
  scope: 'geo',
  timestamp: new Date(),
};

let engine: TraceEngine;
beforeEach(async () => {
  engine = await startTraceEngine();
});
afterEach(() => engine.close());

async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const { Items = [] } of paginateScan(
    { client: engine.client },
    { TableName: engine.tableName },
  )) {
    found.push(...Items.map(({ pk, owner }) => [pk.S, owner?.S].filter(Boolean).join(' by ')));
  }
  return found.map(key => key.replace(/\d{4}-\d{2}-\d{2}/, '<day>')).sort();
}

const location = () => ({ tableName: engine.tableName, endpoint: engine.endpoint, region: 'us-east-1' });

test('a trace writer claims each call if an ingest reads spans', async () => {
  const writer = new TraceWriter({ ...location(), claimCalls: true });
  writer.enqueue(INVOCATION);
  writer.enqueue({ ...INVOCATION, requestId: 'request-2' });
  await writer.flush({ deadlineMs: 30_000 });

  expect(await keys()).toEqual([
    'AGENT#orders#<day>',
    'AGENT#orders#<day>',
    'CLAIM#request#request-1 by tracker',
    'CLAIM#request#request-2 by tracker',
    'DAY#<day>',
  ]);
});

test('a trace writer claims no cached response, and nothing by default', async () => {
  const writers = [{ claimCalls: true }, {}].map(options => new TraceWriter({ ...location(), ...options }));
  writers[0].enqueue({ ...INVOCATION, cached: true });
  writers[1].enqueue({ ...INVOCATION, requestId: 'request-2' });
  for (const writer of writers) await writer.flush({ deadlineMs: 30_000 });

  expect((await keys()).filter(key => key.startsWith('CLAIM'))).toEqual([]);
});

test('a claim that cannot be written is not printed to the log', async () => {
  engine.refuses = () => true;
  const writer = new TraceWriter({ ...location(), claimCalls: true });
  const lines = await stdoutOf(async () => {
    writer.enqueue(INVOCATION);
    await writer.flush({ deadlineMs: 30_000 });
  });

  expect(lines.join()).toContain('TraceSpill');
  expect(lines.join()).not.toContain('CLAIM');
});

test('a tracker reads the setting from its environment variable', async () => {
  const tracker = TokenTracker.fromEnvironment(
    { [ENV.tableName]: engine.tableName, [ENV.claimCalls]: 'true', AWS_REGION: 'us-east-1' },
    { endpoint: engine.endpoint, sink: 'emf' },
  );
  await stdoutOf(async () => {
    tracker.record({ modelId: 'us.amazon.nova-lite-v1:0', requestId: 'request-1' });
    await tracker.flush();
  });

  expect(await keys()).toContain('CLAIM#request#request-1 by tracker');
});

test('a claim expires after two days', () => {
  const { ttl } = claimItem(requestClaim('request-1'), TRACKER);

  expect(Number('N' in ttl ? ttl.N : 0) * 1000 - Date.now()).toBeGreaterThan(47 * 3_600_000);
  expect(Number('N' in ttl ? ttl.N : 0) * 1000 - Date.now()).toBeLessThanOrEqual(48 * 3_600_000);
});
