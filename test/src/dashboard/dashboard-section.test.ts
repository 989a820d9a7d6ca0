import { App, Stack } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Invocation } from '../../../lambda/invocation/invocation';
import { UsageLog } from '../../../lambda/tracker/usage-log';
import { MetricStore } from '../../../local/emulators/cloudwatch/metrics/metric-store';
import { evaluateWidget } from '../../../local/emulators/cloudwatch/widget';
import { DashboardSection, TokenAnalyticsDashboard, type TokenAnalyticsDashboardProps } from '../../../src';
import { DIMENSIONS, METRICS } from '../../../src/contract';
import { stdoutOf } from '../../support/stdout';
import { type Body, dashboardBodies, fieldsOf, newStack, optionsOf, type Widget } from '../support';

const agents = ['triage', 'scribe'];
const models = ['amazon.nova-lite-v1:0', 'anthropic.claude-3-haiku-20240307-v1:0'];
const LABELS = ['nova-lite', 'claude-3-haiku'];
const profiles = ['us.amazon.nova-lite-v1:0', 'eu.amazon.nova-lite-v1:0'];
const PAIR_SCHEMA = '{"OPX/Analytics",AgentId,Model}';
const CORE_WIDGETS = 6;
const LOG_GROUP = '/aws/lambda/triage';

function logGroupOf(stack: Stack): logs.ILogGroup {
  return (
    (stack.node.tryFindChild('Log') as logs.ILogGroup | undefined) ??
    logs.LogGroup.fromLogGroupName(stack, 'Log', LOG_GROUP)
  );
}

/** Returns the widgets that a section adds to a dashboard, without the six that every dashboard has. */
function section(make: (stack: Stack) => DashboardSection, props?: TokenAnalyticsDashboardProps): Widget[] {
  const stack = newStack();
  new TokenAnalyticsDashboard(stack, 'Dashboard', { ...props, sections: [make(stack)] });
  return dashboardBodies(stack)[0].widgets.slice(CORE_WIDGETS);
}

const titlesOf = (widgets: readonly Widget[]) => widgets.slice(1).map(({ properties }) => properties.title);
const markdownOf = ({ properties }: Widget) => String(properties.markdown);
const shown = (widget: Widget) =>
  widget.properties.metrics.filter(entry => optionsOf(entry).visible !== false);
const hidden = (widget: Widget) =>
  widget.properties.metrics.filter(entry => optionsOf(entry).visible === false);
const expressionsOf = (widget: Widget) => shown(widget).map(entry => optionsOf(entry).expression);
const labelsOf = (widget: Widget) => shown(widget).map(entry => optionsOf(entry).label);

const EVERY: Readonly<Record<string, (stack: Stack) => DashboardSection>> = {
  gateway: () => DashboardSection.gateway(),
  batch: () => DashboardSection.batch(),
  reliability: stack => DashboardSection.reliability({ logGroups: [logGroupOf(stack)] }),
  quota: () => DashboardSection.quota(),
  incidents: stack => DashboardSection.incidents({ logGroups: [logGroupOf(stack)] }),
};
const SHOWN: readonly TokenAnalyticsDashboardProps[] = [
  {},
  { agents },
  { models },
  { agents, models },
  { variables: true },
  { agents, models, variables: true },
];

