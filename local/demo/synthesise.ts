import { App } from 'aws-cdk-lib';
import { QuickStartStack } from '../../examples/quick-start/stack';

/** Where the quick start is taken to be deployed; no account is touched. */
export const DEPLOYMENT = { region: 'us-east-1', accountId: '123456789012', partition: 'aws' } as const;

/** Keys for the stand-ins, which look at none. */
export const DEMO_CREDENTIALS = { accessKeyId: 'demo', secretAccessKey: 'demo' } as const;

/** A synthesised CloudFormation template, as far as it is read here. */
export interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

/**
 * Synthesises the quick start in this process.
 *
 * @param agentCode the folder of the agent's built handler
 * @param outdir where the cloud assembly goes
 */
export function synthesiseQuickStart(agentCode: string, outdir: string): Template {
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new QuickStartStack(app, 'QuickStart', { agentCode });
  return app.synth().getStackArtifact(stack.artifactId).template as Template;
}

/** The resources of a type, by logical id. */
export function resourcesOfType(
  template: Template,
  type: string,
): { logicalId: string; properties: Readonly<Record<string, unknown>> }[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([logicalId, resource]) => ({ logicalId, properties: resource.Properties ?? {} }));
}

/** The one resource of a type. Throws where the template has none, or more than one. */
export function onlyResource(template: Template, type: string) {
  const found = resourcesOfType(template, type);
  if (found.length !== 1) {
    throw new Error(`the quick start must have exactly one ${type}, got: ${found.length}`);
  }
  return found[0];
}
