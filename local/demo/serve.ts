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
  /** Folder with the page's built files, such as its script and styles. */
  readonly filesDir: string;
  readonly seed?: number;
  /** TCP port of the page's web server. Default: a free port. */
  readonly port?: number;
}

/**
 * Starts a web server with the dashboard and a cost report of the simulated day. Before the start, writes
 * traces of the previous days and Bedrock's metrics of these days, so that the report has a history. The SDK
 * clients read their credentials from the environment.
 */
export async function serveDay(
  { dashboard, metrics, table, cloudWatchEndpoint }: SimulatedDay,
  { filesDir, seed = DEFAULT_SEED, port }: ServeOptions,
): Promise<PageServer> {
  await writeHistory({ ...table, seed, metrics });
  // Last millisecond of the simulated day, so that the reports treat this day as today.
  const now = new Date(DAY_END.getTime() - 1);
  const reports = new UsageReports({ ...table, region: DEPLOYMENT.region, now: () => now });
  const server = await servePage({
    dashboards: dashboardSource([dashboard], new RecordedMetrics(metrics, GENERATED_FROM, DAY_END)),
    reports: reportSource(
      reports,
      () => now,
      'UTC',
      () => ({ endpoint: cloudWatchEndpoint }),
    ),
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
