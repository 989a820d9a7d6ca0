import { element } from './dom';
import { type MarkdownBlock, type MarkdownPart, parseMarkdown } from './markdown-blocks';

/** Creates the elements of a text widget. See {@link parseMarkdown} for the supported Markdown. */
export function markdown(text: string): HTMLElement {
  return element('div', { class: 'markdown' }, ...parseMarkdown(text).map(blockElement));
}

function blockElement({ kind, lines }: MarkdownBlock): HTMLElement {
  const [first = []] = lines;
  switch (kind) {
    case 'list':
      return element('ul', {}, ...lines.map(line => element('li', {}, ...line.map(partNode))));
    case 'code':
      return element('pre', {}, element('code', {}, ...first.map(partNode)));
    // Headings in a widget are h3 or h4, because the page title is h1 and widget titles are h2.
    case 'heading':
      return element('h3', {}, ...first.map(partNode));
    case 'subheading':
      return element('h4', {}, ...first.map(partNode));
    case 'paragraph':
      return element('p', {}, ...first.map(partNode));
  }
}

function partNode({ kind, text }: MarkdownPart): Node | string {
  if (kind === 'text') return text;
  return element(kind === 'bold' ? 'strong' : 'code', {}, text);
}
