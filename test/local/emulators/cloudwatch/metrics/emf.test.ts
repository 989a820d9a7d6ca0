import { validateEmf } from '../../../../../local/emulators/cloudwatch/metrics/emf';
import { MetricStore } from '../../../../../local/emulators/cloudwatch/metrics/metric-store';

const TIME = new Date('2026-11-21T12:00:00Z');

function documentWith(changes: Record<string, unknown> = {}, directive: Record<string, unknown> = {}) {
  return {
    _aws: {
      Timestamp: TIME.getTime(),
      CloudWatchMetrics: [
        {
          Namespace: 'N/S',
          Dimensions: [[], ['AgentId', 'Model']],
          Metrics: [
            { Name: 'Cost', Unit: 'None' },
            { Name: 'Calls', Unit: 'Count' },
          ],
          ...directive,
        },
      ],
    },
    AgentId: 'a',
    Model: 'm',
    Cost: [0.1, 0.2],
    Calls: 2,
    ...changes,
  };
}

describe('EMF lines', () => {
  test('publishes EMF metrics under each dimension set, with each value of an array', () => {
    const store = new MetricStore();

    const updated = store.ingestEmf(JSON.stringify(documentWith()));

    const range = { start: TIME, end: new Date(TIME.getTime() + 60_000), periodSeconds: 60 };
    const read = (name: string, dimensions: Record<string, string>, statistic: string) =>
      store.points({ namespace: 'N/S', name, dimensions }, { ...range, statistic }).map(point => point.value);
    expect(updated).toBe(4);
    expect(store.emfErrors).toEqual([]);
    expect(read('Cost', {}, 'Sum')).toEqual([0.3]);
    expect(read('Cost', { AgentId: 'a', Model: 'm' }, 'SampleCount')).toEqual([2]);
    expect(read('Calls', {}, 'Sum')).toEqual([2]);
    expect(read('Cost', { AgentId: 'a' }, 'Sum')).toEqual([]);
  });

  test.each([
    'plain text',
    '{"level":"INFO","message":"no metrics"}',
    '',
    '[]',
    'null',
    '{"_aws":{}}',
    '{"_aws":null}',
  ])('ignores the log line %j', line => {
    const store = new MetricStore();

    expect(store.ingestEmf(line)).toBe(0);
    expect(store.emfErrors).toEqual([]);
  });

  test.each([
    ['no timestamp', { _aws: { CloudWatchMetrics: documentWith()._aws.CloudWatchMetrics } }, 'Timestamp'],
    ['a missing target', { Cost: undefined }, 'metric Cost must have a finite number'],
    ['null for a value', { Cost: null }, 'metric Cost must have a finite number'],
    ['text for a value', { Cost: '1' }, 'metric Cost must have a finite number'],
    [
      '101 values',
      { Cost: Array.from({ length: 101 }, () => 1) },
      'metric Cost must have 1 to 100 values, got: 101',
    ],
    ['no values', { Cost: [] }, 'metric Cost must have 1 to 100 values, got: 0'],
    ['an empty dimension value', { AgentId: '' }, 'dimension AgentId'],
    ['a dimension value that is not text', { AgentId: 1 }, 'dimension AgentId'],
    ['a dimension value beyond ASCII', { AgentId: 'é' }, 'dimension AgentId'],
  ])('refuses all metrics of an EMF line with %s', (_name, changes, message) => {
    const store = new MetricStore();

    expect(store.ingestEmf(JSON.stringify(documentWith(changes)))).toBe(0);
    expect(store.emfErrors.join()).toContain(message);
    expect(store.list()).toEqual([]);
  });

  test.each([
    ['no dimension set at all', { Dimensions: [] }],
    ['a namespace of AWS', { Namespace: 'AWS/X' }],
    ['an unknown unit', { Metrics: [{ Name: 'Cost', Unit: 'USD' }] }],
    ['101 metrics', { Metrics: Array.from({ length: 101 }, () => ({ Name: 'Cost' })) }],
    ['31 dimensions', { Dimensions: [Array.from({ length: 31 }, (_, index) => `d${index}`)] }],
  ])('reports an error for an EMF directive with %s', (_name, directive) => {
    expect(validateEmf(documentWith({}, directive))).not.toEqual([]);
  });
});
