import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';

export interface Widget {
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>> & {
    readonly title: string;
    readonly metrics: readonly (readonly unknown[])[];
  };
}

/** Parsed `DashboardBody` of a CloudWatch dashboard. */
export interface Body {
  readonly start?: string;
  readonly periodOverride?: string;
  readonly widgets: readonly Widget[];
}

export function newStack(props?: StackProps): Stack {
  return new Stack(new App(), 'Stack', props);
}

export function newStackBeside(stack: Stack, env: StackProps['env']): Stack {
  return new Stack(stack.node.root as App, 'Beside', { env });
}

/**
 * Returns the parsed JSON of each dashboard in a stack. A reference to a resource becomes text, e.g.
 * `<Traces1A2B3C4D>`.
 */
export function dashboardBodies(stack: Stack): Body[] {
  return Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard')).map(
    ({ Properties }) => JSON.parse(joined((Properties as { DashboardBody: unknown }).DashboardBody)) as Body,
  );
}

/**
 * Returns the template of a stack. Replaces asset hashes by `<hash>`, because they change with every build.
 */
export function templateOf(stack: Stack): unknown {
  return JSON.parse(JSON.stringify(Template.fromStack(stack).toJSON()).replaceAll(/[0-9a-f]{64}/g, '<hash>'));
}

/** Returns the options of a line in a widget, e.g. `{ label: 'triage' }`. `entry` is an item of `metrics`. */
export function optionsOf(entry: readonly unknown[]): Readonly<Record<string, unknown>> {
  const last = entry[entry.length - 1];
  return typeof last === 'object' && last !== null ? (last as Record<string, unknown>) : {};
}

/** Returns namespace, name and dimensions of a line in a widget. Empty if the line is an expression. */
export function fieldsOf(entry: readonly unknown[]): string[] {
  return entry.filter(field => typeof field === 'string');
}

/** Returns the first argument of each SEARCH expression in a dashboard. */
export function searchesOf(body: Body): string[] {
  return body.widgets
    .flatMap(widget => widget.properties.metrics)
    .flatMap(entry =>
      [...String(optionsOf(entry).expression ?? '').matchAll(/SEARCH\('([^']*)', '(?:Sum|Average)'\)/g)].map(
        match => match[1],
      ),
    );
}

function joined(value: unknown): string {
  if (typeof value === 'string') return value;
  const {
    'Fn::Join': join,
    'Fn::GetAtt': attribute,
    'Ref': ref,
  } = value as { 'Fn::Join'?: [string, unknown[]]; 'Fn::GetAtt'?: string[]; 'Ref'?: string };
  return join ? join[1].map(joined).join(join[0]) : `<${attribute?.join('.') ?? ref}>`;
}
