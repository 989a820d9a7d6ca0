/** Kinds of names in the table of renames in CHANGELOG.md. */
const NAME_KINDS = [
  'command',
  'option',
  'constructs',
  'runtime',
  'reports',
  'table key',
  'table attribute',
  'environment variable',
  'metric',
  'script',
] as const;
export type NameKind = (typeof NAME_KINDS)[number];

interface Row {
  /** Row of the table as text. Error messages contain it. */
  readonly row: string;
  /** Current names of the commands for which the rename is valid. Default: all commands. */
  readonly commands?: readonly string[];
  readonly after: string;
}

/** Rename of a command, an option, an export or another name. */
export interface NameRename extends Row {
  readonly kind: NameKind;
  readonly before: string;
}

/**
 * Rename of a field in JSON output or in an exported file. If `value` is set, the value is renamed instead of
 * the field.
 */
export interface JsonRename extends Row {
  readonly kind: 'JSON' | 'file';
  /** Path of the field in old names, such as `total.calls`. */
  readonly path: string;
  /** Old value. Undefined if the field itself is renamed. */
  readonly value?: string;
}

export interface Renames {
  readonly names: readonly NameRename[];
  readonly json: readonly JsonRename[];
}

const HEADING = /^#+ +Renames *$/m;
const COLUMNS = ['where', 'before', 'after'];
const RULE = /^[-:]+$/;

/**
 * Reads the table below the heading "Renames". There are three kinds of rows:
 * - Rename of a name: a command, an option, an export, a table key and others. The name of an exported member
 *   is for example `Type.member`
 * - Rename of a field in JSON documents, by its path, such as `total.calls`. In a path, `*` stands for one
 *   field, and `**` for any number of fields. Lists have no index: `days.agents.calls` is a field of each
 *   agent of each day
 * - Rename of a value: path, colon and value, such as `checks.id: sealed-days`. The field must equal the
 *   value. In a text for people, all occurrences of the value are renamed
 *
 * Paths contain the old names of fields. Names of commands in the first column are the current names.
 *
 * @throws if the table is missing, or a row cannot be parsed
 */
export function readRenames(changelog: string): Renames {
  const sections = changelog.split(HEADING).slice(1);
  if (sections.length !== 1) {
    throw new Error(`CHANGELOG.md must have one heading "Renames", got: ${sections.length}`);
  }
  const rows = (sections[0].split(/^#/m)[0].match(/^\|.*\|$/gm) ?? []).map(row => ({
    row,
    cells: row
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim()),
  }));
  const [head, rule, ...body] = rows;
  if (head?.cells.join() !== COLUMNS.join() || rule?.cells.every(cell => RULE.test(cell)) !== true) {
    throw new Error(`the table of renames must have the columns ${COLUMNS.join(', ')}, got: ${head?.row}`);
  }
  const renames = body.map(({ row, cells }) => parseRow(row, cells));
  return {
    names: renames.flatMap(rename => ('before' in rename ? [rename] : [])),
    json: renames.flatMap(rename => ('path' in rename ? [rename] : [])),
  };
}

function parseRow(row: string, [where, ...names]: readonly string[]): NameRename | JsonRename {
  const problem = (must: string) => new Error(`a row of renames ${must}, got: ${row}`);
  const [before, after] = names.map(cell => /^`([^`]+)`$/.exec(cell)?.[1]);
  if (names.length !== 2 || before === undefined || after === undefined) {
    throw problem('must have three cells, and its names in backticks');
  }
  if (before === after) throw problem('must change a name');
  const [, kind, list] = /^([A-Za-z ]+?)(?: of (`.+`))?$/.exec(where) ?? [];
  const shared = {
    row,
    after,
    ...(list === undefined ? {} : { commands: list.split(/[`, ]+/).filter(Boolean) }),
  };
  if (kind === 'JSON' || kind === 'file') {
    const [path, ...value] = before.split(': ');
    return { kind, path, ...(value.length === 0 ? {} : { value: value.join(': ') }), ...shared };
  }
  const name = NAME_KINDS.find(each => each === kind);
  if (name === undefined || (list !== undefined && name !== 'option')) {
    throw problem(
      `must begin with JSON, JSON of \`…\`, file of \`export\`, option of \`…\`, ${NAME_KINDS.join(', ')}`,
    );
  }
  return { kind: name, before, ...shared };
}

export function commandToday(before: string, { names }: Renames): string {
  return names.find(each => each.kind === 'command' && each.before === before)?.after ?? before;
}

/** Replaces the old names of a command and its options in a stored command line with the current names. */
export function lineToday(line: string, renames: Renames): string {
  const [before, ...words] = line.split(' ');
  const command = commandToday(before, renames);
  const options = renames.names.filter(each => each.kind === 'option' && isOf(each, command));
  return [command, ...words.map(word => options.find(each => each.before === word)?.after ?? word)].join(' ');
}

/** Returns true if a rename is valid for a command. `command` is the current name of the command. */
export function isOf({ commands }: Pick<Row, 'commands'>, command: string): boolean {
  return commands === undefined || commands.includes(command);
}
