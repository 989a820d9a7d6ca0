import { searchMetrics } from '../../../../../local/emulators/cloudwatch/metric-math/search';
import { MetricStore } from '../../../../../local/emulators/cloudwatch/metrics/metric-store';

/** Returns the log group names that a CloudWatch search for the term finds in `values`. */
function found(term: string, values: readonly string[]): string[] {
  const store = new MetricStore();
  for (const value of values) {
    const dimensions = { LogGroupName: value };
    store.putDatum({ namespace: 'N', name: 'Errors', dimensions, timestamp: new Date(0), values: [1] });
  }
  const terms = `MetricName="Errors" ${term}`;
  return searchMetrics(`{N,LogGroupName} ${terms}`, store).map(({ dimensions }) => dimensions.LogGroupName);
}

// Rows without `my-app` are examples from the CloudWatch User Guide, "CloudWatch search expression syntax".
// Names with `my-app` are as CloudFormation generates them.
test.each<[string, string, boolean]>([
  ['count', 'CustomCount1', true],
  ['COUNT', 'CustomCount1', true],
  ['CustomCount', 'CustomCount1', true],
  ['Count1', 'CustomCount1', true],
  ['customcount', 'CustomCount1', false],
  ['couNT', 'CustomCount1', false],
  ['sdb', 'SDBFailure', true],
  ['333', 'Project2-trial333', true],
  ['"Project2"', 'Project2-trial333', false],
  ['TriageF8A5E379', 'my-app-TriageF8A5E379-Zx1Y2qW', true],
  ['TriageF8A5E379', 'my-app-TriageF8A5E370-Zx1Y2qW', false],
  ['TriageF8A5E379', '/aws/lambda/my-app-TriageF8A5E379-Zx1Y2qW', true],
])('matches the search term %s with the tokens of %s', (term, value, isFound) => {
  expect(found(`LogGroupName=${term}`, [value, 'other'])).toEqual(isFound ? [value] : []);
});

test('finds metrics that match all search terms', () => {
  expect(found('LogGroupName=my LogGroupName=TriageF8', ['my-TriageF8-X', 'your-TriageF8-X'])).toEqual([
    'my-TriageF8-X',
  ]);
});
