/** Function that a Metrics Insights query applies to the values of each period. */
export type InsightsFunction = 'AVG' | 'COUNT' | 'MAX' | 'MIN' | 'SUM';

/** Condition on one dimension: `AgentId = 'triage'`, or `!=` if `isEqual` is false. */
export interface InsightsCondition {
  readonly dimension: string;
  readonly isEqual: boolean;
  readonly value: string;
}

/** Parsed Metrics Insights query, such as `SELECT SUM(Cost) FROM SCHEMA("N/S", AgentId) GROUP BY AgentId`. */
export interface InsightsQuery {
  readonly select: InsightsFunction;
  readonly metricName: string;
  readonly namespace: string;
  /** Dimension names that a metric must have, exactly. Undefined without `SCHEMA`: all metrics match. */
  readonly dimensions?: readonly string[];
  /** Conditions of `WHERE`. A metric must meet all of them. */
  readonly conditions: readonly InsightsCondition[];
  /** Dimension names of `GROUP BY`. Empty if the query returns one series. */
  readonly groupBy: readonly string[];
  /** Order of the returned series. Undefined: alphabetical by the values of `groupBy`. */
  readonly orderBy?: { readonly by: InsightsFunction; readonly isDescending: boolean };
  /** Maximum number of returned series. Undefined without `LIMIT`. */
  readonly limit?: number;
}

/** Part of a query. `kind` is `name` in double quotes, `value` in single quotes, else `word` or `sign`. */
interface Token {
  readonly kind: 'word' | 'name' | 'value' | 'sign' | 'end';
  readonly text: string;
}

/** Maximum number of series that a query returns (User Guide, "Metrics Insights query components"). */
export const MAX_INSIGHTS_SERIES = 500;

const FUNCTIONS: readonly string[] = ['AVG', 'COUNT', 'MAX', 'MIN', 'SUM'] satisfies InsightsFunction[];
/**
 * Words of the language. A name that is one of them must be in double quotes. CloudWatch reserves about 900
 * more words of SQL, which the emulator accepts.
 */
const RESERVED = [
  ...FUNCTIONS,
  ...[
    'SELECT',
    'FROM',
    'SCHEMA',
    'WHERE',
    'AND',
    'OR',
    'NOT',
    'GROUP',
    'ORDER',
    'BY',
    'ASC',
    'DESC',
    'LIMIT',
  ],
];
/**
 * Pattern of one token. In a quoted text, a backslash escapes a quote. In a value, two single quotes stand
 * for one.
 */
