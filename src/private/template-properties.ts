import { type CfnResource, Stack } from 'aws-cdk-lib';

/** Properties of a resource, as rendered in the CloudFormation template. */
export type TemplateProperties = Readonly<Record<string, unknown>>;

/**
 * Returns the properties of a resource as in the CloudFormation template, including overrides.
 *
 * @param resolve function that resolves CDK tokens. Default: `resolve` of the resource's stack
 */
export function readTemplateProperties(
  resource: CfnResource,
  resolve: (value: unknown) => unknown = value => Stack.of(resource).resolve(value),
): TemplateProperties {
  const { Resources = {} } = resolve(resource._toCloudFormation()) as {
    readonly Resources?: Readonly<Record<string, { readonly Properties?: TemplateProperties }>>;
  };
  return Object.values(Resources)[0]?.Properties ?? {};
}
