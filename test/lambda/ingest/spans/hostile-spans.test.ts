import * as fc from 'fast-check';
import {
  BOTO,
  bucketsOf,
  type Members,
  NO_RULES,
  read,
  readLine,
  sampleLine,
  spanOf,
  spanRecord,
} from './support';
import { readSpanLine, readSpanRules } from '../../../../lambda/ingest/spans/read-span';
import { toInvocation } from '../../../../lambda/invocation/record-input';
import { CostCalculator } from '../../../../lambda/pricing/cost-calculator';
import { ProfileResolver } from '../../../../lambda/pricing/model-id';
import { traceItem } from '../../../../lambda/traces/trace-item';
import { ENV } from '../../../../src/contract';
import { fuzz } from '../../../support/fuzz';
import { CONTENT_NAMES } from '../../../support/span-content';

const CANARY = 'the patient is called Ada Lovelace';
const SAMPLES = [
  '01-strands-inclusive',
  '02-botocore-without-cache',
  '03-strands-invoke-agent',
  '04-strands-exclusive',
  '05-botocore-exclusive',
  '06-openllmetry-bedrock',
  '07-adot-langchain',
  '08-openinference-bedrock',
  '09-botocore-failed',
  '10-event-record',
];

const invocationOf = (attributes: Members) =>
  toInvocation(spanOf(read({ attributes })).call, {
    calculator: new CostCalculator(),
    profiles: new ProfileResolver(),
    defaults: {},
  });

describe('content of a span', () => {
  test.each(SAMPLES)(
    'content is not in the reading of the sample %s, whatever attribute contains it',
    sample => {
      const record = JSON.parse(sampleLine(sample)) as Members & {
        attributes: Members;
        resource: { attributes: Members };
      };
      const expected = readLine(sampleLine(sample));
      const content = Object.fromEntries(
        CONTENT_NAMES.flatMap((name, index) => [
          [name, index % 2 === 0 ? CANARY : [CANARY, { text: CANARY }]],
        ]),
      );
      const changed = {
        ...record,
        name: `execute_tool ${CANARY}`,
        body: { text: CANARY },
        links: [{ attributes: content }],
        events: [{ name: 'exception', attributes: { 'exception.message': CANARY, ...content } }],
        status: { ...(record.status as Members), message: CANARY },
        attributes: { ...content, ...record.attributes },
        resource: { attributes: { ...content, ...record.resource.attributes } },
      };
      const reading = readLine(JSON.stringify(changed));

      expect(JSON.stringify(changed)).toContain(CANARY);
      expect(JSON.stringify(reading)).not.toContain(CANARY);
      expect(reading.kind).toBe(expected.kind);
      if (expected.kind === 'span') {
        // JSON.parse rounds the times of the samples, so they are compared without their nanoseconds.
        expect(spanOf(reading).call.usage).toEqual(expected.span.call.usage);
      }
    },
  );

  test.each(CONTENT_NAMES)('content in %s alone is not in a reading', name => {
    expect(
      JSON.stringify(read({ attributes: { [name]: CANARY }, resource: { [name]: CANARY } })),
    ).not.toContain(CANARY);
  });

  test('content is not in the reason of a refused line', () => {
    const lines = [
      JSON.stringify(spanRecord({ attributes: { 'gen_ai.prompt': CANARY }, record: { traceId: CANARY } })),
      JSON.stringify(spanRecord({ record: { startTimeUnixNano: CANARY } })),
      `{"traceId":"${CANARY}`,
    ];
    for (const line of lines) {
      expect(readLine(line).kind).toBe('refused');
      expect(JSON.stringify(readLine(line))).not.toContain(CANARY);
    }
  });
});

describe('hostile counts', () => {
  test.each<[unknown]>([
    ['100'],
    [-1],
    [1.5],
    [1e30],
    [Number.MAX_SAFE_INTEGER + 1],
    [null],
    [true],
    [[100]],
    [{ value: 100 }],
  ])('the input count %j is ignored', value => {
    const span = spanOf(read({ attributes: { 'gen_ai.usage.input_tokens': value } }));

    expect(span.call.usage).toBeUndefined();
    expect(span.hasUsage).toBe(false);
  });

  test('a valid count under a later name replaces an invalid one', () => {
    const attributes = { 'gen_ai.usage.input_tokens': 'NaN', 'gen_ai.usage.prompt_tokens': 7 };

    expect(bucketsOf(spanOf(read({ attributes })).call.usage)).toEqual([7, 0, 0, 10]);
  });

  test('counts whose sum is above the largest safe integer are ignored', () => {
    const attributes = {
      'gen_ai.usage.input_tokens': Number.MAX_SAFE_INTEGER,
      'gen_ai.usage.output_tokens': Number.MAX_SAFE_INTEGER,
    };

    expect(spanOf(read({ attributes })).call.usage).toBeUndefined();
  });
});

