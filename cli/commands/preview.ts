import * as path from 'node:path';
import type { Command } from 'commander';
import { plain } from '../../lambda/process/safe-text';
import type { MetricSource } from '../../local/page/metric-source';
import type { ReportSource } from '../../local/page/report-source';
import { cloudWatchEndpoint } from '../cloudwatch-endpoint';
import { UsageError } from '../failure';
import { findRegion } from '../find-table';
import { newCommand, wholeNumber } from '../options';
import { action, type Context } from '../run';
import { serveUntilEnd } from '../serve-until-end';

interface PreviewFlags {
  readonly data?: readonly string[];
  readonly live?: boolean;
  readonly port?: number;
  readonly open?: boolean;
}

const DEFAULT_FOLDER = 'cdk.out';
const MAX_PORT = 65_535;
/** Maximum number of invalid log lines that the command reports with a reason. */
const MAX_QUOTED = 5;

/** Adds the command `preview`, which shows the dashboards of a synthesized app on a local page. */
export function addPreviewCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'preview [folder]',
    summary: 'show the dashboards of a synthesized app on a local page, with recorded or live data',
    description:
      'The folder is the output of `cdk synth`, by default cdk.out. The page is served on 127.0.0.1 until ' +
      'Ctrl-C and loads nothing from other hosts. Without --data and --live it shows only the layout. ' +
      '--live requests the metrics of each view from CloudWatch, at $0.01 for 1,000 metrics. With --table ' +
      "or --stack, the page also has a report of that table. A button there reads the account's calls from " +
      'CloudWatch at the same price, and shows which share of them is recorded.',
    examples: [
      ['preview', 'the layout of the dashboards in cdk.out'],
      ['preview cdk.out --data function.log', 'with the metrics in the log of a function'],
      [
        'preview --live --region eu-central-1 --table TokenTraces',
        'with the metrics of an account, and a report',
      ],
      ['preview --json --no-open', 'print {"url":"http://127.0.0.1:41234/"} for a program'],
    ],
    ignores: ['since', 'until', 'agent', 'model'],
  })
    .option('--data <files...>', 'logs of functions whose metrics are shown')
    .option('--live', 'show the metrics of the account')
    .option('--port <port>', 'port of the page (default: a free port)', wholeNumber(1, MAX_PORT))
    .option('--open', 'open a browser (default: only in a terminal)')
    .option('--no-open', 'open no browser');
  action<PreviewFlags>(command, preview);
}

async function preview(context: Context<PreviewFlags>, folder = DEFAULT_FOLDER): Promise<void> {
  const { options, note, print } = context;
  if (options.data && options.live) {
    throw new UsageError('--data and --live must not be given together. Omit one of them');
  }
  const [{ readDashboards }, { dashboardSource }, { servePage }] = await Promise.all([
    import('../../local/preview/assembly'),
    import('../../local/page/dashboard-source'),
    import('../../local/page/server'),
  ]);
  const app = await readDashboards({
    dir: path.resolve(folder),
    region: options.live ? await findRegion(options) : options.region,
  });
  for (const text of app.notes) note(plain(text));
  const server = await servePage({
    dashboards: dashboardSource(app.dashboards, await openMetrics(context), app.notes),
    reports: await openReports(context),
    filesDir: path.join(__dirname, 'page'),
    port: options.port,
  });
  if (options.json) await print({ url: server.url }, () => '');
  await serveUntilEnd(context, server, {
    what:
      `${app.dashboards.length === 1 ? 'The dashboard is' : `${app.dashboards.length} dashboards are`} ` +
      'served',
    open: options.open ?? (!options.json && process.stderr.isTTY),
  });
}

async function openMetrics({ options, note, atEnd }: Context<PreviewFlags>): Promise<MetricSource> {
  if (options.live) {
    const [{ CloudWatchClient }, { LiveMetrics }] = await Promise.all([
      import('@aws-sdk/client-cloudwatch'),
      import('../../local/page/live-metrics'),
    ]);
    const { endpoint } = options;
    const metrics = new LiveMetrics({
      region: await findRegion(options),
      clientFor: region => new CloudWatchClient({ region, endpoint }),
    });
    atEnd(() => metrics.close());
    return metrics;
  }
  if (options.data) {
    const [{ readLogs }, { RecordedMetrics }] = await Promise.all([
      import('../../local/preview/recorded-log'),
      import('../../local/page/recorded-metrics'),
    ]);
    const { store, metricLines, refused } = await readLogs(options.data);
    note(
      `Read ${metricLines.toLocaleString('en-US')} metric lines` +
        (refused.length > 0
          ? ` and ${refused.length.toLocaleString('en-US')} invalid ${refused.length === 1 ? 'line' : 'lines'}:`
          : ''),
    );
    for (const reason of refused.slice(0, MAX_QUOTED)) note(plain(`  ${reason}`));
    return new RecordedMetrics(store, options.data.map(file => path.basename(file)).join(', '));
  }
  const { NO_METRICS } = await import('../../local/page/metric-source');
  return NO_METRICS;
}

async function openReports({ options, reports }: Context<PreviewFlags>): Promise<ReportSource | undefined> {
  if (options.table === undefined && options.stack === undefined) return undefined;
  const [{ reportSource }, source] = await Promise.all([import('../../local/page/report-source'), reports()]);
  return reportSource(
    source,
    () => new Date(),
    options.timezone,
    () => ({
      endpoint: cloudWatchEndpoint(options),
    }),
  );
}
