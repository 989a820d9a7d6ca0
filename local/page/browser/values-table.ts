import { element } from './dom';

/** What a chart shows, as rows. */
export interface Values {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Beyond these, the last ones are shown: a browser lays out no more in good time. */
const MAX_ROWS = 500;

/** A table of all values, folded in; it is made when it is opened for the first time. */
export function valuesTable(values: () => Values): HTMLElement {
  const details = element('details', { class: 'values' }, element('summary', {}, 'Values'));
  details.addEventListener('toggle', () => details.append(table(values())), { once: true });
  return details;
}

/** A table that scrolls by itself where it is wide. */
export function table({ head, rows }: Values): HTMLElement {
  const left = rows.length - MAX_ROWS;
  return element(
    'div',
    { 'class': 'scroll', 'tabindex': 0, 'role': 'group', 'aria-label': 'Table' },
    left > 0 ? element('p', { class: 'note' }, `The last ${MAX_ROWS} of ${rows.length} rows.`) : undefined,
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...head.map(text => element('th', { scope: 'col' }, text)))),
      element(
        'tbody',
        {},
        ...rows
          .slice(-MAX_ROWS)
          .map(([first, ...others]) =>
            element(
              'tr',
              {},
              element('th', { scope: 'row' }, first),
              ...others.map(text => element('td', {}, text)),
            ),
          ),
      ),
    ),
  );
}
