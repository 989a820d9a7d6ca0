import { App, CfnParameter, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import {
  BudgetAlertLambda,
  DashboardSection,
  TokenAnalyticsDashboard,
  type TokenAnalyticsDashboardProps,
} from '../../../src';
import { AGENT_COLORS, TOTAL_COLORS } from '../../../src/dashboard/colors';
import { type Body as AnyBody, dashboardBodies, fieldsOf, newStack, optionsOf, templateOf } from '../support';

const agents = ['triage', 'scribe'];
const models = ['amazon.nova-lite-v1:0', 'anthropic.claude-3-haiku-20240307-v1:0'];

/** Parsed JSON of a dashboard, with its variables (drop-down lists or text fields), if it has any. */
interface Body extends AnyBody {
  readonly variables?: readonly Variable[];
}

interface Variable {
  readonly id: string;
  readonly label: string;
  readonly inputType: string;
  readonly pattern: string;
  readonly defaultValue: string;
  readonly values?: unknown;
}

/** Returns the first argument of each SEARCH expression in a dashboard. */
function searchesOf(body: Body): string[] {
  return body.widgets
    .flatMap(widget => widget.properties.metrics ?? [])
    .flatMap(entry =>
      [...String(optionsOf(entry).expression ?? '').matchAll(/SEARCH\('([^']*)', '\w+'\)/g)].map(
        match => match[1],
      ),
    );
}

function dashboard(props?: TokenAnalyticsDashboardProps) {
  const stack = newStack();
  new TokenAnalyticsDashboard(stack, 'Dashboard', props);
  return { stack, body: dashboardBodies(stack)[0] as Body };
}

function names(stack: Stack): unknown[] {
  return Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard')).map(
    ({ Properties }) => (Properties as { DashboardName: unknown }).DashboardName,
  );
}

