// Tests the ingest of spans with real Python programs under the AWS Distro for OpenTelemetry. They call the
// Bedrock emulator, and print their spans as CloudWatch Logs stores them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { ENV } from '../../../src/contract';
import {
  deliver,
  DELIVERIES,
  expectCountedOnce,
  expectedCalls,
  reportOf,
} from '../../lambda/ingest/span-deliveries';
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
const REQUIREMENTS = path.join(PROGRAMS_FOLDER, 'requirements.txt');
/** Python program that prints the folder of its scripts, if the required versions are installed. */
const SCRIPTS_FOLDER = `
import importlib.metadata, sys, sysconfig
for line in open(sys.argv[1]):
    name, version = line.strip().split('==')
    assert importlib.metadata.version(name) == version
print(sysconfig.get_path('scripts'))
`;

const scratch = mkdtempSync(path.join(tmpdir(), 'token-analytics-spans-'));
const scripts = findScripts();
const describeInPython = scripts === undefined ? describe.skip : describe;
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/**
 * Returns the folder of Python's scripts: of the installed Python if it has the packages, or of a new virtual
 * environment.
 */
function findScripts(): string | undefined {
  const found = spawnSync('python3', ['-c', SCRIPTS_FOLDER, REQUIREMENTS], { encoding: 'utf8' });
  if (found.status === 0) return found.stdout.trim();
  const environment = path.join(scratch, 'venv');
  const made = spawnSync('python3', ['-m', 'venv', environment]).status === 0;
  const pip = ['install', '--quiet', '--disable-pip-version-check', '--requirement', REQUIREMENTS];
  const installed =
    made && spawnSync(path.join(environment, 'bin/pip'), pip, { timeout: 5 * MINUTES }).status === 0;
  if (installed) return path.join(environment, 'bin');
  console.warn('SKIPPED: the Python packages cannot be installed, so real spans are not tested.');
  return undefined;
}

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
