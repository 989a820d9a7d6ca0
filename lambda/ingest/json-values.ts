/**
 * Maximum values of one JSON text. A line of 1 MB, the longest that CloudWatch Logs takes, has fewer. A
 * million empty objects take 64 MB when they are parsed, 20 times the size of their text.
 */
export const MAX_VALUES = 1_000_000;

const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACE] = [...'"\\,[{'].map(character => character.charCodeAt(0));

/**
 * Returns true if a JSON text has more values than a limit, before a parser makes an object of each. It
 * counts commas and opening brackets outside of strings. The text can be invalid JSON.
 */
export function hasMoreValues(json: string, most = MAX_VALUES): boolean {
  let values = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfString(json, at);
    else if (code === COMMA || code === BRACKET || code === BRACE) values += 1;
    if (values > most) return true;
  }
  return false;
}

/** Returns the index of the quote that ends a string. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  for (let code = json.charCodeAt(at); at < json.length && code !== QUOTE; code = json.charCodeAt(at)) {
    at += code === BACKSLASH ? 2 : 1;
  }
  return at;
}
