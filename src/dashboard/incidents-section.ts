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

/** Class of log groups that are kept for other services only (CloudWatch Logs User Guide, "Log classes"). */
const DELIVERY = 'DELIVERY';
/** StartQuery (CloudWatch Logs API Reference) takes so many log groups. */
const MAX_LOG_GROUPS = 50;
const DEFAULT_LIMIT = 20;
/** More rows than these no reader of a dashboard scrolls through. */
const MAX_LIMIT = 1000;

export interface IncidentRows {
  readonly logGroups: readonly logs.ILogGroup[];
  readonly limit?: number;
}

export function incidentsSection(
  { scope }: SeriesSource,
  { logGroups, limit = DEFAULT_LIMIT }: IncidentRows,
): Section {
  requireWholeNumber(scope, 'limit', limit, 1, MAX_LIMIT);
  for (const logGroup of logGroups) requireQueryable(scope, logGroup);
  return {
    heading:
      'Incidents: needs `POWERTOOLS_LOG_LEVEL=DEBUG`; each refresh scans the log groups for $0.005 ' +
      'per GB (list price of us-east-1)',
    rows: [
      [
        new cloudwatch.LogQueryWidget({
          title: 'Dearest incidents of the shown range, USD',
          width: WHOLE,
          height: HEIGHT,
          region: regionOf(scope, logGroups),
          logGroupNames: logGroups.map(logGroup => literalName(logGroup) ?? logGroup.logGroupName),
          // The runtime writes these fields for each call. An unpriced call has
          // no usd: where priced is below calls, the cost is at least that.
          queryLines: [
            'filter ispresent(usage.incidentId)',
            'stats sum(usage.usd) as usd, count(*) as calls, count(usage.usd) as priced, ' +
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
 * Requires a log group that a query of the dashboard reads: of the account, and of a class that is indexed.
 */
function requireQueryable(scope: IConstruct, logGroup: logs.ILogGroup): void {
  requireSamePlace(
    scope,
    'logGroups',
    logGroup,
    'A query reads log groups of its own account: make the dashboard there.',
    ['account'],
  );
  if (findLogGroupClass(logGroup) !== DELIVERY) return;
  throw propError(
    scope,
    'logGroups',
    'of a class that can be queried',
    `${logGroup.node.path} of class ${DELIVERY}`,
    'CloudWatch Logs Insights does not read log groups of that class: give one of class STANDARD.',
  );
}

/** A query is of one region: the log groups', which can be another than the dashboard's. */
function regionOf(scope: Where, logGroups: readonly logs.ILogGroup[]): string | undefined {
  if (logGroups.length < 1 || logGroups.length > MAX_LOG_GROUPS) {
    throw propError(
      scope,
      'logGroups',
      `1 to ${MAX_LOG_GROUPS} log groups`,
      `${logGroups.length} log groups`,
      'Give the log groups of the functions that call a model.',
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
      'Make a section for each region.',
    );
  }
  return regions[0];
}
