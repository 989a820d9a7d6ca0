import { isObject, type Json } from './json';

/** Check of `doctor` that was added after the outputs were stored. */
const ADDED_CHECK = 'covered-share';

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

function objectOf(value: Json): Readonly<Record<string, Json>> {
  if (!isObject(value)) throw new Error(`the output must be an object, got: ${JSON.stringify(value)}`);
  return value as Readonly<Record<string, Json>>;
}
