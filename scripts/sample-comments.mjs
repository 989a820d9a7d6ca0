// Prints random comments of the project, so that a person can check if they are easy to understand. Usage:
// `scripts/sample-comments --seed S --count N [file or folder …]`. Prints each comment with its place and the
// code below. If the sources have not changed, the same seed gives the same comments.
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { declarationOf, extractComments } from './prose/comments.mjs';
import { isCode, isGenerated, listFiles, parseSource, readSource } from './prose/sources.mjs';

const USAGE = 'usage: scripts/sample-comments --seed S --count N [file or folder …]';

function readArguments() {
  const { values, positionals } = parseArgs({
    options: { seed: { type: 'string' }, count: { type: 'string' } },
    allowPositionals: true,
  });
  if (!values.seed) throw new Error(`--seed must be given. ${USAGE}`);
  if (!/^[1-9]\d*$/.test(values.count ?? '')) {
    throw new Error(`--count must be a whole number from 1, got: ${values.count ?? 'nothing'}. ${USAGE}`);
  }
  return { seed: values.seed, count: Number(values.count), places: positionals };
}

function listComments(places) {
  return listFiles(places)
    .filter(isCode)
    .flatMap(file => {
      const text = readSource(file);
      if (isGenerated(text)) return [];
      const source = parseSource(file, text);
      return extractComments(source).map(comment => ({ file, source, comment }));
    });
}

/** Returns `count` random items of an array, each at most once. The same seed gives the same items. */
function draw(items, count, seed) {
  const generator = xoroshiro128plus(createHash('sha256').update(seed).digest().readInt32LE());
  const left = [...items];
  const drawn = [];
  while (drawn.length < count && left.length > 0) {
    const index = uniformInt(generator, 0, left.length - 1);
    drawn.push(left[index]);
    left[index] = left.at(-1);
    left.pop();
  }
  return drawn;
}

const indented = text => text.replaceAll(/^[ \t]*/gm, '    ').replaceAll(/^ {4}\*/gm, '     *');

function show({ file, source, comment }, index) {
  const line = source.getLineAndCharacterOfPosition(comment.start).line + 1;
  const text = indented(source.text.slice(comment.start, comment.end));
  const code = declarationOf(source, comment).replaceAll(/^/gm, '    ');
  return `${index + 1}. ${file}:${line}\n${text}\n${code}\n`;
}

try {
  const { seed, count, places } = readArguments();
  const comments = listComments(places);
  console.log(draw(comments, count, seed).map(show).join('\n'));
  console.log(`Seed ${seed}: ${Math.min(count, comments.length)} of ${comments.length} comments`);
} catch (error) {
  console.error(`sample-comments: ${error.message}`);
  process.exitCode = 2;
}
