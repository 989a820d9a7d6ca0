import { LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda';
import { ENV } from '../../src/contract';

/**
 * Lambda function that has at least one environment variable of this package. Contains the values of these
 * variables, and the logging settings.
 */
export interface InstrumentedFunction {
  readonly name: string;
  readonly logGroup: string;
  /** Format of the function's log: `JSON` or `Text`. */
  readonly logFormat: string;
  /** Log level such as `WARN`. Undefined for the format `Text`, because that format has no levels. */
  readonly applicationLogLevel?: string;
  readonly tableName?: string;
  readonly namespace?: string;
  readonly sink?: string;
  readonly enabled?: string;
}

/** Instrumented functions of a region, sorted by name. */
export interface FunctionList {
  readonly functions: readonly InstrumentedFunction[];
  /** Number of functions whose environment variables cannot be read. */
  readonly unreadable: number;
}

const OUR_VARIABLES = new Set<string>(Object.values(ENV));

/**
 * Reads the Lambda functions of a region that have environment variables of this package. No other
 * environment variables are in the result.
 */
export async function readFunctions({
  region,
  endpoint,
}: {
  readonly region?: string;
  readonly endpoint?: string;
}): Promise<FunctionList> {
  const client = new LambdaClient({ region, endpoint });
  const functions: InstrumentedFunction[] = [];
  let unreadable = 0;
  try {
    for await (const { Functions = [] } of paginateListFunctions({ client }, {})) {
      for (const { FunctionName: name = '', Environment: environment, LoggingConfig: logging } of Functions) {
        if (environment?.Error) unreadable += 1;
        const variables = environment?.Variables ?? {};
        if (!Object.keys(variables).some(variable => OUR_VARIABLES.has(variable))) continue;
        functions.push({
          name,
          logGroup: logging?.LogGroup ?? `/aws/lambda/${name}`,
          logFormat: logging?.LogFormat ?? 'Text',
          applicationLogLevel: logging?.ApplicationLogLevel,
          tableName: variables[ENV.tableName],
          namespace: variables[ENV.namespace],
          sink: variables[ENV.sink],
          enabled: variables[ENV.enabled],
        });
      }
    }
    return { functions: functions.sort((one, other) => (one.name < other.name ? -1 : 1)), unreadable };
  } finally {
    client.destroy();
  }
}
