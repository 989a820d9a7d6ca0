import { DEFAULT_SEED, GENERATED_FROM, type SimulatedDay } from './demo';
import { writeHistory } from './history';
import { DEPLOYMENT } from './synthesise';
import { DAY_END } from './traffic';
import { UsageReports } from '../../reports/usage-reports';
import { dashboardSource } from '../page/dashboard-source';
import { RecordedMetrics } from '../page/recorded-metrics';
import { reportSource } from '../page/report-source';
import { type PageServer, servePage } from '../page/server';

export interface ServeOptions {
  /** Folder with the built files of the page. */
  readonly filesDir: string;
  readonly seed?: number;
  /** Port of the server. Default: a free port. */
  readonly port?: number;
}

/**
 * Writes traces of the days before the simulated day. Then serves a page with the dashboard of the simulated
 * day and a cost report. The SDK clients read their credentials from the environment.
 */
export async function serveDay(
  { dashboard, metrics, table }: SimulatedDay,
  { filesDir, seed = DEFAULT_SEED, port }: ServeOptions,
): Promise<PageServer> {
  await writeHistory({ ...table, seed });
  // Last millisecond of the simulated day. The reports then treat this day as today.
  const now = new Date(DAY_END.getTime() - 1);
  const reports = new UsageReports({ ...table, region: DEPLOYMENT.region, now: () => now });
  const server = await servePage({
    dashboards: dashboardSource([dashboard], new RecordedMetrics(metrics, GENERATED_FROM, DAY_END)),
    reports: reportSource(reports, () => now),
    filesDir,
    port,
  });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      reports.close();
    },
  };
}
