// Tests the ingest of spans with real Python programs under the AWS Distro for OpenTelemetry. They call the
// Bedrock emulator, and print their spans as CloudWatch Logs stores them.
import { ENV } from '../../../src/contract';
import {
  deliver,
  DELIVERIES,
  expectCountedOnce,
  expectedCalls,
  reportOf,
} from '../../lambda/ingest/span-deliveries';
import { findPrograms } from '../../support/python';
import {
  CANARIES,
  PROGRAMS_FOLDER,
  runSpanProgram,
  savedSpanSet,
  saveSpanSet,
  serviceOf,
  SESSION_ID,
  SPAN_PROGRAMS,
  type SpanSet,
} from '../../support/span-programs';

const MINUTES = 60_000;

const scripts = findPrograms(PROGRAMS_FOLDER, 'real spans are not tested');
const describeInPython = scripts === undefined ? describe.skip : describe;

/** Returns all facts about the documents of a set that do not differ between two runs. */
function shapeOf({ calls, documents }: SpanSet) {
  const shapes = documents.map(
    ({ resource, scope, name, kind, parentSpanId, status, attributes, events = [] }) =>
      JSON.stringify({
        scope,
        name,
        kind,
        isRoot: !parentSpanId,
        status,
        attributes: Object.keys(attributes).sort(),
        events: events.map(event => event.name),
        resource: Object.keys(resource.attributes).sort(),
      }),
  );
  return { calls, shapes: shapes.sort() };
}

/** Returns the request ids in the spans of boto3. */
function requestIdsOf({ documents }: SpanSet): readonly string[] {
  return documents
    .flatMap(({ attributes }) => attributes['aws.request_id'] ?? [])
    .map(String)
    .sort();
}

describeInPython.each(SPAN_PROGRAMS)('the spans of %s', program => {
  let set: SpanSet;
  beforeAll(async () => {
    set = await runSpanProgram(program, scripts ?? '');
    if (process.env.SAVE_SPANS) saveSpanSet(program, set);
  }, 2 * MINUTES);

  test('new spans contain each kind of content, so that the other tests can find content that leaves', () => {
    const text = JSON.stringify(set.documents);
    expect(CANARIES[program].filter(canary => !text.includes(canary))).toEqual([]);
  });

  test('new spans have the attributes of the saved spans', () => {
    // Set SAVE_SPANS=1 to save the new spans.
    expect(shapeOf(set)).toEqual(shapeOf(savedSpanSet(program)));
  });

  test.each(Object.entries(DELIVERIES))(
    'new spans are counted once if they arrive %s',
    async (_, payloadsOf) => {
      const expected = expectedCalls(set.calls, reportOf(program));
      expectCountedOnce(expected, await deliver(payloadsOf(set.documents)));
    },
  );

  test('new spans give the request, the session, the agent and the error of each call', async () => {
    const { traces } = await deliver([set.documents], {
      [ENV.ingestServices]: JSON.stringify({ [serviceOf(program)]: 'order-agent' }),
    });

    expect(traces.map(({ requestId }) => requestId.S).sort()).toEqual(requestIdsOf(set));
    expect(new Set(traces.map(({ sessionId }) => sessionId?.S))).toEqual(new Set([SESSION_ID]));
    expect(new Set(traces.map(({ agentId }) => agentId.S))).toEqual(new Set(['order-agent']));
    expect(traces.flatMap(({ error }) => error?.S ?? [])).toEqual(['ThrottlingException']);
    expect(traces.map(({ operation }) => operation?.S).sort()).toEqual(
      set.calls.map(({ operation }) => operation).sort(),
    );
  });

  test('new spans of a service that records its own calls are ignored', async () => {
    const { traces, waited } = await deliver([set.documents], {
      [ENV.ingestIgnoredServices]: JSON.stringify([serviceOf(program)]),
    });

    expect([traces, waited]).toEqual([[], 0]);
  });
});
