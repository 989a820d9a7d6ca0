import { findUsesInDashboard } from './dashboard';
import { type DimensionUse, findUsesInExpression } from './expressions';
import { branches, isObject, type Json, templateJson, templateText } from './template-text';

/**
 * Finds the uses of dimensions in the properties of a resource. Looks for the structure of a metric in all
 * properties, because many types of resources contain metrics: alarms, anomaly detectors, scaling policies
 * and service level objectives.
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
 * Finds the dimensions of a metric. A metric is an object with `Namespace`, or with `MetricNamespace` in a
 * metric filter.
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

/** Returns the names of dimensions. If there may be other dimensions, the list contains a placeholder. */
function dimensionNames(dimensions: unknown): string[] {
  if (dimensions === undefined) return [];
  if (!Array.isArray(dimensions)) return [templateText(dimensions)];
  return dimensions.flatMap(dimension => {
    const choices = branches(dimension).filter(isObject);
    const names = choices.map(choice => templateText(choice.Name ?? choice.Key));
    // A condition can remove a dimension or change its name. So the metric may have other dimensions.
    return choices.length === 1 && choices[0] === dimension ? names : [...names, templateText(undefined)];
  });
}
