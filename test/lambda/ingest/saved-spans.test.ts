// Sends the saved spans of real Python programs to the built handler. The system test of the programs runs
// the same checks with new spans.
import fc from 'fast-check';
import {
  deliver,
  DELIVERIES,
  expectCountedOnce,
  expectedCalls,
  REPORTED_BY_BOTO3,
  REPORTED_BY_LANGCHAIN,
  reportOf,
} from './span-deliveries';
import { ENV, SPAN_MAKERS } from '../../../src/contract';
import { fuzz } from '../../support/fuzz';
import { CANARIES, savedSpanSet, SPAN_PROGRAMS, type SpanDocument } from '../../support/span-programs';

const MINUTE_MS = 60_000;
const NANOSECONDS_PER_MS = 1e6;
/** Number of random deliveries. Each takes about one second. */
const DELIVERY_RUNS = 6;
/** Maximum number of documents in a payload of a random delivery. */
const MAX_PAYLOAD = 12;

const SETS = SPAN_PROGRAMS.map(program => {
  const { calls, documents } = savedSpanSet(program);
  return { program, calls, documents };
});
const TOGETHER = 'together in one payload';
const ALONE = ['one by one, children first', 'one by one, parents first'];

/** Delivers saved spans one minute after the last of them has ended. */
function deliverSaved(
  payloads: readonly (readonly SpanDocument[])[],
  environment: Record<string, string> = {},
) {
  const ends = payloads.flat().map(({ endTimeUnixNano = 0 }) => endTimeUnixNano / NANOSECONDS_PER_MS);
  const arrival = new Date(Math.max(...ends) + MINUTE_MS);
  return deliver(payloads, { VIRTUAL_CLOCK_START: arrival.toISOString(), ...environment });
}

describe.each(SETS)('the saved spans of $program', ({ program, calls, documents }) => {
  test('the saved spans contain each kind of content, so that the other tests can find content that leaves', () => {
    const text = JSON.stringify(documents);
    expect(CANARIES[program].filter(canary => !text.includes(canary))).toEqual([]);
  });

  test.each(Object.entries(DELIVERIES))(
    'the saved spans are counted once if they arrive %s',
    async (_, payloadsOf) => {
      const expected = expectedCalls(calls, reportOf(program));
      expectCountedOnce(expected, await deliverSaved(payloadsOf(documents)));
    },
  );

  test('the saved spans do not wait if they arrive together', async () => {
    const { waited } = await deliverSaved([documents]);

    expect(waited).toBe(0);
  });

  test.each([TOGETHER, ...ALONE])(
    'the saved spans are counted with the tokens of the framework if it is preferred, and if they arrive %s',
    async delivery => {
      const delivered = await deliverSaved(DELIVERIES[delivery](documents), {
        [ENV.ingestPreferredSpan]: SPAN_MAKERS.framework,
      });

      // The spans of the framework do not wait for those of boto3.
      const isAlone = program === 'langgraph' && delivery !== TOGETHER;
      const report = isAlone ? REPORTED_BY_LANGCHAIN : reportOf(program);
      expectCountedOnce(expectedCalls(calls, report), delivered);
    },
  );

  test.each([TOGETHER, ...ALONE])(
    'the saved spans are counted with the tokens of boto3 if it is preferred, and if they arrive %s',
    async delivery => {
      const delivered = await deliverSaved(DELIVERIES[delivery](documents), {
        [ENV.ingestPreferredSpan]: SPAN_MAKERS.client,
      });

      expectCountedOnce(expectedCalls(calls, REPORTED_BY_BOTO3), delivered);
    },
  );
});

test('counts the spans of several services once, in any order and in payloads of any size', async () => {
  const documents = SETS.flatMap(set => set.documents);
  const expected = SETS.flatMap(({ program, calls }) => expectedCalls(calls, reportOf(program)));
  await fuzz(
    fc.asyncProperty(
      fc.shuffledSubarray(documents, { minLength: documents.length }),
      fc.subarray(documents),
      fc.array(fc.integer({ min: 1, max: MAX_PAYLOAD }), { minLength: 1 }),
      async (once, again, sizes) => {
        expectCountedOnce(expected, await deliverSaved(split([...once, ...again], sizes)));
      },
    ),
    { numRuns: DELIVERY_RUNS, endOnFailure: true },
  );
}, 120_000);

/** Splits documents into payloads. Uses the sizes again if there are not enough. */
function split(documents: readonly SpanDocument[], sizes: readonly number[]): SpanDocument[][] {
  const payloads: SpanDocument[][] = [];
  for (let start = 0; start < documents.length; start += payloads.at(-1)?.length ?? 0) {
    payloads.push(documents.slice(start, start + sizes[payloads.length % sizes.length]));
  }
  return payloads;
}
