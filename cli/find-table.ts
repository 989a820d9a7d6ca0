import { Failure, UsageError } from './failure';
import type { CommonOptions } from './options/common-options';
import type { StackTable } from './stack-outputs.aws';
import { plain } from '../lambda/process/safe-text';
import type { TableLocation } from '../lambda/traces/trace';
import { ENV } from '../src/contract';

/** A table, and how it was found. */
export interface FoundTable extends TableLocation {
  readonly region: string;
  /** Metrics' namespace, where it was said or found. */
  readonly namespace?: string;
  /** Such as `from --table`. */
  readonly from: string;
}

type Options = Pick<CommonOptions, 'table' | 'stack' | 'namespace' | 'region' | 'profile' | 'endpoint'>;

const TABLE_ARN = /^arn:aws[^:]*:dynamodb:([a-z0-9-]+):\d{12}:table\/([^/]+)$/;
/** DynamoDB's names of tables (Developer Guide, "Naming rules"). */
const TABLE_NAME = /^[\w.-]{3,255}$/;
/** An engine of one's own takes any region. */
const ANY_REGION = 'us-east-1';

/**
 * Finds the table: `--table`, then the environment's, then the outputs of the account's stacks.
 *
 * @throws UsageError where it is not clear which one, Failure where there is none
 */
export async function findTable(
  options: Options,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<FoundTable> {
  const { endpoint, namespace = environment[ENV.namespace] || undefined } = options;
  const named =
    options.table !== undefined
      ? { text: options.table, from: 'from --table' }
      : options.stack === undefined && environment[ENV.tableName]
        ? { text: environment[ENV.tableName] ?? '', from: `from ${ENV.tableName}` }
        : undefined;
  if (named) {
    const { tableName, region } = nameOf(named.text, named.from);
    if (region !== undefined && options.region !== undefined && region !== options.region) {
      throw new UsageError(`--region must be that of the table's ARN, ${region}, got: ${options.region}`);
    }
    return {
      tableName,
      endpoint,
      namespace,
      from: named.from,
      region: region ?? (await regionOf(options, environment)),
    };
  }
  const region = await regionOf(options, environment);
  const { readStackTables } = await import('./stack-outputs.aws');
  const tables = await readStackTables({
    region,
    stackName: options.stack,
    endpoint: environment.AWS_ENDPOINT_URL_CLOUDFORMATION ?? endpoint,
  });
  const { tableName, stackName, namespace: found } = theOne(tables, options, region);
  return {
    tableName,
    endpoint,
    region,
    namespace: found ?? namespace,
    from: `from the outputs of the stack ${stackName}`,
  };
}

/** The region: `--region`, then the environment's, then the profile's, as AWS's own command has it. */
export async function regionOf(
  { region, profile, endpoint }: Pick<Options, 'region' | 'profile' | 'endpoint'>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const given = region ?? (environment.AWS_REGION || environment.AWS_DEFAULT_REGION);
  if (given) return given;
  const { configuredRegion } = await import('./stack-outputs.aws');
  const configured = await configuredRegion(profile);
  if (configured !== undefined) return configured;
  if (endpoint !== undefined) return ANY_REGION;
  throw new UsageError(
    'no AWS region: name one with --region, set AWS_REGION, or name a --profile that has one',
  );
}

function nameOf(text: string, from: string): { tableName: string; region?: string } {
  const [, region, name] = TABLE_ARN.exec(text) ?? [];
  const tableName = name ?? text;
  if (!TABLE_NAME.test(tableName)) {
    throw new UsageError(`the table ${from} must be a DynamoDB table's name or ARN, got: ${text}`);
  }
  return { tableName, region };
}

function theOne(tables: readonly StackTable[], { namespace, stack }: Options, region: string): StackTable {
  if (tables.length === 0) {
    throw new Failure(
      stack === undefined
        ? `no trace table was found in the outputs of any stack in ${region}: name it with --table, ` +
            `set ${ENV.tableName}, or look at --region and --profile`
        : `the stack ${stack} in ${region} has no trace table in its outputs: name it with --table`,
    );
  }
  const fitting = namespace === undefined ? tables : tables.filter(table => table.namespace === namespace);
  if (fitting.length === 1) return fitting[0];
  const list = (fitting.length > 0 ? fitting : tables)
    .map(table => `${table.tableName} (${table.namespace ?? 'no namespace'}, stack ${table.stackName})`)
    .map(plain)
    .join(', ');
  if (fitting.length === 0) {
    throw new UsageError(
      `--namespace must be that of one of the tables, got: ${namespace}; there are ${list}`,
    );
  }
  throw new UsageError(
    `there are several trace tables in ${region}: name one with --table, --stack or --namespace: ${list}`,
  );
}
