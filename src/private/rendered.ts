import { type CfnResource, Stack } from 'aws-cdk-lib';

/** Properties of a resource, as they stand in the template. */
export type Rendered = Readonly<Record<string, unknown>>;

/** Returns the properties that the template has of a resource, with overrides of the app in them. */
export function renderedProperties(resource: CfnResource): Rendered {
  const stack = Stack.of(resource);
  const { Resources = {} } = stack.resolve(resource._toCloudFormation()) as {
    readonly Resources?: Readonly<Record<string, { readonly Properties?: Rendered }>>;
  };
  return Object.values(Resources)[0]?.Properties ?? {};
}
