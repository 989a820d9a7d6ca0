import { TextlintKernel } from '@textlint/kernel';
import markdown from '@textlint/textlint-plugin-markdown';
import prh from 'textlint-rule-prh';
import { fileURLToPath } from 'node:url';
import { loadDictionary } from './dictionary.mjs';
import { openings } from './rules/openings.mjs';
import { sentenceLength } from './rules/sentence-length.mjs';
import { spelling } from './rules/spelling.mjs';

const WORDS_RULE = 'words';
const WORDS_FILE = fileURLToPath(new URL('prh.yml', import.meta.url));
const interop = module => module.default ?? module;

/**
 * Matches a message of the textlint rule prh: `found => expected`. If a reason is given, it is on the next
 * line.
 */
const PRH_MESSAGE = /^([^]*?) => ([^\n]*)(?:\n([^]*))?$/;

function toFinding({ ruleId, message, range, index: at }) {
  const index = range?.[0] ?? at;
  const [, found, expected, reason] = (ruleId === WORDS_RULE && PRH_MESSAGE.exec(message)) || [];
  if (found === undefined) return { rule: ruleId, message, index };
  const text = `"${found.replaceAll(/\s+/g, ' ')}": write ${expected}. ${reason ?? ''}`.trimEnd();
  return { rule: ruleId, label: expected, message: text, index };
}

/**
 * Creates a function that checks a Markdown text with all rules.
 *
 * @returns function that returns findings, each with `rule`, `message` and `index` in the text. A finding
 * about a wrong word also has a `label`: the word to use instead
 */
export function createLinter() {
  const kernel = new TextlintKernel();
  const shared = [
    {
      ruleId: WORDS_RULE,
      rule: interop(prh),
      options: { rulePaths: [WORDS_FILE], checkLink: true, checkBlockQuote: true, checkEmphasis: true },
    },
    { ruleId: 'sentence-length', rule: sentenceLength },
    { ruleId: 'spelling', rule: spelling(loadDictionary()) },
  ];
  const forComments = [...shared, { ruleId: 'openings', rule: openings }];
  const plugins = [{ pluginId: 'markdown', plugin: interop(markdown) }];

  return async function lint(text, { isComment = false } = {}) {
    const rules = isComment ? forComments : shared;
    const { messages } = await kernel.lintText(text, { ext: '.md', plugins, rules });
    return messages.map(toFinding);
  };
}
