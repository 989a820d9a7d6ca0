import type { DynamoDBClient, TableDescription } from '@aws-sdk/client-dynamodb';
import type { CallerIdentity } from './account.aws';
import type { FunctionList, InstrumentedFunction } from './functions.aws';
import type { MetricQuery } from './metrics.aws';
import type { TableInspector } from './table.aws';
import { addUtcDays } from '../../lambda/rollup/utc-day';
import { parseTableArn } from '../../lambda/traces/table-region';
import type { Trace } from '../../lambda/traces/trace';
import { dayOf } from '../../lambda/traces/trace-keys';
import type { CoveredShare } from '../../reports/covered-share/covered-share';
import { DEFAULT_NAMESPACE, ENV } from '../../src/contract';
import { failureText } from '../failure';
import { findRegion, type FoundTable } from '../find-table';
import type { CommonOptions } from '../options';

/** Error that a check throws if it cannot run. Its message becomes the detail of a `skipped` result. */
export class CheckSkipped extends Error {}

/**
 * Data that checks inspect. Most methods read their data once, at the first call. `sums` reads data at each
 * call.
 */
export interface Inspection {
  readonly now: Date;
  region(): Promise<string>;
  identity(): Promise<CallerIdentity>;
  table(): Promise<FoundTable>;
  namespace(): Promise<string>;
  inspector(): Promise<TableInspector>;
  description(): Promise<TableDescription>;
  /**
   * Returns the instrumented Lambda functions, without functions that use another trace table. Also returns
   * the number of functions with unreadable environment variables.
   */
  functions(): Promise<FunctionList>;
  /** Returns the sum of each metric over the last `hours` hours, in the order of `metrics`. */
  sums(metrics: readonly MetricQuery[], hours: number): Promise<number[]>;
  /** Returns a sample of the latest traces of today and of yesterday. */
  recent(): Promise<readonly Trace[]>;
  /** Compares the recorded calls of yesterday (UTC) with the account's calls. */
  coveredShare(): Promise<CoveredShare>;
  /** Returns one sentence that explains an error. */
  explain(error: unknown): string;
  close(): void;
}

type Place = Pick<CommonOptions, 'region' | 'profile' | 'endpoint' | 'namespace'>;

/**
 * Environment variable with the endpoint of each service. With `--endpoint`, a check is skipped if the
 * variable of its service is not set.
 */
const ENDPOINTS = {
  STS: 'AWS_ENDPOINT_URL_STS',
  Lambda: 'AWS_ENDPOINT_URL_LAMBDA',
  CloudWatch: 'AWS_ENDPOINT_URL_CLOUDWATCH',
} as const;
type Service = keyof typeof ENDPOINTS;

/** Creates the object from which the checks get their data. It reads nothing until a check needs data. */
export function openInspection(
  place: Place,
  findTable: () => Promise<FoundTable>,
  now: Date,
  environment: NodeJS.ProcessEnv = process.env,
): Inspection {
  let client: DynamoDBClient | undefined;
  let found: FoundTable | undefined;
  const at = async (service: Service) => ({
    region: await self.region(),
    endpoint: endpointOf(service, place, environment),
  });
  // Uses the region of the table, because the functions and the metrics are in that region.
  const inRegionOfTable = async (service: Service) => ({
    ...(await at(service)),
    region: (await self.table().catch(() => undefined))?.region ?? (await self.region()),
  });
  const inspector = once(async () => {
    const { tableName, region, endpoint } = await self.table();
    const [{ DynamoDBClient: Client }, { TableInspector: Inspector }] = await Promise.all([
      import('@aws-sdk/client-dynamodb'),
      import('./table.aws'),
    ]);
    client = new Client({ region, endpoint });
    return new Inspector(client, tableName);
  });
  const self: Inspection = {
    now,
    // If no region is configured, uses the region in the ARN of the table.
    region: once(async () =>
      findRegion(place, environment).catch(async (error: unknown) =>
        self.table().then(
          ({ region }) => region,
          () => {
            throw error;
          },
        ),
      ),
    ),
    identity: once(async () => (await import('./account.aws')).readIdentity(await at('STS'))),
    table: once(async () => (found = await findTable())),
    namespace: once(
      async () =>
        place.namespace ??
        (await self.table().catch(() => undefined))?.namespace ??
        (environment[ENV.namespace] || DEFAULT_NAMESPACE),
    ),
    inspector,
    description: once(async () => (await inspector()).describe()),
    functions: once(async () => {
      const [{ readFunctions }, table] = await Promise.all([
        import('./functions.aws'),
        self.table().catch(() => undefined),
      ]);
      const { functions, unreadable } = await readFunctions(await inRegionOfTable('Lambda'));
      return { functions: functions.filter(each => belongsTo(each, table)), unreadable };
    }),
    sums: async (metrics, hours) =>
      (await import('./metrics.aws')).readMetricSums(
        metrics,
        hours,
        now,
        await inRegionOfTable('CloudWatch'),
      ),
    recent: once(async () => {
      const table = await inspector();
      const today = dayOf(now);
      return (
        await Promise.all([today, addUtcDays(today, -1)].map(async day => table.lastTraces(day)))
      ).flat();
    }),
    coveredShare: once(async () => {
      const { tableName, region, endpoint } = await self.table();
      const cloudWatch = await inRegionOfTable('CloudWatch');
      const [{ UsageReports }, namespace] = await Promise.all([
        import('../../reports/usage-reports'),
        self.namespace(),
      ]);
      const reports = new UsageReports({ tableName, region, endpoint, now: () => now });
      try {
        return await reports.coveredShare({ ...cloudWatch, namespace });
      } finally {
        reports.close();
      }
    }),
    explain: error =>
      failureText(error, { ...place, tableName: found?.tableName, region: found?.region ?? place.region }),
    close: () => client?.destroy(),
  };
  return self;
}

/** Returns true if a function writes to the table, or if one of the two is unknown. */
function belongsTo({ tableName }: InstrumentedFunction, table: FoundTable | undefined): boolean {
  if (tableName === undefined || table === undefined || tableName === table.tableName) return true;
  const named = parseTableArn(tableName);
  return named?.tableName === table.tableName && named.region === table.region;
}

function endpointOf(
  service: Service,
  { endpoint }: Place,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const found = environment[ENDPOINTS[service]] ?? environment.AWS_ENDPOINT_URL;
  if (found === undefined && endpoint !== undefined) {
    throw new CheckSkipped(`--endpoint is set, and ${ENDPOINTS[service]} is not`);
  }
  return found;
}

/** Returns a function that calls `make` only the first time. Later calls return the same result. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
}
