import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';
import { REPOSITORY } from './run';

/** Import in a TypeScript file. File paths are relative to the repository, e.g. `src/index.ts`. */
export interface ImportEdge {
  readonly from: string;
  /** Imported file, or the name of an imported package. */
  readonly to: string;
  readonly isPackage: boolean;
  /** True if only types are imported, so that the compiled JavaScript has no import. */
  readonly isType: boolean;
  /** True if the file imports with `import()` at run time. */
  readonly isDynamic: boolean;
}

/** Returns the paths of the TypeScript files in a folder and its subfolders. */
export function sourcesIn(folder: string): string[] {
  return readdirSync(path.join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => path.posix.join(folder, file.split(path.sep).join('/')));
}

const known = new Map<string, readonly ImportEdge[]>();

/**
 * Returns the imports in a file: `import … from`, `export … from`, `import()`, and types such as
 * `import('…').T`.
 */
export function importsOf(file: string): readonly ImportEdge[] {
  const edges = known.get(file) ?? readImports(file);
  known.set(file, edges);
  return edges;
}

function readImports(file: string): ImportEdge[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(path.join(REPOSITORY, file), 'utf8'),
    ts.ScriptTarget.Latest,
  );
  const edges: ImportEdge[] = [];
  const add = (name: ts.Node | undefined, isType: boolean, isDynamic: boolean) => {
    if (name === undefined || !ts.isStringLiteral(name)) return;
    const isPackage = !name.text.startsWith('.');
    edges.push({
      from: file,
      to: isPackage ? name.text : sourceOf(path.posix.join(path.posix.dirname(file), name.text)),
      isPackage,
      isType,
      isDynamic,
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, importsTypesOnly(node.importClause), false);
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly, false);
    } else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true, false);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return edges;
}

function importsTypesOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  const names = clause.namedBindings;
  return (
    clause.phaseModifier === ts.SyntaxKind.TypeKeyword ||
    (clause.name === undefined &&
      names !== undefined &&
      ts.isNamedImports(names) &&
      names.elements.every(({ isTypeOnly }) => isTypeOnly))
  );
}

function sourceOf(name: string): string {
  const candidates = [name, `${name}.ts`, `${name}.d.ts`, `${name}/index.ts`];
  return (
    candidates.find(
      candidate => path.posix.extname(candidate) !== '' && existsSync(path.join(REPOSITORY, candidate)),
    ) ?? name
  );
}

/**
 * Returns groups of nodes with circular edges, e.g. files that import each other. A single node with an edge
 * to itself is also a group. Uses Tarjan's algorithm.
 */
export function loopsIn(edges: readonly (readonly [from: string, to: string])[]): string[][] {
  const targets = new Map<string, Set<string>>();
  for (const [from, to] of edges) targets.set(from, (targets.get(from) ?? new Set()).add(to));
  const order = new Map<string, number>();
  const stack: string[] = [];
  const loops: string[][] = [];
  const visit = (node: string): number => {
    let lowest = order.size;
    order.set(node, lowest);
    stack.push(node);
    for (const target of targets.get(node) ?? []) {
      if (!order.has(target)) lowest = Math.min(lowest, visit(target));
      else if (stack.includes(target)) lowest = Math.min(lowest, order.get(target) ?? lowest);
    }
    if (lowest === order.get(node)) {
      const loop = stack.splice(stack.indexOf(node));
      if (loop.length > 1 || targets.get(node)?.has(node)) loops.push(loop.sort());
    }
    return lowest;
  };
  for (const node of targets.keys()) if (!order.has(node)) visit(node);
  return loops;
}
