import { randomUUID } from 'node:crypto';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { connectAlert } from './alert-connection.aws';
import { alertMessage, alertPeriods, dashboardLink } from './alert-message';
import { type BudgetStatus, budgetStatus, budgetWindows, hourlySpend } from './budget-status';
import { readCostSeries } from './cost-series.aws';
import { sendAlert } from './send-alert';
import { crossingsOf } from './thresholds';
import {
  DEFAULT_CRITICAL_PERCENT,
  DEFAULT_NAMESPACE,
  DEFAULT_WARNING_PERCENT,
  ENV,
} from '../../src/contract';
import { AnalyticsEmitter } from '../metrics/analytics-emitter';
import { Logger } from '../process/logger';
import { errorName } from '../process/warn-once';

const namespace = process.env[ENV.namespace] || DEFAULT_NAMESPACE;
const timeZone = process.env[ENV.timeZone] || 'UTC';
const daily = readAmount(ENV.dailyBudget, 'a number of US dollars');
const monthly = readAmount(ENV.monthlyBudget, 'a number of US dollars');
const percents = {
  warning: readAmount(ENV.warningPercent, 'a percentage') ?? DEFAULT_WARNING_PERCENT,
  critical: readAmount(ENV.criticalPercent, 'a percentage') ?? DEFAULT_CRITICAL_PERCENT,
};
const dashboardName = process.env[ENV.dashboardName] || undefined;
const topicArn = process.env[ENV.alertTopic];
const tableName = process.env[ENV.tableName];
if (topicArn && !tableName) throw new Error(`${ENV.tableName} must be set if ${ENV.alertTopic} is set`);

const client = new CloudWatchClient({});
const logger = new Logger('token-analytics-budget-alert');
const emitter = new AnalyticsEmitter({ namespace });
const alert = topicArn && tableName ? connectAlert(topicArn, tableName) : undefined;

/**
 * Reads the cost from CloudWatch, logs the budget status, and publishes the costs of the day and month as
 * metrics. If an SNS topic is set, sends one message about newly reached thresholds. Does not block model
 * calls.
 *
 * @throws if the cost cannot be read or the message cannot be sent
 */
export async function handler(): Promise<BudgetStatus> {
  const now = new Date();
  const windows = budgetWindows(now, timeZone);
  const points = await readCostSeries(client, namespace, windows.from, now);
  const status = budgetStatus(points, windows, { timeZone, daily, monthly });
  logger.info('Budget status', { namespace, ...status });
  emitter.emitTotal('dayToDateCost', status.dayToDateUsd);
  emitter.emitTotal('monthToDateCost', status.monthToDateUsd);
  emitter.publish();
  const crossings = alert ? crossingsOf(status, percents) : [];
  if (!alert || crossings.length === 0) return status;

  const reported = await sendAlert(crossings, {
    claims: alert.claims({ namespace, periods: alertPeriods(now, timeZone), owner: randomUUID() }),
    readDay: () => alert.readDay(windows.dayStart, now),
    compose: (claimed, day, mayRepeat) =>
      alertMessage({
        now,
        namespace,
        crossings: claimed,
        status,
        hourly: hourlySpend(points, now),
        day,
        dashboardName,
        dashboardLink:
          dashboardName &&
          dashboardLink(alert.partition, process.env.AWS_REGION ?? alert.region, dashboardName),
        mayRepeat,
      }),
    publish: alert.publish,
    warn: (message, error) => logger.warn(message, { reason: errorName(error) }),
  });
  if (reported.length > 0) {
    logger.info('Budget alert sent', {
      thresholds: reported.map(({ budget, level, percent }) => ({ budget, level, percent })),
    });
  }
  return status;
}

function readAmount(variable: string, kind: string): number | undefined {
  const text = process.env[variable];
  if (!text) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new Error(`${variable} must be ${kind} above 0, got: ${text}`);
  }
  return value;
}
