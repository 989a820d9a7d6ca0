import { once } from 'node:events';

/** What JSON leaves as it is and a terminal may act on: as escapes they are the same JSON. */
const UNSAFE_IN_JSON = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One JSON document: whole numbers of any size as text, money in pico-dollars above all. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(
    value,
    (_key, member: unknown) => (typeof member === 'bigint' ? member.toString() : member),
    2,
  );
  const escaped = text.replace(UNSAFE_IN_JSON, character =>
    character === '\n' ? character : [...utf16(character)].join(''),
  );
  return `${escaped}\n`;
}

/** Writes to standard output, no faster than it is read. */
export async function print(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Writes a line to standard error. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Whether colours are wanted: not where it is piped, and not where `NO_COLOR` is set (no-color.org). */
export function wantsColour(
  stream: { readonly isTTY?: boolean } = process.stdout,
  environment = process.env,
): boolean {
  if (environment.NO_COLOR !== undefined && environment.NO_COLOR !== '') return false;
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

function utf16(character: string): string[] {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  );
}
