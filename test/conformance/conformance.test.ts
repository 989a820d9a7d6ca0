import { readFileSync } from 'node:fs';
import {
  fileOf,
  fileText,
  type Fixture,
  readFixtures,
  readPayloads,
  type RecordedResponse,
} from './payloads';
import { rendered } from './render';
import { jsonOf, proseIn, proseOf } from './texts';
import { Bedrock, KeepingTracker, read } from '../lambda/instrument/support';
import {
  extractAgentCalls,
  type Invocation,
  readUsage,
  type TokenUsage,
  type UsageReading,
} from 'cdk-token-analytics/runtime';

const payloads = readPayloads();
const named = payloads.map(payload => [payload.id, payload] as const);

function readingOf({ operation, modelId, response, responseHeaders }: RecordedResponse) {
  return readUsage({ operation, modelId: modelId ?? '', response, headers: responseHeaders });
}

function expectReading({ expected }: RecordedResponse, reading: UsageReading | undefined): void {
  if (expected.inputTokens === null) {
    expect(reading).toBeUndefined();
    return;
  }
  // If a broken stream has no final output count, `expected.outputTokens` is null. In this case, any output
  // count is accepted.
  const partial = expected.outputTokens === null;
  expect(reading?.usage).toEqual(
    expect.objectContaining({
      uncachedInputTokens: expected.inputTokens,
      cacheReadTokens: expected.cacheReadTokens ?? 0,
      cacheWrite5mTokens: (expected.cacheWriteTokens ?? 0) - (expected.cacheWrite1hTokens ?? 0),
      cacheWrite1hTokens: expected.cacheWrite1hTokens ?? 0,
      outputTokens: partial ? (expect.any(Number) as number) : expected.outputTokens,
      partial,
    }),
  );
  const [other] = expected.alternatives ?? [];
  expect(reading?.outputDifference).toBe(other && (expected.outputTokens ?? 0) - other.outputTokens);
}

/** Returns the model id, usage and latency of each model call in an agent's response. */
function agentCallsOf({ response }: RecordedResponse) {
  return extractAgentCalls(response as unknown[]).map(({ modelId, usage, latencyMs }) => ({
    modelId,
    usage,
    latencyMs,
  }));
}

describe('recorded responses', () => {
  test('the recorded responses cover every operation except the invocation log', () => {
    expect(payloads.length).toBeGreaterThan(70);
    expect(new Set(payloads.map(({ operation }) => operation)).size).toBe(6);
  });

  test.each(named)('reads the expected usage from the recorded response: %s', (_id, payload) => {
    expectReading(payload, readingOf(payload));
  });

  test.each(named.filter(([, { operation }]) => operation === 'InvokeAgent'))(
    'reads the expected usage of each model call of an agent: %s',
    (_id, payload) => {
      expect(
        agentCallsOf(payload).map(({ modelId, usage }) => [
          modelId,
          usage?.uncachedInputTokens,
          usage?.outputTokens,
        ]),
      ).toEqual(
        (payload.expected.breakdown ?? []).map(({ model, inputTokens, outputTokens }) => [
          model,
          inputTokens,
          outputTokens,
        ]),
      );
    },
  );
});

/**
 * Sends a recorded response to an instrumented SDK client. Returns the invocations that the tracker records.
 */
async function replay({
  operation,
  modelId,
  response,
  responseHeaders: headers,
}: RecordedResponse): Promise<readonly Invocation[]> {
  const tracker = new KeepingTracker();
  const bedrock = await Bedrock.start();
  bedrock.answer = { response, headers };
  tracker.instrument(bedrock.client);
  tracker.instrument(bedrock.agentClient);
  const model = modelId ?? undefined;
  try {
    switch (operation) {
      case 'Converse':
        await bedrock.converse(undefined, model);
        break;
      case 'InvokeModel':
        await bedrock.invoke(undefined, model);
        break;
      case 'ConverseStream':
        await read(await bedrock.converseStream(undefined, model));
        break;
      case 'InvokeModelWithResponseStream':
        await read(await bedrock.invokeStream(undefined, model));
        break;
      default:
        await read(await bedrock.invokeAgent());
    }
  } finally {
    await bedrock.close();
  }
  return tracker.invocations;
}

const REPLAYED: readonly string[] = [
  'Converse',
  'InvokeModel',
  'ConverseStream',
  'InvokeModelWithResponseStream',
  'InvokeAgent',
];
const replayed = named.filter(
  ([, { operation, expected }]) => REPLAYED.includes(operation) && expected.inputTokens !== null,
);

