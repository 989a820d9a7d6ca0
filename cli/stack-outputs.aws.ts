import { CloudFormationClient, type Output, paginateDescribeStacks } from '@aws-sdk/client-cloudformation';
import { STACK_OUTPUTS } from '../src/contract';

/** A trace table as the outputs of a stack name it. */
export interface StackTable {
  readonly stackName: string;
  readonly tableName: string;
  /** The namespace of the metrics that belong to it. */
  readonly namespace?: string;
}

export interface StackOptions {
  readonly region: string;
  readonly endpoint?: string;
  /**
   * The one stack that is read.
   *
   * @default - all of the account in the region
   */
  readonly stackName?: string;
}

/** The trace tables that stacks have in their outputs, by the names of their stacks. */
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

/** The region that a profile, or the shared configuration, has; undefined where it has none. */
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
 * An output's key has the path of its construct beside its
 * name: it tells which namespace belongs to which table.
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