describe('TokenAnalyticsDashboard', () => {
  test('creates the six core widgets in order, with the documented types, periods and statistics', () => {
    const { stack, body } = dashboard();

    const shown = body.widgets.map(({ type, properties }) => {
      const { title, view, period, stat, start, setPeriodToTimeRange } = properties;
      return { type, title, view, period, stat, start, setPeriodToTimeRange };
    });
    expect(shown).toEqual([
      {
        type: 'metric',
        title: expect.stringMatching(/^Token usage/) as string,
        view: 'timeSeries',
        period: 300,
        stat: 'Sum',
      },
      {
        type: 'metric',
        title: expect.stringMatching(/^Cost by agent/) as string,
        view: 'bar',
        period: 3600,
        stat: 'Sum',
        start: '-PT24H',
        setPeriodToTimeRange: true,
      },
      {
        type: 'metric',
        title: expect.stringMatching(/^Token efficiency/) as string,
        view: 'timeSeries',
        period: 900,
        stat: 'Average',
      },
      {
        type: 'metric',
        title: expect.stringMatching(/^Cost trend/) as string,
        view: 'timeSeries',
        period: 3600,
        stat: 'Sum',
        start: '-PT24H',
      },
      {
        type: 'metric',
        title: 'Cost, last 30 days',
        view: 'singleValue',
        period: 3600,
        start: '-P30D',
      },
      {
        type: 'metric',
        title: expect.stringMatching(/^Cost per invocation/) as string,
        view: 'timeSeries',
        period: 300,
        stat: 'Sum',
      },
    ]);
    expect(body.periodOverride).toBe('inherit');
    expect(names(stack)).toEqual(['OPX-Token-Analytics']);
    expect(templateOf(stack)).toMatchSnapshot();
  });

  test('reads totals from the metrics without dimensions', () => {
    const [usage, , efficiency, trend, budget, perInvocation] = dashboard().body.widgets.map(
      widget => widget.properties.metrics,
    );

    expect(usage.slice(0, 2).map(entry => [...fieldsOf(entry), optionsOf(entry).label])).toEqual([
      ['OPX/Analytics', 'InputTokens', 'Total input'],
      ['OPX/Analytics', 'OutputTokens', 'Total output'],
    ]);
    expect(fieldsOf(efficiency[0])).toEqual(['OPX/Analytics', 'TokenEfficiency']);
    expect(trend.map(fieldsOf)).toEqual([['OPX/Analytics', 'TotalCost']]);
    expect(budget.map(fieldsOf)).toEqual([[], ['OPX/Analytics', 'TotalCost']]);
    expect(optionsOf(budget[1])).toMatchObject({ stat: 'Sum', period: 3600 });
    expect(optionsOf(perInvocation[0]).expression).toBe('totalCost / invocationCount');
    expect(
      perInvocation
        .slice(1)
        .map(entry => [...fieldsOf(entry), optionsOf(entry).stat, optionsOf(entry).visible]),
    ).toEqual([
      ['OPX/Analytics', 'TotalCost', 'Sum', false],
      ['OPX/Analytics', 'InvocationCount', 'Sum', false],
    ]);
  });

  test('asks one query for the agents of each widget unless agents are given, and searches for the rest', () => {
    const { body } = dashboard();
    const query = (name: string) =>
      `SELECT SUM(${name}) FROM SCHEMA("OPX/Analytics", AgentId, Model) ` +
      'GROUP BY AgentId ORDER BY SUM() DESC LIMIT 10';

    expect(
      body.widgets.map(({ properties }) =>
        properties.metrics
          .map(optionsOf)
          .filter(({ expression }) => String(expression).startsWith('SELECT'))
          .map(({ expression, label }) => [expression, label]),
      ),
    ).toEqual([
      [[query('InputTokens'), '${LABEL} input']],
      [[query('TotalCost'), '${LABEL}']],
      [],
      [],
      [],
      [],
    ]);
    expect(searchesOf(body)).toEqual(['{"OPX/Analytics",AgentId,Model} MetricName="TokenEfficiency"']);
  });

  test('shows a widget with a query for at most the two weeks that a query reads', () => {
    const hours = (start: unknown) => Number(/^-PT(\d+)H$/.exec(String(start))?.[1]);
    const starts = dashboard({
      sections: [DashboardSection.gateway(), DashboardSection.reliability()],
    })
      .body.widgets.filter(({ properties }) => JSON.stringify(properties.metrics ?? []).includes('SELECT'))
      .map(({ properties }) => properties.start);

    expect(starts).toEqual([undefined, '-PT24H', undefined]);
    expect(hours(starts[1])).toBeLessThanOrEqual(14 * 24);
  });

  test.each<[string, TokenAnalyticsDashboardProps]>([
    ['agents', { agents }],
    ['agents and models', { agents, models }],
    ['variables', { variables: true }],
  ])('asks no queries given %s', (_what, props) => {
    const { body } = dashboard({
      ...props,
      sections: [DashboardSection.gateway(), DashboardSection.batch(), DashboardSection.reliability()],
    });

    expect(JSON.stringify(body)).not.toContain('SELECT');
  });

  test.each<[string, TokenAnalyticsDashboardProps, number]>([
    ['agents', { agents }, 8],
    ['models', { models }, 1],
    ['everything', { namespace: 'Plain' }, 1],
    ['the longest namespace', { namespace: 'x'.repeat(255) }, 1],
    [
      'fifty agents of the longest names',
      { agents: Array.from({ length: 50 }, (_, i) => `${i}`.padStart(64, 'a')) },
      200,
    ],
  ])('follows the search syntax for %s', (_what, props, count) => {
    const searches = searchesOf(dashboard(props).body);

    expect(searches).toHaveLength(count);
    for (const search of searches) {
      expect(search.length).toBeLessThanOrEqual(1024);
      expect(search).toMatch(
        /^\{(?:[A-Za-z0-9]+|"[A-Za-z0-9/]+"),AgentId,Model\} MetricName="[A-Za-z]+"(?: (?:AgentId|Model)=(?:"[^"]+"|\("[^"]+"(?: OR "[^"]+")*\)))*$/,
      );
    }
  });

  test('rejects names that make a search too long', () => {
    const long = Array.from({ length: 30 }, (_, i) => `${i}`.padStart(64, 'a'));

    expect(() => dashboard({ models: long })).toThrow(
      /^\[Stack\/Dashboard\] `models` must be short enough for a search of 1024 characters.*Give `agents` too/,
    );
  });

  test('names the metrics if agents and models are given, and adds them up by agent', () => {
    const { body } = dashboard({ agents, models });
    const [usage, cost, efficiency] = body.widgets.map(widget => widget.properties.metrics);

    expect(searchesOf(body)).toEqual([]);
    expect(
      cost
        .filter(entry => optionsOf(entry).visible !== false)
        .map(entry => [optionsOf(entry).expression, optionsOf(entry).label]),
    ).toEqual([
      ['SUM([cost_0_0, cost_0_1])', 'triage'],
      ['SUM([cost_1_0, cost_1_1])', 'scribe'],
    ]);
    expect(
      cost
        .filter(entry => optionsOf(entry).visible === false)
        .map(entry => [optionsOf(entry).id, ...fieldsOf(entry)]),
    ).toEqual([
      ['cost_0_0', 'OPX/Analytics', 'TotalCost', 'AgentId', 'triage', 'Model', models[0]],
      ['cost_0_1', 'OPX/Analytics', 'TotalCost', 'AgentId', 'triage', 'Model', models[1]],
      ['cost_1_0', 'OPX/Analytics', 'TotalCost', 'AgentId', 'scribe', 'Model', models[0]],
      ['cost_1_1', 'OPX/Analytics', 'TotalCost', 'AgentId', 'scribe', 'Model', models[1]],
    ]);
    expect(
      usage.filter(entry => optionsOf(entry).visible !== false).map(entry => optionsOf(entry).label),
    ).toEqual([
      'Total input',
      'Total output',
      'triage input',
      'scribe input',
      'triage output',
      'scribe output',
    ]);
    // Expects a line for each pair of agent and model, because averages cannot be added up.
    expect(efficiency.map(entry => optionsOf(entry).label)).toEqual([
      'All invocations',
      ...agents.flatMap(agent => ['nova-lite', 'claude-3-haiku'].map(model => `${agent} ${model}`)),
    ]);
  });

  test('labels the series of a search by agent and by model, and a single one of them by name', () => {
    const labels = (props: TokenAnalyticsDashboardProps) =>
      dashboard(props)
        .body.widgets[2].properties.metrics.slice(1)
        .map(entry => optionsOf(entry).label);

    expect(labels({})).toEqual(["${PROP('Dim.AgentId')} ${PROP('Dim.Model')}"]);
    expect(labels({ agents })).toEqual(["triage ${PROP('Dim.Model')}", "scribe ${PROP('Dim.Model')}"]);
    expect(labels({ models: [models[0]] })).toEqual(["${PROP('Dim.AgentId')} nova-lite"]);
  });

  test.each<[string, TokenAnalyticsDashboardProps]>([
    ['agents', { agents }],
    ['agents and variables', { agents, variables: true }],
    ['agents and models', { agents, models }],
  ])('gives an agent one color in all widgets, and totals a color of no agent, given %s', (_what, props) => {
    const { body } = dashboard({
      ...props,
      sections: [DashboardSection.gateway(), DashboardSection.batch(), DashboardSection.reliability()],
    });
    const colored = body.widgets
      .flatMap(({ properties }) => properties.metrics ?? [])
      .map(optionsOf)
      .filter(({ color }) => color !== undefined);
    const colorsOf = (name: RegExp) => [
      ...new Set(colored.filter(({ label }) => name.test(String(label))).map(({ color }) => color)),
    ];

    expect(colorsOf(/^triage/)).toEqual([AGENT_COLORS[0]]);
    expect(colorsOf(/^scribe/)).toEqual([AGENT_COLORS[1]]);
    const rest = colored.filter(({ label }) => !/^(?:triage|scribe)/.test(String(label)));
    expect(rest.length).toBeGreaterThan(5);
    expect(rest.filter(({ color }) => !(TOTAL_COLORS as readonly unknown[]).includes(color))).toEqual([]);
  });

  test('shows totals before all other series', () => {
    const { body } = dashboard({
      agents,
      models,
      sections: [DashboardSection.gateway(), DashboardSection.batch(), DashboardSection.reliability()],
    });
    const isTotal = (label: unknown) => /^(?:Total|All invocations)/.test(String(label));
    const labels = body.widgets
      .filter(({ properties }) => Array.isArray(properties.metrics))
      .map(({ properties }) =>
        properties.metrics
          .filter(entry => optionsOf(entry).visible !== false)
          .map(entry => optionsOf(entry).label),
      );

    for (const shown of labels) {
      expect(shown).toEqual([...shown.filter(isTotal), ...shown.filter(label => !isTotal(label))]);
    }
    expect(labels.filter(shown => isTotal(shown[0])).length).toBeGreaterThanOrEqual(8);
  });

  test('shows the unit of an axis only at the axis, and US dollars at each axis of money', () => {
    const stack = newStack();
    new TokenAnalyticsDashboard(stack, 'Dashboard', {
      sections: [
        DashboardSection.gateway(),
        DashboardSection.batch(),
        DashboardSection.reliability(),
        DashboardSection.quota(),
      ],
    });
    const graphs = dashboardBodies(stack)[0].widgets.filter(({ properties }) => 'yAxis' in properties);
    const axisOf = ({ properties }: (typeof graphs)[number]) =>
      (properties.yAxis as { left: { label?: string } }).left.label;

    expect(graphs.length).toBeGreaterThan(15);
    for (const graph of graphs) {
      const texts = [
        graph.properties.title,
        ...graph.properties.metrics
          .filter(entry => optionsOf(entry).visible !== false)
          .map(entry => String(optionsOf(entry).label ?? '')),
      ];
      expect(texts.filter(text => /\b(?:USD|ms)\b|%/.test(text))).toEqual([]);
    }
    const money = graphs.filter(graph => /cost/i.test(graph.properties.title));
    expect(money.map(axisOf)).toEqual(['USD', 'USD', 'USD', 'USD']);
  });

  test.each([
    [12, 75],
    [8, 48],
  ])('has titles that fit into widgets with a width of %i', (columns, characters) => {
    const stacks = [false, true].map(hasLogGroups => {
      const stack = newStack();
      const logGroups = hasLogGroups ? [logs.LogGroup.fromLogGroupName(stack, 'Log', 'a')] : [];
      new TokenAnalyticsDashboard(stack, 'Dashboard', {
        dailyBudget: 1,
        monthlyBudget: 1,
        sections: [
          DashboardSection.gateway(),
          DashboardSection.batch(),
          DashboardSection.reliability({ logGroups }),
          DashboardSection.quota(),
        ],
      });
      return stack;
    });
    const titles = stacks
      .flatMap(each => dashboardBodies(each))
      .flatMap(({ widgets }) => widgets as readonly (Body['widgets'][number] & { width: number })[])
      .filter(({ width }) => width === columns)
      .map(({ properties: { title } }) => title);

    expect(titles.length).toBeGreaterThan(5);
    expect(titles.filter(title => title.length > characters)).toEqual([]);
  });

  test('uses no sums for one model', () => {
    const [usage] = dashboard({ agents, models: [models[0]] }).body.widgets.map(
      widget => widget.properties.metrics,
    );

    expect(usage.slice(2).map(entry => fieldsOf(entry).slice(1))).toEqual(
      ['InputTokens', 'OutputTokens'].flatMap(name =>
        agents.map(agent => [name, 'AgentId', agent, 'Model', models[0]]),
      ),
    );
  });

  test('shows no gauges of a disabled budget alert function and rejects one of another namespace', () => {
    const stack = newStack();
    new TokenAnalyticsDashboard(stack, 'A', {
      budgetAlert: new BudgetAlertLambda(stack, 'Off', { namespace: 'Other' }),
    });

    expect(JSON.stringify(dashboardBodies(stack))).not.toContain('ToDateCost');
    const other = new BudgetAlertLambda(stack, 'On', { enabled: true, namespace: 'Other' });
    expect(() => new TokenAnalyticsDashboard(stack, 'B', { budgetAlert: other })).toThrow(
      /^\[Stack\/B\] `budgetAlert` must be in the namespace of the dashboard \(OPX\/Analytics\), got: Other/,
    );
  });

  test('adds widgets after the six core widgets', () => {
    const stack = newStack();
    const text = (markdown: string) => new cloudwatch.TextWidget({ markdown });
    new TokenAnalyticsDashboard(stack, 'Dashboard', {
      additionalWidgets: [[text('a'), text('b')]],
    }).addWidgets(text('c'));

    expect(
      dashboardBodies(stack)[0]
        .widgets.slice(6)
        .map(widget => (widget.properties as unknown as { markdown: string }).markdown),
    ).toEqual(['a', 'b', 'c']);
  });

  test('draws the hourly share of a budget only on the cost trend', () => {
    const { widgets } = dashboard({ dailyBudget: 12, monthlyBudget: 73 }).body;

    expect(
      widgets
        .map(({ properties }) => properties.annotations)
        .map((annotations, index) => annotations && index)
        .filter(index => index !== undefined),
    ).toEqual([3]);
    expect(widgets[3].properties.annotations).toEqual({
      horizontal: [
        { value: 0.5, label: 'Daily budget of 12 USD ÷ 24 hours', yAxis: 'left' },
        { value: 0.1, label: 'Monthly budget of 73 USD ÷ 730 hours', yAxis: 'left' },
      ],
    });
  });

  test('shows alarms, then sections, then other widgets after the six core widgets', () => {
    const stack = newStack();
    const arns = ['a', 'b'].map(name => `arn:aws:cloudwatch:us-east-1:123456789012:alarm:${name}`);
    const alarms = arns.map((arn, index) => cloudwatch.Alarm.fromAlarmArn(stack, `Alarm${index}`, arn));
    const additionalWidgets = [[new cloudwatch.TextWidget({ markdown: 'mine' })]];
    new TokenAnalyticsDashboard(stack, 'Dashboard', {
      alarms,
      sections: [DashboardSection.batch()],
      additionalWidgets,
    });

    const widgets = dashboardBodies(stack)[0].widgets.slice(6);

    expect(widgets.map(({ type }) => type)).toEqual(['alarm', 'text', 'metric', 'metric', 'metric', 'text']);
    expect(widgets[0]).toMatchObject({ x: 0, width: 24, properties: { title: 'Alarms', alarms: arns } });
  });

  test('shows one row for each 100 alarms and no row without alarms', () => {
    const stack = newStack();
    const alarms = Array.from({ length: 101 }, (_, i) =>
      cloudwatch.Alarm.fromAlarmName(stack, `A${i}`, `a${i}`),
    );

    expect(dashboard({ alarms: [], sections: [] }).body).toEqual(dashboard().body);
    new TokenAnalyticsDashboard(stack, 'D', { alarms });
    const rows = dashboardBodies(stack)[0].widgets.filter(({ type }) => type === 'alarm');
    expect(rows.map(({ properties }) => (properties.alarms as string[]).length)).toEqual([100, 1]);
  });

  test('rejects more widgets than CloudWatch allows on a dashboard', () => {
    const stack = newStack();
    const text = () => new cloudwatch.TextWidget({ markdown: 'a' });
    const shown = new TokenAnalyticsDashboard(stack, 'Dashboard', {
      additionalWidgets: Array.from({ length: 493 }, () => [text()]),
    });

    shown.addWidgets(text());
    expect(() => shown.addWidgets(text())).toThrow(
      /^\[Stack\/Dashboard\] `additionalWidgets` must be few enough for at most 500 widgets on the dashboard, got: 501/,
    );
  });

  describe('with variables', () => {
    /**
     * Returns the SEARCH expressions of a dashboard with the given values of variables. Other variables have
     * their default value.
     */
    const chosen = (body: Body, values: Readonly<Record<string, string>>) =>
      searchesOf(
        (body.variables ?? []).reduce<Body>(
          (left, { id, pattern, defaultValue }) => ({
            ...left,
            widgets: JSON.parse(
              JSON.stringify(left.widgets).replace(new RegExp(pattern, 'g'), values[id] ?? defaultValue),
            ) as Body['widgets'],
          }),
          body,
        ),
      );

    test('adds no variables by default', () => {
      expect(dashboard().body.variables).toBeUndefined();
      expect(JSON.stringify(dashboard({ agents, models }).body)).not.toContain('__');
    });

    test('lists the given agents and models in the variables, after an entry for all', () => {
      expect(dashboard({ variables: true, agents, models }).body.variables).toEqual([
        {
          type: 'pattern',
          pattern: '__AGENT__',
          inputType: 'select',
          id: 'agent',
          label: 'Agent',
          defaultValue: 'AgentId',
          values: [
            { label: 'All agents', value: 'AgentId' },
            ...agents.map(value => ({ label: value, value })),
          ],
        },
        {
          type: 'pattern',
          pattern: '__MODEL__',
          inputType: 'select',
          id: 'model',
          label: 'Model',
          defaultValue: 'Model',
          values: [
            { label: 'All models', value: 'Model' },
            ...models.map(value => ({ label: value, value })),
          ],
        },
      ]);
    });

    test('lets the reader type names if none are given, within the limits of a dashboard body', () => {
      const variables = dashboard({ variables: true }).body.variables ?? [];

      expect(
        variables.map(({ inputType, values, defaultValue }) => ({ inputType, values, defaultValue })),
      ).toEqual([
        { inputType: 'input', defaultValue: 'AgentId' },
        { inputType: 'input', defaultValue: 'Model' },
      ]);
      for (const { id, label } of variables) {
        expect(id).toMatch(/^[0-9A-Za-z_-]{1,32}$/);
        expect(label.length).toBeLessThanOrEqual(30);
      }
    });

    test.each<[string, TokenAnalyticsDashboardProps]>([
      ['nothing', {}],
      ['agents', { agents }],
      ['models', { models }],
      ['both', { agents, models }],
    ])('finds every series of a pair by a search that follows the choice, given %s', (_what, props) => {
      const { body } = dashboard({
        ...props,
        variables: true,
        sections: [DashboardSection.gateway(), DashboardSection.batch(), DashboardSection.reliability()],
      });
      const named = body.widgets
        .flatMap(({ properties }) => properties.metrics ?? [])
        .map(fieldsOf)
        .filter(fields => fields.length > 2);

      expect(named).toEqual([]);
      const all = chosen(body, {});
      expect(all.length).toBeGreaterThan(10);
      expect(all.filter(search => !/ "AgentId" "Model"$/.test(search))).toEqual([]);
      expect(chosen(body, { agent: 'scribe' }).filter(search => !/ "scribe" "Model"$/.test(search))).toEqual(
        [],
      );
      // The variables must not replace the dimension names `AgentId,Model` at the start of a search.
      expect(
        chosen(body, { agent: 'scribe', model: models[0] }).filter(
          search => !search.startsWith('{"OPX/Analytics",AgentId,Model} '),
        ),
      ).toEqual([]);
    });

    test('applies the choice to totals, except for the budget widget', () => {
      const [, , , trend, budget, perInvocation] = dashboard({ variables: true }).body.widgets.map(
        widget => widget.properties.metrics,
      );
      const sum = (name: string) =>
        `SUM(SEARCH('{"OPX/Analytics",AgentId,Model} MetricName="${name}" "__AGENT__" "__MODEL__"', 'Sum'))`;

      expect(trend.map(entry => optionsOf(entry).expression)).toEqual([sum('TotalCost')]);
      expect(budget.map(fieldsOf)).toEqual([[], ['OPX/Analytics', 'TotalCost']]);
      expect(perInvocation.map(entry => optionsOf(entry).expression)).toEqual([
        'totalCost / (invocationCount)',
        sum('TotalCost'),
        sum('InvocationCount'),
      ]);
    });

    test('rejects names that a variable cannot insert into a search, and too many agents', () => {
      expect(() => dashboard({ variables: true, agents: ['a(b)'] })).toThrow(
        /^\[Stack\/Dashboard\] `agents` must be without brackets if `variables` is set, got: a\(b\)/,
      );
      expect(() =>
        dashboard({ variables: true, models, agents: Array.from({ length: 51 }, (_, i) => `a${i}`) }),
      ).toThrow(/`agents` must be at most 50 with `variables`/);
      expect(() =>
        dashboard({ variables: true, models, agents: Array.from({ length: 50 }, (_, i) => `a${i}`) }),
      ).not.toThrow();
    });

    test('rejects a second pair of variables on the same dashboard', () => {
      const stack = newStack();
      const existingDashboard = new cloudwatch.Dashboard(stack, 'Mine');
      new TokenAnalyticsDashboard(stack, 'A', { existingDashboard, variables: true });

      expect(() => new TokenAnalyticsDashboard(stack, 'B', { existingDashboard, variables: true })).toThrow(
        /^\[Stack\/B\] `variables` must be omitted: \[Stack\/A\]/,
      );
      expect(() => new TokenAnalyticsDashboard(stack, 'C', { existingDashboard })).not.toThrow();
    });
  });

  test('escapes brackets in searches', () => {
    expect(searchesOf(dashboard({ agents: ['a(b)'] }).body)[0]).toBe(
      '{"OPX/Analytics",AgentId,Model} MetricName="InputTokens" AgentId="a\\(b\\)"',
    );
  });

  test('adds the six core widgets to an existing dashboard, which keeps its name', () => {
    const stack = newStack();
    const existingDashboard = new cloudwatch.Dashboard(stack, 'Mine');
    new TokenAnalyticsDashboard(stack, 'Dashboard', { existingDashboard });

    expect(dashboardBodies(stack).map(body => body.widgets.length)).toEqual([6]);
    expect(
      () => new TokenAnalyticsDashboard(stack, 'Other', { existingDashboard, dashboardName: 'x' }),
    ).toThrow(/`dashboardName` must be omitted/);
  });

  test.each([
    ['OPX/Analytics', 'OPX-Token-Analytics'],
    ['OPX/Analytics/dev', 'OPX-dev-Token-Analytics'],
    ['OPX/analytics', 'OPX-analytics-Token-Analytics'],
    ['Analytics', 'Token-Analytics'],
    ['Shop', 'Shop-Token-Analytics'],
    ['My Team#1/x', 'My-Team-1-x-Token-Analytics'],
    ['/x', 'x-Token-Analytics'],
    ['#', 'Token-Analytics'],
  ])('names the dashboard of the namespace %s %s by default', (namespace, name) => {
    expect(names(dashboard({ namespace }).stack)).toEqual([name]);
  });

  test('names the dashboard by the parts of the namespace that are known at synth', () => {
    const stack = newStack();
    const stage = new CfnParameter(stack, 'Stage').valueAsString;
    new TokenAnalyticsDashboard(stack, 'Dashboard', { namespace: `Acme/${stage}` });

    expect(names(stack)).toEqual(['Acme-Token-Analytics']);
  });

  test('rejects a second dashboard with the same explicit name and names both', () => {
    const stack = newStack();
    new TokenAnalyticsDashboard(stack, 'A', { dashboardName: 'tokens' });

    expect(() => new TokenAnalyticsDashboard(stack, 'B', { dashboardName: 'tokens' })).toThrow(
      /^\[Stack\/B\] `dashboardName` must be .*\[Stack\/A\].*got: tokens/,
    );
  });

  test.each([[['A', 'B']], [['B', 'A']]])(
    'rejects two dashboards of one default name in two regions, and names both (stacks %s)',
    ids => {
      const app = new App();
      const regions: Record<string, string> = { A: 'us-east-1', B: 'eu-central-1' };
      const create = (id: string) =>
        new TokenAnalyticsDashboard(
          new Stack(app, id, { env: { account: '111111111111', region: regions[id] } }),
          'Dashboard',
          { namespace: id === 'A' ? 'Shop/Analytics' : 'Shop' },
        );

      expect(() => ids.forEach(create)).toThrow(
        /^\[B\/Dashboard\] `dashboardName` must be unique in the account: \[A\/Dashboard\] has the same name, got: Shop-Token-Analytics\. Give one of the two another `dashboardName`, or another `namespace`/,
      );
    },
  );

  test('gives a dashboard the same name with or without another stack before it', () => {
    const nameIn = (stages: readonly string[]) => {
      const app = new App();
      const stacks = stages.map(stage => {
        const stack = new Stack(app, stage, { env: { account: '111111111111', region: 'us-east-1' } });
        new TokenAnalyticsDashboard(stack, 'D', {
          namespace: stage === 'prod' ? 'OPX/Analytics' : `OPX/Analytics/${stage}`,
        });
        return stack;
      });
      return names(stacks[stacks.length - 1]);
    };

    expect(nameIn(['dev', 'prod'])).toEqual(nameIn(['prod']));
  });

  test('shortens the default name of a long namespace, and keeps the names of two namespaces different', () => {
    const namesOf = ['x'.repeat(239), 'x'.repeat(240), 'x'.repeat(241)].map(
      namespace => names(dashboard({ namespace }).stack)[0],
    );

    expect(namesOf.map(name => String(name).length)).toEqual([255, 255, 255]);
    expect(namesOf[0]).toBe(`${'x'.repeat(239)}-Token-Analytics`);
    expect(namesOf[1]).toMatch(/^x{230}-[0-9a-f]{8}-Token-Analytics$/);
    expect(new Set(namesOf).size).toBe(3);
  });

  test('allows the same name in two accounts and in two stages of unknown accounts', () => {
    const app = new App();
    const create = (scope: App | Stage, id: string, account?: string) =>
      new TokenAnalyticsDashboard(new Stack(scope, id, { env: { account } }), 'D', {
        dashboardName: 'tokens',
      });
    create(app, 'One', '111111111111');

    expect(() => create(app, 'Two', '222222222222')).not.toThrow();
    expect(() => create(app, 'Again', '222222222222')).toThrow(/unique in the account/);
    create(new Stage(app, 'Dev'), 'S');
    expect(() => create(new Stage(app, 'Prod'), 'S')).not.toThrow();
  });

  test.each<[string, TokenAnalyticsDashboardProps]>([
    ['namespace', { namespace: '' }],
    ['namespace', { namespace: 'x'.repeat(256) }],
    ['namespace', { namespace: 'AWS/Lambda' }],
    ['dailyBudget', { dailyBudget: 0 }],
    ['dailyBudget', { dailyBudget: Infinity }],
    ['monthlyBudget', { monthlyBudget: NaN }],
    ['dashboardName', { dashboardName: 'a b' }],
    ['agents', { agents: [] }],
    ['agents', { agents: ['a', 'a'] }],
    ['agents[1]', { agents: ['a', 'b"'] }],
    ['agents[0]', { agents: ['x'.repeat(65)] }],
    ['models', { models: [] }],
    ['models[0]', { models: ['x'.repeat(256)] }],
    [
      'agents',
      {
        agents: Array.from({ length: 50 }, (_, i) => `a${i}`),
        models: Array.from({ length: 5 }, (_, i) => `m${i}`),
      },
    ],
    ['agents', { agents: Array.from({ length: 51 }, (_, i) => `a${i}`) }],
  ])('rejects an invalid %s', (prop, props) => {
    expect(() => dashboard(props)).toThrow(`[Stack/Dashboard] \`${prop}\` must be `);
  });

  test('accepts tokens', () => {
    const stack = newStack();
    const namespace = new CfnParameter(stack, 'Namespace').valueAsString;
    const dailyBudget = new CfnParameter(stack, 'Budget', { type: 'Number' }).valueAsNumber;
    new TokenAnalyticsDashboard(stack, 'Dashboard', { namespace, dailyBudget });

    const [body] = dashboardBodies(stack);

    expect(names(stack)).toEqual(['Token-Analytics']);
    expect(searchesOf(body)[0]).toBe('{"<Namespace>",AgentId,Model} MetricName="TokenEfficiency"');
    expect(optionsOf(body.widgets[1].properties.metrics[0]).expression).toContain(
      'FROM SCHEMA("<Namespace>", AgentId, Model)',
    );
  });
});
