import type { DynamoDBClient, TableDescription } from '@aws-sdk/client-dynamodb';
import type { CallerIdentity } from './account.aws';
import type { FunctionList, InstrumentedFunction } from './functions.aws';
import type { AskedMetric } from './metrics.aws';
import type { TableInspector } from './table.aws';
import { addUtcDays } from '../../lambda/rollup/utc-day';
import type { Trace } from '../../lambda/traces/trace';
import { dayOf } from '../../lambda/traces/trace-keys';
import { DEFAULT_NAMESPACE, ENV } from '../../src/contract';
import { failureText } from '../failure';
import { type FoundTable, regionOf } from '../find-table';
import type { CommonOptions } from '../options/common-options';

/** A reason not to look at something. */
export class CheckSkipped extends Error {}

/** What checks look at, each read once, when the first of them asks for it. */
export interface Inspection {
  readonly now: Date;
  region(): Promise<string>;
  identity(): Promise<CallerIdentity>;
  table(): Promise<FoundTable>;
  namespace(): Promise<string>;
  checkup(): Promise<TableInspector>;
  description(): Promise<TableDescription>;
  /** Functions that write to the table, or do not say to which, and how many could not be read. */
  functions(): Promise<FunctionList>;
  sums(metrics: readonly AskedMetric[], hours: number): Promise<number[]>;
  /** Some of the last traces of today and yesterday. */
  recent(): Promise<readonly Trace[]>;
  /** A sentence for an error. */
  explain(error: unknown): string;
  close(): void;
}

type Place = Pick<CommonOptions, 'region' | 'profile' | 'endpoint' | 'namespace'>;

/**
 * An engine of one's own has no other services: these are
 * looked at where the environment says where they are.
 */
const ENDPOINTS = {
  STS: 'AWS_ENDPOINT_URL_STS',
  Lambda: 'AWS_ENDPOINT_URL_LAMBDA',
  CloudWatch: 'AWS_ENDPOINT_URL_CLOUDWATCH',
} as const;
type Service = keyof typeof ENDPOINTS;

/** Begins a visit: nothing is read yet. */
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
  // Functions and metrics are where the table is.
  const besideTable = async (service: Service) => ({
    ...(await at(service)),
    region: (await self.table().catch(() => undefined))?.region ?? (await self.region()),
  });
  const checkup = once(async () => {
    const { tableName, region, endpoint } = await self.table();
    const [{ DynamoDBClient: Client }, { TableInspector: Checkup }] = await Promise.all([
      import('@aws-sdk/client-dynamodb'),
      import('./table.aws'),
    ]);
    client = new Client({ region, endpoint });
    return new Checkup(client, tableName);
  });
  const self: Inspection = {
    now,
    // A table that is named by its ARN has one, where nothing else says it.
    region: once(async () =>
      regionOf(place, environment).catch(async (error: unknown) =>
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
    checkup,
    description: once(async () => (await checkup()).describe()),
    functions: once(async () => {
      const [{ readFunctions }, table] = await Promise.all([
        import('./functions.aws'),
        self.table().catch(() => undefined),
      ]);
      const { functions, unreadable } = await readFunctions(await besideTable('Lambda'));
      return { functions: functions.filter(each => belongsTo(each, table?.tableName)), unreadable };
    }),
    sums: async (metrics, hours) =>
      (await import('./metrics.aws')).readMetricSums(metrics, hours, now, await besideTable('CloudWatch')),
    recent: once(async () => {
      const reading = await checkup();
      const today = dayOf(now);
      return (
        await Promise.all([today, addUtcDays(today, -1)].map(async day => reading.lastTraces(day)))
      ).flat();
    }),
    explain: error =>
      failureText(error, { ...place, tableName: found?.tableName, region: found?.region ?? place.region }),
    close: () => client?.destroy(),
  };
  return self;
}

function belongsTo({ tableName }: InstrumentedFunction, table: string | undefined): boolean {
  return tableName === undefined || table === undefined || tableName === table;
}

function endpointOf(
  service: Service,
  { endpoint }: Place,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const said = environment[ENDPOINTS[service]] ?? environment.AWS_ENDPOINT_URL;
  if (said === undefined && endpoint !== undefined) {
    throw new CheckSkipped(
      `--endpoint names an engine of your own, and ${ENDPOINTS[service]} says of none for ${service}`,
    );
  }
  return said;
}

/** What something asynchronous comes to, whoever asks first. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
}
