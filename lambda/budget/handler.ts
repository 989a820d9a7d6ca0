import { randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
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
import { errorName } from '../process/warn-once';

const namespace = process.env[ENV.namespace] || DEFAULT_NAMESPACE;
const timeZone = process.env[ENV.timeZone] || 'UTC';
const daily = amountFrom(ENV.dailyBudget, 'a number of US dollars');
const monthly = amountFrom(ENV.monthlyBudget, 'a number of US dollars');
const percents = {
  warning: amountFrom(ENV.warningPercent, 'a percentage') ?? DEFAULT_WARNING_PERCENT,
  critical: amountFrom(ENV.criticalPercent, 'a percentage') ?? DEFAULT_CRITICAL_PERCENT,
};
const dashboardName = process.env[ENV.dashboardName] || undefined;
const topicArn = process.env[ENV.alertTopic];
const tableName = process.env[ENV.tableName];
if (topicArn && !tableName) throw new Error(`${ENV.tableName} must be given where ${ENV.alertTopic} is`);

const client = new CloudWatchClient({});
const logger = new Logger({ serviceName: 'token-analytics-budget-alert' });
const emitter = new AnalyticsEmitter({ namespace });
const alert = topicArn && tableName ? connectAlert(topicArn, tableName) : undefined;

/**
 * Reads what was spent, logs one line of budget status and publishes the two gauges; where
 * there is a topic, it is told once of each threshold that was reached. It enforces nothing.
 *
 * A failed read fails the invocation, so that the function's own `Errors` metric tells: a missing figure is
 * never published as 0. So does a message that could not be sent; what a message lacks is said in it and on
 * the log.
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

  const told = await sendAlert(crossings, {
    claims: alert.claims({ namespace, periods: alertPeriods(now, timeZone), owner: randomUUID() }),
    readDay: () => alert.readDay(windows.dayStart, now),
    compose: (some, day, mayRepeat) =>
      alertMessage({
        now,
        namespace,
        crossings: some,
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
  if (told.length > 0) {
    logger.info('Budget alert sent', {
      thresholds: told.map(({ budget, level, percent }) => ({ budget, level, percent })),
    });
  }
  return status;
}

function amountFrom(variable: string, must: string): number | undefined {
  const text = process.env[variable];
  if (!text) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new Error(`${variable} must be ${must} above 0, got: ${text}`);
  }
  return value;
}
