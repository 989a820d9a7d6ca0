import * as path from 'path';
import { Stage, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { DEFAULT_NAMESPACE } from '../contract';
import { addToSynthesis } from './synthesis';
import { findViolations, RULES, validationReport, writtenResources } from './violations';
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

/** Part of the context of a validation plugin. */
interface ValidationContext {
  readonly appConstruct: IConstruct;
  readonly templatePaths: readonly string[];
  /** Undefined before aws-cdk-lib 2.262. */
  readonly stackTemplates?: readonly { readonly templatePath: string }[];
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
 * `TokenDimensionCheck.applyTo(app)` adds the check to an app. From aws-cdk-lib 2.262, the check is a
 * validation plugin, and the validation report lists the violations. In earlier versions, it is a validation
 * of the app's root construct, and one error lists all violations.
 *
 * In TypeScript, an object of this class is also a validation plugin, for example to check only one stage:
 * `Validations.of(stage).addPlugins(new TokenDimensionCheck())`. The class does not name the plugin types of
 * aws-cdk-lib, because its older versions do not have them.
 */
export class TokenDimensionCheck {
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
    const check = new TokenDimensionCheck(props);
    if (!Stage.isStage(root)) {
      throw propError(
        NAME,
        'scope',
        'a construct of an app',
        root.constructor.name,
        'Create the construct in an App.',
      );
    }
    const existing = CHECKS.get(root);
    if (existing) {
      for (const namespace of check.namespaces) existing.namespaces.add(namespace);
      return existing;
    }
    addToSynthesis(root, check, check.namespaces);
    CHECKS.set(root, check);
    return check;
  }

  /** Name of the check in the validation report. */
  public readonly name: string = NAME;

  /** Ids of the rules: `other-dimension` and `lone-dimension`. */
  public readonly ruleIds?: string[] = [...RULES];

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
   * @param context the `IPolicyValidationContext` of aws-cdk-lib
   * @returns a `PolicyValidationPluginReport` of aws-cdk-lib
   */
  // The result is `any`, because jsii needs a named type, and older versions of aws-cdk-lib do not have the
  // type of the report.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  public validate(context: unknown): any {
    const { appConstruct, templatePaths, stackTemplates } = context as ValidationContext;
    const written = new Set(
      (stackTemplates?.map(({ templatePath }) => templatePath) ?? templatePaths).map(file =>
        path.resolve(file),
      ),
    );
    return validationReport(
      findViolations(appConstruct, this.namespaces, stack => writtenResources(stack, written)),
    );
  }
}
