/** HTML text that can be inserted into a page without escaping. */
export class Html {
  constructor(readonly text: string) {}
}

/**
 * Creates HTML from a template literal. Escapes all values except `Html` objects and arrays of `Html`
 * objects.
 */
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
