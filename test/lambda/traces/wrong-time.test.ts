import { SharedTable } from '../../../lambda/traces/shared-table';
import { spillIn } from '../../../lambda/traces/spilled-items';
import { dayIndexItem, identityOf, traceItem } from '../../../lambda/traces/trace-item';
import { call } from '../rollup/support';

const DAY_SECONDS = 86_400;
const OPTIONS = { writeShards: 1, ttlDays: 90 };
const at = (time: string | number) => call({ timestamp: new Date(time) });

/** Returns the seconds from now until DynamoDB deletes the trace and the day-index item of a call. */
function secondsToLive(time: string | number): number[] {
  const invocation = at(time);
  return [traceItem(invocation, OPTIONS), dayIndexItem(identityOf(invocation), OPTIONS)].map(
    ({ ttl }) => Number('N' in ttl && ttl.N) - Date.now() / 1000,
  );
}

describe('impossible times', () => {
  test.each(['0001-01-01T00:00:00Z', '1969-12-31T00:00:00Z', '1970-01-21T00:00:00Z', -8.64e15])(
    'a trace with an impossible time expires now if it is long past, because DynamoDB deletes no item that expired years ago: %s',
    time => {
      for (const seconds of secondsToLive(time)) {
        expect(seconds).toBeGreaterThan(-5);
        expect(seconds).toBeLessThan(5);
      }
    },
  );

  test.each(['2045-01-01T00:00:00Z', '9999-12-31T00:00:00Z', 8.64e15])(
    'a trace with an impossible time is kept no longer than a trace of today if it is in the future: %s',
    time => {
      for (const seconds of secondsToLive(time)) {
        expect(seconds / DAY_SECONDS).toBeGreaterThan(90);
        expect(seconds / DAY_SECONDS).toBeLessThanOrEqual(92);
      }
    },
  );

  test('a trace with an impossible time is kept for ever if all traces are', () => {
    expect(traceItem(at(0), { writeShards: 1, ttlDays: 0 }).ttl).toBeUndefined();
  });

  test('a trace with an impossible time causes one warning with the reason, and a valid time causes none', () => {
    const warned = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const table = new SharedTable({ tableName: 'Traces', ttlDays: 90 });
    const make = (time: number) => table.itemsOf(at(time), { provisional: false, withEntry: true });

    make(Date.now());
    make(Date.now() - 89 * DAY_SECONDS * 1000);
    const before = warned.mock.calls.length;
    make(Date.now() + DAY_SECONDS * 1000);
    make(0);
    const lines = warned.mock.calls.map(([line]) => String(line));
    warned.mockRestore();

    expect(before).toBe(0);
    expect(lines).toEqual([expect.stringContaining('(the timestamp is more than two hours ahead)')]);
  });

  test('a trace with an impossible time is not replayed from a log, because other programs can write to it', () => {
    const spill = (time: string | number) =>
      spillIn(JSON.stringify({ TraceSpill: traceItem(at(time), { writeShards: 1, ttlDays: 0 }) }));

    expect(spill('2026-11-20T10:00:00Z')).toEqual(expect.objectContaining({ kind: 'item' }));
    expect(spill(8.64e15)).toBe('refused');
  });
});

test.each([0, 89])('expires a trace of %s days ago 90 days after its call', days => {
  const now = Date.now() / 1000;
  const [trace, entry] = secondsToLive((now - days * DAY_SECONDS) * 1000);

  expect(trace / DAY_SECONDS).toBeCloseTo(90 - days, 2);
  expect(entry).toBeGreaterThan(trace);
  expect(entry).toBeLessThanOrEqual(trace + DAY_SECONDS + 1);
});
