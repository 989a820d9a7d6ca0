import { Stage, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { DEFAULT_NAMESPACE } from '../contract';
import { addToSynthesis } from './synthesis';
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

/** Namespaces of each check. The key is the app or the stage that is checked. */
const CHECKED = new WeakMap<IConstruct, Set<string>>();

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
 * From aws-cdk-lib 2.262, the check is a validation plugin, `TokenDimensionCheck` in the validation report.
 * In earlier versions, it is a validation of the app's root construct, and one error lists all violations.
 */
export class TokenDimensionCheck {
  /**
   * Adds the check to the app that contains `scope`. The check covers all stacks and stages of the app. If
   * the app already has the check, adds the namespaces to the existing check.
   *
   * @param scope any construct of the app
   * @param props the namespaces to check
   * @throws if a namespace is invalid, or if the construct is not part of an app
   */
  public static applyTo(scope: IConstruct, props: TokenDimensionCheckProps = {}): void {
    const { root } = scope.node;
    const namespaces = checkedNamespaces(props);
    if (!Stage.isStage(root)) {
      throw propError(
        NAME,
        'scope',
        'a construct of an app',
        root.constructor.name,
        'Create the construct in an App.',
      );
    }
    addNamespaces(root, namespaces);
  }

  /**
   * Adds the check to a stage. The check covers the stacks of the stage, but no other stacks of the app. If
   * the stage already has the check, adds the namespaces to the existing check.
   *
   * @param stage the stage to check
   * @param props the namespaces to check
   * @throws if a namespace is invalid
   */
  public static applyToStage(stage: Stage, props: TokenDimensionCheckProps = {}): void {
    addNamespaces(stage, checkedNamespaces(props));
  }

  private constructor() {}
}

/**
 * Returns the namespaces to check, without those that are known only at deployment.
 *
 * @throws if a namespace is invalid, or the list of namespaces is empty
 */
function checkedNamespaces(props: TokenDimensionCheckProps): string[] {
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
  return namespaces.filter(namespace => !Token.isUnresolved(namespace));
}

/** Adds namespaces to the check of an app or a stage. Creates the check if there is none. */
function addNamespaces(stage: Stage, namespaces: readonly string[]): void {
  const existing = CHECKED.get(stage);
  const checked = existing ?? new Set<string>();
  for (const namespace of namespaces) checked.add(namespace);
  if (existing) return;
  CHECKED.set(stage, checked);
  addToSynthesis(stage, NAME, checked);
}