describe.each(Object.entries(EVERY))('every section: %s', (_name, make) => {
  test.each(SHOWN.map(props => [Object.keys(props).join(' and ') || 'nothing', props] as const))(
    'names metrics of the contract with two dimensions or none, in full rows under a one-line heading, given %s',
    (_what, props) => {
      const [heading, ...widgets] = section(make, props) as (Widget & {
        readonly x: number;
        readonly y: number;
        readonly width: number;
        readonly height: number;
      })[];
      const names: readonly string[] = Object.values(METRICS).map(({ name }) => name);

      expect(heading).toMatchObject({ type: 'text', x: 0, width: 24, height: 1 });
      expect(markdownOf(heading)).toMatch(/^### [^\n]+$/);
      for (const row of [...new Set(widgets.map(({ y }) => y))].map(y =>
        widgets.filter(widget => widget.y === y),
      )) {
        expect(row.map(({ width }) => width)).toEqual(row.map(() => 24 / row.length));
        expect(row.map(({ height }) => height)).toEqual(row.map(() => 6));
      }
      for (const entry of widgets.flatMap(({ properties }) => properties.metrics ?? [])) {
        const [namespace, name, ...dimensions] = fieldsOf(entry);
        const expression = String(optionsOf(entry).expression ?? '');
        if (namespace === 'OPX/Analytics') {
          expect(names).toContain(name);
          expect([[], Object.values(DIMENSIONS)]).toContainEqual(
            dimensions.filter((_, index) => index % 2 === 0),
          );
        } else if (namespace === undefined) {
          for (const [, schema, metric] of expression.matchAll(/SEARCH\('(\{[^}]*\}) MetricName="(\w+)"/g)) {
            if (!schema.includes('AWS/')) {
              expect([schema, names.includes(metric)]).toEqual([PAIR_SCHEMA, true]);
            }
          }
        } else {
          expect(['AWS/Logs LogGroupName', 'AWS/Bedrock ModelId']).toContain(`${namespace} ${dimensions[0]}`);
        }
      }
    },
  );

  test('does not change the six core widgets', () => {
    const bodies = [undefined, [make]].map(made => {
      const stack = newStack();
      new TokenAnalyticsDashboard(stack, 'Dashboard', {
        agents,
        models,
        sections: made?.map(each => each(stack)),
      });
      return dashboardBodies(stack)[0];
    });

    expect(bodies[1].widgets.slice(0, CORE_WIDGETS)).toEqual(bodies[0].widgets);
    expect({ ...bodies[1], widgets: [] }).toEqual({ ...bodies[0], widgets: [] });
  });
});

describe('DashboardSection.gateway', () => {
  test('shows usage by model, cache hit rate, latency and usage over time in the gateway section', () => {
    const widgets = section(EVERY.gateway);
    const [heading, usage, hits, latency, overTime] = widgets;

    expect(titlesOf(widgets)).toEqual([
      'Token usage by model, per 5 minutes',
      'Cache hit rate of the application, last 24 hours',
      'Response latency per 5 minutes: average, p90 and p99',
      'Token usage over time, per 5 minutes',
    ]);
    expect(markdownOf(heading)).toContain('detail level `standard`');
    expect(
      [usage, hits, latency, overTime].map(
        ({ properties: { view, stacked, start, setPeriodToTimeRange } }) => ({
          view,
          stacked,
          start,
          setPeriodToTimeRange,
        }),
      ),
    ).toEqual([
      { view: 'timeSeries' },
      { view: 'pie', start: '-PT24H', setPeriodToTimeRange: true },
      { view: 'timeSeries' },
      { view: 'timeSeries', stacked: true },
    ]);
    expect(
      hits.properties.metrics.map(entry => [
        ...fieldsOf(entry),
        optionsOf(entry).label,
        optionsOf(entry).stat,
      ]),
    ).toEqual([
      ['OPX/Analytics', 'CachedResponses', 'From the cache', 'Sum'],
      ['OPX/Analytics', 'InvocationCount', 'From a model', 'Sum'],
    ]);
    expect(overTime.properties.metrics.map(entry => fieldsOf(entry)[1])).toEqual([
      'InputTokens',
      'OutputTokens',
    ]);
  });

  test('searches for the series of each pair if no names are given, with the statistic of each line', () => {
    const [, usage, , latency] = section(EVERY.gateway);

    expect(labelsOf(usage).slice(0, 3)).toEqual(['Total input', 'Total output', 'Total input + output']);
    expect(expressionsOf(usage).slice(3)).toEqual(
      ['InputTokens', 'OutputTokens', 'TotalTokens'].map(
        name => `SEARCH('${PAIR_SCHEMA} MetricName="${name}"', 'Sum')`,
      ),
    );
    expect(labelsOf(usage).slice(3)).toEqual(
      ['input', 'output', 'input + output'].map(
        kind => `\${PROP('Dim.Model')} \${PROP('Dim.AgentId')} ${kind}`,
      ),
    );
    expect(expressionsOf(latency).filter(expression => expression !== undefined)).toEqual(
      ['Average', 'p90', 'p99'].map(
        statistic => `SEARCH('${PAIR_SCHEMA} MetricName="ResponseLatency"', '${statistic}')`,
      ),
    );
    expect(latency.properties.stat).toBe('Average');
    expect(
      shown(latency)
        .filter(entry => fieldsOf(entry).length > 0)
        .map(entry => [optionsOf(entry).label, optionsOf(entry).stat]),
    ).toEqual([
      ['All invocations average', undefined],
      ['All invocations p90', 'p90'],
      ['All invocations p99', 'p99'],
    ]);
  });

  test('adds up the agents of each model, by search with models only and by named metrics with both', () => {
    const [, found] = section(EVERY.gateway, { models });
    const [, named, , latency] = section(EVERY.gateway, { agents, models });

    expect(expressionsOf(found).slice(3, 5)).toEqual(
      models.map(model => `SUM(SEARCH('${PAIR_SCHEMA} MetricName="InputTokens" Model="${model}"', 'Sum'))`),
    );
    expect(labelsOf(named).slice(3, 5)).toEqual(LABELS.map(model => `${model} input`));
    expect(expressionsOf(named).slice(3, 5)).toEqual(['SUM([in_0_0, in_0_1])', 'SUM([in_1_0, in_1_1])']);
    expect(
      hidden(named)
        .slice(0, 2)
        .map(entry => [optionsOf(entry).id, ...fieldsOf(entry)]),
    ).toEqual([
      ['in_0_0', 'OPX/Analytics', 'InputTokens', 'AgentId', 'triage', 'Model', models[0]],
      ['in_0_1', 'OPX/Analytics', 'InputTokens', 'AgentId', 'scribe', 'Model', models[0]],
    ]);
    // Expects a p99 line for each pair of agent and model, because percentiles cannot be added up.
    expect(
      latency.properties.metrics
        .filter(entry => optionsOf(entry).stat === 'p99')
        .map(entry => fieldsOf(entry).slice(2)),
    ).toEqual([[], ...agents.flatMap(agent => models.map(model => ['AgentId', agent, 'Model', model]))]);
  });
});

describe('DashboardSection.batch', () => {
  test('shows tokens per item, cost per item, and latency beside tokens per invocation in the batch section', () => {
    const widgets = section(EVERY.batch);
    const [heading, , , latency] = widgets;

    expect(titlesOf(widgets)).toEqual([
      'Tokens per item, average per 15 minutes',
      'Cost per item (estimate), per 15 minutes',
      'Latency and tokens per invocation, averages',
    ]);
    expect(markdownOf(heading)).toContain('detail level `standard`');
    expect(latency.properties.stat).toBe('Average');
    expect(
      latency.properties.metrics.map(entry => [
        fieldsOf(entry)[1],
        optionsOf(entry).stat,
        optionsOf(entry).yAxis,
      ]),
    ).toEqual([
      ['ResponseLatency', undefined, undefined],
      ['TotalTokens', undefined, 'right'],
    ]);
  });

  test('estimates the cost per item from metrics of detail level core, for all invocations or each named pair', () => {
    const [, , all] = section(EVERY.batch);
    const [, items, each] = section(EVERY.batch, { agents, models: [models[0]] });

    expect(expressionsOf(all)).toEqual(['IF(cost > 0, cost / ((input + output) / item))']);
    expect(hidden(all).map(entry => [optionsOf(entry).id, fieldsOf(entry)[1]])).toEqual([
      ['cost', 'TotalCost'],
      ['input', 'InputTokens'],
      ['output', 'OutputTokens'],
      ['item', 'TokensPerItem'],
    ]);
    expect(hidden(all).map(entry => optionsOf(entry).stat ?? all.properties.stat)).toEqual([
      'Sum',
      'Sum',
      'Sum',
      undefined,
    ]);
    expect(
      Object.values(METRICS)
        .filter(({ name }) => hidden(all).some(entry => fieldsOf(entry)[1] === name))
        .map(({ level }) => level),
    ).toEqual(['core', 'core', 'core', 'core']);
    expect(expressionsOf(each)).toEqual([
      'IF(cost_0 > 0, cost_0 / ((input_0 + output_0) / item_0))',
      'IF(cost_1 > 0, cost_1 / ((input_1 + output_1) / item_1))',
    ]);
    expect(labelsOf(each)).toEqual(agents.map(agent => `${agent} ${LABELS[0]}`));
    expect(labelsOf(items)).toEqual(['All invocations', ...agents.map(agent => `${agent} ${LABELS[0]}`)]);
  });
});

describe('DashboardSection.reliability', () => {
  test('lets CloudWatch choose the maximum of the error rate, so that a few per cent can be seen', () => {
    const [, , rate] = section(EVERY.reliability);

    expect(rate.properties).toMatchObject({
      title: 'Error rate, per 5 minutes',
      yAxis: { left: { label: '% of invocations', showUnits: false, min: 0 } },
    });
    expect(JSON.stringify(rate.properties.yAxis)).not.toContain('max');
  });

  test('shows failed and unpriced invocations and traces that were not stored in the reliability section', () => {
    const widgets = section(() => DashboardSection.reliability());
    const [, errors, rate, unpriced, traces, breaker] = widgets;

    expect(titlesOf(widgets)).toEqual([
      'Failed invocations by agent, per 5 minutes',
      'Error rate, per 5 minutes',
      'Unpriced invocations by model, per 5 minutes',
      'Traces spilled and dropped, per 5 minutes',
      'Circuit breaker opened, per 5 minutes',
    ]);
    expect(expressionsOf(errors)).toEqual([
      undefined,
      'SELECT SUM(InvocationErrors) FROM SCHEMA("OPX/Analytics", AgentId, Model) ' +
        'GROUP BY AgentId ORDER BY SUM() DESC LIMIT 10',
    ]);
    expect([errors, unpriced].map(widget => fieldsOf(shown(widget)[0]))).toEqual([
      ['OPX/Analytics', 'InvocationErrors'],
      ['OPX/Analytics', 'UnpricedInvocations'],
    ]);
    expect(expressionsOf(rate)).toEqual(['100 * invocationErrors / (invocationErrors + invocationCount)']);
    expect(expressionsOf(unpriced)).toEqual([
      undefined,
      `SEARCH('${PAIR_SCHEMA} MetricName="UnpricedInvocations"', 'Sum')`,
    ]);
    expect([traces, breaker].map(({ properties }) => properties.metrics.map(fieldsOf))).toEqual([
      [
        ['OPX/Analytics', 'TracesSpilled'],
        ['OPX/Analytics', 'TracesDropped'],
      ],
      [['OPX/Analytics', 'BreakerOpened']],
    ]);
  });

  test('shows the unread metric lines of each given log group', () => {
    const widgets = section(EVERY.reliability);

    expect(widgets).toHaveLength(7);
    expect(widgets[6].properties.metrics.map(entry => [...fieldsOf(entry), optionsOf(entry).stat])).toEqual(
      ['EMFParsingErrors', 'EMFValidationErrors', 'EMFDisabledErrors'].map(name => [
        'AWS/Logs',
        name,
        'LogGroupName',
        LOG_GROUP,
        'Sum',
      ]),
    );
  });

  test('adds up failures by agent and by model, and shows the error rate of all invocations and of each named pair', () => {
    const [, errors, rate, unpriced] = section(EVERY.reliability, { agents, models });

    expect(labelsOf(errors)).toEqual(['Total', ...agents]);
    expect(labelsOf(unpriced)).toEqual(['Total', ...LABELS]);
    expect(labelsOf(rate)).toEqual([
      'All invocations',
      ...agents.flatMap(agent => LABELS.map(model => `${agent} ${model}`)),
    ]);
  });
});

describe('DashboardSection.quota', () => {
  test("searches for Bedrock's own metrics and shows our totals beside them", () => {
    const widgets = section(EVERY.quota);
    const [, calls, input, share, quota, firstToken, throttles] = widgets;
    const found = (names: string, statistic: string) =>
      `SEARCH('{"AWS/Bedrock",ModelId} MetricName=${names}', '${statistic}')`;

    expect(titlesOf(widgets)).toEqual([
      'Answered invocations, per 5 minutes',
      'Input tokens with prompt cache, per 5 minutes',
      'Recorded share of input tokens, per hour',
      'Estimated quota use, per minute',
      'Time to first token, p90 per 5 minutes',
      'Throttled invocations, per 5 minutes',
    ]);
    expect(expressionsOf(calls)).toEqual([`SUM(${found('"Invocations"', 'Sum')})`, undefined]);
    expect(expressionsOf(input)).toEqual([
      `SUM(${found('("InputTokenCount" OR "CacheReadInputTokens" OR "CacheWriteInputTokens")', 'Sum')})`,
      undefined,
    ]);
    expect(expressionsOf(share)).toEqual(['100 * recorded / account']);
    expect(hidden(share).map(entry => [optionsOf(entry).id, fieldsOf(entry)[1]])).toEqual([
      ['recorded', 'InputTokens'],
      ['account', undefined],
    ]);
    expect(optionsOf(hidden(share)[1]).expression).toBe(expressionsOf(input)[0]);
    expect([calls, input].map(widget => fieldsOf(shown(widget)[1]))).toEqual([
      ['OPX/Analytics', 'InvocationCount'],
      ['OPX/Analytics', 'InputTokens'],
    ]);
    expect([quota, firstToken, throttles].flatMap(expressionsOf)).toEqual([
      found('"EstimatedTPMQuotaUsage"', 'Sum'),
      found('"TimeToFirstToken"', 'p90'),
      found('"InvocationThrottles"', 'Sum'),
    ]);
    expect(quota.properties.period).toBe(60);
  });

  test('names the given model ids in the quota section, including profiles, whatever models the dashboard shows', () => {
    const [, calls, input, share, quota, firstToken] = section(
      () => DashboardSection.quota({ models: profiles }),
      { agents, models },
    );

    expect(expressionsOf(calls)).toEqual(['SUM([calls_0, calls_1])', undefined]);
    expect(hidden(calls).map(fieldsOf)).toEqual(
      profiles.map(id => ['AWS/Bedrock', 'Invocations', 'ModelId', id]),
    );
    expect(hidden(input)).toHaveLength(6);
    expect(hidden(share).flatMap(entry => optionsOf(entry).expression ?? [])).toEqual([
      'SUM([in_0, in_1, in_2, in_3, in_4, in_5])',
    ]);
    expect(quota.properties.metrics.map(fieldsOf)).toEqual(
      profiles.map(id => ['AWS/Bedrock', 'EstimatedTPMQuotaUsage', 'ModelId', id]),
    );
    expect(firstToken.properties.stat).toBe('p90');
    expect(labelsOf(firstToken)).toEqual(['nova-lite (us)', 'nova-lite (eu)']);
  });

  test('shows the recorded share of each hour in which the account has input tokens', () => {
    const share = section(EVERY.quota)[3];
    const store = new MetricStore();
    const put = (namespace: string, name: string, hour: number, value: number, modelId?: string) =>
      store.putDatum({
        namespace,
        name,
        dimensions: modelId === undefined ? {} : { ModelId: modelId },
        timestamp: new Date(Date.UTC(2026, 10, 21, hour, 30)),
        values: [value],
      });
    put('AWS/Bedrock', 'InputTokenCount', 8, 600, models[0]);
    put('AWS/Bedrock', 'CacheReadInputTokens', 8, 200, models[0]);
    put('AWS/Bedrock', 'InputTokenCount', 8, 200, 'never.recorded-v1');
    put('OPX/Analytics', 'InputTokens', 8, 800);
    put('AWS/Bedrock', 'InputTokenCount', 9, 50, models[0]);
    put('OPX/Analytics', 'InputTokens', 10, 70);

    const { series, errors } = evaluateWidget({ ...share.properties }, store, {
      start: new Date('2026-11-21T00:00:00Z'),
      end: new Date('2026-11-22T00:00:00Z'),
    });

    expect(errors).toEqual([]);
    expect(series.map(({ points }) => points.map(({ time, value }) => [time.getUTCHours(), value]))).toEqual([
      [
        [8, 80],
        [9, 0],
      ],
    ]);
  });

  test('rejects an empty list of model ids and invalid model ids in the quota section', () => {
    expect(() => section(() => DashboardSection.quota({ models: [] }))).toThrow(
      /^\[Stack\/Dashboard\] `models` must be a list of at least one name/,
    );
    expect(() => section(() => DashboardSection.quota({ models: ["it's"] }))).toThrow(
      /`models\[0\]` must be printable ASCII/,
    );
  });
});

describe('DashboardSection.incidents', () => {
  test('queries the log groups in the incidents section and shows the requirement and the price', () => {
    const [heading, query] = section(stack =>
      DashboardSection.incidents({
        logGroups: [logGroupOf(stack), logs.LogGroup.fromLogGroupName(stack, 'Other', 'other')],
        limit: 5,
      }),
    );

    expect(markdownOf(heading)).toContain('`POWERTOOLS_LOG_LEVEL=DEBUG`');
    expect(markdownOf(heading)).toContain('$0.005 per GB');
    expect(query).toMatchObject({
      type: 'log',
      properties: {
        view: 'table',
        region: '<AWS::Region>',
        title: 'Most expensive incidents in the selected range, USD',
      },
    });
    expect(String(query.properties.query)).toMatch(
      /^SOURCE '\/aws\/lambda\/triage' \| SOURCE 'other' \| filter .*\n\| stats .*\n\| sort usd desc\n\| limit 5$/,
    );
  });

  test('queries only fields that the runtime logs', async () => {
    const invocation: Invocation = {
      requestId: 'r',
      agentId: 'triage',
      incidentId: 'INC-1',
      model: models[0],
      modelId: models[0],
      scope: 'in-region',
      timestamp: new Date(),
      usage: {
        uncachedInputTokens: 3,
        cacheReadTokens: 0,
        cacheWrite5mTokens: 0,
        cacheWrite1hTokens: 0,
        outputTokens: 2,
        source: 'usage',
        partial: false,
      },
      cost: { usd: 0.5 } as Invocation['cost'],
    };
    process.env.POWERTOOLS_LOG_LEVEL = 'DEBUG';
    const lines = await stdoutOf(() => new UsageLog().call(invocation)).finally(
      () => delete process.env.POWERTOOLS_LOG_LEVEL,
    );
    const { usage } = JSON.parse(lines[0]) as { usage: Record<string, unknown> };

    const [, query] = section(EVERY.incidents);
    const read = [...String(query.properties.query).matchAll(/usage\.(\w+)/g)].map(([, field]) => field);

    expect([...new Set(read)]).toEqual(['incidentId', 'usd', 'inputTokens', 'outputTokens']);
    expect(Object.keys(usage)).toEqual(expect.arrayContaining(read));
  });

  test('queries in the region of the log groups and rejects log groups of two regions', () => {
    const app = new App();
    const stackIn = (region: string) => new Stack(app, region, { env: { region, account: '123456789012' } });
    const [here, there] = [stackIn('eu-central-1'), stackIn('us-east-1')];
    const logGroup = new logs.LogGroup(there, 'Log', { logGroupName: LOG_GROUP });
    const another = new logs.LogGroup(stackIn('eu-west-1'), 'Log');
    new TokenAnalyticsDashboard(here, 'Dashboard', {
      sections: [DashboardSection.incidents({ logGroups: [logGroup] })],
    });

    expect(dashboardBodies(here)[0].widgets[7].properties.region).toBe('us-east-1');
    expect(() => section(() => DashboardSection.incidents({ logGroups: [logGroup, another] }))).toThrow(
      /`logGroups` must be of one region, got: us-east-1, eu-west-1/,
    );
  });

  test.each([
    ['no log groups', 0],
    ['more log groups than a query takes', 51],
  ])('rejects %s in the incidents section', (_what, count) => {
    const make = (stack: Stack) =>
      DashboardSection.incidents({
        logGroups: Array.from({ length: count }, (_, i) =>
          logs.LogGroup.fromLogGroupName(stack, `L${i}`, `l${i}`),
        ),
      });

    expect(() => section(make)).toThrow(
      `[Stack/Dashboard] \`logGroups\` must be 1 to 50 log groups, got: ${count} log groups.`,
    );
  });

  test.each([0, 1.5, 1001])('rejects a limit of %s incidents', limit => {
    expect(() =>
      section(stack => DashboardSection.incidents({ logGroups: [logGroupOf(stack)], limit })),
    ).toThrow('[Stack/Dashboard] `limit` must be a whole number from 1 to 1000');
  });
});

describe('limits', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);

  test('rejects a widget with too many searches and names it', () => {
    expect(() => section(EVERY.gateway, { agents: many(34) })).toThrow(
      /^\[Stack\/Dashboard\] `sections` must be drawable: a widget has at most 100 searches, got: 102 in 'Token usage by model.*Show fewer `agents` or `models`/,
    );
    expect(() => section(EVERY.gateway, { agents: many(33) })).not.toThrow();
  });

  test('rejects a widget with too many metrics and names it', () => {
    expect(() => section(EVERY.batch, { agents: many(20), models: many(6) })).toThrow(
      /`sections` must be drawable: a widget has at most 500 metrics, got: 600 in 'Cost per item/,
    );
    expect(() => section(EVERY.batch, { agents: many(20), models: many(5) })).not.toThrow();
  });
});

test('creates a valid dashboard body with all sections', () => {
  const stack = newStack();
  new TokenAnalyticsDashboard(stack, 'Dashboard', {
    sections: Object.values(EVERY).map(make => make(stack)),
  });
  const body = dashboardBodies(stack)[0] as Body & {
    readonly widgets: (Widget & { readonly x: number; readonly width: number; readonly height: number })[];
  };

  expect(
    body.widgets
      .filter(({ type }) => type === 'text')
      .map(markdownOf)
      .map(text => text.split(' ')[1].replace(':', '')),
  ).toEqual(['Gateway', 'Batch', 'Reliability', 'Quota', 'Incidents']);
  for (const { type, x, width, height, properties } of body.widgets) {
    expect(['metric', 'text', 'log', 'alarm']).toContain(type);
    expect([x >= 0, x + width <= 24, height >= 1]).toEqual([true, true, true]);
    if (type !== 'metric') continue;
    expect(['timeSeries', 'singleValue', 'gauge', 'bar', 'pie', 'table']).toContain(properties.view);
    expect(properties.region).toBe('<AWS::Region>');
    const ids = properties.metrics.map(entry => optionsOf(entry).id).filter(id => id !== undefined);
    expect(new Set(ids).size).toBe(ids.length);
    for (const period of [properties.period, ...properties.metrics.map(entry => optionsOf(entry).period)]) {
      expect(Number(period ?? 60) % 60).toBe(0);
    }
  }
});
