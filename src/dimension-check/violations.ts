import { existsSync, readFileSync } from 'fs';
import * as path from 'path';
import { CfnResource, Stack, Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { DIMENSIONS } from '../contract';
import type { DimensionUse } from './expressions';
import { findUsesInProperties } from './resource-properties';
import { isKnown, isObject, type Json } from './template-text';
import { outermostStack } from '../private/outermost-stack';

/** Names of the dimensions that metrics of token analytics have: `AgentId` and `Model`. */
const DIMENSION_NAMES: readonly string[] = Object.values(DIMENSIONS);
const BOTH = DIMENSION_NAMES.join(' and ');

/** Rules of the dimension check. */
export const RULES = ['other-dimension', 'lone-dimension'] as const;

/** Dimension in a template that breaks a rule of the check. */
interface DimensionFault {
  /**
   * Rule that the dimension breaks. `other-dimension`: the dimension is neither `AgentId` nor `Model`.
   * `lone-dimension`: one of these two dimensions is used alone.
   */
  readonly rule: (typeof RULES)[number];
  readonly dimension: string;
  readonly use: DimensionUse;
}

/** Violation of a rule, with the resource that violates it. */
export interface Violation {
  readonly rule: string;
  readonly description: string;
  readonly fix: string;
  /** Path of the construct that created the resource. */
  readonly constructPath: string;
  /** Property of the resource that names the dimension. */
  readonly location: string;
}

/** Function that returns the resources in the template of a stack, by logical id. */
export type ResourcesOf = (stack: Stack) => Json;

/** Returns the violations in all stacks below `scope`, including nested stacks and the stacks of stages. */
export function findViolations(
  scope: IConstruct,
  namespaces: ReadonlySet<string>,
  resourcesOf: ResourcesOf,
): Violation[] {
  return scope.node
    .findAll()
    .filter(construct => Stack.isStack(construct))
    .flatMap(stack =>
      Object.entries(resourcesOf(stack)).flatMap(([logicalId, resource]) =>
        isObject(resource)
          ? findUsesInProperties('Properties', resource.Properties)
              .flatMap(use => findFaults(use, namespaces))
              .map(fault => violation(fault, stack, logicalId))
          : [],
      ),
    );
}

/** Returns the violations as a report of a validation plugin. */
export function validationReport(violations: readonly Violation[]) {
  return {
    success: violations.length === 0,
    violations: violations.map(({ rule, description, fix, constructPath, location }) => ({
      ruleName: rule,
      severity: 'error',
      description,
      fix,
      violatingResources: [{ constructPath, locations: [location] }],
    })),
  };
}

/**
 * Returns the resources in the template file of a stack. Returns no resources if `templates` does not contain
 * the template of the stack. For a nested stack, this is the template of its outermost parent, because
 * aws-cdk-lib does not list the templates of nested stacks.
 *
 * @param templates paths of the templates to check
 */
export function writtenResources(stack: Stack, templates: ReadonlySet<string>): Json {
  const file = templatePathOf(stack);
  if (!templates.has(templatePathOf(outermostStack(stack))) || !existsSync(file)) return {};
  return resourcesIn(JSON.parse(readFileSync(file, 'utf8')));
}

/** Returns the resources that a stack will write to its template file. Requires that all aspects have run. */
export function futureResources(stack: Stack): Json {
  // `Stack._toCloudFormation` is internal, so the types do not contain it. It returns the whole template
  // in all versions of aws-cdk-lib 2, with the resources of included templates and all overrides.
  const { _toCloudFormation: toTemplate } = stack as unknown as { _toCloudFormation(): unknown };
  return resourcesIn(stack.resolve(toTemplate.call(stack)));
}

function resourcesIn(template: unknown): Json {
  return isObject(template) && isObject(template.Resources) ? template.Resources : {};
}

/**
 * Returns the rule violations of one metric in a template. Dimension names that are known only at deployment
 * are not checked.
 */
function findFaults(use: DimensionUse, namespaces: ReadonlySet<string>): DimensionFault[] {
  if (!namespaces.has(use.namespace)) return [];
  const names = [...new Set(use.dimensions)];
  const others = names.filter(name => isKnown(name) && !DIMENSION_NAMES.includes(name));
  if (others.length > 0) return others.map(dimension => ({ rule: 'other-dimension', dimension, use }));
  const isLone = use.exact && names.every(isKnown) && names.length === 1;
  return isLone ? [{ rule: 'lone-dimension', dimension: names[0], use }] : [];
}

/** Describes a rule violation in a resource of a stack. */
function violation({ rule, dimension, use }: DimensionFault, stack: Stack, logicalId: string): Violation {
  const { location, metric, namespace } = use;
  const constructPath = constructPathOf(stack, logicalId);
  const what =
    `\`${location}\` names dimension '${dimension}' of ` +
    `${metric === undefined ? 'metrics' : `metric '${metric}'`} in namespace '${namespace}'`;
  const [description, fix] =
    rule === 'other-dimension'
      ? [
          `[${constructPath}] ${what}. The only dimensions in this namespace are ${BOTH}.`,
          'Remove the dimension, or use another namespace. TokenMetrics creates metrics with the right ' +
            'dimensions. Other details of an invocation are in its trace.',
        ]
      : [
          `[${constructPath}] ${what} without the other one. Such a series does not exist.`,
          `Use both ${BOTH}, or neither for the total of all invocations.`,
        ];
  return { rule, description, fix, constructPath, location };
}

function templatePathOf(stack: Stack): string {
  return path.resolve(Stage.of(stack)?.outdir ?? '', stack.templateFile);
}

/**
 * Returns the path of the construct that created a resource. For a resource of an included template, returns
 * the path of the stack and the logical id.
 */
function constructPathOf(stack: Stack, logicalId: string): string {
  const creator = stack.node
    .findAll()
    .find(
      construct =>
        CfnResource.isCfnResource(construct) &&
        construct.stack === stack &&
        stack.resolve(construct.logicalId) === logicalId,
    );
  return creator?.node.path ?? `${stack.node.path}/${logicalId}`;
}
