import { type Child, element } from './dom';

/**
 * Renders headings, lists, bold and code in the Markdown of a text widget. Other markup, such as a table or
 * HTML, stays plain text. A link is shown as its label. If its address begins with `https://`, the address
 * follows.
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
    // Headings in a widget are h3 or h4, because the page title is h1 and widget titles are h2.
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
