import { App } from 'aws-cdk-lib';
import { QuickStartStack } from '../../examples/quick-start/stack';

/** Account, region and partition in the synthesised template. No AWS account is accessed. */
export const DEPLOYMENT = { region: 'us-east-1', accountId: '123456789012', partition: 'aws' } as const;

/** Credentials for the SDK clients of the demo. The emulators accept any credentials. */
export const DEMO_CREDENTIALS = { accessKeyId: 'demo', secretAccessKey: 'demo' } as const;

/** CloudFormation template, limited to the fields that the demo uses. */
export interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

/**
 * Synthesises the quick start example in the current process, and returns its template.
 *
 * @param agentCode folder of the agent's built handler
 * @param outdir folder for the cloud assembly
 */
export function synthesiseQuickStart(agentCode: string, outdir: string): Template {
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new QuickStartStack(app, 'QuickStart', { agentCode });
  return app.synth().getStackArtifact(stack.artifactId).template as Template;
}

/** Returns all resources of `type`, e.g. `AWS::CloudWatch::Alarm`, each with its logical id. */
export function resourcesOfType(
  template: Template,
  type: string,
): { logicalId: string; properties: Readonly<Record<string, unknown>> }[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([logicalId, resource]) => ({ logicalId, properties: resource.Properties ?? {} }));
}

/**
 * Returns the resource of `type`, e.g. `AWS::Lambda::Function`.
 *
 * @throws if the template does not have exactly one resource of this type
 */
export function onlyResource(template: Template, type: string) {
  const found = resourcesOfType(template, type);
  if (found.length !== 1) {
    throw new Error(`the quick start must have exactly one ${type}, got: ${found.length}`);
  }
  return found[0];
}
