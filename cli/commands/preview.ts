import * as path from 'node:path';
import type { Command } from 'commander';
import { plain } from '../../lambda/process/safe-text';
import type { MetricSource } from '../../local/page/metric-source';
import type { ReportSource } from '../../local/page/report-source';
import { UsageError } from '../failure';
import { regionOf } from '../find-table';
import { newCommand } from '../new-command';
import { wholeNumber } from '../options/common-options';
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
/** So many refused lines are quoted. */
const MAX_QUOTED = 5;

/** `preview`: the dashboards of a synthesised app as a local page. */
export function addPreviewCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'preview [folder]',
    summary: 'the dashboards of a synthesised app as a local page, with recorded or live data',
    description:
      'The folder is what `cdk synth` wrote, by default cdk.out. The page is served on 127.0.0.1 until ' +
      'Ctrl-C, and loads nothing from\n' +
      'elsewhere. Without --data and --live it shows the layout. --live asks CloudWatch for what a ' +
      'dashboard there would, at each look:\n' +
      '$0.01 for a thousand metrics. With --table or --stack there is a report of that table, too.',
    examples: [
      ['preview', 'the layout of the dashboards in cdk.out'],
      ['preview cdk.out --data function.log', "with the metrics that a function's log holds"],
      ['preview --live --region eu-central-1 --table TokenTraces', "with an account's metrics, and a report"],
      ['preview --json --no-open', 'for a program: {"url":"http://127.0.0.1:41234/"} when it is served'],
    ],
    ignores: ['since', 'until', 'agent', 'model'],
  })
    .option('--data <files...>', 'logs of functions: the metrics in them are shown')
    .option('--live', 'show the metrics of the account')
    .option('--port <port>', 'the port of the page; by default a free one', wholeNumber(1, MAX_PORT))
    .option('--open', 'open a browser; by default where this is a terminal')
    .option('--no-open', 'open none');
  action<PreviewFlags>(command, preview);
}

async function preview(context: Context<PreviewFlags>, folder = DEFAULT_FOLDER): Promise<void> {
  const { options, note, print } = context;
  if (options.data && options.live) {
    throw new UsageError('--data and --live must not be together: the page shows recorded data or live data');
  }
  const [{ readDashboards }, { dashboardSource }, { servePage }] = await Promise.all([
    import('../../local/preview/assembly'),
    import('../../local/page/dashboard-source'),
    import('../../local/page/server'),
  ]);
  const app = await readDashboards({
    dir: path.resolve(folder),
    region: options.live ? await regionOf(options) : options.region,
  });
  for (const text of app.notes) note(plain(text));
  const server = await servePage({
    dashboards: dashboardSource(app.dashboards, await metricsOf(context), app.notes),
    reports: await reportsOf(context),
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

async function metricsOf({ options, note, atEnd }: Context<PreviewFlags>): Promise<MetricSource> {
  if (options.live) {
    const [{ CloudWatchClient }, { LiveMetrics }] = await Promise.all([
      import('@aws-sdk/client-cloudwatch'),
      import('../../local/page/live-metrics'),
    ]);
    const { endpoint } = options;
    const metrics = new LiveMetrics({
      region: await regionOf(options),
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
      `${metricLines.toLocaleString('en-US')} lines of metrics were ` +
        `read${refused.length > 0 ? `, and ${refused.length.toLocaleString('en-US')} were refused:` : ''}`,
    );
    for (const reason of refused.slice(0, MAX_QUOTED)) note(plain(`  ${reason}`));
    return new RecordedMetrics(store, options.data.map(file => path.basename(file)).join(', '));
  }
  const { NO_METRICS } = await import('../../local/page/metric-source');
  return NO_METRICS;
}

async function reportsOf({ options, reports }: Context<PreviewFlags>): Promise<ReportSource | undefined> {
  if (options.table === undefined && options.stack === undefined) return undefined;
  const [{ reportSource }, source] = await Promise.all([import('../../local/page/report-source'), reports()]);
  return reportSource(source, () => new Date(), options.timezone);
}
