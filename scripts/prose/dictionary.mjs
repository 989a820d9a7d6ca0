// Loads the dictionaries for the spelling check: words of English, software and AWS, and the words in
// words.txt. The words come from small packages of cspell. The package `cspell` itself would install 60 more
// dictionaries. One of these dictionaries has no permissive licence.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  createCollection,
  createSpellingDictionary,
  createSpellingDictionaryFromTrieFile,
} from 'cspell-dictionary';

const require = createRequire(import.meta.url);
/** Dictionary packages, each with the files that are read from it. */
const FILES = [
  [require.resolve('@cspell/dict-en_us'), ['en_US.trie.gz']],
  [require.resolve('@cspell/dict-en-gb-mit'), ['en_GB.trie.gz']],
  [
    require.resolve('@cspell/dict-software-terms'),
    [
      'dict/softwareTerms.txt.gz',
      'dict/software-tools.txt',
      'dict/webServices.txt',
      'dict/computing-acronyms.txt',
      'dict/coding-compound-terms.txt',
    ],
  ],
  [require.resolve('@cspell/dict-aws'), ['dict/aws.txt']],
];
const WORDS = new URL('words.txt', import.meta.url);
const SUGGESTIONS = 3;

const wordsOf = text =>
  text
    .split('\n')
    .map(line => line.replace(/#.*/, '').trim())
    .filter(Boolean);

function loadFile(file) {
  const packed = readFileSync(file);
  const data = file.endsWith('.gz') ? gunzipSync(packed) : packed;
  const name = path.basename(file);
  return name.includes('.trie')
    ? createSpellingDictionaryFromTrieFile(new Uint8Array(data), name, file, { ignoreForbiddenWords: true })
    : createSpellingDictionary(wordsOf(data.toString()), name, file);
}

/**
 * Loads all dictionaries for the spelling check.
 *
 * @returns `isKnown(word)`, which ignores case, and `suggest(word)`, which returns similar words
 */
export function loadDictionary() {
  const dictionaries = FILES.flatMap(([settings, files]) =>
    files.map(file => loadFile(path.join(path.dirname(settings), file))),
  );
  const project = createSpellingDictionary(wordsOf(readFileSync(WORDS, 'utf8')), 'project', 'words.txt');
  const all = createCollection([...dictionaries, project], 'all');
  const known = new Map();
  return {
    isKnown(word) {
      if (!known.has(word)) known.set(word, all.has(word) || all.has(word.toLowerCase()));
      return known.get(word);
    },
    suggest: word =>
      all
        .suggest(word, { numSuggestions: SUGGESTIONS })
        .map(suggestion => suggestion.word)
        .slice(0, SUGGESTIONS),
  };
}
