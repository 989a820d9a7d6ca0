import { evaluateQuery } from '../../../../../local/emulators/cloudwatch/metric-math/evaluate';
import {
  formatInsightsQuery,
  parseInsightsQuery,
} from '../../../../../local/emulators/cloudwatch/metric-math/insights-query';
import {
  seriesOf,
  UnsupportedExpression,
} from '../../../../../local/emulators/cloudwatch/metric-math/values';
import { MetricStore } from '../../../../../local/emulators/cloudwatch/metrics/metric-store';

const START = new Date('2026-11-21T00:00:00Z');
const END = new Date('2026-11-21T03:00:00Z');
const NS = 'OPX/Analytics';
const PAIRS = `SCHEMA("${NS}", AgentId, Model)`;

/** Adds values of the metric `Cost` in the hour that begins `hour` hours after START. */
function put(
  store: MetricStore,
  dimensions: Record<string, string>,
  hour: number,
  values: readonly number[],
  { name = 'Cost', counts }: { name?: string; counts?: readonly number[] } = {},
): void {
  const timestamp = new Date(START.getTime() + hour * 3_600_000 + 60_000);
  store.putDatum({ namespace: NS, name, dimensions, timestamp, values, counts });
}

const store = new MetricStore();
put(store, { AgentId: 'triage', Model: 'nova' }, 0, [1, 2]);
put(store, { AgentId: 'triage', Model: 'haiku' }, 0, [9]);
put(store, { AgentId: 'triage', Model: 'nova' }, 2, [4]);
put(store, { AgentId: 'report', Model: 'nova' }, 0, [0.1]);
put(store, { AgentId: 'report', Model: 'haiku' }, 0, [0.2]);
put(store, { AgentId: 'report', Model: 'haiku' }, 1, [30]);
put(store, { AgentId: "o'neil", Model: 'nova' }, 1, [5], { counts: [3] });
put(store, { AgentId: 'triage' }, 0, [1000]);
put(store, {}, 0, [7]);
put(store, { AgentId: 'triage', Model: 'nova' }, 0, [77], { name: 'Tokens' });
store.putDatum({
  namespace: 'plain_ns',
  name: 'Cost',
  dimensions: { LIMIT: 'x', ['My "key"']: 'y' },
  timestamp: START,
  values: [2],
});

/** Evaluates a query with a period of one hour. Each point is `[hour, value]`. */
function run(expression: string, { from = START, periodSeconds = 3600, data = store } = {}) {
  const query = { expression, periodSeconds };
  const value = evaluateQuery(query, [query], data, {
    start: from,
    end: END,
  });
  return seriesOf(value).map(
    ({ label, points }) =>
      [
        label,
        [...points].map(([time, point]) => [(time - START.getTime()) / 3_600_000, point] as const),
      ] as const,
  );
}

const labels = (expression: string) => run(expression).map(([label]) => label);

