import { type Child, element } from './dom';

/**
 * What of Markdown text widgets mostly hold: headings, lists, tables' text as it stands, bold, code,
 * and links of https, whose addresses are shown as text. All else, markup above all, stays text.
 */
export function markdown(text: string): HTMLElement {
  const made = element('div', { class: 'markdown' });
  let list: HTMLElement | undefined;
  for (const line of text.split(/\r?\n/)) {
    const item = /^\s*[-*]\s+(.*)$/.exec(line);
    if (item) {
      if (!list) made.append((list = element('ul')));
      list.append(element('li', {}, ...inline(item[1])));
      continue;
    }
    list = undefined;
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    // The page has one title, and each widget one of its own: what stands in a widget is below.
    if (heading) made.append(element(heading[1].length < 3 ? 'h3' : 'h4', {}, ...inline(heading[2])));
    else if (line.trim() !== '') made.append(element('p', {}, ...inline(line)));
  }
  return made;
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
