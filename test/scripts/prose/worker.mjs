// Runs functions of scripts/prose for tests, because Jest cannot load these ES modules. Receives a function's
// name and arguments in a message, and sends the result back.
import { declarationOf, extractComments } from '../../../scripts/prose/comments.mjs';
import { joinPassages, verbatim } from '../../../scripts/prose/document.mjs';
import { ALLOWED, checkNames } from '../../../scripts/prose/names.mjs';
import { passagesOf } from '../../../scripts/prose/passages.mjs';
import { parseSource } from '../../../scripts/prose/sources.mjs';
import { createLinter } from '../../../scripts/prose/textlint.mjs';

let linter;
/**
 * Checks the passages of `count` texts. Returns a list of findings for each text. In a passage, `file` is the
 * index of its text.
 */
async function lintPassages(passages, count, options) {
  linter ??= createLinter();
  const findings = Array.from({ length: count }, () => []);
  const document = joinPassages(passages);
  for (const finding of await linter(document.text, options)) {
    const { file, offset } = document.placeAt(finding.index);
    findings[file].push({ ...finding, index: offset });
  }
  return findings;
}

const FUNCTIONS = {
  allowedNames: () => ALLOWED,
  checkNames,
  passagesOf,

  extractComments(file, text) {
    const source = parseSource(file, text);
    return extractComments(source).map(comment => ({
      line: source.getLineAndCharacterOfPosition(comment.start).line + 1,
      text: comment.lines.map(line => line.text).join('|'),
      code: declarationOf(source, comment),
    }));
  },

  /** Returns the comments or strings of a source file as Markdown lines, without empty lines. */
  markdownOf: (kind, file, text) =>
    joinPassages(passagesOf(file, text)[kind])
      .text.split('\n')
      .filter(line => line !== ''),

  /**
   * Checks Markdown texts. Joins them into one text, because textlint loads all rules again for each text.
   */
  lintTexts: texts =>
    lintPassages(
      texts.map((text, index) => ({ file: index, title: 'text', start: 0, lines: [[verbatim(text, 0)]] })),
      texts.length,
    ),

  /**
   * Checks comments, strings and documents in sources. In a finding, `at` is the text from its place to the
   * end of the line.
   */
  async lintSources(sources) {
    const kinds = ['comments', 'strings', 'documents'];
    const found = await Promise.all(
      kinds.map(kind => {
        const passages = sources.flatMap(({ file, text }, index) =>
          passagesOf(file, text)[kind].map(passage => ({ ...passage, file: index })),
        );
        return lintPassages(passages, sources.length, { isComment: kind === 'comments' });
      }),
    );
    return sources.map(({ text }, index) =>
      found.flatMap(findings =>
        findings[index].map(finding => ({ ...finding, at: text.slice(finding.index).split('\n')[0] })),
      ),
    );
  },
};

process.on('message', async ({ name, args }) => {
  try {
    process.send({ result: await FUNCTIONS[name](...args) });
  } catch (error) {
    process.send({ error: error.stack });
  }
});
