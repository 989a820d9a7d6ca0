import {
  CfnElement,
  CfnResource,
  DefaultTokenResolver,
  type IPostProcessor,
  type IResolvable,
  type IResolveContext,
  Reference,
  Tokenization,
} from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { type TemplateProperties, readTemplateProperties } from './template-properties';

/** Attribute and property for the name of a resource, such as `Ref` and `functionName` for a function. */
interface Naming {
  readonly attribute: string;
  readonly property: string;
}

const NAMINGS: ReadonlyMap<string, Naming> = new Map([
  ['AWS::DynamoDB::GlobalTable', { attribute: 'Ref', property: 'tableName' }],
  ['AWS::Lambda::Function', { attribute: 'Ref', property: 'functionName' }],
  ['AWS::Logs::LogGroup', { attribute: 'Ref', property: 'logGroupName' }],
  ['AWS::SQS::Queue', { attribute: 'QueueName', property: 'queueName' }],
]);
/**
 * Placeholder for the start of a log group ARN. It has six colons like a real ARN, so code can split it into
 * the same parts.
 */
const ARN_OF_LOG_GROUP = 'arn:partition:logs:region:account:log-group:';
/**
 * First character of a text part that is known only at deployment. A construct address starts with `<`, and
 * an intrinsic function in JSON starts with `{`.
 */
const UNKNOWN = /[<{]/;

/**
 * Resolver that replaces each reference with the name of the resource. If the name is not known at synth,
 * uses the construct address. A logical id is not used, because it is unique only within one stack.
 */
class TextResolver extends DefaultTokenResolver {
  public readonly targets = new Set<CfnElement>();

  constructor() {
    super({ join: (left, right) => toText(left) + toText(right) });
  }

  public resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    if (!Reference.isReference(token)) return super.resolveToken(token, context, postProcessor);
    const { target, displayName } = token;
    if (CfnElement.isCfnElement(target)) this.targets.add(target);
    const naming = CfnResource.isCfnResource(target) ? NAMINGS.get(target.cfnResourceType) : undefined;
    if (naming?.attribute === displayName) return this.nameOf(target, naming);
    if (naming?.property === 'logGroupName' && displayName === 'Arn') {
      return ARN_OF_LOG_GROUP + this.nameOf(target, naming);
    }
    // For the CDK token of a number, aws-cdk-lib accepts an intrinsic function such as `Ref`, but not a
    // string.
    return { Ref: `<${target.node.addr}.${displayName}>` };
  }

  /**
   * Returns the name that the app sets for a resource. If CloudFormation generates the name, returns
   * `<address>` with the construct address of the resource.
   */
  public nameOf(target: IConstruct, { property }: Naming): string {
    const given = (target as unknown as Readonly<Record<string, unknown>>)[property];
    const name: unknown = Tokenization.resolve(given, { scope: target, resolver: this });
    return name === undefined ? `<${target.node.addr}>` : toText(name);
  }
}

/**
 * Name or ARN as text, with the elements to which it refers. In the text, each reference is replaced with the
 * name or the construct address of the resource.
 */
export interface ReferenceText {
  readonly text: string;
  /** CloudFormation elements to which the original value refers. */
  readonly targets: readonly CfnElement[];
}

export function referenceText(scope: IConstruct, value: unknown): ReferenceText {
  const resolver = new TextResolver();
  const text = toText(Tokenization.resolve(value, { scope, resolver }));
  return { text, targets: [...resolver.targets] };
}

/**
 * Returns the name that the app sets for a resource. If CloudFormation generates the name, returns
 * `<address>` with the construct address of the resource. Returns `''` if {@link NAMINGS} has no entry for
 * the resource type.
 */
export function toNameText(resource: CfnResource): string {
  const naming = NAMINGS.get(resource.cfnResourceType);
  return naming ? new TextResolver().nameOf(resource, naming) : '';
}

/**
 * Returns a value as plain text. Each reference to a resource is replaced with the name of the resource.
 * Returns undefined if a part of the value is known only at deployment.
 */
export function toLiteral(scope: IConstruct, value: string): string | undefined {
  const { text } = referenceText(scope, value);
  return UNKNOWN.test(text) ? undefined : text;
}

/**
 * Returns the properties of a resource as in the CloudFormation template. Each reference to another resource
 * is replaced with the name or the construct address of that resource.
 */
export function readTemplateTexts(resource: CfnResource): TemplateProperties {
  const resolver = new TextResolver();
  return readTemplateProperties(resource, value =>
    Tokenization.resolve(value, { scope: resource, resolver }),
  );
}

/**
 * Converts a resolved value to text. Evaluates `Fn::Join`, and `Fn::Select` with `Fn::Split`, because
 * aws-cdk-lib uses these functions to extract a name from an ARN. Converts other functions to JSON with `=`
 * instead of `:`, because colons separate the parts of an ARN.
 */
export function toText(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  const {
    'Ref': ref,
    'Fn::Join': join,
    'Fn::Select': select,
  } = value as {
    'Ref'?: string;
    'Fn::Join'?: readonly [string, unknown];
    'Fn::Select'?: readonly [number | string, { 'Fn::Split'?: readonly [string, unknown] }];
  };
  if (ref?.startsWith('<')) return ref;
  if (Array.isArray(join?.[1])) return join[1].map(toText).join(join[0]);
  const split = select?.[1]['Fn::Split'];
  const part = split && toText(split[1]).split(split[0])[Number(select[0])];
  return part ?? JSON.stringify(value).replaceAll(':', '=');
}
