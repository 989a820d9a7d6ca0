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
  /** Undefined: the report says that no table was given. */
  readonly reports?: ReportSource;
  /** The folder of the page's built files. */
  readonly filesDir: string;
  /** Default: a free one. */
  readonly port?: number;
}

/** A page that is served until it is closed. */
export interface PageServer {
  /** Such as `http://127.0.0.1:41234/`. */
  readonly url: string;
  close(): Promise<void>;
}

/** An answer to a request that cannot be served. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The files that the page loads, as `scripts/page.mjs` builds them. */
const FILES = [
  { name: 'app.js', type: 'text/javascript; charset=utf-8' },
  { name: 'charts.mjs', type: 'text/javascript; charset=utf-8' },
  { name: 'style.css', type: 'text/css; charset=utf-8' },
] as const;

/**
 * Nothing is loaded from elsewhere, nothing runs or is styled
 * from within the page's text, and no other page frames it.
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
 * Serves the page on 127.0.0.1 and on nothing else.
 *
 * @throws where the page's files are not there, or the port is taken
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
      throw new Error(`--port ${options.port} is taken: give another, or leave it out for a free one`);
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
  requireOwnHost(request);
  if (request.method !== 'GET') throw new Refusal(405, 'only GET is answered');
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
          start: given(query, 'start'),
          end: given(query, 'end'),
          filters: filtersOf(query),
        }),
      );
    case '/api/report': {
      if (!reports) {
        throw new Refusal(
          404,
          'No table was given: start the command with --table, so that there is a report.',
        );
      }
      return json(await reports.report(daysOf(query), filtersOf(query)));
    }
    default:
      throw new Refusal(404, 'there is no such page');
  }
}

/** A page of elsewhere can have its own name lead to this address: its requests then name another host. */
function requireOwnHost({ headers, socket }: IncomingMessage): void {
  const port = socket.localPort;
  if (headers.host !== `127.0.0.1:${port}` && headers.host !== `localhost:${port}`) {
    throw new Refusal(421, 'the page is served as 127.0.0.1 and localhost alone');
  }
}

function filtersOf(query: URLSearchParams): Filters {
  return { agent: given(query, 'agent'), model: given(query, 'model') };
}

function daysOf(query: URLSearchParams): number {
  const text = given(query, 'days');
  const days = text === undefined ? DEFAULT_REPORT_DAYS : Number(text);
  if (!Number.isInteger(days) || days < 1 || days > MAX_REPORT_DAYS) {
    throw new Refusal(400, `days must be a whole number from 1 to ${MAX_REPORT_DAYS}, got: ${text}`);
  }
  return days;
}

/** An empty value is none. */
function given(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) || undefined;
}

function statusOf(error: unknown): number {
  if (error instanceof Refusal) return error.status;
  if (error instanceof UnknownDashboard) return 404;
  return error instanceof RangeError ? 400 : 500;
}

function json(value: unknown): Answer {
  return { type: JSON_TYPE, body: JSON.stringify(value) };
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { ...HEADERS, 'content-type': type }).end(body);
}
