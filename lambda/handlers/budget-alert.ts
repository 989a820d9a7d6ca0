import { Logger } from '@aws-lambda-powertools/logger';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DEFAULT_NAMESPACE, ENV } from '../../src/contract';
import { readCostSeries } from '../aws/cost-series';
import { type BudgetStatus, budgetStatus, budgetWindows } from '../budget/budget-status';
import { AnalyticsEmitter } from '../metrics/analytics-emitter';

const namespace = process.env[ENV.namespace] || DEFAULT_NAMESPACE;
const timeZone = process.env[ENV.timeZone] || 'UTC';
const daily = budgetFrom(ENV.dailyBudget);
const monthly = budgetFrom(ENV.monthlyBudget);

const client = new CloudWatchClient({});
const logger = new Logger({ serviceName: 'token-analytics-budget-alert' });
const emitter = new AnalyticsEmitter({ namespace });

/**
 * Reads what was spent, logs one line of budget status and publishes the two gauges. It enforces nothing.
 *
 * A failed read fails the invocation, so that the function's own `Errors` metric tells: a missing figure is never
 * published as 0.
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
  return status;
}

function budgetFrom(variable: string): number | undefined {
  const text = process.env[variable];
  if (!text) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`${variable} must be a number of US dollars above 0, got: ${text}`);
  return value;
}
