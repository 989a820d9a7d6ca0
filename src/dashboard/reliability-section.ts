import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { TOTAL_COLORS } from './colors';
import { EMF_ERRORS, LOGS_NAMESPACE, METRICS, type MetricContract } from '../contract';
import { FIVE_MINUTES, graphWidget, HALF, lines, THIRD } from './layout';
import { LOG_GROUP_DIMENSION, nameOrTerms } from './log-groups';
import type { Section } from './section';
import { namedPairs, ratioOfAll, type SeriesSource, sumByAgent, sumByModel, sumOfAll } from './series';
import { RATIOS } from '../metrics/ratio';
import { serviceSearch } from '../metrics/search';
import { requireStandardClass } from '../private/log-group';
import { isKnownToDiffer } from '../private/region-account';

const EMF_ERROR_NAMES = Object.values(EMF_ERRORS);
const FOUND_ERROR = `\${PROP('MetricName')} \${PROP('Dim.${LOG_GROUP_DIMENSION}')}`;

/**
 * Creates the section on failures: failed invocations, invocations without a price, and traces or metrics
 * that were not stored.
 */
export function reliabilitySection(source: SeriesSource, logGroups: readonly logs.ILogGroup[] = []): Section {
  for (const logGroup of logGroups) {
    requireStandardClass(
      source.scope,
      'logGroups',
      logGroup,
      'CloudWatch reads no metrics from log groups of other classes: give one of class STANDARD, or omit it.',
    );
  }
  const hasLogGroups = logGroups.length > 0;
  const width = hasLogGroups ? THIRD : HALF;
  return {
    heading: 'Reliability: failed and unpriced invocations, and traces and metrics that were not stored',
    rows: [
      [errorsWidget(source), errorRateWidget(source), unpricedWidget(source)],
      [
        tracesWidget(source, width),
        breakerWidget(source, width),
        ...(hasLogGroups ? [emfErrorsWidget(source.scope, logGroups)] : []),
      ],
    ],
  };
}

function errorsWidget(source: SeriesSource): cloudwatch.IWidget {
  return countWidget('Failed invocations by agent, per 5 minutes', THIRD, [
    total(source, METRICS.invocationErrors),
    ...sumByAgent(source, METRICS.invocationErrors, { period: FIVE_MINUTES, id: 'errors' }),
  ]);
}

function errorRateWidget(source: SeriesSource): cloudwatch.IWidget {
  const { metrics } = source;
  return graphWidget('Error rate, per 5 minutes', {
    width: THIRD,
    period: FIVE_MINUTES,
    left: [
      ratioOfAll(source, RATIOS.errorRate, FIVE_MINUTES),
      ...(namedPairs(source) ?? []).map(pair => metrics.metricErrorRate({ ...pair, period: FIVE_MINUTES })),
    ],
    leftAnnotations: lines(source.thresholds.errorRate),
    // The axis has no maximum: up to 100 %, a usual error rate and its threshold would be at the bottom.
    leftYAxis: { label: '% of invocations', showUnits: false, min: 0 },
  });
}

function unpricedWidget(source: SeriesSource): cloudwatch.IWidget {
  return countWidget('Unpriced invocations by model, per 5 minutes', THIRD, [
    total(source, METRICS.unpricedInvocations),
    ...sumByModel(source, METRICS.unpricedInvocations, { period: FIVE_MINUTES, id: 'unpriced' }),
  ]);
}

function total(source: SeriesSource, metric: MetricContract): cloudwatch.IMetric {
  return sumOfAll(source, metric, { period: FIVE_MINUTES, label: 'Total', color: TOTAL_COLORS[0] });
}

function tracesWidget({ metrics }: SeriesSource, width: number): cloudwatch.IWidget {
  return countWidget('Traces spilled and dropped, per 5 minutes', width, [
    metrics.metricTracesSpilled({ period: FIVE_MINUTES, label: 'Spilled (can be replayed)' }),
    metrics.metricTracesDropped({ period: FIVE_MINUTES, label: 'Dropped (lost)' }),
  ]);
}

function breakerWidget({ metrics }: SeriesSource, width: number): cloudwatch.IWidget {
  return countWidget('Circuit breaker opened, per 5 minutes', width, [
    metrics.metricBreakerOpened({ period: FIVE_MINUTES, label: 'Trace writer' }),
  ]);
}

function emfErrorsWidget(
  scope: SeriesSource['scope'],
  logGroups: readonly logs.ILogGroup[],
): cloudwatch.IWidget {
  return countWidget(
    'Refused metric lines, per 5 minutes',
    THIRD,
    logGroups.flatMap(logGroup => {
      const named = nameOrTerms(scope, logGroup);
      return 'name' in named
        ? EMF_ERROR_NAMES.map(metricName => namedEmfErrors(logGroup, named.name, metricName))
        : [foundEmfErrors(scope, logGroup, named.terms)];
    }),
  );
}

function namedEmfErrors(logGroup: logs.ILogGroup, name: string, metricName: string): cloudwatch.IMetric {
  return new cloudwatch.Metric({
    namespace: LOGS_NAMESPACE,
    metricName,
    dimensionsMap: { [LOG_GROUP_DIMENSION]: name },
    statistic: cloudwatch.Stats.SUM,
    period: FIVE_MINUTES,
    label: `${metricName} ${name}`,
  }).attachTo(logGroup);
}

function foundEmfErrors(
  scope: SeriesSource['scope'],
  logGroup: logs.ILogGroup,
  terms: string,
): cloudwatch.IMetric {
  const { region } = logGroup.env;
  return new cloudwatch.SearchExpression({
    expression: serviceSearch(
      scope,
      LOGS_NAMESPACE,
      LOG_GROUP_DIMENSION,
      EMF_ERROR_NAMES,
      cloudwatch.Stats.SUM,
      [terms],
    ),
    period: FIVE_MINUTES,
    label: FOUND_ERROR,
    searchRegion: isKnownToDiffer(region, Stack.of(scope).region) ? region : undefined,
  });
}

function countWidget(title: string, width: number, left: cloudwatch.IMetric[]): cloudwatch.IWidget {
  return graphWidget(title, {
    width,
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left,
    leftYAxis: { label: 'Count', showUnits: false, min: 0 },
  });
}
