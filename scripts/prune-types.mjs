// Deletes unneeded type declarations from lib/types. A declaration is needed if an entry point exports it or
// refers to it. Unneeded declarations would require packages that users have not installed, such as the AWS
// SDK.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { entryPoints } from './entry-points.mjs';

const types = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'lib', 'types');
const { ENTRY_POINTS } = await entryPoints();
const entryFiles = Object.values(ENTRY_POINTS).map(file => path.join(types, file.replace(/\.ts$/, '.d.ts')));

const modules = new Map();

/**
 * Returns the declarations, imports and exports of a declaration file, by name. Reads each file only once.
 */
function moduleOf(file) {
  if (!modules.has(file)) modules.set(file, readModule(file));
  return modules.get(file);
}

function readModule(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const module = { source, declared: new Map(), imported: new Map(), reexported: new Map(), kept: new Set() };
  for (const statement of source.statements) {
    const target = ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement);
    if (!target) {
      for (const name of declaredNames(statement)) {
        module.declared.set(name, [...(module.declared.get(name) ?? []), statement]);
      }
      continue;
    }
    const from = statement.moduleSpecifier && fileOf(file, statement.moduleSpecifier.text);
    const bindings = ts.isImportDeclaration(statement)
      ? statement.importClause?.namedBindings
      : statement.exportClause;
    const isNamed = bindings && (ts.isNamedImports(bindings) || ts.isNamedExports(bindings));
    if (!isNamed) throw new Error(`${file} must name its imports and exports, got: ${statement.getText()}`);
    const list = ts.isImportDeclaration(statement) ? module.imported : module.reexported;
    for (const element of bindings.elements) {
      list.set(element.name.text, { from, name: (element.propertyName ?? element.name).text, element });
    }
  }
  return module;
}

function declaredNames(statement) {
  return ts.isVariableStatement(statement)
    ? statement.declarationList.declarations.map(({ name }) => name.text)
    : [statement.name?.text ?? ''];
}

/**
 * Returns the declaration file from which a module imports. Returns undefined if it imports from a package.
 *
 * @param file file that contains the import
 * @param name text after `from`, such as `./trace`
 */
function fileOf(file, name) {
  return name.startsWith('.') ? path.join(path.dirname(file), `${name}.d.ts`) : undefined;
}

/**
 * Marks a declaration as needed, and also all declarations to which it refers. They may be in other files.
 */
function keep(file, name) {
  const { declared, imported, reexported, kept } = moduleOf(file);
  for (const link of [imported.get(name), reexported.get(name)]) {
    if (!link || kept.has(link.element)) continue;
    kept.add(link.element);
    if (link.from) keep(link.from, link.name);
    else if (link.name !== name) keep(file, link.name);
  }
  for (const statement of declared.get(name) ?? []) {
    if (kept.has(statement)) continue;
    kept.add(statement);
    keepReferences(file, statement);
  }
}

function keepReferences(file, node) {
  if (ts.isIdentifier(node)) keep(file, node.text);
  if (ts.isImportTypeNode(node)) {
    const from = fileOf(file, node.argument.literal.text);
    if (from && node.qualifier) keep(from, node.qualifier.getText().split('.')[0]);
  }
  ts.forEachChild(node, child => keepReferences(file, child));
}

/** Returns the text of a declaration file with only the needed statements and the needed names in imports. */
function prunedText({ source, kept }) {
  const text = source.statements.map(statement => {
    const bindings = ts.isImportDeclaration(statement)
      ? statement.importClause?.namedBindings
      : ts.isExportDeclaration(statement)
        ? statement.exportClause
        : undefined;
    if (!bindings) return kept.has(statement) ? statement.getFullText() : '';
    const elements = bindings.elements.filter(element => kept.has(element));
    if (elements.length === 0) return '';
    const names = elements.map(element => element.getText()).join(', ');
    return statement.getFullText().replace(bindings.getText(), `{ ${names} }`);
  });
  return `${text.join('').trim()}\n`;
}

for (const file of entryFiles) for (const name of moduleOf(file).reexported.keys()) keep(file, name);
for (const entry of readdirSync(types, { recursive: true, withFileTypes: true })) {
  const file = path.join(entry.parentPath, entry.name);
  const module = modules.get(file);
  if (!entry.isFile()) continue;
  if (module) writeFileSync(file, prunedText(module));
  else rmSync(file);
}
