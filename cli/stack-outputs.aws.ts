import { CloudFormationClient, type Output, paginateDescribeStacks } from '@aws-sdk/client-cloudformation';
import { STACK_OUTPUTS } from '../src/contract';

/** Trace table that was found in the outputs of a stack. */
export interface StackTable {
  readonly stackName: string;
  readonly tableName: string;
  /** Metric namespace of the construct that created the table. */
  readonly namespace?: string;
}

export interface StackOptions {
  readonly region: string;
  readonly endpoint?: string;
  /**
   * Name of the only stack to read.
   *
   * @default - all stacks of the account in the region
   */
  readonly stackName?: string;
}

/** Finds trace tables in the outputs of stacks. The result is sorted by stack name. */
export async function readStackTables({ region, endpoint, stackName }: StackOptions): Promise<StackTable[]> {
  const client = new CloudFormationClient({ region, endpoint });
  try {
    const tables: StackTable[] = [];
    for await (const { Stacks = [] } of paginateDescribeStacks({ client }, { StackName: stackName })) {
      for (const { StackName = '', StackStatus = '', Outputs = [] } of Stacks) {
        if (!StackStatus.startsWith('DELETE_COMPLETE')) tables.push(...tablesOf(StackName, Outputs));
      }
    }
    return tables.sort((one, other) =>
      one.stackName < other.stackName
        ? -1
        : one.stackName > other.stackName
          ? 1
          : one.tableName < other.tableName
            ? -1
            : 1,
    );
  } finally {
    client.destroy();
  }
}

/**
 * Returns the region from a profile or from the shared AWS configuration. Returns undefined if neither sets a
 * region.
 */
export async function configuredRegion(profile?: string): Promise<string | undefined> {
  const client = new CloudFormationClient({ profile });
  try {
    return await client.config.region();
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}

/**
 * Returns the trace tables of a stack, each with its metric namespace. `owner` is the output key without
 * `STACK_OUTPUTS.traceTable` or `STACK_OUTPUTS.namespace`. It is the same for outputs of the same construct.
 */
function tablesOf(stackName: string, outputs: readonly Output[]): StackTable[] {
  const marked = (name: string) =>
    outputs.flatMap(({ OutputKey = '', OutputValue = '' }) => {
      const at = OutputKey.indexOf(name);
      return at < 0 || OutputValue === '' ? [] : [{ owner: OutputKey.replace(name, ''), value: OutputValue }];
    });
  const namespaces = marked(STACK_OUTPUTS.namespace);
  return marked(STACK_OUTPUTS.traceTable).map(({ owner, value }) => ({
    stackName,
    tableName: value,
    namespace: namespaces.find(each => each.owner === owner)?.value,
  }));
}
