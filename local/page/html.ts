/** Markup that is safe to put into a page as it is. */
export class Html {
  constructor(readonly text: string) {}
}

/** Markup from a template: every value is escaped, except markup itself and lists of it. */
export function html(strings: TemplateStringsArray, ...values: readonly unknown[]): Html {
  return new Html(
    strings.reduce(
      (text, part, index) => text + part + (index < values.length ? markup(values[index]) : ''),
      '',
    ),
  );
}

function markup(value: unknown): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(markup).join('');
  return String(value ?? '').replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
}
