// Prints the table LETTER_PAIRS of src/contract.ts: `node scripts/letter-pairs.mjs [--check]`. With --check, it
// prints nothing, and ends with code 1 if the table in the contract differs.
//
// The words are those of cspell's dictionaries: English (70 %) and terms of software (30 %).
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { decodeTrie } from 'cspell-trie-lib';

const require = createRequire(import.meta.url);
const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
const PAIRS = LETTERS.length ** 2;
/** Shares of the dictionaries, and the count that each pair has from the start. */
const ENGLISH = { share: 0.7, start: 5 };
const SOFTWARE = { share: 0.3, start: 0.5 };
/** Digit of a pair that is as frequent as by chance. */
const BY_CHANCE = 7;

const folderOf = name => path.dirname(require.resolve(name));
const unzipped = async file => gunzipSync(await readFile(file));

async function englishWords() {
  const trie = decodeTrie(await unzipped(path.join(folderOf('@cspell/dict-en_us'), 'en_US.trie.gz')));
  return [...trie.words()].filter(word => /^[a-z]{3,12}$/.test(word));
}

async function softwareWords() {
  const folder = path.join(folderOf('@cspell/dict-software-terms'), 'dict');
  const texts = [
    (await unzipped(path.join(folder, 'softwareTerms.txt.gz'))).toString(),
    await readFile(path.join(folder, 'software-tools.txt'), 'utf8'),
    await readFile(path.join(folder, 'webServices.txt'), 'utf8'),
  ];
  return texts
    .join('\n')
    .split('\n')
    .flatMap(line =>
      line
        .replace(/#.*/, '')
        .toLowerCase()
        .split(/[^a-z]+/),
    )
    .filter(word => word.length >= 3);
}

/** Returns the share of each pair among the pairs of all words. */
function shares(words, { start }) {
  const counts = new Map();
  let sum = 0;
  for (const word of words) {
    for (let index = 0; index + 1 < word.length; index += 1) {
      const pair = word.slice(index, index + 2);
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
      sum += 1;
    }
  }
  return pair => ((counts.get(pair) ?? 0) + start) / (sum + start * PAIRS);
}

async function letterPairs() {
  const english = shares(await englishWords(), ENGLISH);
  const software = shares(await softwareWords(), SOFTWARE);
  const share = pair => ENGLISH.share * english(pair) + SOFTWARE.share * software(pair);
  return LETTERS.map(first => {
    const ofRow = LETTERS.reduce((sum, second) => sum + share(first + second), 0);
    return LETTERS.map(second => {
      const logarithm = Math.log2((share(first + second) / ofRow) * LETTERS.length);
      return Math.max(0, Math.min(9, Math.round(logarithm + BY_CHANCE)));
    }).join('');
  });
}

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const rows = (await letterPairs()).map(row => `  '${row}',\n`).join('');
if (!values.check) {
  process.stdout.write(rows);
} else if (!(await readFile(path.join(root, 'src/contract.ts'), 'utf8')).includes(rows)) {
  console.error('LETTER_PAIRS of src/contract.ts must match the dictionaries: run scripts/letter-pairs.mjs');
  process.exitCode = 1;
}
