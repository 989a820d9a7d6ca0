import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { runCommand, type RunningCommand, startCommand } from './command-process';
import { startCommandTable } from './support';
import { startCloudWatch } from '../../local/emulators/cloudwatch/server';
import type { DashboardView, ReportView, StartView } from '../../local/page/views';
import { TokenAnalyticsDashboard } from '../../src';

const TIME = Date.parse('2026-11-21T12:30:00Z');
const emf = (agent: string, cost: number) =>
  JSON.stringify({
    _aws: {
      Timestamp: TIME,
      CloudWatchMetrics: [
        {
          Namespace: 'OPX/Analytics',
          Dimensions: [['AgentId', 'Model'], []],
          Metrics: [{ Name: 'TotalCost' }],
        },
      ],
    },
    AgentId: agent,
    Model: 'nova',
    TotalCost: cost,
  });

let scratch: string;
let cdkOut: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'token-analytics-preview-'));
  cdkOut = path.join(scratch, 'cdk.out');
  const app = new App({ outdir: cdkOut, analyticsReporting: false });
  new TokenAnalyticsDashboard(
    new Stack(app, 'Analytics', { env: { region: 'eu-central-1', account: '123456789012' } }),
    'Dashboard',
  );
  app.synth();
  writeFileSync(
    path.join(scratch, 'function.log'),
    ['START', emf('triage', 1.5), emf('report', 2), '{"_aws":{"CloudWatchMetrics":"none"}}'].join('\n'),
  );
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Starts `preview`. Returns when the page is served. */
async function serve(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<RunningCommand & { url: string }> {
  const running = startCommand(['preview', cdkOut, '--json', '--no-open', ...args], { env });
  const url = await new Promise<string>((resolve, reject) => {
    let printed = '';
    running.child.stdout?.on('data', chunk => {
      printed += chunk;
      if (printed.endsWith('}\n')) resolve((JSON.parse(printed) as { url: string }).url);
    });
    running.over.then(({ stderr }) => reject(new Error(`it ended: ${stderr}`)), reject);
  });
  return { ...running, url };
}

async function json<Answer>(url: string, address: string): Promise<Answer> {
  return (await (await fetch(new URL(address, url))).json()) as Answer;
}

async function firstDashboard(url: string, query = ''): Promise<DashboardView> {
  const { dashboards } = await json<StartView>(url, '/api/dashboards');
  return json(url, `/api/dashboard?id=${encodeURIComponent(dashboards[0].id)}${query}`);
}

describe('token-analytics preview', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'serves recorded data until %s, and then ends with exit code 0',
    async signal => {
      const { url, child, over } = await serve(['--data', path.join(scratch, 'function.log')]);

      const view = await firstDashboard(url);
      const report = await fetch(new URL('/api/report', url));
      child.kill(signal);
      const { code, stderr } = await over;

      expect([view.dashboard.name, view.agents, view.live]).toEqual([
        'OPX-Token-Analytics',
        ['report', 'triage'],
        false,
      ]);
      const trend = view.widgets.find(({ title }) => title.startsWith('Cost trend'));
      expect(trend?.series[0].points).toEqual([[Date.parse('2026-11-21T12:00:00Z'), 3.5]]);
      expect(report.status).toBe(404);
      expect(code).toBe(0);
      expect(stderr).toContain('Read 2 metric lines and 1 invalid line:');
      expect(stderr).toContain(`The dashboard is served at ${url} until Ctrl-C`);
    },
  );

  test('serves the metrics of an account, and a report of a table', async () => {
    const cloudWatch = await startCloudWatch();
    const table = await startCommandTable([{ at: new Date(), agentId: 'writer', usd: 2 }]);
    try {
      for (const AgentId of ['triage', 'report']) {
        for (const [name, value] of [
          ['TotalCost', 2],
          ['InvocationCount', 1],
        ] as const) {
          const datum = {
            namespace: 'OPX/Analytics',
            name,
            timestamp: new Date(Date.now() - 60_000),
            values: [value],
          };
          cloudWatch.store.putDatum({ ...datum, dimensions: { AgentId, Model: 'nova' } });
          cloudWatch.store.putDatum({ ...datum, dimensions: {} });
        }
      }
      const { url, child, over } = await serve(
        ['--live', '--region', 'eu-central-1', '--table', table.tableName],
        {
          AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
          AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
        },
      );

      const view = await firstDashboard(url, '&agent=triage');
      const report = await json<ReportView>(url, '/api/report?days=2');
      child.kill('SIGTERM');
      await over;

      expect([view.agents, view.live]).toEqual([['report', 'triage'], true]);
      const bars = view.widgets.find(({ kind }) => kind === 'bar');
      expect(bars?.series.map(({ label, points }) => [label, points.map(([, value]) => value)])).toEqual([
        ['triage', [2]],
      ]);
      expect(view.widgets.flatMap(({ errors }) => errors)).toEqual([]);
      expect(report.agents.map(({ name, total }) => [name, total.text])).toEqual([['writer', '$2.00']]);
    } finally {
      await table.close();
      await cloudWatch.close();
    }
  });

  test('shows the layout of the dashboard if no data is given', async () => {
    const { url, child, over } = await serve([]);

    const { widgets } = await firstDashboard(url);
    child.kill('SIGTERM');

    expect((await over).code).toBe(0);
    expect(widgets).toHaveLength(6);
    expect(widgets.flatMap(({ series, errors }) => [...series, ...errors])).toEqual([]);
  });

  test.each([
    [['/nowhere/cdk.out'], 1, 'there is no synthesised app in /nowhere/cdk.out. Run cdk synth'],
    [['--data', 'a.log', '--live'], 2, '--data and --live must not be given together'],
    [['--port', '99999'], 2, 'whole number from 1 to 65535'],
  ])('ends with an error for the arguments %j', async (args, code, message) => {
    const { code: actual, stderr, stdout } = await runCommand(['preview', ...args, '--no-open']);

    expect([actual, stdout]).toEqual([code, '']);
    expect(stderr).toContain(message);
  });

  test('names a metric log that it cannot read', async () => {
    const { code, stderr } = await runCommand([
      'preview',
      cdkOut,
      '--no-open',
      '--data',
      '/nowhere/function.log',
    ]);

    expect(code).toBe(1);
    expect(stderr).toContain('--data /nowhere/function.log cannot be read');
  });
});
