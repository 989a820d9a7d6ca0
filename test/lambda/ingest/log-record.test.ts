import * as fc from 'fast-check';
import { logRecord, NOVA, SECRET } from './support';
import { callerRoles } from '../../../lambda/ingest/caller-role';
import { eventCandidate } from '../../../lambda/ingest/event-candidate';
import { readRules } from '../../../lambda/ingest/ingest-rules';
import { readLogLine } from '../../../lambda/ingest/log-record';
import { usageEventOf } from '../../../lambda/ingest/usage-event';
import { ENV } from '../../../src/contract';
import { fuzz } from '../../support/fuzz';

const RULES = readRules({ [ENV.ingestRoles]: '{"Orders":"orders","__proto__":"shadow"}' });
const read = (changes: Readonly<Record<string, unknown>>) =>
  readLogLine(
    { message: JSON.stringify(logRecord(changes)), timestamp: Date.parse('2026-11-20T10:00:00Z') },
    RULES,
  );

describe('the agent of a record', () => {
  test.each<[unknown, unknown, string]>([
    [{ agentId: 'triage' }, { arn: 'arn:aws:sts::123456789012:assumed-role/Orders/x' }, 'triage'],
    [undefined, { arn: 'arn:aws:sts::123456789012:assumed-role/Orders/session' }, 'orders'],
    [undefined, { arn: 'arn:aws-cn:iam::123456789012:role/service-role/deep/Orders' }, 'orders'],
    [
      undefined,
      [
        { arn: 'arn:aws:iam::123456789012:user/Orders' },
        { arn: 'arn:aws:sts::123456789012:assumed-role/Orders/x' },
      ],
      'orders',
    ],
    [{ team: 'sre' }, { arn: 'arn:aws:sts::123456789012:assumed-role/Unknown/x' }, 'Other'],
    [undefined, { arn: 'arn:aws:sts::123456789012:assumed-role/constructor/x' }, 'Other'],
    [undefined, { arn: 'arn:aws:iam::123456789012:user/Orders' }, 'Other'],
    [undefined, undefined, 'Other'],
    [undefined, 7, 'Other'],
  ])('with metadata %j and identity %j', (requestMetadata, identity, agentId) => {
    expect(read({ requestMetadata, identity })).toEqual({
      kind: 'call',
      call: expect.objectContaining({ agentId }) as object,
    });
  });

  test('is told by roles in each form that an identity has', () => {
    expect(
      callerRoles([
        'arn:aws:sts::123456789012:assumed-role/A/x',
        { arn: 'arn:aws:iam::123456789012:role/B' },
        null,
        { arn: 3 },
      ]),
    ).toEqual(['A', 'B']);
  });

  test('is not told by an ARN that is longer than any', () => {
    const arn = (name: string) => `arn:aws:iam::123456789012:role/${'a/'.repeat(5_000_000)}${name}`;

    expect(callerRoles([arn('Orders'), 'arn:aws:iam::123456789012:role/B'])).toEqual(['B']);
  });
});

test('a record without a time of its own has the time at which it was written', () => {
  expect(read({ timestamp: undefined })).toEqual({
    kind: 'call',
    call: expect.objectContaining({ timestamp: new Date('2026-11-20T10:00:00Z') }) as object,
  });
});

test.each([
  ['no time, in a line without one', undefined, 'the record has no timestamp'],
  [
    'a time that is none, in a line with one',
    '2026-02-31T10:00:00Z',
    'the timestamp of the record is no date',
  ],
])('a record of %s is refused', (_what, timestamp, reason) => {
  const message = JSON.stringify(logRecord({ timestamp }));
  const line = timestamp === undefined ? { message } : { message, timestamp: Date.now() };

  expect(readLogLine(line, RULES)).toEqual(expect.objectContaining({ kind: 'refused', reason }));
});

test('a reason that is a text is none', () => {
  expect(read({ output: { outputBodyJson: { stop_reason: SECRET }, outputTokenCount: 3 } })).toEqual({
    kind: 'call',
    call: expect.objectContaining({ stopReason: undefined }) as object,
  });
});

test('rules that are none are refused, naming the variable', () => {
  expect(() => readRules({ [ENV.ingestRoles]: '{"Orders":7}' })).toThrow(
    `${ENV.ingestRoles} must be a JSON object of agent ids by role`,
  );
});

test('whatever a line or an event holds, reading it does not throw', () => {
  fuzz(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom(
        'requestMetadata',
        'identity',
        'input',
        'output',
        'timestamp',
        'errorCode',
        'operation',
        'modelId',
        'requestId',
        'schemaVersion',
      ),
      (value, member) => {
        expect(read({ [member]: value }).kind).toMatch(/^(?:call|refused)$/);
        expect(read({ output: { outputBodyJson: value } }).kind).toBe('call');
        expect(['foreign', 'refused']).toContain(eventCandidate(value).reading.kind);
        expect(eventCandidate({ 'detail-type': 'TokenUsage', 'detail': value }).reading.kind).toBe('refused');
      },
    ),
  );
});

test('a call that the log tells is an event that the schema takes', () => {
  const reading = read({ requestId: 'req-7' });
  if (reading.kind !== 'call') throw new Error(reading.kind);
  const detail = JSON.parse(JSON.stringify(usageEventOf(reading.call))) as unknown;

  expect(eventCandidate({ 'detail-type': 'TokenUsage', detail })).toEqual(
    expect.objectContaining({
      reading: {
        kind: 'call',
        call: expect.objectContaining({ requestId: 'req-7', modelId: NOVA }) as object,
      },
    }),
  );
});

describe('the body of a logged InvokeModel call', () => {
  const own = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl';
  const body = {
    usage: { inputTokens: 1000, outputTokens: 200, totalTokens: 1200 },
    trace: { promptRouter: { invokedModelId: NOVA } },
    serviceTier: { type: 'flex' },
    performanceConfig: { latency: 'optimized' },
  };

  test.each([
    ['InvokeModel', body],
    ['InvokeModelWithResponseStream', [{ metadata: body, ...body }]],
  ])(
    'names no model and no tier: it is the text of a model of your own (%s)',
    (operation, outputBodyJson) => {
      const reading = read({ operation, modelId: own, output: { outputBodyJson } });

      expect(reading).toMatchObject({
        kind: 'call',
        call: { modelId: own, billedModelId: undefined, serviceTier: undefined },
      });
      expect(reading.kind === 'call' && reading.call.latencyOptimized).not.toBe(true);
    },
  );

  test.each(['Converse', 'ConverseStream'])(
    'does in %s, where they are members of the service',
    operation => {
      expect(read({ operation, output: { outputBodyJson: body } })).toMatchObject({
        call: { billedModelId: NOVA, serviceTier: 'flex', latencyOptimized: true },
      });
    },
  );
});

test('a record has the region of its call', () => {
  expect(read({ region: 'eu-central-1' })).toMatchObject({ call: { region: 'eu-central-1' } });
});
