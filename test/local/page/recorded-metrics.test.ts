import { END, NS, storeOf } from './support';
import { MetricStore } from '../../../local/emulators/cloudwatch/metrics/metric-store';
import { RecordedMetrics } from '../../../local/page/recorded-metrics';

describe('end of recorded metrics', () => {
  test('is the end of the minute with the latest value, in any order of the values', () => {
    const store = new MetricStore();
    for (const time of ['2026-11-21T10:00:30Z', '2026-11-21T12:00:30Z', '2026-11-21T11:00:30Z']) {
      store.putDatum({ namespace: NS, name: 'A', dimensions: {}, timestamp: new Date(time), values: [1] });
    }

    expect(new RecordedMetrics(store, '').end().toISOString()).toBe('2026-11-21T12:01:00.000Z');
  });

  test('is found without reading all values, because each alarm of a dashboard needs it', () => {
    const store = storeOf([['triage', 'nova', 1]]);
    const read = jest.spyOn(store, 'data');

    expect(new RecordedMetrics(store, '').end().getTime()).toBe(END.getTime() - 29 * 60_000);
    expect(read).not.toHaveBeenCalled();
  });
});
