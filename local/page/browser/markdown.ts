import { type Child, element } from './dom';

/**
 * Renders the Markdown that text widgets usually contain: headings, lists, bold and code. Anything else, such
 * as a table or HTML, is shown as plain text. A link becomes plain text. If the address is an https address,
 * it follows the text.
 */
export function markdown(text: string): HTMLElement {
  const container = element('div', { class: 'markdown' });
  let list: HTMLElement | undefined;
  for (const line of text.split(/\r?\n/)) {
    const item = /^\s*[-*]\s+(.*)$/.exec(line);
    if (item) {
      if (!list) container.append((list = element('ul')));
      list.append(element('li', {}, ...inline(item[1])));
      continue;
    }
    list = undefined;
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    // The page title is h1 and widget titles are h2, so headings inside a widget begin at h3.
    if (heading) container.append(element(heading[1].length < 3 ? 'h3' : 'h4', {}, ...inline(heading[2])));
    else if (line.trim() !== '') container.append(element('p', {}, ...inline(line)));
  }
  return container;
}

const INLINE = /\*\*([^*]+)\*\*|`([^`]+)`|\[([^\]]*)\]\(((?:[^()\s]|\([^()]*\))+)[^)]*\)/g;

function inline(text: string): Child[] {
  const parts: Child[] = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, bold, code, label, address] = match;
    parts.push(text.slice(end, match.index));
    if (bold !== undefined) parts.push(element('strong', {}, bold));
    else if (code !== undefined) parts.push(element('code', {}, code));
    else parts.push(address?.startsWith('https://') ? `${label} (${address})` : label);
    end = match.index + whole.length;
  }
  return [...parts, text.slice(end)];
}
