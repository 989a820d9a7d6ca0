import AGENT_NAMES from './agent-names.json';
import { GENERATED_IDS, SHORT_IDS } from './id-kinds';
import { sharedBefore } from '../../../lambda/process/shared-state';
import { looksLikeId } from '../../../src/contract';
import { emfOf, stdoutOf } from '../../support/stdout';
import { TokenTracker } from 'cdk-token-analytics/runtime';

const MODEL = 'amazon.nova-micro-v1:0';
/** Names of agents in public examples, and names with abbreviations and versions. */
const NAMES = Object.values(AGENT_NAMES).flat();

/** Runs a handler with one call for each agent. Returns the values of `AgentId`, and the warnings. */
async function run(
  agentIds: readonly (string | undefined)[],
  agents?: readonly string[],
  incidentId?: string,
) {
  sharedBefore<Set<string>>('warned')?.clear();
  const warnings: string[] = [];
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation((chunk: unknown, done?: unknown) => {
    warnings.push((JSON.parse(String(chunk)) as { message: string }).message);
    (done as (() => void) | undefined)?.();
    return true;
  });
  const tracker = TokenTracker.fromEnvironment(process.env, { sink: 'emf', agents });
  const handler = tracker.handler(() => {
    for (const agentId of agentIds) tracker.record({ agentId, incidentId, modelId: MODEL });
  });
  const lines = await stdoutOf(() => handler());
  spy.mockRestore();
  const values = emfOf(lines).flatMap(({ AgentId }) => (typeof AgentId === 'string' ? [AgentId] : []));
  return { values: [...new Set(values)].sort(), warnings };
}

test('a function with three agents sends these three, and every other agent as Other, with one warning', async () => {
  const { values, warnings } = await run(
    ['triage', 'planner', 'scribe', 'intruder', 'V1StGXR8_Z5jdHi6B-myT', 'other-intruder', 'triage'],
    ['triage', 'planner', 'scribe'],
  );

  expect(values).toEqual(['Other', 'planner', 'scribe', 'triage']);
  expect(warnings).toEqual([
    'An agent (intruder) is counted under Other: it is not in the list of agents. To count it under its own name, ' +
      'add it to `agents` of `instrument`, `environment` or TokenAnalytics, or of the tracker ' +
      '(TOKEN_ANALYTICS_AGENTS). The trace keeps its true value.',
  ]);
});

test('a tracker without a list sends agents with the shape of names, and warns of a generated id without it', async () => {
  const { values, warnings } = await run(['triage', 'k8s-agent', 'V1StGXR8_Z5jdHi6B-myT', 'OPS-1042']);

  expect(values).toEqual(['Other', 'k8s-agent', 'triage']);
  expect(warnings).toEqual([
    'An agent is counted under Other: its id looks generated, and not like a name. To count it under its own ' +
      'name, add it to `agents` of `instrument`, `environment` or TokenAnalytics, or of the tracker ' +
      '(TOKEN_ANALYTICS_AGENTS). The trace keeps its true value.',
  ]);
});

test('the warning names the fix that works', async () => {
  const long = 'a'.repeat(65);
  const tooLong = await run([long], [long]);
  const unnamed = await run([undefined], ['triage']);

  expect(tooLong.warnings).toEqual([
    'An agent is counted under Other: its id is longer than 64 characters. Pass an id of printable ASCII ' +
      'characters, at most 64. The trace keeps its true value.',
  ]);
  expect(unnamed.warnings).toEqual([
    'An agent (unnamed) is counted under Other: the call has no `agentId`, and a list of agents is given. Set ' +
      '`agentId` of `instrument` or `environment`, of the tracker (TOKEN_ANALYTICS_AGENT_ID), or of `run`. The ' +
      'trace keeps its true value.',
  ]);
});

test('the warning omits the id of an incident', async () => {
  const { warnings } = await run(['big-outage'], undefined, 'big-outage');

  expect(warnings).toHaveLength(1);
  expect(warnings[0]).not.toContain('big-outage');
});

test('a list with an empty id from a deployed parameter keeps its other agents', async () => {
  process.env.TOKEN_ANALYTICS_AGENTS = '["triage",""]';
  const { values } = await run(['triage', 'intruder']);
  delete process.env.TOKEN_ANALYTICS_AGENTS;

  expect(values).toEqual(['Other', 'triage']);
});

test('at most 2 of 200 names of agents look generated', () => {
  const excluded = NAMES.filter(looksLikeId);

  expect(NAMES.length).toBeGreaterThan(400);
  expect(excluded.sort()).toEqual(['Kafka2S3', 'gcp2aws-migrator']);
  expect(excluded.length / NAMES.length).toBeLessThanOrEqual(2 / 200);
});

test('at most 1 of 1,000 generated ids of 20 kinds looks like a name', () => {
  expect(GENERATED_IDS).toHaveLength(1000);
  expect(GENERATED_IDS.filter(id => !looksLikeId(id))).toEqual([]);
});

test('at most 3 of 100 codes of 8 to 11 random characters look like a name', () => {
  const passed = SHORT_IDS.filter(id => !looksLikeId(id));

  expect(SHORT_IDS).toHaveLength(1000);
  expect(passed.length).toBeLessThanOrEqual(30);
});

test.each([
  'V1StGXR8_Z5jdHi6B-myT',
  'tz4a98xxat96iws9zmbrgj3a',
  '0ujtsYcgvSTl8PAuAdqWYSMnLOv',
  'OPS-1042',
  'SEV1-1',
  '10.0.12.7',
  '2026/11/29',
  '3f2a9c1',
  'case-123',
  'Case 822',
  'Ticket #123',
  'user-28',
  '4711',
  '#3540',
  '5/8/2027',
  '23-Nov-2026',
  'Nov 8 2026',
  '2026-11',
  '11/29/26',
  '2001:db8::8aac',
  'user@example.com',
])('%s looks generated', id => {
  expect(looksLikeId(id)).toBe(true);
});
