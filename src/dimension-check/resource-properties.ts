import { findUsesInDashboard } from './dashboard';
import { type DimensionUse, findUsesInExpression } from './expressions';
import { branches, isObject, type Json, templateJson, templateText } from './template-text';

/**
 * Finds the dimensions in the properties of a resource.
 *
 * It looks for the structure of a metric, not for resource types: alarms, anomaly detectors, scaling policies
 * and service level objectives all use it, and new resource types will too.
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

/** Finds the dimensions of a metric, which has `Namespace` or, in a metric filter, `MetricNamespace`. */
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

/** Returns the names of dimensions. A placeholder marks that there may be others. */
function dimensionNames(dimensions: unknown): string[] {
  if (dimensions === undefined) return [];
  if (!Array.isArray(dimensions)) return [templateText(dimensions)];
  return dimensions.flatMap(dimension => {
    const choices = branches(dimension).filter(isObject);
    const names = choices.map(choice => templateText(choice.Name ?? choice.Key));
    // A conditional dimension can be absent or have another name, so the metric may have other dimensions.
    return choices.length === 1 && choices[0] === dimension ? names : [...names, templateText(undefined)];
  });
}
