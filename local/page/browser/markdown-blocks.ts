/** Part of a line of Markdown. */
export interface MarkdownPart {
  readonly kind: 'text' | 'bold' | 'code';
  readonly text: string;
}

/** Block of Markdown. `lines` has one entry for each item of a list, and one entry in other blocks. */
export interface MarkdownBlock {
  readonly kind: 'heading' | 'subheading' | 'paragraph' | 'list' | 'code';
  readonly lines: readonly (readonly MarkdownPart[])[];
}

const INLINE = /\*\*([^*]+)\*\*|`([^`]+)`|\[([^\]]*)\]\(((?:[^()\s]|\([^()]*\))+)[^)]*\)/g;

/**
 * Parses headings, lists, blocks of code, bold and code in the Markdown of a text widget. Other markup, such
 * as a table or HTML, stays plain text. A link becomes its label. If its address begins with `https://`, the
 * address follows.
 */
export function parseMarkdown(text: string): MarkdownBlock[] {
  const blocks: MarkdownBlock[] = [];
  let list: (readonly MarkdownPart[])[] | undefined;
  let code: string[] | undefined;
  const add = (kind: MarkdownBlock['kind'], lines: readonly (readonly MarkdownPart[])[]) =>
    blocks.push({ kind, lines });
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*```/.test(line)) {
      if (code) add('code', [[{ kind: 'text', text: code.join('\n') }]]);
      code = code ? undefined : [];
      list = undefined;
      continue;
    }
    if (code) {
      code.push(line);
      continue;
    }
    const item = /^\s*[-*]\s+(.*)$/.exec(line);
    if (item) {
      if (!list) add('list', (list = []));
      list.push(parseInline(item[1]));
      continue;
    }
    list = undefined;
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (heading) add(heading[1].length < 3 ? 'heading' : 'subheading', [parseInline(heading[2])]);
    else if (line.trim() !== '') add('paragraph', [parseInline(line)]);
  }
  if (code) add('code', [[{ kind: 'text', text: code.join('\n') }]]);
  return blocks;
}

function parseInline(text: string): MarkdownPart[] {
  const parts: MarkdownPart[] = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, bold, code, label, address] = match;
    parts.push({ kind: 'text', text: text.slice(end, match.index) });
    if (bold !== undefined) {
      parts.push({ kind: 'bold', text: bold });
    } else if (code !== undefined) {
      parts.push({ kind: 'code', text: code });
    } else {
      parts.push({ kind: 'text', text: address?.startsWith('https://') ? `${label} (${address})` : label });
    }
    end = match.index + whole.length;
  }
  return [...parts, { kind: 'text' as const, text: text.slice(end) }].filter(part => part.text !== '');
}
