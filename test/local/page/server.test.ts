import { once } from 'node:events';
import { request } from 'node:http';
import { buildPageFiles, dashboardOf, END, metricWidget, NS, reportOf, shareOf, storeOf } from './support';
import { dashboardSource } from '../../../local/page/dashboard-source';
import { RecordedMetrics } from '../../../local/page/recorded-metrics';
import { type PageServer, servePage } from '../../../local/page/server';
import type { DashboardView } from '../../../local/page/views';

let files: Awaited<ReturnType<typeof buildPageFiles>>;
let server: PageServer;
const received: unknown[] = [];

beforeAll(async () => {
  files = await buildPageFiles();
  const metrics = new RecordedMetrics(storeOf([['triage', 'nova', 1]]), 'a test', END);
  server = await servePage({
    dashboards: dashboardSource(
      [dashboardOf([metricWidget('Cost', { metrics: [[NS, 'TotalCost']] })])],
      metrics,
      ['A note.'],
    ),
    reports: {
      report: (days, filters) => {
        received.push([days, filters]);
        return Promise.resolve(reportOf());
      },
      coveredShare: () => Promise.resolve(shareOf()),
    },
    filesDir: files.dir,
  });
});
afterAll(async () => {
  await server.close();
  await files.remove();
});

/** Sends a request to the page's server. Can set the Host header, which `fetch` does not allow. */
async function get(
  path: string,
  options: { host?: string; method?: string } = {},
): Promise<{ status: number; body: string }> {
  const sent = request(new URL(path, server.url), {
    method: options.method ?? 'GET',
    headers: options.host === undefined ? {} : { host: options.host },
  }).end();
  const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  let body = '';
  for await (const chunk of answer) body += String(chunk);
  return { status: answer.statusCode ?? 0, body };
}

describe('servePage', () => {
  test.each(['/', '/app.js', '/charts.mjs', '/style.css', '/api/dashboards', '/nothing'])(
    'forbids %s to load from other origins and to run inline scripts',
    async path => {
      const answer = await fetch(new URL(path, server.url));

      const policy = answer.headers.get('content-security-policy')?.split('; ');
      expect(policy).toEqual([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ]);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('cache-control')).toBe('no-store');
    },
  );

  test('serves a page without inline scripts and styles', async () => {
    const page = await (await fetch(server.url)).text();

    expect(page).not.toMatch(/<script(?![^>]*src=)|<style|\sstyle=|\son\w+=/);
  });

  test('serves files of less than 0.7 MB in total that contain no name of another host', async () => {
    const [app, charts] = await Promise.all(
      ['app.js', 'charts.mjs'].map(async name => (await fetch(new URL(name, server.url))).text()),
    );

    expect(app.length).toBeLessThan(40_000);
    expect(charts.length).toBeLessThan(620_000);
    expect(app.match(/https?:\/\/\w/)).toBeNull();
  });

  test.each([['evil.example'], ['127.0.0.1'], ['127.0.0.1:1'], ['evil.example:80']])(
    'refuses a request to the host %s',
    async host => {
      const { status, body } = await get('/api/dashboards', { host });

      expect(status).toBe(421);
      expect(body).not.toContain('Board');
    },
  );

  test('answers a request to the host localhost', async () => {
    expect((await get('/', { host: `localhost:${new URL(server.url).port}` })).status).toBe(200);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses the method %s', async method => {
    expect((await get('/api/dashboards', { method })).status).toBe(405);
  });

  test('lists the dashboards, the source of the data and the notes', async () => {
    const { body } = await get('/api/dashboards');

    expect(JSON.parse(body)).toEqual({
      dashboards: [{ id: 'Stack/Board', name: 'Board', stack: 'Stack' }],
      generatedFrom: 'a test',
      notes: ['A note.'],
    });
  });

  test('evaluates a dashboard over the range in the request', async () => {
    const { body } = await get('/api/dashboard?id=Stack/Board&start=-PT3H');
    const { start, end, widgets } = JSON.parse(body) as DashboardView;

    expect([start, end]).toEqual(['2026-11-21T21:00:00.000Z', '2026-11-22T00:00:00.000Z']);
    expect(widgets[0].series[0].points).toHaveLength(3);
  });

  test.each([
    ['/api/dashboard?id=None', 404, 'there is no dashboard "None"'],
    ['/api/dashboard?id=Stack/Board&start=yesterday', 400, 'got: start yesterday'],
    ['/api/dashboard?id=Stack/Board&end=2026-13-99', 400, 'the time range must be'],
    [
      '/api/dashboard?id=Stack/Board&start=2026-11-22T00:00:00Z&end=2026-11-21T00:00:00Z',
      400,
      'must start before it ends',
    ],
    ['/api/report?days=0', 400, 'days must be a whole number from 1 to 400, got: 0'],
    ['/api/report?days=1e9', 400, 'got: 1e9'],
    ['/etc/passwd', 404, 'page not found'],
    ['/..%2f..%2fpackage.json', 404, 'page not found'],
  ])('answers %s with %d and the reason', async (path, status, reason) => {
    const answer = await get(path);

    expect(answer.status).toBe(status);
    expect((JSON.parse(answer.body) as { error: string }).error).toContain(reason);
  });

  test('passes days and filters to the report', async () => {
    await get('/api/report?days=7&agent=triage');
    await get('/api/report?model=nova&agent=');

    expect(received).toEqual([
      [7, { agent: 'triage', model: undefined }],
      [30, { agent: undefined, model: 'nova' }],
    ]);
  });

  test('reads the recorded share only if the page requests it', async () => {
    const { body } = await get('/api/covered-share');

    expect(JSON.parse(body)).toEqual(shareOf());
  });

  test('answers 404 for the report and the recorded share if no table was given', async () => {
    const bare = await servePage({
      dashboards: dashboardSource([], new RecordedMetrics(storeOf([]), '')),
      filesDir: files.dir,
    });
    try {
      for (const address of ['/api/report', '/api/covered-share']) {
        const answer = await fetch(new URL(address, bare.url));

        expect(answer.status).toBe(404);
        expect(await answer.text()).toContain('--table');
      }
    } finally {
      await bare.close();
    }
  });

  test('the error contains the port that is in use or the file that is missing', async () => {
    const port = Number(new URL(server.url).port);
    const dashboards = dashboardSource([], new RecordedMetrics(storeOf([]), ''));

    await expect(servePage({ dashboards, filesDir: files.dir, port })).rejects.toThrow(
      `--port ${port} is already in use`,
    );
    await expect(servePage({ dashboards, filesDir: '/nowhere' })).rejects.toThrow('ENOENT');
  });
});
