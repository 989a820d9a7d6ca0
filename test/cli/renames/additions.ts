import { isObject, type Json } from './json';

/** Check of `doctor` that was added after the outputs were stored. */
const ADDED_CHECK = 'covered-share';
/** Columns of an export that were added after the files were stored. */
const ADDED_COLUMNS = ['units', 'unitCostUsd', 'costIsLowerBound'];
/** Column that was added to exports with `--reprice` after the files were stored. */
const ADDED_REPRICED_COLUMN = 'repricedIsLowerBound';

/**
 * Functions that remove what was added to the output of a command after the outputs were stored. Each throws
 * an error if the output does not contain the addition.
 */
const REMOVE: Readonly<Record<string, ((output: Json) => Json) | undefined>> = {
  demo: output => {
    const { coveredShare, ...rest } = objectOf(output);
    if (coveredShare === undefined) throw new Error('the output of demo must have coveredShare');
    return rest;
  },
  doctor: output => {
    const { checks, counts, ...rest } = objectOf(output);
    const all = (checks as readonly Json[]).map(objectOf);
    const added = all.find(({ id }) => id === ADDED_CHECK);
    if (added === undefined) throw new Error(`the output of doctor must have the check ${ADDED_CHECK}`);
    const status = String(added.status);
    return {
      ...rest,
      checks: all.filter(check => check !== added),
      counts: { ...objectOf(counts), [status]: Number(objectOf(counts)[status]) - 1 },
    };
  },
};

/** Returns the output of a command without what was added after the outputs were stored. */
export function withoutAdditions(command: string, output: Json): Json {
  return REMOVE[command]?.(output) ?? output;
}

/**
 * Returns the file of an export without the columns that were added after the files were stored.
 *
 * @throws if a row does not have these columns, or if one of them contains a value
 */
export function withoutAddedColumns(file: Json): Json {
  if (Array.isArray(file)) return file.map(row => withoutColumns(objectOf(row as Json)));
  const { rows, ...rest } = objectOf(file);
  return { ...rest, rows: (rows as readonly Json[]).map(row => withoutColumns(objectOf(row))) };
}

function withoutColumns(row: Readonly<Record<string, Json>>): Json {
  const added = [...ADDED_COLUMNS, ...('repricedUsd' in row ? [ADDED_REPRICED_COLUMN] : [])];
  const filled = added.filter(name => row[name] !== null && row[name] !== '');
  if (filled.length > 0) throw new Error(`added columns must exist and be empty, got: ${filled.join(', ')}`);
  return Object.fromEntries(Object.entries(row).filter(([name]) => !added.includes(name)));
}

function objectOf(value: Json): Readonly<Record<string, Json>> {
  if (!isObject(value)) throw new Error(`the output must be an object, got: ${JSON.stringify(value)}`);
  return value as Readonly<Record<string, Json>>;
}
