/** CloudFormation template, typed only with the dependencies of resources. */
interface Resources {
  readonly Resources?: Readonly<Record<string, { readonly DependsOn?: string | string[] }>>;
}

/** Returns the logical ids of resources in circular dependencies. Such a template cannot be deployed. */
export function cyclesIn(template: Resources): string[] {
  const resources = template.Resources ?? {};
  const edges = new Map(
    Object.entries(resources).map(([id, resource]) => [
      id,
      [...referencesIn(resource), ...[resource.DependsOn ?? []].flat()].filter(other => other in resources),
    ]),
  );
  const reachable = (from: string, seen = new Set<string>()): Set<string> => {
    for (const next of edges.get(from) ?? []) {
      if (!seen.has(next)) reachable(next, seen.add(next));
    }
    return seen;
  };
  return Object.keys(resources).filter(id => reachable(id).has(id));
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    if (key === 'Ref' && typeof inner === 'string') return [inner];
    if (key === 'Fn::GetAtt' && Array.isArray(inner)) return [String(inner[0])];
    return referencesIn(inner);
  });
}
