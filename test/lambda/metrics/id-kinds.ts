import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

const SEED = 20261130;
const DIGITS = '0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const HEX = `${DIGITS}abcdef`;
const BASE36 = DIGITS + LOWER;
const BASE62 = DIGITS + UPPER + LOWER;
const BASE64URL = `${BASE62}-_`;
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** Letters and digits that Kubernetes uses in the suffix of a pod name. */
const POD = 'bcdfghjklmnpqrstvwxz2456789';
const WORDS = ['support', 'billing', 'triage', 'orders', 'claims'];

const generator = xoroshiro128plus(SEED);
const below = (count: number) => uniformInt(generator, 0, count - 1);
const text = (alphabet: string, length: number) =>
  Array.from({ length }, () => alphabet[below(alphabet.length)]).join('');
const date = () => new Date(Date.UTC(2024, 0, 1) + below(3 * 365 * 86_400) * 1000).toISOString();
const hexGroups = (...lengths: number[]) => lengths.map(length => text(HEX, length)).join('-');

/** Kinds of generated ids, each with a function that makes one. */
const KINDS: Readonly<Record<string, () => string>> = {
  'nanoid': () => text(BASE64URL, 21),
  'cuid': () => `c${text(BASE36, 24)}`,
  'cuid2': () => text(LOWER, 1) + text(BASE36, 23),
  'KSUID': () => `2${text(BASE62, 26)}`,
  'ULID': () => `01${text(CROCKFORD, 24)}`,
  'UUID': () => hexGroups(8, 4, 4, 4, 12),
  'base64url of 16 bytes': () => text(BASE64URL, 22),
  'short Git hash': () => text(HEX, 7),
  'Git hash': () => text(HEX, 40),
  'MongoDB ObjectId': () => text(HEX, 24),
  'ticket': () => `${text(UPPER, 2 + below(3))}-${1 + below(9999)}`,
  'incident by severity': () => `SEV${1 + below(4)}-${1 + below(400)}`,
  'IPv4 address': () => Array.from({ length: 4 }, () => below(256)).join('.'),
  'date': () => date().slice(0, 10).replaceAll('-', '/'),
  'time': () => date(),
  'Unix time': () => String(Date.parse(date()) / 1000),
  'Snowflake id': () => `1${text(DIGITS, 17)}`,
  'email address': () => `${text(LOWER, 6)}@example.com`,
  'AWS X-Ray trace': () => `1-${hexGroups(8, 24)}`,
  'Kubernetes pod': () => `${WORDS[below(WORDS.length)]}-${text(POD, 9)}-${text(POD, 5)}`,
};

/** Kinds of short codes. Some of them look like acronyms. */
const SHORT_CODES: Readonly<Record<string, () => string>> = {
  'nanoid of 10 characters': () => text(BASE64URL, 10),
  'base64url of 8 bytes': () => text(BASE64URL, 11),
  'base36 of 8 characters': () => text(BASE36, 8),
  'word and code of 8 characters': () => `${WORDS[below(WORDS.length)]}-${text(BASE62, 8)}`,
};

const idsOf = (kinds: Readonly<Record<string, () => string>>, count: number) =>
  Object.values(kinds).flatMap(make => Array.from({ length: count }, make));

/** 1,000 ids of 20 kinds. They are the same in each run. */
export const GENERATED_IDS: readonly string[] = idsOf(KINDS, 50);
/** 1,000 codes of 8 to 11 characters, of 4 kinds. They are the same in each run. */
export const SHORT_IDS: readonly string[] = idsOf(SHORT_CODES, 250);
