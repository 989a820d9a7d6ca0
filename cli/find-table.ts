import { Failure, UsageError } from './failure';
import type { CommonOptions } from './options';
import type { StackTable } from './stack-outputs.aws';
import { plain } from '../lambda/process/safe-text';
import { parseTableArn } from '../lambda/traces/table-region';
import type { TableLocation } from '../lambda/traces/trace';
import { ENV } from '../src/contract';

/** Trace table that the command uses. */
export interface FoundTable extends TableLocation {
  readonly region: string;
  /** Namespace of the metrics. Undefined if no option, environment variable or stack output names it. */
  readonly namespace?: string;
  /** Source of the table name, such as `from --table`. */
  readonly from: string;
}

type Options = Pick<CommonOptions, 'table' | 'stack' | 'namespace' | 'region' | 'profile' | 'endpoint'>;

/** Table names that DynamoDB allows (Developer Guide, "Naming rules"). */
const TABLE_NAME = /^[\w.-]{3,255}$/;
/** Default region if `--endpoint` is given. An emulator accepts any region. */
const EMULATOR_REGION = 'us-east-1';

/**
 * Finds the trace table. Uses `--table` first, then the environment variable TOKEN_ANALYTICS_TABLE, then the
 * outputs of stacks. With `--stack`, the environment variable is ignored.
 *
 * @throws UsageError if several tables are found, or if an option is invalid
 * @throws Failure if no table is found
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
    const { tableName, region } = parseTable(named.text, named.from);
    if (region !== undefined && options.region !== undefined && region !== options.region) {
      throw new UsageError(
        `--region must be the region of the table's ARN, ${region}, got: ${options.region}. Omit --region`,
      );
    }
    return {
      tableName,
      endpoint,
      namespace,
      from: named.from,
      region: region ?? (await findRegion(options, environment)),
    };
  }
  const region = await findRegion(options, environment);
  const { readStackTables } = await import('./stack-outputs.aws');
  const tables = await readStackTables({
    region,
    stackName: options.stack,
    endpoint: environment.AWS_ENDPOINT_URL_CLOUDFORMATION ?? endpoint,
  });
  const { tableName: text, stackName, namespace: found } = chooseTable(tables, options, region);
  const from = `from the outputs of the stack ${stackName}`;
  // For a table in another region, the output is its ARN.
  const { tableName, region: ownRegion = region } = parseTable(text, from);
  return { tableName, endpoint, region: ownRegion, namespace: found ?? namespace, from };
}

/**
 * Finds the AWS region: from `--region`, from AWS_REGION or AWS_DEFAULT_REGION, or from the profile, in this
 * order. The default is `us-east-1` if `--endpoint` is given.
 *
 * @throws UsageError if no region is found
 */
export async function findRegion(
  { region, profile, endpoint }: Pick<Options, 'region' | 'profile' | 'endpoint'>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const given = region ?? (environment.AWS_REGION || environment.AWS_DEFAULT_REGION);
  if (given) return given;
  const { configuredRegion } = await import('./stack-outputs.aws');
  const configured = await configuredRegion(profile);
  if (configured !== undefined) return configured;
  if (endpoint !== undefined) return EMULATOR_REGION;
  throw new UsageError(
    'no AWS region: name one with --region, set AWS_REGION, or name a --profile that has one',
  );
}

function parseTable(text: string, from: string): { tableName: string; region?: string } {
  const { tableName, region } = parseTableArn(text) ?? { tableName: text, region: undefined };
  if (!TABLE_NAME.test(tableName)) {
    throw new UsageError(`the table ${from} must be the name or the ARN of a DynamoDB table, got: ${text}`);
  }
  return { tableName, region };
}

function chooseTable(
  tables: readonly StackTable[],
  { namespace, stack }: Options,
  region: string,
): StackTable {
  if (tables.length === 0) {
    throw new Failure(
      stack === undefined
        ? `no stack in ${region} has a trace table in its outputs: name the table with --table, ` +
            `set ${ENV.tableName}, or check --region and --profile`
        : `the stack ${stack} in ${region} has no trace table in its outputs: name the table with --table`,
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
      `--namespace must be the namespace of a trace table, got: ${namespace}. The tables are ${list}`,
    );
  }
  throw new UsageError(
    `${region} has several trace tables. Choose one with --table, --stack or --namespace: ${list}`,
  );
}
