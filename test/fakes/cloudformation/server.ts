import {
  pageOf,
  queryProtocol,
  Refusal,
  type Emulator,
  type EmulatorOptions,
  startEmulator,
  xmlElement,
} from '../../../local/emulators/emulators';

interface StackResource {
  readonly logicalId: string;
  readonly physicalId?: string;
  /** Resource type, such as `AWS::DynamoDB::Table`. */
  readonly type: string;
  /**
   * Status of the resource.
   *
   * @default CREATE_COMPLETE
   */
  readonly status?: string;
}

export interface Stack {
  readonly name: string;
  /**
   * Status of the stack.
   *
   * @default CREATE_COMPLETE
   */
  readonly status?: string;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly resources?: readonly StackResource[];
}

export interface CloudFormationOptions extends EmulatorOptions {
  readonly stacks: readonly Stack[];
  /**
   * Maximum number of stacks or resources on a page.
   *
   * @default 100
   */
  readonly pageSize?: number;
}

const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';
const PAGE_SIZE = 100;
const COMPLETE = 'CREATE_COMPLETE';
const DELETED = 'DELETE_COMPLETE';
const CREATED_AT = '2026-01-01T00:00:00.000Z';

/** Starts a fake of CloudFormation. Supports DescribeStacks, ListStacks and ListStackResources. */
export async function startCloudFormation({
  stacks,
  pageSize = PAGE_SIZE,
  ...options
}: CloudFormationOptions): Promise<Emulator> {
  const named = (name: string | null) => {
    const stack = stacks.find(each => each.name === name || idOf(each) === name);
    if (!stack) throw new Refusal('ValidationError', `Stack with id ${String(name)} does not exist`);
    return stack;
  };
  return startEmulator(
    queryProtocol(NAMESPACE, {
      DescribeStacks: form => {
        const name = form.get('StackName');
        // Without a name, CloudFormation returns all stacks that are not deleted.
        const wanted = name === null ? stacks.filter(({ status }) => status !== DELETED) : [named(name)];
        return listXml('Stacks', wanted, form, pageSize, stackXml);
      },
      ListStacks: form => {
        const statuses = [...form]
          .filter(([key]) => key.startsWith('StackStatusFilter.'))
          .map(([, status]) => status);
        const wanted = stacks.filter(
          ({ status = COMPLETE }) => statuses.length === 0 || statuses.includes(status),
        );
        return listXml('StackSummaries', wanted, form, pageSize, summaryXml);
      },
      ListStackResources: form =>
        listXml(
          'StackResourceSummaries',
          named(form.get('StackName')).resources ?? [],
          form,
          pageSize,
          resourceXml,
        ),
    }),
    options,
  );
}

function listXml<Item>(
  name: string,
  items: readonly Item[],
  form: URLSearchParams,
  size: number,
  xmlOf: (item: Item) => string,
): string {
  const { page, next } = pageOf(items, form.get('NextToken'), size, 'ValidationError');
  return `<${name}>${page.map(item => `<member>${xmlOf(item)}</member>`).join('')}</${name}>${xmlElement('NextToken', next)}`;
}

function summaryXml(stack: Stack): string {
  return (
    xmlElement('StackName', stack.name) +
    xmlElement('StackId', idOf(stack)) +
    xmlElement('StackStatus', stack.status ?? COMPLETE) +
    xmlElement('CreationTime', CREATED_AT)
  );
}

function stackXml(stack: Stack): string {
  const outputs = Object.entries(stack.outputs ?? {}).map(
    ([key, value]) => `<member>${xmlElement('OutputKey', key)}${xmlElement('OutputValue', value)}</member>`,
  );
  const tags = Object.entries(stack.tags ?? {}).map(
    ([key, value]) => `<member>${xmlElement('Key', key)}${xmlElement('Value', value)}</member>`,
  );
  return `${summaryXml(stack)}<Outputs>${outputs.join('')}</Outputs><Tags>${tags.join('')}</Tags>`;
}

function resourceXml({ logicalId, physicalId, type, status = COMPLETE }: StackResource): string {
  return (
    xmlElement('LogicalResourceId', logicalId) +
    xmlElement('PhysicalResourceId', physicalId) +
    xmlElement('ResourceType', type) +
    xmlElement('ResourceStatus', status) +
    xmlElement('LastUpdatedTimestamp', CREATED_AT)
  );
}

function idOf({ name }: Stack): string {
  return `arn:aws:cloudformation:us-east-1:123456789012:stack/${name}/11111111-2222-3333-4444-555555555555`;
}
