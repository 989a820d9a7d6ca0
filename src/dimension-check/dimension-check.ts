import { existsSync, readFileSync } from 'fs';
import * as path from 'path';
import {
  CfnResource,
  type IPolicyValidationContext,
  type IPolicyValidationPlugin,
  type PolicyValidationPluginReport,
  type PolicyViolation,
  Stack,
  Stage,
  Token,
  Validations,
} from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { DEFAULT_NAMESPACE, DIMENSIONS } from '../contract';
import type { DimensionUse } from './expressions';
import { findUsesInProperties } from './resource-properties';
import { isKnown, isObject, type Json } from './template-text';
import { requireShape, type Shape, TEXTS } from '../private/shape';
import { propError, requireNamespace } from '../private/validate';

/**
 * Properties of the dimension check.
 */
export interface TokenDimensionCheckProps {
  /**
   * Names of the CloudWatch namespaces to check. Each name must be complete: `OPX/Analytics` does not include
   * `OPX/Analytics/dev`. Names that are known only at deployment are ignored.
   *
   * @default ['OPX/Analytics']
   */
  readonly namespaces?: string[];
}

const SHAPE: Shape<TokenDimensionCheckProps> = { namespaces: TEXTS };
const NAME = 'TokenDimensionCheck';
/** Names of the dimensions that metrics of token analytics have: `AgentId` and `Model`. */
const DIMENSION_NAMES: readonly string[] = Object.values(DIMENSIONS);
const BOTH = DIMENSION_NAMES.join(' and ');

/** Dimension in a template that breaks a rule of the check. */
interface DimensionFault {
  /**
   * Rule that the dimension breaks. `other`: the dimension is neither `AgentId` nor `Model`. `lone`: one of
   * these two dimensions is used alone.
   */
  readonly kind: 'other' | 'lone';
  readonly dimension: string;
  readonly use: DimensionUse;
}

/** Dimension check of each app. The key is the `App` construct. */
const CHECKS = new WeakMap<IConstruct, TokenDimensionCheck>();

/**
 * Fails synthesis if the app uses dimensions other than `AgentId` and `Model` in the namespaces of token
 * analytics. Also fails if the app uses only one of these two dimensions.
 *
 * Each value of another dimension creates a separate metric, which costs $0.30 a month. Metrics with only one
 * of the two dimensions do not exist, so an alarm on such a metric never fires.
 *
 * The check covers alarms, metric math, Metrics Insights queries, searches, dashboards, metric filters,
 * anomaly detectors and scaling policies. It includes third-party constructs, nested stacks and included
 * templates. Values that are known only at deployment are not checked.
 *
 * To enable the check, call `TokenDimensionCheck.applyTo(app)`, or `Validations.of(app).addPlugins(new
 * TokenDimensionCheck())`.
 */
export class TokenDimensionCheck implements IPolicyValidationPlugin {
  /**
   * Adds the check to the app that contains `scope`. The check covers all stacks and stages of the app. If
   * the app already has the check, adds the namespaces to the existing check.
   *
   * @param scope any construct of the app
   * @param props the namespaces to check
   * @returns the check of the app
   * @throws if a namespace is invalid, or if the construct is not part of an app
   */
  public static applyTo(scope: IConstruct, props: TokenDimensionCheckProps = {}): TokenDimensionCheck {
    const { root } = scope.node;
    const existing = CHECKS.get(root);
    const check = new TokenDimensionCheck(props);
    if (existing) {
      for (const namespace of check.namespaces) existing.namespaces.add(namespace);
      return existing;
    }
    Validations.of(root).addPlugins(check);
    CHECKS.set(root, check);
    return check;
  }

  /** Name of the plugin in the validation report. */
  public readonly name: string = NAME;

  /** Ids of the rules: `other-dimension` and `lone-dimension`. */
  public readonly ruleIds?: string[] = ['other-dimension', 'lone-dimension'];

  private readonly namespaces: Set<string>;

