import { findUsesInDashboard } from './dashboard';
import { type DimensionUse, findUsesInExpression } from './expressions';
import { branches, isObject, type Json, templateJson, templateText } from './template-text';

/**
 * Returns the dimensions in the properties of a resource. Searches all properties for metrics, because many
 * types of resources contain metrics, such as alarms and scaling policies.
 *
 * @param location path of `value` in the resource, such as `Properties`
 */
export function findUsesInProperties(location: string, value: unknown): DimensionUse[] {
  if (Array.isArray(value)) {
    return value.flatMap((member, index) => findUsesInProperties(`${location}[${index}]`, member));
  }
  if (!isObject(value)) return [];
  return [
    ...findUsesInMetric(location, value),
    ...Object.entries(value).flatMap(([name, member]) => {
      const at = `${location}.${name}`;
      if (name === 'DashboardBody') {
        return branches(member).flatMap(body => findUsesInDashboard(at, templateJson(body)));
      }
      if (name === 'Expression') {
        return branches(member).flatMap(expression => findUsesInExpression(at, templateText(expression)));
      }
      return findUsesInProperties(at, member);
    }),
  ];
}

/**
 * Returns the dimensions of `value` if it is a metric: an object with a metric name and a namespace. In
 * metric filters, the namespace is called `MetricNamespace`.
 */
function findUsesInMetric(location: string, value: Json): DimensionUse[] {
  const namespace = value.Namespace ?? value.MetricNamespace;
  if (namespace === undefined || value.MetricName === undefined) return [];
  const metric = templateText(value.MetricName);
  return branches(namespace).flatMap(oneNamespace =>
    branches(value.Dimensions).map(dimensions => ({
      location: dimensions === undefined ? location : `${location}.Dimensions`,
      namespace: templateText(oneNamespace),
      metric,
      dimensions: dimensionNames(dimensions),
      exact: true,
    })),
  );
}

/**
 * Returns the names of the dimensions in a list of a template. If a part of the list is known only at
 * deployment, the result also contains a placeholder.
 */
function dimensionNames(dimensions: unknown): string[] {
  if (dimensions === undefined) return [];
  if (!Array.isArray(dimensions)) return [templateText(dimensions)];
  return dimensions.flatMap(dimension => {
    const choices = branches(dimension).filter(isObject);
    const names = choices.map(choice => templateText(choice.Name ?? choice.Key));
    // If the dimension depends on `Fn::If`, adds a placeholder, because the metric may have another
    // dimension.
    return choices.length === 1 && choices[0] === dimension ? names : [...names, templateText(undefined)];
  });
}
