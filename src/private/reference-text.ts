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

/** Attribute that returns the name of a resource, and property that sets it. */
interface Naming {
  readonly attribute: string;
  readonly property: string;
}

const NAMINGS: ReadonlyMap<string, Naming> = new Map([
  ['AWS::Lambda::Function', { attribute: 'Ref', property: 'functionName' }],
  ['AWS::Logs::LogGroup', { attribute: 'Ref', property: 'logGroupName' }],
  ['AWS::SQS::Queue', { attribute: 'QueueName', property: 'queueName' }],
]);
/** Placeholder for the start of a log group's ARN, with the six colons before the name. */
const ARN_OF_LOG_GROUP = 'arn:partition:logs:region:account:log-group:';
/** Start of a part that is known only at deployment: the address of a resource, or a function as JSON. */
const UNKNOWN = /[<{]/;

/**
 * Resolves a reference to the name of its target if the name is known at synth, and otherwise to the address
 * of the target. A logical id would be unique only within one stack.
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
    // Also valid for a number token, because aws-cdk-lib accepts an intrinsic function in its place.
    return { Ref: `<${target.node.addr}.${displayName}>` };
  }

  /** Returns the name of a resource as set in the app, or its address if CloudFormation chooses the name. */
  public nameOf(target: IConstruct, { property }: Naming): string {
    const given = (target as unknown as Readonly<Record<string, unknown>>)[property];
    const name: unknown = Tokenization.resolve(given, { scope: target, resolver: this });
    return name === undefined ? `<${target.node.addr}>` : toText(name);
  }
}

/** Name, ARN or other text with resolved references, in a form that is the same in every stack. */
export interface ReferenceText {
  readonly text: string;
  /** Template elements that the text refers to. */
  readonly targets: readonly CfnElement[];
}

export function referenceText(scope: IConstruct, value: unknown): ReferenceText {
  const resolver = new TextResolver();
  const text = toText(Tokenization.resolve(value, { scope, resolver }));
  return { text, targets: [...resolver.targets] };
}

/** Returns the name of a resource as set in the app, or its address. */
export function toNameText(resource: CfnResource): string {
  const naming = NAMINGS.get(resource.cfnResourceType);
  return naming ? new TextResolver().nameOf(resource, naming) : '';
}

/** Returns a value if it is known at synth, with references to named resources resolved. */
export function toLiteral(scope: IConstruct, value: string): string | undefined {
  const { text } = referenceText(scope, value);
  return UNKNOWN.test(text) ? undefined : text;
}

/** Returns the properties of a resource in its template, with references resolved to texts. */
export function readTemplateTexts(resource: CfnResource): TemplateProperties {
  const resolver = new TextResolver();
  return readTemplateProperties(resource, value =>
    Tokenization.resolve(value, { scope: resource, resolver }),
  );
}

/**
 * Evaluates the intrinsic functions that aws-cdk-lib uses to extract a name from an ARN. Other functions
 * become JSON with `=` for each colon, so that they do not change the parts of an ARN.
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
