import { type CfnResource, Stack } from 'aws-cdk-lib';

/** Properties of a resource, as they stand in the template. */
export type TemplateProperties = Readonly<Record<string, unknown>>;

/**
 * Returns the properties that the template has of a resource, with overrides of the app in them.
 *
 * @param resolve resolves tokens. Default: as the resource's stack does
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
