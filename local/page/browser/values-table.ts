import { element } from './dom';

/** Values of a chart, to be shown as a table. */
export interface Values {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Maximum number of rows in a table. A browser takes too long to lay out more rows. Only the last rows are
 * shown.
 */
const MAX_ROWS = 500;

/**
 * Creates a collapsed table of values. The rows are created when a user opens the table for the first time.
 */
export function valuesTable(values: () => Values): HTMLElement {
  const details = element('details', { class: 'values' }, element('summary', {}, 'Values'));
  details.addEventListener('toggle', () => details.append(table(values())), { once: true });
  return details;
}

/** Creates a table that scrolls in its own area. */
export function table({ head, rows }: Values): HTMLElement {
  const hiddenRows = rows.length - MAX_ROWS;
  return element(
    'div',
    { 'class': 'scroll', 'tabindex': 0, 'role': 'group', 'aria-label': 'Table' },
    hiddenRows > 0 ? element('p', { class: 'note' }, `Last ${MAX_ROWS} of ${rows.length} rows.`) : undefined,
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
