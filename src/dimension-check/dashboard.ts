import { usesOfExpression, usesOfSearch } from './expressions';
import { isObject } from './text';
import type { DimensionUse } from './use';

/**
 * The dimensions that a dashboard's body names: in its widgets'
 * metrics and expressions, and in the searches of its variables.
 */
export function usesOfDashboard(location: string, body: unknown): DimensionUse[] {
  if (!isObject(body)) return [];
  return [
    ...listOf(body.widgets).flatMap((widget, index) =>
      isObject(widget) ? usesOfWidget(`${location}.widgets[${index}]`, widget.properties) : [],
    ),
    ...listOf(body.variables).flatMap((variable, index) =>
      isObject(variable) && typeof variable.search === 'string'
        ? usesOfSearch(`${location}.variables[${index}].search`, variable.search)
        : [],
    ),
  ];
}

function usesOfWidget(location: string, properties: unknown): DimensionUse[] {
  if (!isObject(properties)) return [];
  const title = typeof properties.title === 'string' ? ` ("${properties.title}")` : '';
  let above: readonly string[] = [];
  return listOf(properties.metrics).flatMap((entry, index) => {
    if (!Array.isArray(entry)) return [];
    const at = `${location}${title}.metrics[${index}]`;
    const options: unknown = entry.at(-1);
    if (isObject(options) && typeof options.expression === 'string') {
      return usesOfExpression(at, options.expression);
    }
    const fields = expanded(entry.filter(field => !isObject(field)).map(String), above);
    above = fields;
    const [namespace, metric, ...pairs] = fields;
    if (namespace === undefined) return [];
    return [
      {
        location: at,
        namespace,
        metric,
        dimensions: pairs.filter((_field, place) => place % 2 === 0),
        exact: true,
      },
    ];
  });
}

/**
 * `"."` repeats the field above, `"..."` all fields but those that follow
 * it (CloudWatch API reference, "Dashboard Body Structure and Syntax").
 */
function expanded(fields: readonly string[], above: readonly string[]): string[] {
  const full =
    fields[0] === '...'
      ? [...above.slice(0, Math.max(0, above.length - fields.length + 1)), ...fields.slice(1)]
      : fields;
  return full.map((field, index) => (field === '.' ? (above[index] ?? field) : field));
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