describe('a Metrics Insights query', () => {
  test('adds up the models of each agent, in alphabetical order of the agents', () => {
    expect(run(`SELECT SUM(Cost) FROM ${PAIRS} GROUP BY AgentId`)).toEqual([
      ["o'neil", [[1, 15]]],
      [
        'report',
        [
          [0, 0.3],
          [1, 30],
        ],
      ],
      [
        'triage',
        [
          [0, 12],
          [2, 4],
        ],
      ],
    ]);
  });

  test('returns one series without GROUP BY', () => {
    expect(run(`SELECT SUM(Cost) FROM ${PAIRS}`)).toEqual([
      [
        'Cost',
        [
          [0, 12.3],
          [1, 45],
          [2, 4],
        ],
      ],
    ]);
  });

  // Values of triage in hour 0: 1 and 2 (nova), 9 (haiku). The average of averages would be 5.25.
  test.each([
    ['AVG', 4],
    ['COUNT', 3],
    ['MAX', 9],
    ['MIN', 1],
    ['SUM', 12],
  ])('calculates %s from all values of a group', (name, expected) => {
    expect(run(`SELECT ${name}(Cost) FROM ${PAIRS} WHERE AgentId = 'triage'`)[0][1][0]).toEqual([
      0,
      expected,
    ]);
  });

  test('counts the values of a sample set by their counts', () => {
    expect(run(`SELECT COUNT(Cost) FROM ${PAIRS} WHERE AgentId = 'o''neil'`)[0][1]).toEqual([[1, 3]]);
    expect(run(`SELECT AVG(Cost) FROM ${PAIRS} WHERE Model != 'haiku'`)[0][1][1]).toEqual([1, 5]);
  });

  test.each([
    [PAIRS, 12.3],
    [`SCHEMA("${NS}", Model, AgentId)`, 12.3],
    [`SCHEMA("${NS}", AgentId)`, 1000],
    [`SCHEMA("${NS}")`, 7],
    [`"${NS}"`, 1019.3],
  ])('reads metrics with exactly the dimensions of the source %s', (source, sum) => {
    expect(run(`SELECT SUM(Cost) FROM ${source}`)[0][1][0]).toEqual([0, sum]);
  });

  test.each<[string, number[]]>([
    ["AgentId = 'triage' AND Model = 'nova'", [3, 4]],
    ["AgentId != 'triage' AND Model != 'nova'", [0.2, 30]],
    ["AgentId = 'Triage'", []],
    ["agentid = 'triage'", []],
    ["LogGroup != 'x'", []],
    ["AgentId = 'o\\'neil'", [15]],
    [`"AgentId" = 'triage' and "Model" = 'haiku'`, [9]],
  ])('reads metrics that meet the condition %s', (condition, values) => {
    const series = run(`SELECT SUM(Cost) FROM ${PAIRS} WHERE ${condition}`);

    expect(series.flatMap(([, points]) => points.map(([, value]) => value))).toEqual(values);
  });

  test('groups by several dimensions, and names the group of metrics without one of them Other', () => {
    expect(labels(`SELECT SUM(Cost) FROM "${NS}" GROUP BY AgentId, Model`)).toEqual([
      'Other Other',
      "o'neil nova",
      'report haiku',
      'report nova',
      'triage Other',
      'triage haiku',
      'triage nova',
    ]);
    expect(run(`SELECT SUM(Cost) FROM "${NS}" GROUP BY Model`)[0]).toEqual(['Other', [[0, 1007]]]);
  });

  // Points of the sums by agent: o'neil 15; report 0.3 and 30; triage 12 and 4.
  test.each([
    ['ORDER BY SUM() DESC', ['report', 'triage', "o'neil"]],
    ['ORDER BY SUM() ASC', ["o'neil", 'triage', 'report']],
    ['ORDER BY SUM()', ["o'neil", 'triage', 'report']],
    ['ORDER BY MAX() DESC', ['report', "o'neil", 'triage']],
    ['ORDER BY MIN() DESC', ["o'neil", 'triage', 'report']],
    ['ORDER BY AVG()', ['triage', "o'neil", 'report']],
    ['ORDER BY COUNT()', ["o'neil", 'report', 'triage']],
    ['ORDER BY SUM() DESC LIMIT 1', ['report']],
    ['LIMIT 2', ["o'neil", 'report']],
  ])('orders and limits the series over the whole range with %s', (clauses, expected) => {
    expect(labels(`SELECT SUM(Cost) FROM ${PAIRS} GROUP BY AgentId ${clauses}`)).toEqual(expected);
  });

  test('ignores the case of keywords, spaces and lines, but not the case of names', () => {
    const text = `\n select sum( Cost )\nfrom schema ("${NS}" , AgentId,Model)\tgroup  by AgentId order by Sum() desc limit 1 `;

    expect(labels(text)).toEqual(['report']);
    expect(run(`SELECT SUM(cost) FROM ${PAIRS} GROUP BY AgentId`)).toEqual([]);
  });

  test('reads names in double quotes, with escaped quotes and keywords', () => {
    expect(
      run('SELECT MAX("Cost") FROM SCHEMA(plain_ns, "LIMIT", "My \\"key\\"") GROUP BY "My \\"key\\""'),
    ).toEqual([['y', [[0, 2]]]]);
  });

  test('reads two weeks before the end of the range, and keeps the periods of the range', () => {
    const data = new MetricStore();
    for (const daysAgo of [20, 15, 13, 1]) {
      data.putDatum({
        namespace: NS,
        name: 'Cost',
        dimensions: { AgentId: 'a', Model: 'm' },
        timestamp: new Date(END.getTime() - daysAgo * 86_400_000),
        values: [daysAgo],
      });
    }
    const from = new Date(END.getTime() - 30 * 86_400_000);

    expect(run(`SELECT SUM(Cost) FROM ${PAIRS}`, { from, data, periodSeconds: 30 * 86_400 })).toEqual([
      ['Cost', [[3 - 30 * 24, 14]]],
    ]);
  });

  test('uses a period of one minute if a shorter one is requested', () => {
    expect(run(`SELECT SUM(Cost) FROM ${PAIRS} WHERE AgentId = 'triage'`, { periodSeconds: 10 })).toEqual([
      [
        'Cost',
        [
          [1 / 60, 12],
          [2 + 1 / 60, 4],
        ],
      ],
    ]);
  });

  test('returns at most 500 series, the first in the order', () => {
    const data = new MetricStore();
    for (let index = 0; index < 501; index += 1) put(data, { AgentId: `a${index}`, Model: 'm' }, 0, [index]);

    const series = run(`SELECT SUM(Cost) FROM ${PAIRS} GROUP BY AgentId ORDER BY SUM() DESC`, { data });

    expect(series).toHaveLength(500);
    expect([series[0][0], series[499][0]]).toEqual(['a500', 'a1']);
  });

  test('can be the input of metric math', () => {
    const queries = [
      { id: 'q1', expression: `SELECT SUM(Cost) FROM ${PAIRS} GROUP BY AgentId`, periodSeconds: 3600 },
      { id: 'share', expression: '100 * q1 / SUM(q1)', periodSeconds: 3600 },
    ];

    const [neil] = seriesOf(evaluateQuery(queries[1], queries, store, { start: START, end: END }));

    // All agents in hour 1: 15 + 30.
    expect(neil.points.get(START.getTime() + 3_600_000)).toBeCloseTo((100 * 15) / 45, 10);
  });

  const rest = `FROM ${PAIRS}`;
  test.each([
    [`SELECT P90(Cost) ${rest}`, 'the function in SELECT must be AVG, COUNT, MAX, MIN or SUM, got: P90'],
    [`SELECT p99.9(Cost) ${rest}`, 'got: p99'],
    [`SELECT STDDEV(Cost) ${rest}`, 'got: STDDEV'],
    [`SELECT * ${rest}`, 'got: *'],
    [`SELECT SUM(*) ${rest}`, 'the metric in SELECT must be a name, got: *'],
    [`SELECT SUM(Cost), MAX(Cost) ${rest}`, 'SELECT must have one function'],
    [`SELECT SUM('Cost') ${rest}`, 'the metric in SELECT must be a name, got: Cost'],
    [`SELECT SUM(LIMIT) ${rest}`, 'a keyword in double quotes, got: LIMIT'],
    ['SELECT SUM(Cost)', 'FROM must follow here, got: the end of the query'],
    ['SELECT SUM(Cost) FROM OPX/Analytics', 'must be in double quotes'],
    ['SELECT SUM(Cost) FROM SCHEMA()', 'the namespace in SCHEMA must be a name, got: )'],
    [`SELECT SUM(Cost) FROM SCHEMA("${NS}", AgentId`, ') must follow here, got: the end of the query'],
    [`SELECT SUM(Cost) ${rest} WHERE AgentId = 'a' OR Model = 'm'`, 'OR in WHERE is not supported'],
    [`SELECT SUM(Cost) ${rest} WHERE (AgentId = 'a')`, 'parentheses in WHERE are not supported'],
    [`SELECT SUM(Cost) ${rest} WHERE NOT AgentId = 'a'`, 'NOT in WHERE is not supported'],
    [`SELECT SUM(Cost) ${rest} WHERE AgentId LIKE 'a'`, 'the operator in WHERE must be = or !=, got: LIKE'],
    [`SELECT SUM(Cost) ${rest} WHERE AgentId <> 'a'`, 'the operator in WHERE must be = or !=, got: <>'],
    [`SELECT SUM(Cost) ${rest} WHERE AgentId = "a"`, 'a value in WHERE must be in single quotes, got: a'],
    [`SELECT SUM(Cost) ${rest} WHERE AgentId = a`, 'a value in WHERE must be in single quotes, got: a'],
    [`SELECT SUM(Cost) ${rest} WHERE AgentId = 'a`, "a text that begins with ' must end with '"],
    [`SELECT SUM(Cost) ${rest} WHERE tag.env = 'a'`, 'tags and accounts such as tag. are not supported'],
    [
      `SELECT SUM(Cost) ${rest} WHERE AWS.AccountId = '1'`,
      'tags and accounts such as AWS. are not supported',
    ],
    [`SELECT SUM(Cost) ${rest} GROUP BY tag.env`, 'tags and accounts such as tag. are not supported'],
    [`SELECT SUM(Cost) ${rest} GROUP AgentId`, 'BY must follow here, got: AgentId'],
    [`SELECT SUM(Cost) ${rest} GROUP BY`, 'a dimension in GROUP BY must be a name'],
    [`SELECT SUM(Cost) ${rest} ORDER BY AgentId`, 'the function in ORDER BY must be AVG'],
    [`SELECT SUM(Cost) ${rest} ORDER BY SUM(Cost)`, 'must have no argument, got: Cost'],
    [`SELECT SUM(Cost) ${rest} LIMIT 0`, 'LIMIT must be a whole number from 1 to 500, got: 0'],
    [`SELECT SUM(Cost) ${rest} LIMIT 501`, 'got: 501'],
    [`SELECT SUM(Cost) ${rest} LIMIT ten`, 'got: ten'],
    [`SELECT SUM(Cost) ${rest} LIMIT 5 GROUP BY AgentId`, 'unexpected GROUP'],
    [`SELECT SUM(Cost) ${rest} HAVING SUM(Cost) > 1`, 'unexpected HAVING'],
    [`SELECT SUM(Cost) ${rest};`, 'unexpected ;'],
  ])('refuses %s and says why', (expression, reason) => {
    expect(() => run(expression)).toThrow(UnsupportedExpression);
    expect(() => run(expression)).toThrow(reason);
    expect(() => run(expression)).toThrow(expression);
  });

  test('is refused if it matches more than 10,000 metrics', () => {
    const data = new MetricStore();
    for (let index = 0; index <= 10_000; index += 1) put(data, { AgentId: `a${index}`, Model: 'm' }, 0, [1]);

    expect(() => run(`SELECT SUM(Cost) FROM ${PAIRS}`, { data })).toThrow(
      'the query must match at most 10000 metrics, got: 10001',
    );
  });

  test('refuses an unterminated text without a long search', () => {
    expect(() => parseInsightsQuery(`SELECT SUM(Cost) FROM "${'\\"'.repeat(5000)}`)).toThrow(
      'a text that begins with " must end with "',
    );
  });
});

test.each([
  `SELECT SUM(Cost) FROM SCHEMA("${NS}", AgentId, Model) WHERE AgentId = 'o''neil' AND Model != 'm' GROUP BY AgentId, Model ORDER BY SUM() DESC LIMIT 10`,
  `SELECT AVG("My.Metric") FROM plain_ns`,
  `SELECT MAX("LIMIT") FROM "a/\\"b\\"" ORDER BY MIN() ASC`,
])('formats the parsed query %s as the same text', text => {
  expect(formatInsightsQuery(parseInsightsQuery(text))).toBe(text);
});
