import { cellId, cellsOf, isOffered, type OfferedCell } from './matrix/cells';
import {
  CACHES,
  EXTRAS,
  FAMILIES,
  FAMILY_IDS,
  OPERATION_IDS,
  type Reads,
  VARIANT_IDS,
} from './matrix/dimensions';
import { MEASURED, PROFILES } from './matrix/measured';
import type { Expected, Payload } from './matrix/payload';
import { cellOfRecording } from './matrix/recordings';
import { ROWS } from './matrix/rows';
import { SOURCES } from './matrix/sources';
import { readPayloads } from './payloads';
import { KnownProfiles } from '../../lambda/ingest/known-profiles';
import { readLogLine } from '../../lambda/ingest/log-record';
import { toInvocation } from '../../lambda/invocation/record-input';
import { CostCalculator } from '../../lambda/pricing/cost-calculator';
import { unitCostOf } from '../../lambda/pricing/unit-costs';
import type { ModelAnswer } from '../../local/emulators/bedrock/wire-shapes';
import { Bedrock, KeepingTracker } from '../lambda/instrument/support';
import {
  type Invocation,
  picoToDecimalString,
  readUsage,
  type UsageOperation,
} from 'cdk-token-analytics/runtime';

const cells = cellsOf();
const offered = cells.filter(isOffered);

describe('the table', () => {
  test('the conformance table covers the expected operations, families and variants', () => {
    expect(OPERATION_IDS).toEqual([
      'Converse',
      'ConverseStream',
      'InvokeModel',
      'InvokeModelWithResponseStream',
      'ChatCompletions',
      'Responses',
      'Messages',
      'InvokeAgent',
      'LogConverse',
      'LogConverseStream',
      'LogInvokeModel',
      'LogInvokeModelWithResponseStream',
      'LogConverseInS3',
      'LogConverseStreamInS3',
      'LogInvokeModelInS3',
      'LogInvokeModelWithResponseStreamInS3',
      'BatchLine',
      'BatchManifest',
      'InvokeModelWithBidirectionalStream',
    ]);
    expect(FAMILY_IDS).toHaveLength(23);
    expect(Object.keys(CACHES)).toEqual(['none', 'read', 'write5m', 'write1h', 'readWrite']);
    expect(Object.keys(EXTRAS)).toEqual([
      'flex',
      'priority',
      'reserved',
      'optimized',
      'maxTokens',
      'broken',
      'blocked',
      'failed',
      'streamed',
    ]);
  });

  test('the conformance table has exactly one cell for each combination of operation, family and variant', () => {
    const combinations = OPERATION_IDS.flatMap(operation =>
      FAMILY_IDS.flatMap(family => VARIANT_IDS.map(variant => cellId(operation, family, variant))),
    );

    expect(cells.map(({ id }) => id).sort()).toEqual(combinations.sort());
  });

  test('the conformance table has no row without cells', () => {
    expect(ROWS.filter(row => cellsOf([row]).length === 0)).toEqual([]);
  });

  test('each cell of the conformance table has a payload or a reason, and sources', () => {
    for (const { notOffered, sources, unclear, ...cell } of cells) {
      expect(sources.length).toBeGreaterThan(0);
      for (const source of sources) expect(SOURCES[source]).toMatch(/\S/);
      expect('payload' in cell).toBe(notOffered === undefined);
      expect(notOffered ?? unclear ?? 'clear').toMatch(/\S/);
    }
    expect(Object.keys(SOURCES).sort()).toEqual(
      [...new Set([...cells, ...MEASURED].flatMap(({ sources }) => sources as readonly string[]))].sort(),
    );
  });

  test('the conformance table marks cells that no source confirms', () => {
    const isUnclear = (operation: string, family: string, variant: string) =>
      cells.find(({ id }) => id === `${operation}, ${family}, ${variant}`)?.unclear !== undefined;

    expect(isUnclear('Converse', 'gpt', 'read')).toBe(false);
    expect(isUnclear('ConverseStream', 'gpt', 'readWrite')).toBe(false);
    expect(isUnclear('InvokeModel', 'gpt', 'readWrite')).toBe(true);
    for (const family of ['kimi', 'qwen', 'grok']) {
      expect(isUnclear('Converse', family, 'read')).toBe(true);
      expect(isUnclear('ConverseStream', family, 'read')).toBe(true);
    }
    expect(isUnclear('Converse', 'nova', 'blocked')).toBe(false);
    expect(isUnclear('Converse', 'claude', 'blocked')).toBe(true);
    expect(isUnclear('InvokeModel', 'titanText', 'blocked')).toBe(true);
  });

  test('the conformance table has a cell with a payload for each recorded response', () => {
    const ids = new Set(offered.map(({ id }) => id));
    const recorded = readPayloads().flatMap(payload => cellOfRecording(payload) ?? []);

    expect(recorded.filter(id => !ids.has(id))).toEqual([]);
    expect(recorded.length).toBeGreaterThan(70);
  });

  test('the model of each family matches only the pattern of its own family', () => {
    for (const id of FAMILY_IDS) {
      expect(FAMILY_IDS.filter(other => FAMILIES[other].matches.test(FAMILIES[id].modelId))).toEqual([id]);
    }
  });
});

const CALLS: readonly Pick<OfferedCell, 'id' | 'payload' | 'expected'>[] = [...offered, ...MEASURED];

function readingOf({ reads, modelId, response, headers }: Payload) {
  return readUsage({ operation: reads as UsageOperation, modelId, response, headers });
}

