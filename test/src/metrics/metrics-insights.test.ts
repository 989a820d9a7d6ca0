import { CfnParameter } from 'aws-cdk-lib';
import { METRICS } from '../../../src/contract';
import { findUsesInExpression } from '../../../src/dimension-check/expressions';
import { agentQuery } from '../../../src/metrics/metrics-insights';
import { newStack } from '../support';

describe('agentQuery', () => {
  test('asks for the ten agents with the highest sums, with exactly the two dimensions', () => {
    expect(agentQuery('OPX/Analytics', METRICS.totalCost)).toBe(
      'SELECT SUM(TotalCost) FROM SCHEMA("OPX/Analytics", AgentId, Model) ' +
        'GROUP BY AgentId ORDER BY SUM() DESC LIMIT 10',
    );
  });

  test.each(['Shop', 'my team/a.b-c_d:e#f', '9'])('quotes the namespace %s', namespace => {
    expect(agentQuery(namespace, METRICS.inputTokens)).toContain(`FROM SCHEMA("${namespace}", AgentId,`);
  });

  test('keeps a namespace that is known only at deployment', () => {
    const stack = newStack();
    const namespace = new CfnParameter(stack, 'Namespace').valueAsString;

    expect(stack.resolve(agentQuery(namespace, METRICS.inputTokens))).toMatchObject({
      'Fn::Join': ['', ['SELECT SUM(InputTokens) FROM SCHEMA("', { Ref: 'Namespace' }, expect.any(String)]],
    });
  });

  test.each([METRICS.tokenEfficiency, METRICS.responseLatency])(
    'returns no query for $name, because averages cannot be added up',
    metric => {
      expect(agentQuery('OPX/Analytics', metric)).toBeUndefined();
    },
  );

  test('is read by the dimension check with its two dimensions and no others', () => {
    expect(findUsesInExpression('body', agentQuery('OPX/Analytics', METRICS.totalCost) ?? '')).toEqual([
      {
        location: 'body',
        namespace: 'OPX/Analytics',
        metric: 'TotalCost',
        dimensions: ['AgentId', 'Model'],
        exact: true,
      },
      { location: 'body', namespace: 'OPX/Analytics', metric: 'TotalCost', dimensions: [], exact: false },
    ]);
  });
});
