import { Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { HEIGHT, WHOLE } from './layout';
import { literalName } from './log-groups';
import type { Section } from './section';
import type { SeriesSource } from './series';
import { findLogGroupClass } from '../private/log-group';
import { requireSamePlace } from '../private/region-account';
import { numberText } from '../private/token-text';
import { propError, requireWholeNumber, type Where } from '../private/validate';

/**
 * Log group class `DELIVERY`, which CloudWatch Logs Insights cannot query (CloudWatch Logs User Guide, "Log
 * classes").
 */
const DELIVERY = 'DELIVERY';
/** Maximum number of log groups in one query (CloudWatch Logs API Reference, StartQuery). */
const MAX_LOG_GROUPS = 50;
const DEFAULT_LIMIT = 20;
/** Maximum value of `limit`, the number of rows in the widget. */
const MAX_LIMIT = 1000;

/** Options of the incidents section. */
export interface IncidentRows {
  readonly logGroups: readonly logs.ILogGroup[];
  readonly limit?: number;
}

/**
 * Creates the section on the most expensive incidents. A query finds them in the log lines that the runtime
 * writes for each invocation.
 */
export function incidentsSection(
  { scope }: SeriesSource,
  { logGroups, limit = DEFAULT_LIMIT }: IncidentRows,
): Section {
  requireWholeNumber(scope, 'limit', limit, 1, MAX_LIMIT);
  for (const logGroup of logGroups) requireQueryable(scope, logGroup);
  return {
    heading:
      'Incidents: needs `POWERTOOLS_LOG_LEVEL=DEBUG` in the functions. Each refresh scans the log groups, for ' +
      '$0.005 per GB (list price in us-east-1)',
    rows: [
      [
        new cloudwatch.LogQueryWidget({
          title: 'Most expensive incidents in the selected range, USD',
          width: WHOLE,
          height: HEIGHT,
          region: requireOneRegion(scope, logGroups),
          logGroupNames: logGroups.map(logGroup => literalName(logGroup) ?? logGroup.logGroupName),
          // Adds up the cost of each incident in `usd`. `priced` is the number of invocations with a known
          // price. If `priced` is below `invocations`, the true cost is higher than `usd`.
          queryLines: [
            'filter ispresent(usage.incidentId)',
            'stats sum(usage.usd) as usd, count(*) as invocations, count(usage.usd) as priced, ' +
              'sum(usage.inputTokens) as inputTokens, sum(usage.outputTokens) as outputTokens by ' +
              'usage.incidentId',
            'sort usd desc',
            `limit ${numberText(limit)}`,
          ],
        }),
      ],
    ],
  };
}

/**
 * Throws an error if the log group is in another account or has the class DELIVERY. The dashboard cannot
 * query such a log group.
 */
function requireQueryable(scope: IConstruct, logGroup: logs.ILogGroup): void {
  requireSamePlace(
    scope,
    'logGroups',
    logGroup,
    'A query reads only log groups of its own account: create the dashboard there.',
    ['account'],
  );
  if (findLogGroupClass(logGroup) !== DELIVERY) return;
  throw propError(
    scope,
    'logGroups',
    'of a class that can be queried',
    `${logGroup.node.path} of class ${DELIVERY}`,
    'CloudWatch Logs Insights cannot query log groups of that class: give one of class STANDARD.',
  );
}

/**
 * Returns the region of the log groups, which can differ from the region of the dashboard. Throws an error
 * for more than one region, and for a list that does not have 1 to 50 log groups.
 */
function requireOneRegion(scope: Where, logGroups: readonly logs.ILogGroup[]): string | undefined {
  if (logGroups.length < 1 || logGroups.length > MAX_LOG_GROUPS) {
    throw propError(
      scope,
      'logGroups',
      `1 to ${MAX_LOG_GROUPS} log groups`,
      `${logGroups.length} log groups`,
      'Give the log groups of the functions that invoke models.',
    );
  }
  const regions = [
    ...new Set(logGroups.map(({ env: { region } }) => region).filter(region => !Token.isUnresolved(region))),
  ];
  if (regions.length > 1) {
    throw propError(
      scope,
      'logGroups',
      'of one region',
      regions.join(', '),
      'Create a section for each region.',
    );
  }
  return regions[0];
}