describe('a hostile span', () => {
  test.each<[string, string]>([
    ['with inherited names', '{"__proto__":{"startTimeUnixNano":1,"endTimeUnixNano":2,"attributes":{}}}'],
    [
      'with attributes in a prototype',
      JSON.stringify(spanRecord()).replace('"attributes":{"gen_ai', '"attributes":{"__proto__":{"gen_ai') +
        '}',
    ],
    ['with a list of attributes', JSON.stringify(spanRecord({ record: { attributes: [{ key: 'x' }] } }))],
    ['without attributes', JSON.stringify(spanRecord({ record: { attributes: null } }))],
    ['of nested arrays', '['.repeat(500_000) + ']'.repeat(500_000)],
    ['of nested objects', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
  ])('a span %s is not a call', (_what, line) => {
    expect(['foreign', 'refused']).toContain(readLine(line).kind);
  });

  test('a span with the members __proto__ and constructor changes nothing', () => {
    const clean = JSON.stringify(spanRecord());
    const dirty = clean.replace(
      '"attributes":{',
      '"attributes":{"__proto__":{"session.id":"x","aws.request_id":"y"},"constructor":"z",',
    );
    const rules = readSpanRules({ [ENV.ingestIncidentAttribute]: 'toString' });

    expect(readSpanLine({ message: dirty }, rules)).toEqual(readLine(clean));
    expect(({} as Members)['session.id']).toBeUndefined();
  });

  test('a span with too many values is refused before it is parsed', () => {
    const parse = jest.spyOn(JSON, 'parse');
    const message = `{"attributes":[${'0,'.repeat(1_000_001)}0]}`;

    expect(readLine(message)).toEqual({
      kind: 'refused',
      reason: 'the line has more than 1000000 JSON values',
    });
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });

  test('a span with long texts has a short reading', () => {
    const long = 'a.b/'.repeat(100_000);
    const attributes = Object.fromEntries(
      [
        'gen_ai.agent.name',
        'session.id',
        'rpc.method',
        'error.type',
        'server.address',
        'aws.request_id',
        'gen_ai.response.service_tier',
        'gen_ai.response.finish_reasons',
        'cloud.region',
      ].map(name => [name, long]),
    );
    const resource = Object.fromEntries(
      ['service.name', 'cloud.resource_id', 'aws.log.group.names', 'telemetry.auto.version'].map(name => [
        name,
        long,
      ]),
    );
    const reading = read({ attributes, resource, scope: { name: long, version: long } });

    expect(JSON.stringify(reading).length).toBeLessThan(1000);
    expect(read({ attributes: { 'gen_ai.request.model': long } }).kind).toBe('foreign');
  });

  test('a span of any JSON never throws, and its call can be recorded', () => {
    const anyValue = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('chat', 'LLM', 7, -1, 1e30, ''));
    const names = Object.keys(spanRecord().attributes as Members);
    const members = fc.dictionary(
      fc.constantFrom(
        ...names,
        ...CONTENT_NAMES,
        'rpc.method',
        'session.id',
        'error.type',
        'gen_ai.usage.cache_read.input_tokens',
        'gen_ai.usage.total_tokens',
        'ai.operationId',
        '__proto__',
      ),
      anyValue,
    );
    fuzz(
      fc.property(
        members,
        members,
        fc.dictionary(fc.constantFrom(...Object.keys(spanRecord())), anyValue),
        fc.constantFrom(BOTO, 'strands.telemetry.tracer', 'ai', ''),
        (attributes, resource, record, name) => {
          const reading = read({ attributes, resource, record, scope: { name } }, NO_RULES);
          if (reading.kind !== 'span') return;
          const invocation = toInvocation(reading.span.call, {
            calculator: new CostCalculator(),
            profiles: new ProfileResolver(),
            defaults: {},
          });
          expect(traceItem(invocation, { writeShards: 1, ttlDays: 0 })).toBeDefined();
        },
      ),
    );
  });
});

describe('a cost without cache tokens', () => {
  const boto = (model: string) => ({
    'gen_ai.request.model': model,
    'gen_ai.usage.total_tokens': 500,
  });

  test.each<[string, readonly string[] | undefined]>([
    ['us.anthropic.claude-sonnet-4-6', ['cacheTokens']],
    ['amazon.nova-lite-v1:0', ['cacheTokens']],
    ['meta.llama3-8b-instruct-v1:0', undefined],
  ])('a cost of %s without cache tokens is a lower bound for the reasons %j', (model, reasons) => {
    const { cost } = invocationOf(boto(model));

    expect(cost?.picoUsd).toBeGreaterThan(0n);
    expect(cost?.lowerBound).toEqual(reasons);
  });

  test('a cost of a model without a price is unknown', () => {
    expect(invocationOf(boto('amazon.unlisted-v1:0')).cost).toBeUndefined();
  });
});
