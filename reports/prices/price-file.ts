import { BUCKETS } from '../../lambda/pricing/billing-buckets';
import { type CustomPrice, type CustomPrices, priceProblem } from '../../lambda/pricing/custom-prices';
import { asObject } from '../../lambda/usage/counts';
import { ReportArgumentError } from '../errors';

/** Maximum size of a price file in bytes. The prices of all known models need less than 100 KB. */
export const MAX_PRICE_FILE_BYTES = 1024 * 1024;

const RATES: readonly string[] = BUCKETS;
const MEMBERS: readonly string[] = [...RATES, 'longPrompt', 'tierFactors', 'source', 'asOf'];
const LONG_PROMPT_MEMBERS: readonly string[] = [...RATES, 'above'];
/** Maximum length of an invalid value that an error quotes, in characters. */
const MAX_QUOTED = 60;
const BYTE_ORDER_MARK = /^\uFEFF/;

/**
 * Parses a price file: a JSON object with prices in US dollars per million tokens. Each key is a model id or
 * a pattern. The environment variable `TOKEN_ANALYTICS_PRICES` has the same format.
 *
 * @param name name of the file, for errors
 * @throws ReportArgumentError if the text is not a JSON object of valid prices. The error names each wrong
 * price
 * @example
 * readPriceFile('prices.json', '{ "amazon.nova-lite-v1:0": { "input": 0.05, "output": 0.2 } }');
 */
export function readPriceFile(name: string, text: string): CustomPrices {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_PRICE_FILE_BYTES) {
    throw new ReportArgumentError({
      code: 'price-file-too-large',
      file: name,
      bytes,
      maxBytes: MAX_PRICE_FILE_BYTES,
    });
  }
  const prices = asObject(parseJson(name, text.replace(BYTE_ORDER_MARK, '')));
  if (!prices) throw new ReportArgumentError({ code: 'price-file-not-an-object', file: name });
  const entries = Object.entries(prices);
  if (entries.length === 0) throw new ReportArgumentError({ code: 'price-file-empty', file: name });
  const problems = entries.flatMap(([id, price]) => {
    const problem = id.trim() === '' ? 'must be named by a model id or a pattern' : problemOf(price);
    return problem === undefined ? [] : [`${quoted(id)} ${problem}`];
  });
  if (problems.length > 0) throw new ReportArgumentError({ code: 'invalid-prices', file: name, problems });
  // An assignment to the key `__proto__` would set the prototype of the result. `Object.fromEntries` creates
  // a normal member.
  return Object.fromEntries(entries as [string, CustomPrice][]);
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ReportArgumentError({ code: 'price-file-not-json', file: name, ...findPlace(error, text) });
  }
}

/**
 * Returns the line and the column of a syntax error in a JSON text, if the error contains its position. The
 * error message itself is not used, because it quotes the text, which may contain secrets.
 */
function findPlace(error: unknown, text: string): { readonly line?: number; readonly column?: number } {
  const position = /at position (\d+)/.exec(String(error))?.[1];
  if (position === undefined) return {};
  const before = text.slice(0, Number(position)).split('\n');
  return { line: before.length, column: before[before.length - 1].length + 1 };
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
      `must have only ${MEMBERS.join(', ')} (longPrompt: ${LONG_PROMPT_MEMBERS.join(', ')}), got: ` +
      `${quoted(unknown[0])}`
    );
  }
  const notText = ['source', 'asOf'].find(
    member => members[member] !== undefined && typeof members[member] !== 'string',
  );
  return notText === undefined
    ? priceProblem(price)
    : `must have ${notText} as text, got: ${quoted(members[notText])}`;
}

/** Returns the names in `members` that are not in `known`. Such a name is probably misspelled. */
function unknownMembers(members: object = {}, known: readonly string[]): string[] {
  return Object.keys(members).filter(member => !known.includes(member));
}

function quoted(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
}
