// Sends the saved spans of real Python programs to the built handler. The system test of the programs runs
// the same checks with new spans.
import {
  deliverSaved,
  DELIVERIES,
  expectCountedOnce,
  expectedCalls,
  REPORTED_BY_BOTO3,
  REPORTED_BY_LANGCHAIN,
  reportOf,
} from './span-deliveries';
import { ENV, SPAN_MAKERS } from '../../../src/contract';
import { CANARIES, savedSpanSet, SPAN_PROGRAMS } from '../../support/span-programs';

const SETS = SPAN_PROGRAMS.map(program => {
  const { calls, documents } = savedSpanSet(program);
  return { program, calls, documents };
});
const TOGETHER = 'together in one payload';
const ALONE = ['one by one, children first', 'one by one, parents first'];

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