const tracker = new KeepingTracker({ inferenceProfiles: PROFILES });
let bedrock: Bedrock;
beforeAll(async () => {
  bedrock = await Bedrock.start();
  tracker.instrument(bedrock.client);
  tracker.instrument(bedrock.agentClient);
});
afterAll(() => bedrock.close());

test('no two calls of the conformance table have the same name', () => {
  expect(new Set(CALLS.map(({ id }) => id)).size).toBe(CALLS.length);
});

test.each(CALLS.map(call => [call.id, call] as const))(
  'reads the usage, and records and prices the call: %s',
  async (_id, { payload, expected }) => {
    const reading = readingOf(payload);
    const records = await recordsOf(payload, expected);

    if (expected.usage !== undefined) expectUsage(reading?.usage, expected.usage);
    if (expected.reportedInputTokens !== undefined) {
      expect(reading).toMatchObject({ reportedInputTokens: expected.reportedInputTokens });
    }
    expect(records).toHaveLength(1);
    expectInvocation(records[0], expected);
    if (expected.failed && payload.reads !== 'BatchOutput' && !isSpeech(payload)) {
      expect(records[0].error).toBe('ThrottlingException');
    }
  },
);

const isSpeech = ({ reads }: Payload) => reads === 'InvokeModelWithBidirectionalStream';

function expectUsage(usage: unknown, expected: Expected['recorded'] | null): void {
  if (!expected) {
    expect(usage).toBeUndefined();
    return;
  }
  const given = Object.entries(expected).filter(([, value]) => value !== undefined);
  expect(usage).toMatchObject(Object.fromEntries(given));
}

function expectInvocation({ usage, cost, ...facts }: Invocation, expected: Expected): void {
  expectUsage(usage, expected.recorded ?? expected.usage ?? null);
  if (expected.serviceTier !== undefined) expect(facts.serviceTier).toBe(expected.serviceTier);
  if (expected.stopReason !== undefined) expect(facts.stopReason).toBe(expected.stopReason);
  if (usage === undefined) expect(cost).toBeUndefined();
  switch (expected.cost) {
    case undefined:
      return;
    case 'known':
      expect(cost?.picoUsd).toBeGreaterThan(0n);
      return;
    case 'unknown':
      expect(cost).toBeUndefined();
      return;
    default:
      expect(cost && picoToDecimalString(cost.picoUsd - unitCostOf(cost))).toBe(expected.cost);
  }
  if (cost) expect(picoToDecimalString(unitCostOf(cost))).toBe(expected.unitCost ?? '0');
}

/**
 * Records a payload with an instrumented client, the ingest or a method of the tracker. The choice depends on
 * the operation. Returns the recorded invocations.
 */
async function recordsOf(payload: Payload, expected: Expected): Promise<readonly Invocation[]> {
  const { reads, modelId, response } = payload;
  if (reads === 'ModelInvocationLog') return [ingested(response)];
  const before = tracker.invocations.length;
  switch (reads) {
    case 'BatchOutput':
      await tracker.track({ modelId, operation: reads }, () => response);
      break;
    case 'InvokeModelWithBidirectionalStream':
      tracker.record({ modelId, operation: reads, usage: readingOf(payload)?.usage });
      break;
    default: {
      const { failed, recorded } = expected;
      bedrock.answer = answerOf(payload, expected);
      const sent = send(reads, modelId, recorded?.partial ? (response as unknown[]).length : Infinity);
      if (failed) await expect(sent).rejects.toThrow('alder');
      else await sent;
    }
  }
  return tracker.invocations.slice(before);
}

/** Returns the answer that the emulator gives: an error, a stream without an end, or a complete response. */
function answerOf({ response, headers }: Payload, { failed, recorded }: Expected): ModelAnswer {
  if (failed) return { error: { status: 429, type: 'ThrottlingException', message: 'alder' } };
  return recorded?.partial
    ? { response, headers, pace: { stopAfter: { events: Infinity, how: 'silence' } } }
    : { response, headers };
}

/**
 * Makes a call with an instrumented client. Reads the stream of the response to its end, or stops after
 * `leaveAfter` events.
 */
async function send(
  reads: Exclude<Reads, 'ModelInvocationLog' | 'BatchOutput' | 'InvokeModelWithBidirectionalStream'>,
  modelId: string,
  leaveAfter: number,
): Promise<void> {
  switch (reads) {
    case 'Converse':
      await bedrock.converse(undefined, modelId);
      return;
    case 'InvokeModel':
      await bedrock.invoke(undefined, modelId);
      return;
    case 'ConverseStream':
      return readEvents(await bedrock.converseStream(undefined, modelId), leaveAfter);
    case 'InvokeModelWithResponseStream':
      return readEvents(await bedrock.invokeStream(undefined, modelId), leaveAfter);
    case 'InvokeAgent':
      return readEvents(await bedrock.invokeAgent(), leaveAfter);
  }
}

async function readEvents(stream: AsyncIterable<unknown>, leaveAfter: number): Promise<void> {
  let count = 0;
  for await (const _event of stream) {
    count += 1;
    if (count === leaveAfter) return;
  }
}

function ingested(record: unknown): Invocation {
  const reading = readLogLine(
    { message: JSON.stringify(record), timestamp: Date.parse('2026-11-20T10:00:01Z') },
    { roles: new Map(), ignoredRoles: new Set(), leftToTracker: new Set() },
  );
  if (reading.kind !== 'call') throw new Error(`The record was read as ${reading.kind}.`);
  const profiles = new KnownProfiles(PROFILES);
  return toInvocation(reading.call, { calculator: new CostCalculator({}, profiles), profiles, defaults: {} });
}
