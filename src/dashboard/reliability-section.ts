import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Section } from './section';
import { EMF_ERRORS, LOGS_NAMESPACE, METRICS } from '../contract';
import { FIVE_MINUTES, graph, HALF, THIRD } from './layout';
import { LOG_GROUP_DIMENSION, nameOrTerms } from './log-groups';
import { byAgent, byModel, namedPairs, type SeriesSource, totalRatio } from './series';
import { RATIOS } from '../metrics/ratio';
import { serviceSearch } from '../metrics/search';
import { requireStandardClass } from '../private/log-group';
import { isKnownToDiffer } from '../private/region-account';

const EMF_ERROR_NAMES = Object.values(EMF_ERRORS);
const FOUND_ERROR = `\${PROP('MetricName')} \${PROP('Dim.${LOG_GROUP_DIMENSION}')}`;

export function reliabilitySection(source: SeriesSource, logGroups: readonly logs.ILogGroup[] = []): Section {
  for (const logGroup of logGroups) {
    requireStandardClass(
      source.scope,
      'logGroups',
      logGroup,
      'CloudWatch makes no metrics of lines in other classes: give one of class STANDARD, or leave it out.',
    );
  }
  const third = logGroups.length > 0;
  const width = third ? THIRD : HALF;
  return {
    heading: 'Reliability: failed and unpriced calls, and what did not reach the trace table or CloudWatch',
    rows: [
      [errors(source), errorRate(source), unpriced(source)],
      [traces(source, width), breaker(source, width), ...(third ? [emfErrors(source.scope, logGroups)] : [])],
    ],
  };
}

function errors(source: SeriesSource): cloudwatch.IWidget {
  return counts(
    'Failed calls by agent, per 5 minutes',
    THIRD,
    byAgent(source, METRICS.invocationErrors, { period: FIVE_MINUTES, id: 'errors', suffix: '' }),
  );
}

function errorRate(source: SeriesSource): cloudwatch.IWidget {
  const { metrics } = source;
  return graph('Error rate, % of calls, per 5 minutes', {
    width: THIRD,
    period: FIVE_MINUTES,
    left: [
      totalRatio(source, RATIOS.errorRate, FIVE_MINUTES),
      ...(namedPairs(source) ?? []).map(pair =>
        metrics.metricErrorRate({ ...pair, period: FIVE_MINUTES, label: `${pair.agentId} ${pair.model}` }),
      ),
    ],
    leftYAxis: { label: '%', showUnits: false, min: 0, max: 100 },
  });
}

function unpriced(source: SeriesSource): cloudwatch.IWidget {
  return counts(
    'Calls of unknown price by model, per 5 minutes',
    THIRD,
    byModel(source, METRICS.unpricedInvocations, { period: FIVE_MINUTES, id: 'unpriced', suffix: '' }),
  );
}

function traces({ metrics }: SeriesSource, width: number): cloudwatch.IWidget {
  return counts('Traces spilled to the log, and dropped, per 5 minutes', width, [
    metrics.metricTracesSpilled({ period: FIVE_MINUTES, label: 'Spilled: can be replayed' }),
    metrics.metricTracesDropped({ period: FIVE_MINUTES, label: 'Dropped: lost' }),
  ]);
}

function breaker({ metrics }: SeriesSource, width: number): cloudwatch.IWidget {
  return counts("Openings of the trace writer's circuit breaker, per 5 minutes", width, [
    metrics.metricBreakerOpened({ period: FIVE_MINUTES }),
  ]);
}

function emfErrors(scope: SeriesSource['scope'], logGroups: readonly logs.ILogGroup[]): cloudwatch.IWidget {
  return counts(
    'Metric lines that CloudWatch Logs refused, per 5 minutes',
    THIRD,
    logGroups.flatMap(logGroup => {
      const named = nameOrTerms(scope, logGroup);
      return 'name' in named
        ? EMF_ERROR_NAMES.map(metricName => emfError(logGroup, named.name, metricName))
        : [foundEmfErrors(scope, logGroup, named.terms)];
    }),
  );
}

function emfError(logGroup: logs.ILogGroup, name: string, metricName: string): cloudwatch.IMetric {
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

function counts(title: string, width: number, left: cloudwatch.IMetric[]): cloudwatch.IWidget {
  return graph(title, {
    width,
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left,
    leftYAxis: { label: 'Count', showUnits: false, min: 0 },
  });
}
