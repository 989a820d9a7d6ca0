/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** What an element is given: attributes as text, and what a boolean one is. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
export type Child = Node | string | undefined;

/** Makes an element. All text goes in as text: none of it is ever read as markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(attribute, value === true ? '' : String(value));
  }
  made.append(...children.filter(child => child !== undefined));
  return made;
}

/** An element of the shell. */
export function byId<Type extends HTMLElement>(id: string): Type {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found as Type;
}

/**
 * A small field of a colour, or a dashed line. It is set through
 * the object, as the page's policy takes no styles in attributes.
 */
export function swatch(color: string, shape: 'field' | 'line' = 'field'): HTMLElement {
  const made = element('span', { 'class': `swatch is-${shape}`, 'aria-hidden': 'true' });
  if (shape === 'line') made.style.borderColor = color;
  else made.style.background = color;
  return made;
}
