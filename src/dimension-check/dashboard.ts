import { type DimensionUse, findUsesInExpression, findUsesInSearch } from './expressions';
import { isObject } from './template-text';

/**
 * Returns the dimensions in a dashboard body: in the metrics, the expressions and the searches of the
 * dashboard.
 */
export function findUsesInDashboard(location: string, body: unknown): DimensionUse[] {
  if (!isObject(body)) return [];
  return [
    ...listOf(body.widgets).flatMap((widget, index) =>
      isObject(widget) ? findUsesInWidget(`${location}.widgets[${index}]`, widget.properties) : [],
    ),
    ...listOf(body.variables).flatMap((variable, index) =>
      isObject(variable) && typeof variable.search === 'string'
        ? findUsesInSearch(`${location}.variables[${index}].search`, variable.search)
        : [],
    ),
  ];
}

function findUsesInWidget(location: string, properties: unknown): DimensionUse[] {
  if (!isObject(properties)) return [];
  const title = typeof properties.title === 'string' ? ` ("${properties.title}")` : '';
  let previous: readonly string[] = [];
  return listOf(properties.metrics).flatMap((entry, index) => {
    if (!Array.isArray(entry)) return [];
    const at = `${location}${title}.metrics[${index}]`;
    const options: unknown = entry.at(-1);
    if (isObject(options) && typeof options.expression === 'string') {
      return findUsesInExpression(at, options.expression);
    }
    const fields = expandFields(entry.filter(field => !isObject(field)).map(String), previous);
    previous = fields;
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
 * Replaces the abbreviations in one metric of a dashboard body. `"."` repeats the field at this position in
 * the previous metric. `"..."` at the start repeats the first fields of the previous metric. The result then
 * has as many fields as the previous metric (CloudWatch API reference, "Dashboard Body Structure and
 * Syntax").
 */
function expandFields(fields: readonly string[], previous: readonly string[]): string[] {
  const full =
    fields[0] === '...'
      ? [...previous.slice(0, Math.max(0, previous.length - fields.length + 1)), ...fields.slice(1)]
      : fields;
  return full.map((field, index) => (field === '.' ? (previous[index] ?? field) : field));
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