  /**
   * Creates the check.
   *
   * @throws if a namespace is invalid, or the list of namespaces is empty
   */
  constructor(props: TokenDimensionCheckProps = {}) {
    requireShape(NAME, props, SHAPE);
    const { namespaces = [DEFAULT_NAMESPACE] } = props;
    if (namespaces.length === 0) {
      throw propError(
        NAME,
        'namespaces',
        'a list of at least one namespace',
        '[]',
        'Omit it to check the default namespace.',
      );
    }
    for (const namespace of namespaces) requireNamespace(NAME, namespace);
    this.namespaces = new Set(namespaces.filter(namespace => !Token.isUnresolved(namespace)));
  }

  /**
   * Checks the synthesized templates. aws-cdk-lib calls this method at synthesis.
   *
   * @param context the templates and the app
   */
  public validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const templates = new Set(context.stackTemplates.map(({ templatePath }) => path.resolve(templatePath)));
    const violations = stacksIn(context.appConstruct)
      .filter(stack => templates.has(templatePathOf(outermostStack(stack))))
      .flatMap(stack => this.violationsIn(stack));
    return { success: violations.length === 0, violations };
  }

  private violationsIn(stack: Stack): PolicyViolation[] {
    return Object.entries(resourcesOf(stack)).flatMap(([logicalId, resource]) => {
      if (!isObject(resource)) return [];
      const faults = findUsesInProperties('Properties', resource.Properties).flatMap(use =>
        findFaults(use, this.namespaces),
      );
      return faults.length === 0
        ? []
        : faults.map(fault => violation(fault, constructPathOf(stack, logicalId)));
    });
  }
}

/**
 * Returns the rule violations of one metric in a template. Dimension names that are known only at deployment
 * are not checked.
 */
function findFaults(use: DimensionUse, namespaces: ReadonlySet<string>): DimensionFault[] {
  if (!namespaces.has(use.namespace)) return [];
  const names = [...new Set(use.dimensions)];
  const others = names.filter(name => isKnown(name) && !DIMENSION_NAMES.includes(name));
  if (others.length > 0) return others.map(dimension => ({ kind: 'other', dimension, use }));
  const isLone = use.exact && names.every(isKnown) && names.length === 1;
  return isLone ? [{ kind: 'lone', dimension: names[0], use }] : [];
}

/**
 * Describes a rule violation for the validation report of the app.
 *
 * @param where path of the construct that uses the dimension
 */
function violation({ kind, dimension, use }: DimensionFault, where: string): PolicyViolation {
  const { location, metric, namespace } = use;
  const what =
    `\`${location}\` names dimension '${dimension}' of ` +
    `${metric === undefined ? 'metrics' : `metric '${metric}'`} in namespace '${namespace}'`;
  const [description, fix] =
    kind === 'other'
      ? [
          `[${where}] ${what}. The only dimensions in this namespace are ${BOTH}.`,
          'Remove the dimension, or use another namespace. TokenMetrics creates metrics with the right ' +
            'dimensions. Other details of an invocation are in its trace.',
        ]
      : [
          `[${where}] ${what} without the other one. Such a series does not exist.`,
          `Use both ${BOTH}, or neither for the total of all invocations.`,
        ];
  return {
    ruleName: `${kind}-dimension`,
    severity: 'error',
    description,
    fix,
    violatingResources: [{ constructPath: where, locations: [location] }],
  };
}

function stacksIn(app: IConstruct): Stack[] {
  return app.node.findAll().filter((construct): construct is Stack => Stack.isStack(construct));
}

/**
 * Returns the outermost parent of a nested stack. For any other stack, returns the stack itself. aws-cdk-lib
 * does not pass the templates of nested stacks to the check.
 */
function outermostStack(stack: Stack): Stack {
  return stack.nestedStackParent ? outermostStack(stack.nestedStackParent) : stack;
}

function templatePathOf(stack: Stack): string {
  return path.resolve(Stage.of(stack)?.outdir ?? '', stack.templateFile);
}

function resourcesOf(stack: Stack): Json {
  const file = templatePathOf(stack);
  if (!existsSync(file)) return {};
  const template: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return isObject(template) && isObject(template.Resources) ? template.Resources : {};
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
