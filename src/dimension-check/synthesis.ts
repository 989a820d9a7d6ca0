import { type Stage, Validations } from 'aws-cdk-lib';
import { findViolations, futureResources, RULES, type Violation, writtenResources } from './violations';

/**
 * Adds the check of the stacks below `stage` to its synthesis.
 *
 * With `Validations` (aws-cdk-lib 2.251), the check is a validation plugin. It reads the written templates,
 * and the validation report lists the violations. Up to at least 2.261, the CDK then prints the report and
 * sets the exit code of the process. Later versions throw an error.
 *
 * Without `Validations`, the check is a validation of `stage`. The CDK runs it after all aspects, before it
 * writes the templates, and throws one error with all messages.
 *
 * @param name name of the check in the validation report
 * @param namespaces namespaces to check. The caller may add namespaces until synthesis
 */
export function addToSynthesis(stage: Stage, name: string, namespaces: ReadonlySet<string>): void {
  // At runtime, `Validations` is undefined before aws-cdk-lib 2.251.
  if (Validations as unknown) {
    Validations.of(stage).addPlugins({
      name,
      ruleIds: [...RULES],
      validate: () => {
        const violations = findViolations(stage, namespaces, writtenResources);
        return { success: violations.length === 0, violations: violations.map(policyViolation) };
      },
    });
  } else {
    stage.node.addValidation({
      validate: () =>
        findViolations(stage, namespaces, futureResources).map(
          ({ description, fix }) => `${description} Suggested fix: ${fix}`,
        ),
    });
  }
}

/**
 * Returns a violation in the form of the validation report. The report names a resource by its construct
 * path, and before 2.261 by its template and logical id.
 */
function policyViolation({ rule, description, fix, location, ...resource }: Violation) {
  const { constructPath, logicalId, templatePath } = resource;
  return {
    ruleName: rule,
    severity: 'error',
    description,
    fix,
    violatingResources: [
      { constructPath, resourceLogicalId: logicalId, templatePath, locations: [location] },
    ],
  };
}
