import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Part of a jsii assembly. The keys of `types` are full names such as `aws-cdk-lib.App`. */
export interface Assembly {
  readonly types: Readonly<Record<string, object>>;
}

/** Reads the jsii assembly of a package. The file `.jsii` can contain only the name of a compressed file. */
export function readAssembly(folder: string): Assembly {
  const json = JSON.parse(readFileSync(path.join(folder, '.jsii'), 'utf8')) as Assembly & {
    readonly schema: string;
    readonly filename: string;
  };
  return json.schema === 'jsii/file-redirect'
    ? (JSON.parse(gunzipSync(readFileSync(path.join(folder, json.filename))).toString()) as Assembly)
    : json;
}

/**
 * Returns the full names of all types of other packages in an assembly: of properties, parameters and
 * results, and of base classes and interfaces.
 */
export function foreignTypes({ types }: Assembly, packages: readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      const isName = ['fqn', 'base', 'interfaces', 'overrides'].includes(key);
      if (isName && packages.some(name => value.startsWith(`${name}.`))) found.add(value);
    } else if (Array.isArray(value)) {
      for (const member of value) visit(member, key);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) visit(member, name);
    }
  };
  visit(types, '');
  return found;
}
