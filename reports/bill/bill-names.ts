import { CATALOG_ALIASES } from '../../lambda/pricing/list-prices/catalog';
import { ALIASES } from '../../lambda/pricing/list-prices/model-aliases';
import { priceKey } from '../../lambda/pricing/price-lookup';

/**
 * Function that returns the ids of all models that match a name on the bill. If it returns exactly one id, a
 * charge with this name is attributed to the model.
 */
export type FindModels = (name: string) => readonly string[];

/**
 * Names of models on the bill, with the ids of these models. The names cannot be derived from the ids.
 * `Claude` matches three models, so its charges are not attributed to a model.
 */
const BILL_NAMES: readonly (readonly [name: string, model: string])[] = [
  ['Claude', 'anthropic.claude-v1'],
  ['Claude', 'anthropic.claude-v2'],
  ['Claude', 'anthropic.claude-v2:1'],
  ['Claude 2.0', 'anthropic.claude-v2'],
  ['Claude 2.1', 'anthropic.claude-v2:1'],
  ['DeepSeek V3.1', 'deepseek.v3-v1'],
  ['Magistral Small 1.2', 'mistral.magistral-small-2509'],
  ['Mistral Large 3', 'mistral.mistral-large-3-675b-instruct'],
  ['Pixtral Large 25.02', 'mistral.pixtral-large-2502-v1'],
  ['R1', 'deepseek.r1-v1'],
  ['Titan Text Embeddings V2', 'amazon.titan-embed-text-v2'],
];

/**
 * Matches a model id that begins with its vendor, such as `openai.gpt-oss-120b`. Some usage types on the bill
 * contain such ids.
 */
const MODEL_ID = /^([a-z][a-z0-9]*)\.([a-z].*)$/;
/**
 * Matches the version at the end of a model id. Names on the bill contain a version only if it is 2 or
 * higher, as in `Claude 3.5 Sonnet v2`.
 */
const ID_VERSION = /-v([01])(?::\d+)?$|(-v\d+):\d+$/;
/**
 * Names of vendors. They are removed before names are compared, because the bill may contain `Amazon Nova
 * Lite` or `Nova Lite`.
 */
const BRANDS =
  /\b(?:ai21(?: labs)?|amazon|anthropic|cohere|google|meta|moonshot ai|nvidia|openai|xai|z\.?ai)\b/gi;
/**
 * Words that are removed before names are compared. Often, only the bill or only the model id contains such a
 * word.
 */
const OPTIONAL_WORDS: ReadonlySet<string> = new Set(['instruct', 'chat', 'it', 'model', 'g1', 'v1']);
const SIZE = /^(?:\d+x)?\d+(?:\.\d+)?b$/;
const ACTIVE_SIZE = /^a\d+b$/;
const VERSION = /^v\d+(?:\.\d+)*$/;
/** Matches the release day or month in a name, such as `20250929` or `2407` (July 2024). */
const STAMP = /^(?:20\d{6}|2[3-9](?:0[1-9]|1[0-2]))$/;
/**
 * Minimum number of letters in a model name that is compared with the bill. A shorter name would also match
 * unrelated models.
 */
const MIN_LETTERS = 3;

/**
 * Parts of a model name. Two names match if their parts are equal, as for `Claude 4.6 Sonnet` and `Claude
 * Sonnet 4.6`.
 */
interface NameParts {
  readonly letters: string;
  readonly numbers: readonly string[];
  readonly sizes: readonly string[];
  readonly activeSizes: readonly string[];
  readonly versions: readonly string[];
  readonly stamps: readonly string[];
}

/**
 * Creates a function that finds models by their names on the bill.
 *
 * @param models ids of all models that can be found
 */
export function findModelsAmong(models: Iterable<string>): FindModels {
  const keys = new Set([...models].map(priceKey));
  const bySignature = new Map<string, Set<string>>();
  const add = (signature: string | undefined, key: string) => {
    if (signature === undefined) return;
    const known = bySignature.get(signature);
    if (known) known.add(key);
    else bySignature.set(signature, new Set([key]));
  };
  for (const key of keys) for (const signature of signaturesOfId(key)) add(signature, key);
  for (const [alias, key] of [...Object.entries(CATALOG_ALIASES), ...Object.entries(ALIASES)]) {
    if (keys.has(key)) for (const signature of signaturesOfId(alias)) add(signature, key);
  }
  for (const [name, model] of BILL_NAMES) if (keys.has(model)) add(signatureOf(parseName(name)), model);

  return name => {
    const [, vendor, rest] = MODEL_ID.exec(name) ?? [];
    if (vendor === undefined) return [...(bySignature.get(signatureOf(parseName(name))) ?? [])].sort();
    if (keys.has(priceKey(name))) return [priceKey(name)];
    const found = bySignature.get(signatureOf(parseName(withoutVersion(rest)))) ?? [];
    return [...found].filter(key => key.startsWith(`${vendor}.`)).sort();
  };
}

/**
 * Returns the signatures of all names that the bill may use for a model. A signature is a text with all parts
 * of a name. The bill may omit the vendor, the release date (`stamps`) and the number of active parameters
 * (`activeSizes`).
 */
function signaturesOfId(id: string): string[] {
  const [, vendor, rest] = MODEL_ID.exec(id) ?? [undefined, undefined, id];
  const names = vendor === undefined ? [rest] : [rest, `${vendor}-${rest}`];
  return names
    .map(name => parseName(withoutVersion(name)))
    .filter(({ letters }) => letters.length >= MIN_LETTERS)
    .flatMap(parts => [
      signatureOf(parts),
      signatureOf({ ...parts, stamps: [] }),
      signatureOf({ ...parts, activeSizes: [] }),
      signatureOf({ ...parts, stamps: [], activeSizes: [] }),
    ]);
}

function withoutVersion(id: string): string {
  return id.replace(ID_VERSION, (_match, _droppable, kept: string | undefined) => kept ?? '');
}

function parseName(name: string): NameParts {
  const words = name
    .replace(BRANDS, ' ')
    .replaceAll('+', ' plus ')
    .replace(/(\d)\.0(?!\d)/g, '$1')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/(\d)([A-Z][a-z])/g, '$1 $2')
    .replace(/([a-z]{2})(\d+(?:x\d+)?b)(?![a-z])/gi, '$1 $2')
    .toLowerCase()
    .replace(/embeddings?/g, 'embed')
    .split(/[^a-z0-9.]+/)
    .map(word => word.replace(/^\.+|\.+$/g, ''))
    .filter(word => word !== '' && !OPTIONAL_WORDS.has(word));
  const matching = (pattern: RegExp) => words.filter(word => pattern.test(word)).sort();
  const others = words.filter(
    word => ![SIZE, ACTIVE_SIZE, VERSION, STAMP].some(pattern => pattern.test(word)),
  );
  return {
    letters: others.join('').replace(/[^a-z]/g, ''),
    numbers: others.flatMap(word => word.match(/\d+/g) ?? []),
    sizes: matching(SIZE),
    activeSizes: matching(ACTIVE_SIZE),
    versions: matching(VERSION),
    stamps: matching(STAMP),
  };
}

function signatureOf({ letters, numbers, sizes, activeSizes, versions, stamps }: NameParts): string {
  return [letters, numbers, sizes, activeSizes, versions, stamps].map(String).join('|');
}
