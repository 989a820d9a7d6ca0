import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import * as ts from 'typescript';
import type { Account } from './account';
import type { NameKind, NameRename } from './rename-table';
import * as contract from '../../../src/contract';
import { sourcesIn } from '../../support/import-graph';
import { REPOSITORY } from '../../support/run';
import { runInTurn } from '../command-process';

/** Source folder of each entry point of the package. */
const TREES = { constructs: 'src', runtime: 'lambda', reports: 'reports' } as const;

/**
 * Checks a rename against the current `names`. Returns a problem if the old name still exists, and another
 * problem if the new name does not exist.
 */
export function nameProblems({ row, before, after }: NameRename, names: ReadonlySet<string>): string[] {
  // Type at the start of `before`. For example, `owner` is `Type.` if `before` is `Type.oldName`. The new
  // name belongs to the same type.
  const owner = before.slice(0, before.lastIndexOf('.') + 1);
  return [
    ...(names.has(before) ? [`${before} must not exist any longer: ${row}`] : []),
    ...(names.has(owner + after) ? [] : [`${owner}${after} must exist: ${row}`]),
  ];
}

export async function readNames(
  { kind, commands }: Pick<NameRename, 'kind' | 'commands'>,
  account: Account,
): Promise<ReadonlySet<string>> {
  switch (kind) {
    case 'command':
      return readCommands();
    case 'option':
      return readOptions(commands ?? [...(await readCommands())]);
    case 'table attribute':
      return readAttributes(account);
    default:
      return readSourceNames(kind);
  }
}

function readSourceNames(
  kind: Exclude<NameKind, 'command' | 'option' | 'table attribute'>,
): ReadonlySet<string> {
  switch (kind) {
    case 'constructs':
    case 'runtime':
    case 'reports':
      return new Set([...exportsOf(path.posix.join(TREES[kind], 'index.ts')), ...membersIn(TREES[kind])]);
    case 'table key':
      return new Set([...textsIn(contract)].map(text => `${text}${contract.KEY_SEPARATOR}`));
    case 'environment variable':
    case 'metric':
      return textsIn(contract);
    case 'script':
      return new Set(Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts));
  }
}

async function readCommands(): Promise<ReadonlySet<string>> {
  const [, listed = ''] = /\nCommands:\n([\s\S]+)$/.exec(await readHelp('--help')) ?? [];
  return new Set([...listed.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name));
}

async function readOptions(commands: readonly string[]): Promise<ReadonlySet<string>> {
  const options = new Set<string>();
  for (const command of commands) {
    const help = await readHelp(command, '--help');
    for (const [, option] of help.matchAll(/^ +(?:-\w, )?(--[a-z0-9-]+)/gm)) options.add(option);
  }
  return options;
}

async function readHelp(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runInTurn(args);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

async function readAttributes({ table }: Account): Promise<ReadonlySet<string>> {
  const { Items = [] } = await table.client.send(new ScanCommand({ TableName: table.tableName }));
  return new Set(Items.flatMap(item => Object.keys(item)));
}

function exportsOf(file: string): string[] {
  return parse(file).statements.flatMap(statement => {
    if (ts.isExportDeclaration(statement)) {
      const { exportClause, moduleSpecifier } = statement;
      if (exportClause && ts.isNamedExports(exportClause)) {
        return exportClause.elements.map(({ name }) => name.text);
      }
      return moduleSpecifier && ts.isStringLiteral(moduleSpecifier)
        ? exportsOf(resolve(file, moduleSpecifier.text))
        : [];
    }
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    return isExported ? declaredNames(statement) : [];
  });
}

function declaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const { name } = statement as ts.DeclarationStatement;
  return name ? [name.getText()] : [];
}

/** Members of a type, and the names of the types that it extends. */
interface TypeMembers {
  readonly members: readonly string[];
  readonly bases: readonly string[];
}

/** Returns the members of all types in a folder as `Type.member`. Includes inherited members. */
function membersIn(tree: string): string[] {
  const types = new Map(sourcesIn(tree).flatMap(file => parse(file).statements.flatMap(typesIn)));
  const membersOf = (type: string): readonly string[] => {
    const { members = [], bases = [] } = types.get(type) ?? {};
    return [...members, ...bases.flatMap(membersOf)];
  };
  return [...types.keys()].flatMap(type => membersOf(type).map(member => `${type}.${member}`));
}

function typesIn(statement: ts.Statement): [name: string, type: TypeMembers][] {
  const namesOf = (members: readonly ts.NamedDeclaration[]) =>
    members.flatMap(({ name }) => (name ? [name.getText()] : []));
  if (ts.isInterfaceDeclaration(statement) || ts.isClassDeclaration(statement)) {
    const bases = (statement.heritageClauses ?? []).flatMap(({ types }) =>
      types.map(({ expression }) => expression.getText()),
    );
    return declaredNames(statement).map(name => [name, { members: namesOf([...statement.members]), bases }]);
  }
  if (ts.isEnumDeclaration(statement)) {
    return [[statement.name.text, { members: namesOf([...statement.members]), bases: [] }]];
  }
  if (ts.isTypeAliasDeclaration(statement) && ts.isTypeLiteralNode(statement.type)) {
    return [[statement.name.text, { members: namesOf([...statement.type.members]), bases: [] }]];
  }
  return [];
}

function resolve(from: string, specifier: string): string {
  const target = path.posix.join(path.posix.dirname(from), specifier);
  return existsSync(path.join(REPOSITORY, `${target}.ts`)) ? `${target}.ts` : `${target}/index.ts`;
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
}

function read(file: string): string {
  return readFileSync(path.join(REPOSITORY, file), 'utf8');
}

/** Returns all strings in a value, at any depth. */
function textsIn(value: unknown): ReadonlySet<string> {
  if (typeof value === 'string') return new Set([value]);
  if (typeof value !== 'object' || value === null) return new Set();
  return new Set(Object.values(value).flatMap(each => [...textsIn(each)]));
}
