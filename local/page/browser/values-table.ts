import { element } from './dom';

/** Header and rows of a table that shows the values of a chart. */
export interface Values {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Maximum number of rows in a table. A longer table is slow to display, so only its last rows are shown. */
const MAX_ROWS = 500;

/**
 * Creates a section "Values" with a table that users can open. The table is created when it is first opened.
 */
export function valuesTable(values: () => Values): HTMLElement {
  const details = element('details', { class: 'values' }, element('summary', {}, 'Values'));
  details.addEventListener('toggle', () => details.append(table(values())), { once: true });
  return details;
}

/** Creates a table. If the table is too large for the page, users can scroll it. */
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
