import { drawCharts, redrawCharts } from './chart';
import { byId, element } from './dom';
import { formatTime } from './format';
import { reportCards } from './report-view';
import { widgetCard } from './widget-card';
import type { CoveredShareView, DashboardView, ReportView, StartView } from '../views';

type Page = 'dashboard' | 'report';

/**
 * Select elements with the user's choices, such as the time range. The URL hash, such as `#report`, selects
 * the dashboard page or the report page.
 */
const controls = {
  dashboard: byId<HTMLSelectElement>('dashboard'),
  range: byId<HTMLSelectElement>('range'),
  days: byId<HTMLSelectElement>('days'),
  agent: byId<HTMLSelectElement>('agent'),
  model: byId<HTMLSelectElement>('model'),
};
const content = byId('content');
const status = byId('status');

let start: StartView;
/** Aborts the current request. A new request aborts the earlier one, so that a late response is not shown. */
let loading = new AbortController();

async function startPage(): Promise<void> {
  setUpTheme();
  byId('choices').addEventListener('submit', event => event.preventDefault());
  for (const control of Object.values(controls)) control.addEventListener('change', show);
  byId('refresh').addEventListener('click', show);
  window.addEventListener('hashchange', show);
  try {
    start = await fetchJson<StartView>('/api/dashboards', new AbortController().signal);
  } catch (error) {
    showError(error);
    return;
  }
  controls.dashboard.append(
    ...start.dashboards.map(({ id, name, stack }) =>
      element('option', { value: id }, start.dashboards.length > 1 ? `${name} (${stack})` : name),
    ),
  );
  byId('dashboard-choice').hidden = start.dashboards.length < 2;
  show();
}

function show(): void {
  const page: Page =
    location.hash === '#report' || (start.dashboards.length === 0 && location.hash === '')
      ? 'report'
      : 'dashboard';
  for (const each of ['dashboard', 'report'] as const) {
    const link = byId(`to-${each}`);
    if (each === page) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
    for (const control of document.querySelectorAll<HTMLElement>(`.of-${each}`)) {
      control.hidden = each !== page || (control.id === 'dashboard-choice' && start.dashboards.length < 2);
    }
  }
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  content.setAttribute('aria-busy', 'true');
  status.textContent = 'Loading …';
  const shown = page === 'report' ? showReport(signal) : showDashboard(signal);
  shown.then(
    text => {
      content.setAttribute('aria-busy', 'false');
      status.textContent = text;
    },
    (error: unknown) => {
      if (!signal.aborted) showError(error);
    },
  );
}

async function showDashboard(signal: AbortSignal): Promise<string> {
  if (start.dashboards.length === 0) throw new Error(start.notes.join(' ') || 'There is no dashboard.');
  const { dashboard, range, agent, model } = controls;
  const view = await fetchJson<DashboardView>(
    `/api/dashboard?${query({ id: dashboard.value, start: range.value, agent: agent.value, model: model.value })}`,
    signal,
  );
  addOptions(controls.agent, view.agents);
  addOptions(controls.model, view.models);
  byId('title').textContent = view.dashboard.name;
  document.title = `${view.dashboard.name} (preview)`;
  showDescription(
    `Drawn locally from the synthesised dashboard, not by CloudWatch. Data: ${start.generatedFrom}.`,
    `${formatTime(Date.parse(view.start))} to ${formatTime(Date.parse(view.end))} UTC, unless a ` +
      'widget sets its own time range.',
    ...start.notes,
    ...view.notes,
  );
  // Hides the refresh button if no new data can arrive.
  byId('refresh').hidden = !view.live;
  showCards('grid', view.widgets.map(widgetCard));
  const filters = [agent.value, model.value].filter(text => text !== '');
  return (
    `${view.widgets.length} widgets` + (filters.length > 0 ? `, filtered by ${filters.join(' and ')}` : '')
  );
}

async function showReport(signal: AbortSignal): Promise<string> {
  const { days, agent, model } = controls;
  const report = await fetchJson<ReportView>(
    `/api/report?${query({ days: days.value, agent: agent.value, model: model.value })}`,
    signal,
  );
  if (agent.value === '' && model.value === '') {
    addOptions(
      controls.agent,
      report.agents.map(({ name }) => name),
    );
    addOptions(
      controls.model,
      report.models.map(({ name }) => name),
    );
  }
  byId('title').textContent = 'Cost report';
  document.title = 'Cost report';
  showDescription('Drawn locally from the trace table.');
  byId('refresh').hidden = false;
  showCards(
    'grid report',
    reportCards(report, () => fetchJson<CoveredShareView>('/api/covered-share', signal)),
  );
  return `${report.days.length} days: ${report.total.text}`;
}

function showCards(className: string, cards: readonly HTMLElement[]): void {
  content.className = className;
  content.replaceChildren(...cards);
  drawCharts();
}

function showError(error: unknown): void {
  content.setAttribute('aria-busy', 'false');
  status.textContent = '';
  showDescription('');
  content.className = '';
  content.replaceChildren(
    element('p', { class: 'error', role: 'alert' }, error instanceof Error ? error.message : String(error)),
  );
  drawCharts();
}

function showDescription(...lines: readonly string[]): void {
  byId('about').replaceChildren(
    ...lines.flatMap((line, index) => (index === 0 ? [line] : [element('br'), line])),
  );
}

/**
 * Adds an option to `select` for each new name. Options are never removed: the selected option must stay,
 * even if the latest response does not contain it.
 */
function addOptions(select: HTMLSelectElement, names: readonly string[]): void {
  const known = new Set([...select.options].map(({ value }) => value));
  select.append(
    ...names.filter(name => !known.has(name)).map(name => element('option', { value: name }, name)),
  );
}

function query(values: Readonly<Record<string, string>>): string {
  return new URLSearchParams(Object.entries(values).filter(([, value]) => value !== '')).toString();
}

async function fetchJson<Answer>(address: string, signal: AbortSignal): Promise<Answer> {
  const answer = await fetch(address, { signal }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new Error('The command that serves this page does not respond. It may have stopped.');
  });
  const body = (await answer.json()) as Answer | { error: string };
  if (!answer.ok) throw new Error((body as { error: string }).error);
  return body as Answer;
}

/**
 * Sets the page to light or dark, as the operating system does. If the user clicks the button `theme`, the
 * user's choice applies until the page is closed.
 */
function setUpTheme(): void {
  const button = byId('theme');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  let chosen: boolean | undefined;
  const apply = () => {
    const isDark = chosen ?? dark.matches;
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    button.setAttribute('aria-pressed', String(isDark));
    redrawCharts();
  };
  button.addEventListener('click', () => {
    chosen = !(chosen ?? dark.matches);
    apply();
  });
  dark.addEventListener('change', apply);
  apply();
}

void startPage();
