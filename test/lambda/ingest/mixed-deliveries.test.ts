// Sends the saved spans of all programs to the built handler, in a random order.
import fc from 'fast-check';
import { deliverSaved, expectCountedOnce, expectedCalls, reportOf } from './span-deliveries';
import { fuzz } from '../../support/fuzz';
import { savedSpanSet, SPAN_PROGRAMS, type SpanDocument } from '../../support/span-programs';

/** Number of random deliveries. Each starts two processes of the handler. */
const DELIVERY_RUNS = 1;
/** Maximum number of documents in a payload of a random delivery. */
const MAX_PAYLOAD = 12;
/** Time limit of the test, also with the larger number of runs in the system tests. */
const TIMEOUT_MS = 600_000;

const SETS = SPAN_PROGRAMS.map(program => ({ program, ...savedSpanSet(program) }));

test(
  'counts the spans of several services once, in any order and in payloads of any size',
  async () => {
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
  },
  TIMEOUT_MS,
);

/** Splits documents into payloads. Uses the sizes again if there are not enough. */
function split(documents: readonly SpanDocument[], sizes: readonly number[]): SpanDocument[][] {
  const payloads: SpanDocument[][] = [];
  for (let start = 0; start < documents.length; start += payloads.at(-1)?.length ?? 0) {
    payloads.push(documents.slice(start, start + sizes[payloads.length % sizes.length]));
  }
  return payloads;
}
