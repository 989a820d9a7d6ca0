import { usesOfDashboard } from './dashboard';
import { usesOfExpression } from './expressions';
import { branches, isObject, type Json, templateJson, templateText } from './text';
import type { DimensionUse } from './use';

/**
 * The dimensions that a resource's properties name.
 *
 * They are found by shape and not by resource type: alarms, anomaly detectors, scaling policies
 * and service level objectives write a metric the same way, and what is new will, too.
 */
export function usesOfProperties(location: string, value: unknown): DimensionUse[] {
  if (Array.isArray(value)) {
    return value.flatMap((member, index) => usesOfProperties(`${location}[${index}]`, member));
  }
  if (!isObject(value)) return [];
  return [
    ...usesOfMetric(location, value),
    ...Object.entries(value).flatMap(([name, member]) => {
      const at = `${location}.${name}`;
      if (name === 'DashboardBody') {
        return branches(member).flatMap(body => usesOfDashboard(at, templateJson(body)));
      }
      if (name === 'Expression') {
        return branches(member).flatMap(expression => usesOfExpression(at, templateText(expression)));
      }
      return usesOfProperties(at, member);
    }),
  ];
}

/** A metric that is read has `Namespace`, one that a metric filter publishes has `MetricNamespace`. */
function usesOfMetric(location: string, value: Json): DimensionUse[] {
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

function dimensionNames(dimensions: unknown): string[] {
  if (dimensions === undefined) return [];
  if (!Array.isArray(dimensions)) return [templateText(dimensions)];
  return dimensions.flatMap(dimension => {
    const choices = branches(dimension).filter(isObject);
    const names = choices.map(choice => templateText(choice.Name ?? choice.Key));
    // One that may be there or not leaves the set open, as does a second name in its place.
    return choices.length === 1 && choices[0] === dimension ? names : [...names, templateText(undefined)];
  });
}
