import { type Argument, FUNCTIONS } from './functions';
import { evaluateInsightsQuery, requireOneInsightsQuery } from './insights';
import { isInsightsQuery } from './insights-query';
import { type Node, parseExpression } from './parse';
import { searchLabels, searchMetrics } from './search';
import {
  combine,
  computed,
  mapPoints,
  scalar,
  type Series,
  seriesOf,
  UnsupportedExpression,
  type Value,
} from './values';
import { type MetricStore, periodOrigin } from '../metrics/metric-store';

/** Metric or metric math expression to evaluate, from a widget, an alarm or a GetMetricData request. */
export interface Query {
  readonly id?: string;
  readonly expression?: string;
  readonly metric?: {
    readonly namespace: string;
    readonly name: string;
    readonly dimensions: Readonly<Record<string, string>>;
    readonly statistic: string;
  };
  readonly periodSeconds: number;
}

/** Time range over which queries are evaluated. */
export interface Range {
  readonly start: Date;
  readonly end: Date;
  /**
   * Start of one period, for example midnight in a time zone. The start times of all other periods are
   * calculated from this time. Default: see {@link periodOrigin}.
   */
  readonly alignTo?: Date;
}

const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
  '<': (a, b) => Number(a < b),
  '>': (a, b) => Number(a > b),
  '<=': (a, b) => Number(a <= b),
  '>=': (a, b) => Number(a >= b),
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '&&': (a, b) => Number(a !== 0 && b !== 0),
  '||': (a, b) => Number(a !== 0 || b !== 0),
  'AND': (a, b) => Number(a !== 0 && b !== 0),
  'OR': (a, b) => Number(a !== 0 || b !== 0),
};

/**
 * Evaluates a metric or an expression over a time range. An expression can refer to other `queries` by their
 * id.
 *
 * @throws UnsupportedExpression if the expression is invalid or not supported, or if `queries` contain more
 * than one Metrics Insights query
 */
export function evaluateQuery(
  query: Query,
  queries: readonly Query[],
  store: MetricStore,
  range: Range,
): Value {
  requireOneInsightsQuery(queries);
  return new Evaluation(queries, store, range).query(query, []);
}

class Evaluation {
  constructor(
    private readonly queries: readonly Query[],
    private readonly store: MetricStore,
    private readonly range: Range,
  ) {}

  query(query: Query, path: readonly Query[]): Value {
    if (path.includes(query)) {
      throw new UnsupportedExpression(query.expression ?? '', 'the expression refers to itself');
    }
    if (query.metric) return this.metric({ ...query.metric, label: query.metric.name }, query.periodSeconds);
    const expression = query.expression ?? '';
    if (isInsightsQuery(expression)) {
      return evaluateInsightsQuery(expression, this.store, {
        ...this.range,
        periodSeconds: query.periodSeconds,
      });
    }
    try {
      return this.value(parseExpression(expression), query, [...path, query]);
    } catch (error) {
      if (error instanceof UnsupportedExpression) throw error;
      throw new UnsupportedExpression(expression, error instanceof Error ? error.message : String(error));
    }
  }

  private metric(
    metric: {
      namespace: string;
      name: string;
      dimensions: Readonly<Record<string, string>>;
      statistic: string;
      label: string;
    },
    periodSeconds: number,
  ): Series {
    const points = this.store.points(metric, { ...this.range, periodSeconds, statistic: metric.statistic });
    return computed(
      metric.label,
      points.map(({ time, value }) => [time.getTime(), value] as const),
      metric.dimensions,
    );
  }

  private value(node: Node, query: Query, path: readonly Query[]): Value {
    const argument = this.argument(node, query, path);
    if (argument.kind === 'text') throw new Error(`unknown id or word ${argument.text}`);
    return argument;
  }

  private argument(node: Node, query: Query, path: readonly Query[]): Argument {
    const valueOf = (part: unknown) => this.value(part as Node, query, path);
    switch (node.type) {
      case 'Literal':
        return typeof node.value === 'number'
          ? scalar(node.value)
          : { kind: 'text', text: String(node.value) };
      case 'Identifier': {
        const named = this.queries.find(other => other.id === node.name);
        return named ? this.query(named, path) : { kind: 'text', text: String(node.name) };
      }
      case 'UnaryExpression':
        if (node.operator !== '-' && node.operator !== '+') {
          throw new Error(`unknown operator ${String(node.operator)}`);
        }
        return mapPoints(valueOf(node.argument), value => (node.operator === '-' ? -value : value));
      case 'BinaryExpression':
      case 'LogicalExpression': {
        const apply = OPERATORS[String(node.operator)];
        if (!apply) throw new Error(`unknown operator ${String(node.operator)}`);
        return combine(valueOf(node.left), valueOf(node.right), apply);
      }
      case 'ArrayExpression':
        return {
          kind: 'array',
          series: (node.elements as Node[]).flatMap(element => seriesOf(valueOf(element))),
        };
      case 'CallExpression':
        return this.call(String((node.callee as Node).name), node.arguments as Node[], query, path);
      default:
        throw new Error(`${node.type} is not supported in metric math`);
    }
  }

  private call(name: string, nodes: readonly Node[], query: Query, path: readonly Query[]): Value {
    const args = nodes.map(node => this.argument(node, query, path));
    if (name === 'SEARCH') return this.search(args, query);
    if (name === 'METRICS') return this.metrics(args, path);
    const apply = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (!apply) throw new Error(`${name} is not supported`);
    return apply(args, {
      start: this.range.start.getTime(),
      end: this.range.end.getTime(),
      periodMs: query.periodSeconds * 1000,
      origin: periodOrigin({ ...this.range, periodSeconds: query.periodSeconds }),
    });
  }

  private search([search, statistic, period]: readonly Argument[], query: Query): Value {
    if (search?.kind !== 'text' || statistic?.kind !== 'text') {
      throw new Error('SEARCH must have a search and a statistic');
    }
    const periodSeconds = period?.kind === 'scalar' ? period.value : query.periodSeconds;
    const found = searchMetrics(search.text, this.store);
    const labels = searchLabels(found);
    return {
      kind: 'array',
      series: found
        .map((metric, index) =>
          this.metric({ ...metric, statistic: statistic.text, label: labels[index] }, periodSeconds),
        )
        .filter(series => series.points.size > 0),
    };
  }

  /**
   * Evaluates the function `METRICS()`, which returns all `queries` that are metrics, not expressions.
   * `METRICS("m")` returns only metrics whose id contains `m`.
   */
  private metrics([filter]: readonly Argument[], path: readonly Query[]): Value {
    const text = filter?.kind === 'text' ? filter.text : '';
    return {
      kind: 'array',
      series: this.queries
        .filter(query => query.metric && (query.id ?? '').includes(text))
        .flatMap(query => seriesOf(this.query(query, path))),
    };
  }
}
