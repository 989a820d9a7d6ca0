import { BUCKETS } from '../../lambda/pricing/model-price';
import { type CustomPrice, type CustomPrices, priceProblem } from '../../lambda/pricing/price-book';
import { asObject } from '../../lambda/usage/counts';

/** A file of a price for each model that there is has less than a tenth of it. */
export const MAX_PRICE_FILE_BYTES = 1024 * 1024;

const RATES: readonly string[] = BUCKETS;
const MEMBERS: readonly string[] = [...RATES, 'longPrompt', 'tierFactors', 'source', 'asOf'];
const LONG_PROMPT_MEMBERS: readonly string[] = [...RATES, 'above'];
/** How many problems are told at once. */
const MAX_PROBLEMS = 5;
const SHOWN_LENGTH = 60;
const BYTE_ORDER_MARK = /^\uFEFF/;

/**
 * Reads prices from the text of a file: a JSON object of prices by model id or pattern, in
 * USD per million tokens, as the environment variable `TOKEN_ANALYTICS_PRICES` has them.
 *
 * @param name of the file, as errors call it
 * @throws RangeError for what is no JSON object of prices; it
 * says each member that is wrong, what it is and what it must be
 * @example
 * readPriceFile('prices.json', '{ "amazon.nova-lite-v1:0": { "input": 0.05, "output": 0.2 } }');
 */
export function readPriceFile(name: string, text: string): CustomPrices {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_PRICE_FILE_BYTES) {
    throw new RangeError(
      `the price file ${name} must have at most ${MAX_PRICE_FILE_BYTES} bytes, got: ${bytes}. Name ` +
        'several models by one pattern',
    );
  }
  const prices = asObject(parsed(name, text.replace(BYTE_ORDER_MARK, '')));
  if (!prices) {
    throw new RangeError(
      `the price file ${name} must hold an object of prices by model id, such as { ` +
        '"amazon.nova-lite-v1:0": { "input": 0.06, "output": 0.24 } }',
    );
  }
  const entries = Object.entries(prices);
  if (entries.length === 0) throw new RangeError(`the price file ${name} must have a price, got: {}`);
  const problems = entries.flatMap(([id, price]) => {
    const problem = id.trim() === '' ? 'must be named by a model id or a pattern' : problemOf(price);
    return problem === undefined ? [] : [`${shown(id)} ${problem}`];
  });
  if (problems.length > 0) throw new RangeError(`the price file ${name}: ${toldOf(problems)}`);
  // The members of their own alone: what a file calls `__proto__` is a name like any other.
  return Object.fromEntries(entries as [string, CustomPrice][]);
}

function parsed(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RangeError(
      `the price file ${name} must be JSON${placeOf(error, text)}. It begins with { and has a comma ` +
        'between two members and none after the last',
    );
  }
}

/**
 * Where JSON ended. The error's own text has pieces of the
 * file in it, which may be another file than was meant.
 */
function placeOf(error: unknown, text: string): string {
  const position = /at position (\d+)/.exec(String(error))?.[1];
  if (position === undefined) return '';
  const before = text.slice(0, Number(position)).split('\n');
  return `, and is not at line ${before.length}, column ${before[before.length - 1].length + 1}`;
}

function problemOf(price: unknown): string | undefined {
  const members = asObject(price);
  if (!members) return priceProblem(price);
  const unknown = [
    ...unknownMembers(members, MEMBERS),
    ...unknownMembers(asObject(members.longPrompt), LONG_PROMPT_MEMBERS).map(
      member => `longPrompt.${member}`,
    ),
  ];
  if (unknown.length > 0) {
    return (
      `must have ${MEMBERS.join(', ')} only (longPrompt: ${LONG_PROMPT_MEMBERS.join(', ')}), got: ` +
      `${shown(unknown[0])}`
    );
  }
  const untold = ['source', 'asOf'].find(
    member => members[member] !== undefined && typeof members[member] !== 'string',
  );
  return untold === undefined
    ? priceProblem(price)
    : `must have ${untold} as text, got: ${shown(members[untold])}`;
}

/** A name that is not known is a misspelt one: left out, its bucket would have no price. */
function unknownMembers(members: object = {}, known: readonly string[]): string[] {
  return Object.keys(members).filter(member => !known.includes(member));
}

function toldOf(problems: readonly string[]): string {
  const more = problems.length - MAX_PROBLEMS;
  return `${problems.slice(0, MAX_PROBLEMS).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
