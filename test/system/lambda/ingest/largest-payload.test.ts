import { MAX_AGENTS, OTHER } from '../../../../src/contract';
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
  afterEach(async () => {
    expect(JSON.stringify(await backends.items('AGENT'))).not.toContain('Lovelace');
    expect(backends.messages).toEqual([]);
    await backends.close();
  });

  test('ingests the largest payload that it accepts within its memory', async () => {
    const event = subscriptionEvent(largeRecords(550));

    const done = await backends.invoke('ingest-logs', [event, event], { NODE_NO_WARNINGS: '' });

    expect(done.output).not.toContain('Lovelace');
    expect(done.tallies).toEqual([
      { ...NO_RECORDS, records: 550, written: 550 },
      { ...NO_RECORDS, records: 550, duplicates: 550 },
    ]);
    expect(done.rssMb).toBeLessThan(1024);
    expect(done.stderr).not.toContain('MaxListeners');
  });

  test('limits dimension values of a thousand agents, and writes the traces of all agents', async () => {
    const done = await backends.invoke('ingest-logs', [
      subscriptionEvent(
        Array.from({ length: 1000 }, (_, index) =>
          logRecord({ requestId: `req-${index}`, requestMetadata: { agentId: `agent-${index}` } }),
        ),
      ),
    ]);

    expect(done.output).not.toContain('Lovelace');
    expect(done.tallies).toEqual([{ ...NO_RECORDS, records: 1000, written: 1000 }]);
    expect(done.sum('invocationCount')).toBe(1000);
    const values = new Set(done.emf.map(({ AgentId }) => AgentId));
    expect(values.size).toBe(MAX_AGENTS + 1);
    expect(values).toContain(OTHER);
    expect(new Set((await backends.items('AGENT')).map(({ agentId }) => agentId.S)).size).toBe(1000);
  });
});
