import { LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda';
import { ENV } from '../../src/contract';

/**
 * A function that has variables of this package, and what of it
 * decides whether its metrics arrive. No other variable is read.
 */
export interface InstrumentedFunction {
  readonly name: string;
  readonly logGroup: string;
  /** `JSON` or `Text`. */
  readonly logFormat: string;
  /** Such as `WARN`; undefined where the format has no levels. */
  readonly applicationLogLevel?: string;
  readonly tableName?: string;
  readonly namespace?: string;
  readonly sink?: string;
  readonly enabled?: string;
}

/**
 * The functions of a region that are instrumented, by name,
 * and how many have variables that could not be read.
 */
export interface FunctionList {
  readonly functions: readonly InstrumentedFunction[];
  readonly unreadable: number;
}

const OURS = new Set<string>(Object.values(ENV));

/** Looks through the functions of a region. */
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
        if (!Object.keys(variables).some(variable => OURS.has(variable))) continue;
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
