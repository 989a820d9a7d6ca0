import {
  Backends,
  largeRecords,
  logRecord,
  NO_RECORDS,
  subscriptionEvent,
} from '../../../lambda/ingest/support';

describe('the built handler of the invocation log', () => {
  let backends: Backends;
  beforeEach(async () => {
    backends = await Backends.start();
  });
  afterEach(() => backends.close());

  test('takes in the largest payload that it unpacks within its memory', async () => {
    const event = subscriptionEvent(largeRecords(550));

    const done = await backends.invoke('ingest-logs', [event, event], { NODE_NO_WARNINGS: '' });

    expect(done.tallies).toEqual([
      { ...NO_RECORDS, records: 550, written: 550 },
      { ...NO_RECORDS, records: 550, duplicates: 550 },
    ]);
    expect(done.rssMb).toBeLessThan(1024);
    expect(done.stderr).not.toContain('MaxListeners');
  });

  test('gives no more than 50 of a thousand agents a dimension value, and writes the traces of all', async () => {
    const done = await backends.invoke('ingest-logs', [
      subscriptionEvent(
        Array.from({ length: 1000 }, (_, index) =>
          logRecord({ requestId: `req-${index}`, requestMetadata: { agentId: `agent-${index}` } }),
        ),
      ),
    ]);

    expect(done.tallies).toEqual([{ ...NO_RECORDS, records: 1000, written: 1000 }]);
    expect(done.sum('invocationCount')).toBe(1000);
    const values = new Set(done.emf.map(({ AgentId }) => AgentId));
    expect(values.size).toBe(50);
    expect(values).toContain('Other');
    expect(new Set((await backends.items('AGENT')).map(({ agentId }) => agentId.S)).size).toBe(1000);
  });
});
