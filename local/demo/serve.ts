import { DEFAULT_SEED, GENERATED_FROM, type PlayedDay } from './demo';
import { writeHistory } from './history';
import { DEPLOYMENT } from './synthesise';
import { DAY_END } from './traffic';
import { UsageReports } from '../../reports/usage-reports';
import { dashboardSource } from '../page/dashboard-source';
import { RecordedMetrics } from '../page/recorded-metrics';
import { reportSource } from '../page/report-source';
import { type PageServer, servePage } from '../page/server';

export interface ServeOptions {
  /** The folder of the page's built files. */
  readonly filesDir: string;
  readonly seed?: number;
  /** Default: a free one. */
  readonly port?: number;
}

/**
 * Serves the played day as a page: its dashboard, and a report of it and of a history
 * before it, which is written first. The SDK's clients find keys in the environment.
 */
export async function serveDay(
  { dashboard, metrics, table }: PlayedDay,
  { filesDir, seed = DEFAULT_SEED, port }: ServeOptions,
): Promise<PageServer> {
  await writeHistory({ ...table, seed });
  // The last moment of the played day: it is today.
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
