import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { TokenMetrics } from '../../../src';
import { dashboardBodies, fieldsOf, newStack, optionsOf } from '../support';

const pair = { agentId: 'triage', model: 'amazon.nova-lite-v1:0' };

describe('TokenMetrics', () => {
  test('reads the total of the default namespace by default', () => {
    const metric = new TokenMetrics().metricTotalCost();

    expect(metric).toMatchObject({
      namespace: 'OPX/Analytics',
      metricName: 'TotalCost',
      statistic: 'Sum',
      unit: 'None',
      dimensions: undefined,
      label: 'Total cost (USD)',
    });
    expect(metric.period.toSeconds()).toBe(300);
  });

  test('reads the metric of one pair with the given options', () => {
    const metric = new TokenMetrics({ namespace: 'Shop/dev' }).metricResponseLatency({
      ...pair,
      statistic: 'p90',
      period: Duration.hours(1),
      label: 'slow',
    });

    expect(metric).toMatchObject({
      namespace: 'Shop/dev',
      statistic: 'p90',
      unit: 'Milliseconds',
      label: 'slow',
      dimensions: { AgentId: pair.agentId, Model: pair.model },
    });
    expect(metric.period.toSeconds()).toBe(3600);
  });

  test.each([
    [{ agentId: 'triage' }, 'model'],
    [{ model: pair.model }, 'agentId'],
  ])('rejects only one of agent and model: %j', (options, missing) => {
    expect(() => new TokenMetrics().metricInputTokens(options)).toThrow(
      new RegExp(`\`${missing}\` must be given together.*give both, or neither`),
    );
    expect(() => new TokenMetrics().metricCostPerInvocation(options)).toThrow(/give both, or neither/);
  });

  test('rejects another dimension, even for a total', () => {
    const dimensionsMap = { IncidentId: 'INC-1' };

    expect(() => new TokenMetrics().metricInputTokens({ dimensionsMap })).toThrow(
      /`dimensionsMap` must be omitted, got: IncidentId/,
    );
    expect(() => new TokenMetrics().metricTracesDropped({ dimensionsMap })).toThrow(
      /only dimensions are AgentId and Model/,
    );
  });

  test.each([Duration.seconds(45), Duration.seconds(90), Duration.seconds(0), Duration.millis(500)])(
    'rejects a period of %s',
    period => {
      expect(() => new TokenMetrics().metricTotalCost({ period })).toThrow(/`period` must be .* got: /);
      expect(() => new TokenMetrics().metricCostPerInvocation({ period })).toThrow(
        /`period` must be .* got: /,
      );
    },
  );

  test.each(['', ' ', 'AWS/Bedrock', ':x', 'a"b', 'ä', 'x'.repeat(256)])(
    'rejects the namespace %j',
    namespace => {
      expect(() => new TokenMetrics({ namespace })).toThrow(/^\[TokenMetrics\] `namespace` must be /);
    },
  );

  test.each(['', 'a"b', "a'b", 'a\\b', 'ä', ':a', '${LABEL}', 'x'.repeat(65)])(
    'rejects the agent %j',
    agentId => {
      expect(() => new TokenMetrics().metricTotalCost({ ...pair, agentId })).toThrow(/`agentId` must be /);
    },
  );

  test('divides the sums of cost and invocations for the cost per invocation', () => {
    const stack = newStack();
    new cloudwatch.Dashboard(stack, 'D', {
      widgets: [[new cloudwatch.GraphWidget({ left: [new TokenMetrics().metricCostPerInvocation()] })]],
    });

    const metrics = dashboardBodies(stack)[0].widgets[0].properties.metrics;

    expect(optionsOf(metrics[0])).toEqual({
      expression: 'totalCost / invocationCount',
      label: 'Cost per invocation (USD)',
    });
    expect(metrics.slice(1).map(fieldsOf)).toEqual([
      ['OPX/Analytics', 'TotalCost'],
      ['OPX/Analytics', 'InvocationCount'],
    ]);
    expect(metrics.slice(1).map(entry => optionsOf(entry).stat)).toEqual(['Sum', 'Sum']);
  });

  test('allows the cost per invocation of several agents, namespaces and periods in one widget', () => {
    const stack = newStack();
    const left = [
      new TokenMetrics().metricCostPerInvocation(),
      new TokenMetrics().metricCostPerInvocation({ period: Duration.hours(1) }),
      new TokenMetrics({ namespace: 'Other' }).metricCostPerInvocation(),
      new TokenMetrics().metricCostPerInvocation(pair),
      new TokenMetrics().metricCostPerInvocation({ ...pair, agentId: 'scribe' }),
    ];
    new cloudwatch.Dashboard(stack, 'D', { widgets: [[new cloudwatch.GraphWidget({ left })]] });

    const metrics = dashboardBodies(stack)[0].widgets[0].properties.metrics;

    expect(new Set(metrics.flatMap(entry => optionsOf(entry).expression ?? [])).size).toBe(5);
  });

  test('computes ratios in per cent, with a minimum number of samples', () => {
    const stack = newStack();
    const metrics = new TokenMetrics();
    const left = [
      metrics.metricCacheHitRate(),
      metrics.metricErrorRate({ minimumSamples: 20 }),
      metrics.metricCostPerInvocation({ minimumSamples: 5 }),
    ];
    new cloudwatch.Dashboard(stack, 'D', { widgets: [[new cloudwatch.GraphWidget({ left })]] });

    const expressions = dashboardBodies(stack)[0].widgets[0].properties.metrics.flatMap(
      entry => optionsOf(entry).expression ?? [],
    );

    expect(expressions).toEqual([
      '100 * cachedResponses / (cachedResponses + invocationCount)',
      'IF((invocationErrors + invocationCount) >= 20, 100 * invocationErrors / (invocationErrors + ' +
        'invocationCount))',
      'IF(invocationCount >= 5, totalCost / invocationCount)',
    ]);
  });

  test.each([0, 1.5, -1])('rejects a minimum of %s samples', minimumSamples => {
    expect(() => new TokenMetrics().metricErrorRate({ minimumSamples })).toThrow(
      /`minimumSamples` must be a whole number from 1/,
    );
  });
});
