import { drawCharts, redrawCharts } from './chart';
import { byId, element } from './dom';
import { formatTime } from './format';
import { reportCards } from './report-view';
import { widgetCard } from './widget-card';
import type { DashboardView, ReportView, StartView } from '../views';

type Page = 'dashboard' | 'report';

/** The state of the page is that of its controls, and the page itself that of its address. */
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
/** What is being read: an answer to an earlier question is not shown any more. */
let reading = new AbortController();

async function begin(): Promise<void> {
  theme();
  byId('choices').addEventListener('submit', event => event.preventDefault());
  for (const control of Object.values(controls)) control.addEventListener('change', show);
  byId('again').addEventListener('click', show);
  window.addEventListener('hashchange', show);
  try {
    start = await ask<StartView>('/api/dashboards', new AbortController().signal);
  } catch (error) {
    fail(error);
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
  reading.abort();
  reading = new AbortController();
  const { signal } = reading;
  content.setAttribute('aria-busy', 'true');
  status.textContent = 'Reading …';
  const shown = page === 'report' ? showReport(signal) : showDashboard(signal);
  shown.then(
    text => {
      content.setAttribute('aria-busy', 'false');
      status.textContent = text;
    },
    (error: unknown) => {
      if (!signal.aborted) fail(error);
    },
  );
}

async function showDashboard(signal: AbortSignal): Promise<string> {
  if (start.dashboards.length === 0) throw new Error(start.notes.join(' ') || 'There is no dashboard.');
  const { dashboard, range, agent, model } = controls;
  const view = await ask<DashboardView>(
    `/api/dashboard?${query({ id: dashboard.value, start: range.value, agent: agent.value, model: model.value })}`,
    signal,
  );
  offer(controls.agent, view.agents);
  offer(controls.model, view.models);
  byId('title').textContent = view.dashboard.name;
  document.title = `${view.dashboard.name} (preview)`;
  about(
    `Drawn locally from the synthesised dashboard: not CloudWatch. Data: ${start.generatedFrom}.`,
    `${formatTime(Date.parse(view.start))} to ${formatTime(Date.parse(view.end))} UTC, unless a ` +
      'widget has a range of its own.',
    ...start.notes,
    ...view.notes,
  );
  // What was recorded is the same when it is read again.
  byId('again').hidden = !view.live;
  put('grid', view.widgets.map(widgetCard));
  const narrowed = agent.value !== '' || model.value !== '';
  return (
    `${view.widgets.length} ` +
    `widgets${narrowed ? `, of ${[agent.value, model.value].filter(text => text !== '').join(' and ')} alone` : ''}`
  );
}

async function showReport(signal: AbortSignal): Promise<string> {
  const { days, agent, model } = controls;
  const report = await ask<ReportView>(
    `/api/report?${query({ days: days.value, agent: agent.value, model: model.value })}`,
    signal,
  );
  if (agent.value === '' && model.value === '') {
    offer(
      controls.agent,
      report.agents.map(({ name }) => name),
    );
    offer(
      controls.model,
      report.models.map(({ name }) => name),
    );
  }
  byId('title').textContent = 'Cost report';
  document.title = 'Cost report';
  about('Drawn locally from the table of traces.');
  byId('again').hidden = false;
  put('grid report', reportCards(report));
  return `${report.days.length} days: ${report.total.text}`;
}

function put(className: string, cards: readonly HTMLElement[]): void {
  content.className = className;
  content.replaceChildren(...cards);
  drawCharts();
}

function fail(error: unknown): void {
  content.setAttribute('aria-busy', 'false');
  status.textContent = '';
  about('');
  content.className = '';
  content.replaceChildren(
    element('p', { class: 'error', role: 'alert' }, error instanceof Error ? error.message : String(error)),
  );
  drawCharts();
}

function about(...lines: readonly string[]): void {
  byId('about').replaceChildren(
    ...lines.flatMap((line, index) => (index === 0 ? [line] : [element('br'), line])),
  );
}

/**
 * Adds names that can be chosen. None is taken away: what is
 * chosen has a place, also where the answer has it no more.
 */
function offer(select: HTMLSelectElement, names: readonly string[]): void {
  const known = new Set([...select.options].map(({ value }) => value));
  select.append(
    ...names.filter(name => !known.has(name)).map(name => element('option', { value: name }, name)),
  );
}

function query(values: Readonly<Record<string, string>>): string {
  return new URLSearchParams(Object.entries(values).filter(([, value]) => value !== '')).toString();
}

async function ask<Answer>(address: string, signal: AbortSignal): Promise<Answer> {
  const answer = await fetch(address, { signal }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new Error('The command that serves this page does not answer: it may have been ended.');
  });
  const body = (await answer.json()) as Answer | { error: string };
  if (!answer.ok) throw new Error((body as { error: string }).error);
  return body as Answer;
}

/** The system's light or dark, until the button is pressed; it is kept as long as the page is open. */
function theme(): void {
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

void begin();
