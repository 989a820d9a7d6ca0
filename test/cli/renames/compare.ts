import { isObject, type Json } from './json';
import type { JsonRename } from './rename-table';

/** Text for people in a JSON document. A new version may change its words, but not its numbers. */
export class HumanText {
  constructor(readonly text: string) {}
}

/** JSON document from an earlier version, or a part of it. Each text for people is a `HumanText`. */
export type Kept = Json | HumanText | readonly Kept[] | { readonly [key: string]: Kept };

/** Result of `applyRenames`: the document with new names, and the renames that changed it. */
export interface Renamed {
  readonly document: Kept;
  readonly used: ReadonlySet<JsonRename>;
}

const FIGURE = /(?:(?<!\w)-)?\d+(?:[.,:-]\d+)*/g;
const ANY_FIELDS = '**';
const ANY_FIELD = '*';

/**
 * Replaces each text in the fields `paths` of a document with a `HumanText`. A path has the form
 * `checks.detail`.
 */
export function markTexts(document: Json, paths: readonly string[]): Kept {
  return mapDocument(document, {
    string: (text, path) => (paths.some(each => matches(each, path)) ? new HumanText(text) : text),
  });
}

/**
 * Replaces old names with new names in a stored document. The `path` of a rename consists of old names. If
 * several renames match the same place, only the first applies.
 *
 * @throws if two fields of an object get the same name
 */
export function applyRenames(document: Kept, renames: readonly JsonRename[]): Renamed {
  const used = new Set<JsonRename>();
  const change = (
    text: string,
    path: readonly string[],
    fits: (rename: JsonRename) => boolean,
    replace: (rename: JsonRename) => string,
  ) => {
    const rename = renames.find(each => fits(each) && matches(each.path, path));
    const changed = rename ? replace(rename) : text;
    if (rename && changed !== text) used.add(rename);
    return changed;
  };
  const after = (rename: JsonRename) => rename.after;
  const renamed = mapDocument(document, {
    key: (key, path) => change(key, path, ({ value }) => value === undefined, after),
    string: (text, path) => change(text, path, ({ value }) => value === text, after),
    humanText: ({ text }, path) =>
      new HumanText(
        change(
          text,
          path,
          ({ value }) => value !== undefined && text.includes(value),
          rename => text.replaceAll(rename.value ?? '', () => rename.after),
        ),
      ),
  });
  return { document: renamed, used };
}

/** Returns a sentence for each place where a document differs from the expected document. */
export function differences(expected: Kept | undefined, actual: Json | undefined, place = ''): string[] {
  const at = place === '' ? 'the document' : place;
  if (expected instanceof HumanText) {
    const [before, today] = [expected.text, actual].map(figuresIn);
    return before === today
      ? []
      : [`${at}: expected the figures ${before} of ${shown(expected.text)}, got ${shown(actual)}`];
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const length = Math.max(expected.length, actual.length);
    return Array.from({ length }, (_, index) =>
      differences(expected[index] as Kept, actual[index] as Json, `${place}[${index}]`),
    ).flat();
  }
  if (isObject(expected) && isObject(actual)) {
    return [...new Set([...Object.keys(expected), ...Object.keys(actual)])].flatMap(key =>
      differences(expected[key] as Kept, actual[key] as Json, place === '' ? key : `${place}.${key}`),
    );
  }
  return expected === actual ? [] : [`${at}: expected ${shown(expected)}, got ${shown(actual)}`];
}

/**
 * Groups differences in the same field of list items, such as `days[0].cost` and `days[1].cost`. Returns the
 * first difference of each group, without the list index.
 */
export function shortened(all: readonly string[]): string[] {
  const fields = new Map<string, string[]>();
  for (const each of all) {
    const [place, ...words] = each.split(': ');
    const field = place.replace(/\[\d+\]/g, '');
    fields.set(field, [...(fields.get(field) ?? []), words.join(': ')]);
  }
  return [...fields].map(([field, [first, ...others]]) =>
    others.length === 0 ? `${field}: ${first}` : `${field}: ${first} (and ${others.length} more like it)`,
  );
}

/** Returns the numbers in a text, separated by spaces. Returns undefined if the value is not a text. */
function figuresIn(text: unknown): string | undefined {
  return typeof text === 'string' ? (text.match(FIGURE) ?? []).join(' ') : undefined;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_key, member: unknown) =>
    member instanceof HumanText ? member.text : member,
  );
  return text === undefined ? 'nothing' : text.length > 200 ? `${text.slice(0, 200)} …` : text;
}

/**
 * Functions that change the keys, strings and `HumanText` values of a document. `path` is the path of the
 * field.
 */
interface Changes {
  readonly key?: (key: string, path: readonly string[]) => string;
  readonly string: (text: string, path: readonly string[]) => Kept;
  readonly humanText?: (text: HumanText, path: readonly string[]) => HumanText;
}

/** Copies a document with changes. The paths that `changes` receives contain no list indexes. */
function mapDocument(document: Kept, changes: Changes, path: readonly string[] = []): Kept {
  if (document instanceof HumanText) return changes.humanText?.(document, path) ?? document;
  if (typeof document === 'string') return changes.string(document, path);
  if (Array.isArray(document)) return document.map((each: Kept) => mapDocument(each, changes, path));
  if (!isObject(document)) return document;
  const entries = Object.entries(document as Readonly<Record<string, Kept>>).map(([key, member]) => {
    const below = [...path, key];
    return [changes.key?.(key, below) ?? key, mapDocument(member, changes, below)] as const;
  });
  const copy = Object.fromEntries(entries);
  if (Object.keys(copy).length < entries.length) {
    throw new Error(
      `renames must give each field a name of its own, got: ${entries.map(([key]) => key).join(', ')}`,
    );
  }
  return copy;
}

/**
 * Returns true if a pattern matches a path. In a pattern such as `**.calls`, `**` stands for any number of
 * fields, and `*` for one field.
 */
function matches(pattern: string, path: readonly string[]): boolean {
  const fit = (parts: readonly string[], names: readonly string[]): boolean => {
    const [part, ...others] = parts;
    if (part === undefined) return names.length === 0;
    if (part === ANY_FIELDS) return fit(others, names) || (names.length > 0 && fit(parts, names.slice(1)));
    return names.length > 0 && (part === ANY_FIELD || part === names[0]) && fit(others, names.slice(1));
  };
  return fit(pattern.split('.'), path);
}
