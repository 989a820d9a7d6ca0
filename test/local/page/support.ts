import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { MetricStore } from '../../../local/emulators/cloudwatch/metrics/metric-store';
import { parseBody } from '../../../local/page/dashboard-body';
import type { ResolvedDashboard } from '../../../local/page/dashboard-source';
import type { CoveredShareView, MoneyView, ReportView } from '../../../local/page/views';
import { REPOSITORY, runOk } from '../../support/run';

export const NS = 'OPX/Analytics';
export const END = new Date('2026-11-22T00:00:00Z');
export const EVIL = '<img src=x onerror="document.title=1"><script>alert(1)</script>';
const HOUR_MS = 3_600_000;

/** Builds the dashboard page into a temporary folder. `remove` deletes the folder. */
export async function buildPageFiles(): Promise<{ dir: string; remove: () => Promise<void> }> {
  const dir = await mkdtemp(path.join(tmpdir(), 'token-analytics-page-'));
  await runOk('node', [path.join(REPOSITORY, 'scripts', 'page.mjs'), dir]);
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/**
 * Returns metrics with a value in every hour of the day before {@link END}. Each value is stored twice: once
 * with the dimensions `AgentId` and `Model`, and once without dimensions for the total.
 */
export function storeOf(
  pairs: readonly (readonly [agent: string, model: string, value: number])[],
): MetricStore {
  const store = new MetricStore();
  for (let hour = 0; hour < 24; hour += 1) {
    const timestamp = new Date(END.getTime() - (hour + 0.5) * HOUR_MS);
    for (const [AgentId, Model, value] of pairs) {
      for (const dimensions of [{}, { AgentId, Model }] as Record<string, string>[]) {
        store.putDatum({ namespace: NS, name: 'TotalCost', dimensions, timestamp, values: [value] });
        store.putDatum({
          namespace: NS,
          name: 'TokenEfficiency',
          dimensions,
          timestamp,
          values: [value / 10],
        });
      }
    }
  }
  return store;
}

export const SEARCH = `SEARCH('{"${NS}",AgentId,Model} MetricName="TotalCost"', 'Sum')`;

/** Returns the JSON of a dashboard widget that shows metrics with a period of one hour. */
export function metricWidget(
  title: string,
  properties: Record<string, unknown>,
  position: { x?: number; y?: number; width?: number } = {},
) {
  return {
    type: 'metric',
    width: 12,
    height: 6,
    ...position,
    properties: { title, period: 3600, stat: 'Sum', region: 'us-east-1', view: 'timeSeries', ...properties },
  };
}

export function dashboardOf(
  widgets: readonly unknown[],
  changes: Partial<ResolvedDashboard> & { body?: never; start?: string } = {},
): ResolvedDashboard {
  const { start = '-P1D', ...others } = changes;
  return {
    id: 'Stack/Board',
    name: 'Board',
    stack: 'Stack',
    body: parseBody(JSON.stringify({ start, widgets })),
    alarms: new Map(),
    ...others,
  };
}

function moneyOf(usd: number, text = `$${usd.toFixed(2)}`): MoneyView {
  return { text, usd };
}

/** Returns example data for the report page: costs of three days, and a forecast for two days. */
export function reportOf(changes: Partial<ReportView> = {}): ReportView {
  const days = ['2026-11-19', '2026-11-20', '2026-11-21'];
  const costs = [moneyOf(1), moneyOf(2, '≥ $2.00 (3 unpriced, 1 at least)'), moneyOf(4)];
  return {
    from: days[0],
    to: days[2],
    timeZone: 'UTC',
    days: days.map((day, index) => ({ day, complete: index < 2, cost: costs[index] })),
    agents: [
      { name: 'triage', days: costs, total: moneyOf(7, '≥ $7.00 (3 unpriced, 1 at least)') },
      { name: EVIL, days: days.map(() => moneyOf(0)), total: moneyOf(0) },
    ],
    models: [{ name: 'nova', days: costs, total: moneyOf(7, '≥ $7.00 (3 unpriced, 1 at least)') }],
    total: moneyOf(7, '≥ $7.00 (3 unpriced, 1 at least)'),
    calls: 1234,
    tokens: 56_789,
    unitCost: moneyOf(0.5),
    costNotes: [`At least: 1 call may have cost more: 1 × ${EVIL}.`],
    incidents: [
      { name: 'INC-7', cost: moneyOf(5), calls: 12, tokens: 3456 },
      { name: EVIL, cost: moneyOf(1), calls: 2, tokens: 10 },
    ],
    incidentCount: 9,
    forecast: {
      history: days.map((day, index) => ({ day, cost: costs[index] })),
      days: ['2026-11-22', '2026-11-23'].map((day, index) => ({
        day,
        cost: moneyOf(4 + index),
        from80: moneyOf(3),
        to80: moneyOf(6),
        from95: moneyOf(2),
        to95: moneyOf(8),
      })),
      total: moneyOf(9),
      totalRange: '$7.00 to $12.00',
      notes: ['A note of the forecast.'],
    },
    notes: [],
    ...changes,
  };
}

/** Returns example data for the recorded share: one model that is recorded, and one that is not. */
export function shareOf(): CoveredShareView {
  return {
    summary: `75 % of the account's input tokens are recorded; missing: ${EVIL}, 1 call.`,
    models: [
      {
        model: EVIL,
        accountCalls: 1234,
        recordedCalls: 0,
        share: '0 %',
        reason: 'no client is instrumented',
      },
      { model: 'nova', accountCalls: 3, recordedCalls: 3, share: '100 %', reason: '' },
    ],
    notes: ['Instrument the clients.'],
    cost: 'CloudWatch: 4 metrics read, $0.00004',
  };
}
