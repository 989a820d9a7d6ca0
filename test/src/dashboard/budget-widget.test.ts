import { CfnParameter, type Stack } from 'aws-cdk-lib';
import { MetricStore } from '../../../local/emulators/cloudwatch/metrics/metric-store';
import { evaluateWidget } from '../../../local/emulators/cloudwatch/widget';
import { BudgetAlertLambda, TokenAnalyticsDashboard, type TokenAnalyticsDashboardProps } from '../../../src';
import { dashboardBodies, fieldsOf, newStack, optionsOf, type Widget } from '../support';

const NOW = new Date('2026-11-21T09:30:00Z');
const RANGE = { start: new Date('2026-11-20T09:30:00Z'), end: NOW };

function budgetWidget(props: TokenAnalyticsDashboardProps, stack = newStack()): Widget {
  new TokenAnalyticsDashboard(stack, 'Dashboard', props);
  return dashboardBodies(stack)[0].widgets[4];
}

function withAlert(props: TokenAnalyticsDashboardProps): Widget {
  const stack: Stack = newStack();
  const budgetAlert = new BudgetAlertLambda(stack, 'BudgetAlert', { enabled: true });
  return budgetWidget({ ...props, budgetAlert }, stack);
}

const shown = ({ properties }: Widget) =>
  properties.metrics.filter(entry => optionsOf(entry).visible !== false);
const labelsOf = (widget: Widget) => shown(widget).map(entry => optionsOf(entry).label);

/** Metric store with costs in US dollars, and functions that add to them. */
function costs(...values: readonly (readonly [time: string, usd: number, name?: string])[]): MetricStore {
  const store = new MetricStore();
  for (const [time, usd, name = 'TotalCost'] of values) {
    store.putDatum({
      namespace: 'OPX/Analytics',
      name,
      dimensions: {},
      timestamp: new Date(time),
      values: [usd],
    });
  }
  return store;
}

/** Returns the latest value of each number in the widget, by its label. */
function valuesOf(widget: Widget, store: MetricStore): Record<string, number | undefined> {
  const { series, errors } = evaluateWidget({ ...widget.properties }, store, RANGE);
  expect(errors).toEqual([]);
  return Object.fromEntries(series.map(({ label, points }) => [label, points.at(-1)?.value]));
}

describe('the budget widget', () => {
  test('shows only the cost of the last 30 days without a budget, with a sparkline', () => {
    const widget = budgetWidget({});

    expect(widget.properties).toMatchObject({
      title: 'Cost, last 30 days',
      view: 'singleValue',
      period: 3600,
      start: '-P30D',
      sparkline: true,
      liveData: true,
    });
    expect(widget.properties.setPeriodToTimeRange).toBeUndefined();
    expect(labelsOf(widget)).toEqual(['Last 30 days, USD']);
  });

  test.each([
    [{ dailyBudget: 10 }, 'Budget utilisation: today'],
    [{ monthlyBudget: 250 }, 'Budget utilisation: last 30 days'],
    [{ dailyBudget: 10, monthlyBudget: 250 }, 'Budget utilisation: last 30 days and today'],
  ])('names in the title what it shows of %p', (props, title) => {
    expect(budgetWidget(props).properties.title).toBe(title);
  });

  test('adds up the last 30 days up to now, and compares them with the budgets', () => {
    const widget = budgetWidget({ dailyBudget: 10, monthlyBudget: 250 });
    const store = costs(
      ['2026-10-20T12:00:00Z', 1000],
      ['2026-11-01T12:10:00Z', 90],
      ['2026-11-20T23:59:00Z', 7],
      ['2026-11-21T00:00:00Z', 1],
      ['2026-11-21T09:20:00Z', 2],
    );

    expect(valuesOf(widget, store)).toEqual({
      'Last 30 days, USD': 100,
      'Last 30 days, % of 250 USD a month': 40,
      'Today (UTC), % of 10 USD a day': 30,
    });
  });

  test('shows 0 % of the daily budget on a day without invocations, and keeps the sum of 30 days', () => {
    const widget = budgetWidget({ dailyBudget: 10 });

    expect(valuesOf(widget, costs(['2026-11-18T12:00:00Z', 8], ['2026-11-19T12:00:00Z', 5]))).toEqual({
      'Last 30 days, USD': 13,
      'Today (UTC), % of 10 USD a day': 0,
    });
  });

  test('shows the gauges of an enabled budget alert function as shares of the budgets', () => {
    const widget = withAlert({ dailyBudget: 10, monthlyBudget: 250 });
    const store = costs(
      ['2026-11-01T12:10:00Z', 90],
      ['2026-11-21T08:00:00Z', 2.5, 'DayToDateCost'],
      ['2026-11-21T08:00:00Z', 50, 'MonthToDateCost'],
    );

    expect(widget.properties.title).toBe('Budget utilisation: this month and today');
    expect(valuesOf(widget, store)).toEqual({
      'Last 30 days, USD': 90,
      'This month, % of 250 USD a month': 20,
      'Today, % of 10 USD a day': 25,
    });
    expect(
      widget.properties.metrics
        .filter(entry => fieldsOf(entry).some(field => field.endsWith('ToDateCost')))
        .map(entry => [...fieldsOf(entry), optionsOf(entry).stat]),
    ).toEqual([
      ['OPX/Analytics', 'MonthToDateCost', 'Maximum'],
      ['OPX/Analytics', 'DayToDateCost', 'Maximum'],
    ]);
  });

  test('shows the gauges in US dollars if the dashboard has no budgets', () => {
    const widget = withAlert({});

    expect(widget.properties.title).toBe('Cost, last 30 days');
    expect(labelsOf(widget)).toEqual(['Last 30 days, USD', 'This month, USD', 'Today, USD']);
  });

  test('divides by a budget that is known only at deployment', () => {
    const stack = newStack();
    const dailyBudget = new CfnParameter(stack, 'Budget', { type: 'Number' }).valueAsNumber;
    const widget = budgetWidget({ dailyBudget }, stack);

    expect(shown(widget).map(entry => [optionsOf(entry).expression, optionsOf(entry).label])).toEqual([
      ['RUNNING_SUM(FILL(cost, 0))', 'Last 30 days, USD'],
      ['100 * FILL(day, 0) / <Budget>', 'Today (UTC), % of <Budget> USD a day'],
    ]);
  });

  test.each([
    [0.1 + 0.2, '0.3'],
    [1e-7, '0.0000001'],
    [1e12, '1000000000000'],
  ])('writes the budget %p as %s, without rounding errors and exponents', (dailyBudget, text) => {
    const [, today] = shown(budgetWidget({ dailyBudget }));

    expect(optionsOf(today)).toMatchObject({
      expression: `100 * FILL(day, 0) / ${text}`,
      label: `Today (UTC), % of ${text} USD a day`,
    });
  });
});
