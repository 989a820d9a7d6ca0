import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { type DashboardSource, UnknownDashboard } from './dashboard-source';
import type { ReportSource } from './report-source';
import { shell } from './shell';
import type { Filters } from './views';

export interface PageOptions {
  readonly dashboards: DashboardSource;
  /** Source of the report page. If undefined, the page shows that the report needs a trace table. */
  readonly reports?: ReportSource;
  /** Folder with the page's built files, such as its script and styles. */
  readonly filesDir: string;
  /** TCP port of the server. Default: a free port. */
  readonly port?: number;
}

/** Web server that serves the page until `close` is called. */
export interface PageServer {
  /** Address of the page, such as `http://127.0.0.1:41234/`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Error of a request, with the HTTP status of the response. */
class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Files that the browser loads, with their content types. `scripts/page.mjs` builds them. */
const FILES = [
  { name: 'app.js', type: 'text/javascript; charset=utf-8' },
  { name: 'charts.mjs', type: 'text/javascript; charset=utf-8' },
  { name: 'style.css', type: 'text/css; charset=utf-8' },
] as const;

/**
 * Content-Security-Policy of all responses. The page can load files only from this server, has no inline
 * scripts or styles, and cannot be shown in a frame.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

const DEFAULT_REPORT_DAYS = 30;
const MAX_REPORT_DAYS = 400;

type Answer = { readonly type: string; readonly body: string | Buffer };

/**
 * Starts the web server of the page. It listens only on 127.0.0.1.
 *
 * @throws if a file of the page is missing, or if the port is in use
 */
export async function servePage(options: PageOptions): Promise<PageServer> {
  const files = new Map(
    await Promise.all(
      FILES.map(
        async ({ name, type }) =>
          [`/${name}`, { type, body: await readFile(path.join(options.filesDir, name)) }] as const,
      ),
    ),
  );
  const server = createServer((request, response) => {
    answer(request, files, options).then(
      ({ type, body }) => send(response, 200, type, body),
      (error: unknown) =>
        send(
          response,
          statusOf(error),
          JSON_TYPE,
          JSON.stringify({ error: error instanceof Error ? error.message : String(error) }),
        ),
    );
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening').catch((error: unknown) => {
    if ((error as { code?: string }).code === 'EADDRINUSE') {
      throw new Error(
        `--port ${options.port} is already in use. Pass another port, or omit --port to use a free one.`,
      );
    }
    throw error;
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const JSON_TYPE = 'application/json; charset=utf-8';

async function answer(
  request: IncomingMessage,
  files: ReadonlyMap<string, Answer>,
  { dashboards, reports }: PageOptions,
): Promise<Answer> {
  requireLocalHost(request);
  if (request.method !== 'GET') throw new HttpError(405, 'the method must be GET');
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://127.0.0.1');
  const file = files.get(pathname);
  if (file) return file;
  switch (pathname) {
    case '/':
      return { type: 'text/html; charset=utf-8', body: shell() };
    case '/api/dashboards':
      return json(dashboards.list());
    case '/api/dashboard':
      return json(
        await dashboards.dashboard(query.get('id') ?? '', {
          start: parameter(query, 'start'),
          end: parameter(query, 'end'),
          filters: readFilters(query),
        }),
      );
    case '/api/report':
      return json(await requireReports(reports).report(readDays(query), readFilters(query)));
    case '/api/covered-share':
      return json(await requireReports(reports).coveredShare());
    default:
      throw new HttpError(404, 'page not found');
  }
}

/**
 * Refuses a request unless its `Host` header is 127.0.0.1 or localhost. This prevents DNS rebinding: a
 * website resolves its own name to 127.0.0.1 and reads the page. The `Host` header of such a request contains
 * the website's name.
 */
function requireLocalHost({ headers, socket }: IncomingMessage): void {
  const port = socket.localPort;
  if (headers.host !== `127.0.0.1:${port}` && headers.host !== `localhost:${port}`) {
    throw new HttpError(421, 'the host must be 127.0.0.1 or localhost');
  }
}

function requireReports(reports: ReportSource | undefined): ReportSource {
  if (!reports) {
    throw new HttpError(404, 'The report needs a trace table. Start the command with --table.');
  }
  return reports;
}

function readFilters(query: URLSearchParams): Filters {
  return { agent: parameter(query, 'agent'), model: parameter(query, 'model') };
}

function readDays(query: URLSearchParams): number {
  const text = parameter(query, 'days');
  const days = text === undefined ? DEFAULT_REPORT_DAYS : Number(text);
  if (!Number.isInteger(days) || days < 1 || days > MAX_REPORT_DAYS) {
    throw new HttpError(400, `days must be a whole number from 1 to ${MAX_REPORT_DAYS}, got: ${text}`);
  }
  return days;
}

/** Returns the value of a query parameter, or undefined if it is missing or empty. */
function parameter(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) || undefined;
}

function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status;
  if (error instanceof UnknownDashboard) return 404;
  return error instanceof RangeError ? 400 : 500;
}

function json(value: unknown): Answer {
  return { type: JSON_TYPE, body: JSON.stringify(value) };
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { ...HEADERS, 'content-type': type }).end(body);
}
