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

/** Attribute that gives the name of a resource, and the property that sets it. */
interface Naming {
  readonly attribute: string;
  readonly property: string;
}

const NAMINGS: ReadonlyMap<string, Naming> = new Map([
  ['AWS::Lambda::Function', { attribute: 'Ref', property: 'functionName' }],
  ['AWS::Logs::LogGroup', { attribute: 'Ref', property: 'logGroupName' }],
  ['AWS::SQS::Queue', { attribute: 'QueueName', property: 'queueName' }],
]);
/** Puts the name of a log group where an ARN has it, after six colons. */
const ARN_OF_LOG_GROUP = 'arn:partition:logs:region:account:log-group:';
/** Parts of a text that are known only at deployment: addresses of resources, and functions as JSON. */
const UNKNOWN = /[<{]/;

/**
 * Resolves references to names that are known at synth to these, and others to the address of their target:
 * a logical id is unique within one stack only.
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
    // As an intrinsic function, which aws-cdk-lib takes for a number, too.
    return { Ref: `<${target.node.addr}.${displayName}>` };
  }

  /** Returns the name that the app gives a resource, or its address if CloudFormation chooses the name. */
  public nameOf(target: IConstruct, { property }: Naming): string {
    const given = (target as unknown as Readonly<Record<string, unknown>>)[property];
    const name: unknown = Tokenization.resolve(given, { scope: target, resolver: this });
    return name === undefined ? `<${target.node.addr}>` : toText(name);
  }
}

/** Name, ARN or other text with references in it, in a form that is the same in each stack. */
export interface ReferenceText {
  readonly text: string;
  /** Elements of templates that it refers to. */
  readonly targets: readonly CfnElement[];
}

export function referenceText(scope: IConstruct, value: unknown): ReferenceText {
  const resolver = new TextResolver();
  const text = toText(Tokenization.resolve(value, { scope, resolver }));
  return { text, targets: [...resolver.targets] };
}

/** Returns the name that the app gives a resource, or its address. */
export function toNameText(resource: CfnResource): string {
  const naming = NAMINGS.get(resource.cfnResourceType);
  return naming ? new TextResolver().nameOf(resource, naming) : '';
}

/** Returns a value if it is known at synth, also if it refers to a resource that the app names. */
export function toLiteral(scope: IConstruct, value: string): string | undefined {
  const { text } = referenceText(scope, value);
  return UNKNOWN.test(text) ? undefined : text;
}

/** Returns the properties of a resource as its template has them, with such texts. */
export function readTemplateTexts(resource: CfnResource): TemplateProperties {
  const resolver = new TextResolver();
  return readTemplateProperties(resource, value =>
    Tokenization.resolve(value, { scope: resource, resolver }),
  );
}

/** Evaluates the functions by which aws-cdk-lib takes the name out of an ARN. Text of others has no colon. */
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
