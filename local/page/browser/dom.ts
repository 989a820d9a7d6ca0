/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** Attributes of an HTML element. `true` sets an attribute without a value. `false` or undefined omits it. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
export type Child = Node | string | undefined;

/** Creates an HTML element. Children that are strings are added as text, so they cannot contain markup. */
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

/**
 * Returns the element with the given id.
 *
 * @throws if the page has no such element
 */
export function byId<Type extends HTMLElement>(id: string): Type {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page must have an element with the id ${id}`);
  return found as Type;
}

/**
 * Creates a small square, or a dashed line, that shows a color in a legend. A script sets the color, because
 * the Content-Security-Policy forbids `style` attributes in HTML.
 */
export function swatch(color: string, shape: 'square' | 'line' = 'square'): HTMLElement {
  const made = element('span', { 'class': `swatch is-${shape}`, 'aria-hidden': 'true' });
  if (shape === 'line') made.style.borderColor = color;
  else made.style.background = color;
  return made;
}
