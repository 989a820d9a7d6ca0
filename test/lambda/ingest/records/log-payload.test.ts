import * as fc from 'fast-check';
import { hasMoreValues, readPayload } from '../../../../lambda/ingest/records/log-payload';
import { fuzz } from '../../../support/fuzz';
import { logRecord, subscriptionEvent } from '../support';

/** Counts the values in parsed JSON, including nested ones, e.g. 3 for `{"a":[1]}`. */
function countOf(value: unknown): number {
  return typeof value === 'object' && value !== null
    ? Object.values(value).reduce<number>((sum, each) => sum + countOf(each), 1)
    : 1;
}

describe('the values of a JSON text', () => {
  test('the values of a JSON text are counted without parsing, except for the outermost, at most twice each', () => {
    fuzz(
      fc.property(fc.json({ maxDepth: 6 }), json => {
        const count = countOf(JSON.parse(json));

        expect(hasMoreValues(json, 2 * count)).toBe(false);
        expect(hasMoreValues(json, count - 2)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['in a string', '"[[[[,,,,{{{{"', 0],
    ['after an escaped quote', '"\\"[,{\\\\"', 0],
    ['after an escaped backslash', '"\\\\",1', 1],
    ['in lists and objects', '[{},{},[1,2]]', 7],
    ['in names of members', '{"a,b":"c,d","e":{}}', 3],
    ['in a string that does not end', '"an open string [,{', 0],
    ['in a string that ends in an escape', '"ends in an escape [\\', 0],
    ['of some million', `[${'1,'.repeat(2_000_000)}`, 2_000_001],
  ])('the values of a JSON text %s are counted correctly', (_where, json, count) => {
    expect([hasMoreValues(json, count), hasMoreValues(json, count - 1)]).toEqual([false, true]);
  });
});

describe('a payload', () => {
  const event = subscriptionEvent([logRecord(), logRecord(), logRecord()]);

  test('a payload with the maximum of bytes, values and log events is read', () => {
    const { lines } = readPayload(event, { maxLines: 3, maxValues: 30 }) as { lines: readonly unknown[] };

    expect(lines).toHaveLength(3);
  });

  test.each([
    [{ maxLines: 2 }, 'the payload has more than 2 log events'],
    [{ maxValues: 10 }, 'the payload has more than 10 JSON values'],
    [{ maxBytes: 100 }, 'the payload is larger than 100 bytes'],
  ])('a payload with more than %j is refused', (limits, refused) => {
    expect(readPayload(event, limits)).toEqual({ refused });
  });

  test('a payload with more log events than fit into 1 MB is refused', () => {
    const lines = (count: number) =>
      subscriptionEvent([], { logEvents: Array.from({ length: count }, () => 1) });

    expect(readPayload(lines(25_000))).toEqual(expect.objectContaining({ logGroup: '/bedrock/invocations' }));
    expect(readPayload(lines(25_001))).toEqual({ refused: 'the payload has more than 25000 log events' });
  });
});