describe('recorded responses, through an instrumented client', () => {
  test('an instrumented client replays most of the recorded responses', () => {
    expect(replayed.length).toBeGreaterThan(65);
  });

  test.each(replayed)(
    'records the expected usage through an instrumented client: %s',
    async (_id, payload) => {
      const { expected } = payload;
      const invocations = await replay(payload);

      const sum = (count: (usage: TokenUsage) => number) =>
        invocations.reduce((total, { usage }) => total + (usage ? count(usage) : NaN), 0);
      expect(sum(usage => usage.uncachedInputTokens)).toBe(expected.inputTokens);
      expect(sum(usage => usage.cacheReadTokens)).toBe(expected.cacheReadTokens ?? 0);
      expect(sum(usage => usage.cacheWrite5mTokens + usage.cacheWrite1hTokens)).toBe(
        expected.cacheWriteTokens ?? 0,
      );
      if (expected.outputTokens === null) expect(invocations[0].usage?.partial).toBe(true);
      else expect(sum(usage => usage.outputTokens)).toBe(expected.outputTokens);
      if (payload.operation !== 'InvokeAgent') expect(invocations).toHaveLength(1);
    },
  );
});

const fixtures = readFixtures();
if (!fixtures) {
  process.stderr.write(
    'SKIPPED: ../shared/fixtures is not beside the repository, so the payloads are not compared with it\n',
  );
}

function fixtureOf(id: string): Fixture {
  const fixture = fixtures?.find(each => each.id === id);
  if (!fixture) throw new Error(`${id} has no recorded response in ../shared/fixtures.`);
  return fixture;
}

/**
 * Replaces every string in a value with `text`, for a comparison of structure and numbers. If a string
 * contains JSON, replaces the strings in this JSON instead.
 */
function shapeOf(value: unknown): unknown {
  if (typeof value === 'string') return jsonOf(value) ? shapeOf(jsonOf(value)) : 'text';
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]);
}

/** Pattern of a response with a shortened base64 value. The SDK cannot decode such a value. */
const CUT = /"(?:redactedContent|bytes)":"[^"]*[^A-Za-z0-9+/="]/;
const cut = new Set(
  fixtures?.filter(({ response }) => CUT.test(JSON.stringify(response))).map(({ id }) => id),
);

/**
 * Returns the fields of recorded invocations that the tests compare. For a broken stream, omits the output
 * count, because it is an estimate.
 */
const recordedOf = (invocations: readonly Invocation[]) =>
  invocations.map(({ model, modelId, operation, usage, stopReason, serviceTier }) => ({
    model,
    modelId,
    operation,
    usage: usage?.partial ? { ...usage, outputTokens: undefined, source: undefined } : usage,
    stopReason,
    serviceTier,
  }));

(fixtures ? describe : describe.skip)('payloads, compared with the recordings', () => {
  test('there is exactly one payload for each recording', () => {
    expect(payloads.map(({ id }) => id)).toEqual(fixtures?.map(({ id }) => id));
  });

  test.each(named)('the payload is what rendering its recording returns: %s', (id, payload) => {
    const fixture = fixtureOf(id);

    expect(payload).toEqual(rendered(fixture));
    expect(readFileSync(fileOf(id), 'utf8')).toBe(fileText(rendered(fixture)));
    expect(shapeOf([payload.responseHeaders, payload.response, payload.expected])).toEqual(
      shapeOf([fixture.responseHeaders, fixture.response, fixture.expected]),
    );
  });

  test.each(named)('the payload contains no 4 consecutive words of its recording: %s', (id, payload) => {
    expect(proseIn(payload, proseOf(fixtureOf(id).response))).toEqual([]);
  });

  test('more than 40 recordings contain runs of 4 words that a payload could repeat', () => {
    const prose = fixtures?.map(({ response }) => proseOf(response).size) ?? [];

    expect(prose.filter(runs => runs > 0).length).toBeGreaterThan(40);
  });

  test.each(named)('the payload has the same usage as its recording: %s', (id, payload) => {
    const fixture = fixtureOf(id);

    expect(readingOf(fixture)).toEqual(readingOf(payload));
    if (payload.operation === 'InvokeAgent') expect(agentCallsOf(fixture)).toEqual(agentCallsOf(payload));
  });

  test.each(replayed.filter(([id]) => !cut.has(id)))(
    'an instrumented client records the same usage from the payload and from its recording: %s',
    async (id, payload) => {
      const fixture = fixtureOf(id);

      expect(recordedOf(await replay(fixture))).toEqual(recordedOf(await replay(payload)));
    },
  );
});