const TOKEN =
  /\s*(?:"((?:[^"\\]|\\["']|\\(?!["']))*)"|'((?:[^'\\]|''|\\["']|\\(?!["']))*)'|([A-Za-z0-9_]+)|(!=|<>|<=|>=|\S))/y;

/** Returns true if an expression is a Metrics Insights query, not metric math. */
export function isInsightsQuery(expression: string): boolean {
  return /^\s*SELECT\b/i.test(expression);
}

/**
 * Parses a Metrics Insights query. Keywords can be in any case.
 *
 * @throws if the query is invalid, or if the emulator does not support a part of it. The message names the
 * part
 */
export function parseInsightsQuery(text: string): InsightsQuery {
  return new Parser(tokensOf(text)).query();
}

/** Returns the text of a query. `parseInsightsQuery` of this text gives an equal query. */
export function formatInsightsQuery(query: InsightsQuery): string {
  const { select, metricName, namespace, dimensions, conditions, groupBy, orderBy, limit } = query;
  return [
    `SELECT ${select}(${nameText(metricName)})`,
    dimensions === undefined
      ? `FROM ${nameText(namespace)}`
      : `FROM SCHEMA(${[`"${escapeQuotes(namespace)}"`, ...dimensions.map(nameText)].join(', ')})`,
    conditions.length > 0 &&
      `WHERE ${conditions
        .map(
          ({ dimension, isEqual, value }) =>
            `${nameText(dimension)} ${isEqual ? '=' : '!='} '${value.replaceAll("'", "''")}'`,
        )
        .join(' AND ')}`,
    groupBy.length > 0 && `GROUP BY ${groupBy.map(nameText).join(', ')}`,
    orderBy && `ORDER BY ${orderBy.by}() ${orderBy.isDescending ? 'DESC' : 'ASC'}`,
    limit !== undefined && `LIMIT ${limit}`,
  ]
    .filter(Boolean)
    .join(' ');
}

class Parser {
  private at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  query(): InsightsQuery {
    this.keyword('SELECT');
    const select = this.function('SELECT');
    this.sign('(');
    const metricName = this.name('the metric in SELECT');
    this.sign(')');
    if (this.isSign(',')) throw new Error('SELECT must have one function, got several');
    this.keyword('FROM');
    const { namespace, dimensions } = this.source();
    const conditions = this.take('WHERE') ? this.conditions() : [];
    const groupBy = this.take('GROUP') ? this.groupBy() : [];
    const orderBy = this.take('ORDER') ? this.orderBy() : undefined;
    const limit = this.take('LIMIT') ? this.limit() : undefined;
    if (this.token.kind !== 'end') {
      throw new Error(
        `unexpected ${this.token.text}: the clauses after FROM are WHERE, GROUP BY, ORDER BY and LIMIT, each ` +
          'at most once and in this order',
      );
    }
    return { select, metricName, namespace, dimensions, conditions, groupBy, orderBy, limit };
  }

  private source(): Pick<InsightsQuery, 'namespace' | 'dimensions'> {
    if (!this.take('SCHEMA')) return { namespace: this.name('the namespace in FROM') };
    this.sign('(');
    const namespace = this.name('the namespace in SCHEMA');
    const dimensions: string[] = [];
    while (this.takeSign(',')) dimensions.push(this.name('a dimension in SCHEMA'));
    this.sign(')');
    return { namespace, dimensions };
  }

  private conditions(): InsightsCondition[] {
    const conditions: InsightsCondition[] = [];
    do {
      if (this.isSign('(')) throw new Error('parentheses in WHERE are not supported');
      if (this.isWord('NOT')) throw new Error('NOT in WHERE is not supported');
      const dimension = this.name('a dimension in WHERE');
      const operator = this.next();
      if (operator.text !== '=' && operator.text !== '!=') {
        throw new Error(`the operator in WHERE must be = or !=, got: ${operator.text}`);
      }
      const value = this.next();
      if (value.kind !== 'value') {
        throw new Error(`a value in WHERE must be in single quotes, got: ${value.text}`);
      }
      conditions.push({ dimension, isEqual: operator.text === '=', value: value.text });
    } while (this.take('AND'));
    if (this.isWord('OR')) throw new Error('OR in WHERE is not supported, conditions can be joined by AND');
    return conditions;
  }

  private groupBy(): string[] {
    this.keyword('BY');
    const names: string[] = [];
    do names.push(this.name('a dimension in GROUP BY'));
    while (this.takeSign(','));
    return names;
  }

  private orderBy(): NonNullable<InsightsQuery['orderBy']> {
    this.keyword('BY');
    const by = this.function('ORDER BY');
    this.sign('(');
    if (!this.takeSign(')')) {
      throw new Error(`the function in ORDER BY must have no argument, got: ${this.token.text}`);
    }
    const isDescending = this.take('DESC');
    if (!isDescending) this.take('ASC');
    return { by, isDescending };
  }

  private limit(): number {
    const { text } = this.next();
    const limit = Number(text);
    if (!/^\d+$/.test(text) || limit < 1 || limit > MAX_INSIGHTS_SERIES) {
      throw new Error(`LIMIT must be a whole number from 1 to ${MAX_INSIGHTS_SERIES}, got: ${text}`);
    }
    return limit;
  }

  private function(clause: string): InsightsFunction {
    const { text } = this.next();
    const name = text.toUpperCase();
    if (!FUNCTIONS.includes(name)) {
      throw new Error(`the function in ${clause} must be AVG, COUNT, MAX, MIN or SUM, got: ${text}`);
    }
    return name as InsightsFunction;
  }

  private name(what: string): string {
    const { kind, text } = this.next();
    if (kind !== 'name' && kind !== 'word') throw new Error(`${what} must be a name, got: ${text}`);
    if (this.isSign('.')) {
      throw new Error(`${what} must be a dimension; tags and accounts such as ${text}. are not supported`);
    }
    if (kind === 'word' && RESERVED.includes(text.toUpperCase())) {
      throw new Error(`${what} must be a name, or a keyword in double quotes, got: ${text}`);
    }
    if (kind === 'word' && (this.isSign('/') || this.isSign('-'))) {
      throw new Error(
        `${what} must be in double quotes, because it has other characters than letters, digits and _, got: ` +
          `${text}${this.token.text}`,
      );
    }
    return text;
  }

  private keyword(word: string): void {
    if (!this.take(word)) throw new Error(`${word} must follow here, got: ${this.token.text}`);
  }

  private sign(sign: string): void {
    if (!this.takeSign(sign)) throw new Error(`${sign} must follow here, got: ${this.token.text}`);
  }

  private take(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.at += 1;
    return true;
  }

  private takeSign(sign: string): boolean {
    if (!this.isSign(sign)) return false;
    this.at += 1;
    return true;
  }

  private isWord(word: string): boolean {
    return this.token.kind === 'word' && this.token.text.toUpperCase() === word;
  }

  private isSign(sign: string): boolean {
    return this.token.kind === 'sign' && this.token.text === sign;
  }

  private next(): Token {
    const { token } = this;
    this.at = Math.min(this.at + 1, this.tokens.length - 1);
    return token;
  }

  private get token(): Token {
    return this.tokens[this.at];
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const [, name, value, word, sign] = TOKEN.exec(trimmed) ?? [];
    if (sign === '"' || sign === "'") {
      throw new Error(`a text that begins with ${sign} must end with ${sign}`);
    }
    if (name !== undefined) {
      tokens.push({ kind: 'name', text: unescapeQuotes(name) });
    } else if (value !== undefined) {
      tokens.push({ kind: 'value', text: unescapeQuotes(value.replaceAll("''", "'")) });
    } else if (word !== undefined) {
      tokens.push({ kind: 'word', text: word });
    } else {
      tokens.push({ kind: 'sign', text: sign });
    }
  }
  return [...tokens, { kind: 'end', text: 'the end of the query' }];
}

function nameText(name: string): string {
  return /^\w+$/.test(name) && !RESERVED.includes(name.toUpperCase()) ? name : `"${escapeQuotes(name)}"`;
}

function escapeQuotes(name: string): string {
  return name.replaceAll(/["']/g, '\\$&');
}

function unescapeQuotes(text: string): string {
  return text.replaceAll(/\\(["'])/g, '$1');
}
