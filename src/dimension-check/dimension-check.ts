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
import { DEFAULT_NAMESPACE } from '../contract';
import { usesOfProperties } from './template';
import { isObject, type Json } from './text';
import { DIMENSION_NAMES, type DimensionFault, faultsOf } from './use';
import { requireShape, type Shape, TEXTS } from '../private/shape';
import { propError, requireNamespace } from '../private/validate';

/**
 * Properties of the dimension check.
 */
export interface TokenDimensionCheckProps {
  /**
   * The CloudWatch namespaces that have no dimensions but the agent and the model: each by its whole name, as
   * `OPX/Analytics/dev` is another one than `OPX/Analytics`. One that is known only at deployment is passed
   * over.
   *
   * @default ['OPX/Analytics']
   */
  readonly namespaces?: string[];
}

const SHAPE: Shape<TokenDimensionCheckProps> = { namespaces: TEXTS };
const NAME = 'TokenDimensionCheck';
const BOTH = DIMENSION_NAMES.join(' and ');

/** The check of each app that has one. */
const CHECKS = new WeakMap<IConstruct, TokenDimensionCheck>();

/**
 * Fails synth where something in the app names another dimension than `AgentId` and `Model` in the namespaces
 * of token analytics: alarms, metric math, Metrics Insights queries, searches, dashboards, metric filters,
 * anomaly detectors, scaling policies; also in constructs of others, in nested stacks and in included
 * templates.
 *
 * Each value of a further dimension would be a metric of its own, at $0.30 a month; and CloudWatch adds
 * nothing up over dimensions, so the totals would no longer be found. One of the two dimensions alone fails,
 * too: there is no such series, so an alarm on it would never fire.
 *
 * It is a validation plugin: `Validations.of(app).addPlugins(new TokenDimensionCheck())` is all,
 * and `applyTo` does that once for an app. What is known only at deployment is passed over.
 */
export class TokenDimensionCheck implements IPolicyValidationPlugin {
  /**
   * Checks the whole app that a construct is in, also its other stacks and
   * stages. An app that has the check is given the further namespaces.
   *
   * @param scope any construct of the app
   * @param props what is checked
   * @returns the app's check
   * @throws where a namespace is none, or the construct is in no app
   */
  public static applyTo(scope: IConstruct, props: TokenDimensionCheckProps = {}): TokenDimensionCheck {
    const { root } = scope.node;
    const known = CHECKS.get(root);
    const check = new TokenDimensionCheck(props);
    if (known) {
      for (const namespace of check.namespaces) known.namespaces.add(namespace);
      return known;
    }
    Validations.of(root).addPlugins(check);
    CHECKS.set(root, check);
    return check;
  }

  /**
   * The plugin's name in the report.
   */
  public readonly name: string = NAME;

  /**
   * The rules: `other-dimension` and `lone-dimension`.
   */
  public readonly ruleIds?: string[] = ['other-dimension', 'lone-dimension'];

  private readonly namespaces: Set<string>;

  /**
   * @throws where a namespace is none, or none is given
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
        'Leave it out to check the default namespace.',
      );
    }
    for (const namespace of namespaces) requireNamespace(NAME, namespace);
    this.namespaces = new Set(namespaces.filter(namespace => !Token.isUnresolved(namespace)));
  }

  /**
   * Called at synth, with the templates as they are deployed.
   *
   * @param context the templates and the app
   */
  public validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const templates = new Set(context.stackTemplates.map(({ templatePath }) => path.resolve(templatePath)));
    const violations = stacksIn(context.appConstruct)
      .filter(stack => templates.has(templatePathOf(outermost(stack))))
      .flatMap(stack => this.violationsIn(stack));
    return { success: violations.length === 0, violations };
  }

  private violationsIn(stack: Stack): PolicyViolation[] {
    return Object.entries(resourcesOf(stack)).flatMap(([logicalId, resource]) => {
      if (!isObject(resource)) return [];
      const faults = usesOfProperties('Properties', resource.Properties).flatMap(use =>
        faultsOf(use, this.namespaces),
      );
      return faults.length === 0
        ? []
        : faults.map(fault => violation(fault, constructPath(stack, logicalId)));
    });
  }
}

function violation({ kind, dimension, use }: DimensionFault, where: string): PolicyViolation {
  const { location, metric, namespace } = use;
  const what =
    `\`${location}\` names dimension '${dimension}' of ` +
    `${metric === undefined ? 'metrics' : `metric '${metric}'`} in namespace '${namespace}'`;
  const [description, fix] =
    kind === 'other'
      ? [
          `[${where}] ${what}, which has no dimensions but ${BOTH}.`,
          'Remove it, or use another namespace. What else there is to know of a call stands in its ' +
            'trace; TokenMetrics makes metrics of the right dimensions.',
        ]
      : [
          `[${where}] ${what} alone, of which there is no series.`,
          `Give both ${BOTH}, or neither for the total of all calls.`,
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

/** A nested stack is no stack of the assembly, but its template stands beside that of the stack it is in. */
function outermost(stack: Stack): Stack {
  return stack.nestedStackParent ? outermost(stack.nestedStackParent) : stack;
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

/** A resource that no construct made, such as one of a raw template, is told by its logical id. */
function constructPath(stack: Stack, logicalId: string): string {
  const made = stack.node
    .findAll()
    .find(
      construct =>
        CfnResource.isCfnResource(construct) &&
        construct.stack === stack &&
        stack.resolve(construct.logicalId) === logicalId,
    );
  return made?.node.path ?? `${stack.node.path}/${logicalId}`;
}
