import { chartContainer } from './chart';
import { type Child, element, swatch } from './dom';
import { dailyChart, forecastChart, incidentsChart, seriesColor } from './report-charts';
import { table, valuesTable } from './values-table';
import type { CoveredShareView, DailySeriesView, ReportView } from '../views';

/**
 * Creates the cards of the report page, such as the total and the daily costs.
 *
 * @param loadShare reads the recorded share. Called if the user clicks the button of its card
 */
export function reportCards(report: ReportView, loadShare: () => Promise<CoveredShareView>): HTMLElement[] {
  return [
    card(
      'Total',
      'whole',
      element(
        'dl',
        { class: 'numbers' },
        labelledNumber('Cost', report.total.text),
        ...(report.unitCost
          ? [labelledNumber('Units besides tokens (part of the cost)', report.unitCost.text)]
          : []),
        labelledNumber('Calls', report.calls.toLocaleString('en-US')),
        labelledNumber('Tokens', report.tokens.toLocaleString('en-US')),
      ),
      element(
        'p',
        { class: 'note' },
        `${report.from} to ${report.to}, days in ${report.timeZone}. ≥ means at least: the amount does not ` +
          'include unpriced calls, and calls counted as “at least” may have cost more.',
      ),
      ...[...report.costNotes, ...report.notes].map(note => element('p', { class: 'note' }, note)),
    ),
    daily('Cost by day and agent, USD', report, report.agents),
    daily('Cost by day and model, USD', report, report.models),
    incidents(report),
    forecast(report),
    coveredShare(loadShare),
  ];
}

/** Creates the card of the recorded share. Its data is read at a click, because CloudWatch charges for it. */
function coveredShare(loadShare: () => Promise<CoveredShareView>): HTMLElement {
  const button = element('button', { type: 'button' }, 'Compare with CloudWatch');
  const result = element('div', { role: 'status' });
  button.addEventListener('click', () => {
    button.setAttribute('disabled', '');
    result.replaceChildren('Loading …');
    loadShare()
      .then(
        share => result.replaceChildren(...shareContent(share)),
        (error: unknown) =>
          result.replaceChildren(
            element('p', { class: 'error' }, error instanceof Error ? error.message : String(error)),
          ),
      )
      .finally(() => button.removeAttribute('disabled'));
  });
  return card(
    "Recorded share of the account's calls",
    'whole',
    element(
      'p',
      { class: 'note' },
      'Compares the calls of yesterday (UTC) in the table with the calls that Amazon Bedrock counted in the ' +
        'account. CloudWatch charges $0.01 for 1,000 metrics. The comparison reads two for each model id.',
    ),
    button,
    result,
  );
}

function shareContent({ summary, models, notes, cost }: CoveredShareView): HTMLElement[] {
  return [
    element('p', {}, summary),
    ...(models.length === 0
      ? []
      : [
          table({
            head: [
              'Model',
              'Calls of the account',
              'Recorded calls',
              'Share of input tokens',
              'Likely reason',
            ],
            rows: models.map(({ model, accountCalls, recordedCalls, share, reason }) => [
              model,
              accountCalls.toLocaleString('en-US'),
              recordedCalls.toLocaleString('en-US'),
              share,
              reason,
            ]),
          }),
        ]),
    ...[...notes, cost].map(note => element('p', { class: 'note' }, note)),
  ];
}

function daily(title: string, report: ReportView, series: readonly DailySeriesView[]): HTMLElement {
  if (series.length === 0) return card(title, 'half', emptyMessage('No calls on these days'));
  return card(
    title,
    'half',
    chartContainer(dailyChart(title, report, series)),
    element(
      'ul',
      { class: 'legend' },
      ...series.map(({ name, total }, index) =>
        element('li', {}, swatch(seriesColor(index)), `${name} ${total.text}`),
      ),
    ),
    valuesTable(() => ({
      head: ['Day', 'Total', ...series.map(({ name }) => name)],
      rows: report.days.map(({ day, cost, complete }, index) => [
        complete ? day : `${day} (incomplete)`,
        cost.text,
        ...series.map(({ days }) => days[index].text),
      ]),
    })),
  );
}

function incidents({ incidents: listed, incidentCount }: ReportView): HTMLElement {
  const title = 'Most expensive incidents, USD';
  if (listed.length === 0) return card(title, 'half', emptyMessage('No call on these days has an incident'));
  return card(
    title,
    'half',
    chartContainer(incidentsChart(listed)),
    table({
      head: ['Incident', 'Cost', 'Calls', 'Tokens'],
      rows: listed.map(({ name, cost, calls, tokens }) => [
        name,
        cost.text,
        calls.toLocaleString('en-US'),
        tokens.toLocaleString('en-US'),
      ]),
    }),
    incidentCount > listed.length
      ? element(
          'p',
          { class: 'note' },
          `Top ${listed.length} of ${incidentCount.toLocaleString('en-US')} incidents by cost.`,
        )
      : undefined,
  );
}

function forecast({ forecast: view }: ReportView): HTMLElement {
  const title = 'Forecast of daily cost, USD';
  const notes = view.notes.map(note => element('p', { class: 'note' }, note));
  if (view.days.length === 0) {
    return card(title, 'half', view.notes.length > 0 ? undefined : emptyMessage('No forecast'), ...notes);
  }
  return card(
    title,
    'half',
    chartContainer(forecastChart(view)),
    view.total
      ? element(
          'p',
          {},
          `Next ${view.days.length} days: ${view.total.text} (80 % interval: ${view.totalRange})`,
        )
      : undefined,
    element(
      'p',
      { class: 'note' },
      'Blue: actual cost. Orange: forecast, with its 80 % interval (dark) and 95 % interval (light).',
    ),
    ...notes,
    valuesTable(() => ({
      head: ['Day', 'Cost', '80 % interval', '95 % interval'],
      rows: [
        ...view.history.map(({ day, cost }) => [day, cost.text, '', '']),
        ...view.days.map(({ day, cost, from80, to80, from95, to95 }) => [
          `${day} (forecast)`,
          cost.text,
          `${from80.text} to ${to80.text}`,
          `${from95.text} to ${to95.text}`,
        ]),
      ],
    })),
  );
}

function card(title: string, width: 'whole' | 'half', ...content: readonly Child[]): HTMLElement {
  return element(
    'section',
    { 'class': `card ${width}`, 'data-title': title },
    element('h2', {}, title),
    ...content,
  );
}

function labelledNumber(name: string, value: string): HTMLElement {
  return element('div', {}, element('dt', {}, name), element('dd', {}, value));
}

function emptyMessage(text: string): HTMLElement {
  return element('p', { class: 'empty' }, text);
}
