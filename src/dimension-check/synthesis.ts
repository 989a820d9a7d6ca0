import { CloudFormationValidatePlugin, type Stage, Validations } from 'aws-cdk-lib';
import { findViolations, futureResources, type validationReport } from './violations';

/** Validation plugin, without the types that older versions of aws-cdk-lib do not have. */
interface ValidationPlugin {
  readonly name: string;
  validate(context: unknown): ReturnType<typeof validationReport>;
}

/**
 * Adds the check of all stacks below `stage` to its synthesis.
 *
 * From aws-cdk-lib 2.262, this adds `plugin`, which reads the written templates. Plugins exist since 2.251,
 * but their violations throw no error before 2.262.
 *
 * In earlier versions, this adds a validation to `stage`. The CDK runs the validation after all aspects and
 * before it writes the templates. It throws one error with all messages.
 *
 * @param namespaces namespaces to check. The caller may add namespaces until synthesis
 */
export function addToSynthesis(
  stage: Stage,
  plugin: ValidationPlugin,
  namespaces: ReadonlySet<string>,
): void {
  // At runtime, this class is undefined before aws-cdk-lib 2.262.
  if (CloudFormationValidatePlugin as unknown) {
    Validations.of(stage).addPlugins(plugin);
    return;
  }
  stage.node.addValidation({
    validate: () =>
      findViolations(stage, namespaces, futureResources).map(
        ({ description, fix }) => `${description} Suggested fix: ${fix}`,
      ),
  });
}
