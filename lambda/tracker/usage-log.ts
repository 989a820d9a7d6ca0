import type { UsageSummary } from './summary';
import type { Invocation } from '../invocation/invocation';
import { usdText } from '../pricing/usd-text';
import { Logger } from '../process/logger';
import type { Units } from '../usage/billed-units';
import { totalInputTokens } from '../usage/token-usage';

const TITLE = 'Bedrock API token usage';
/** Names of the values in an invocation that its log line also contains. */
const MEMBERS = [
  'agentId',
  'model',
  'incidentId',
  'requestId',
  'operation',
  'items',
  'tokensPerItem',
  'latencyMs',
  'timeToFirstTokenMs',
  'error',
  'units',
] as const satisfies (keyof Invocation)[];

/** Names and values in the text of a log line, in this order. Undefined values are omitted. */
type Parts = readonly (readonly [name: string, value: string | number | undefined])[];

export interface UsageLogOptions {
  /**
   * True to log one line for each call at level INFO. False to log this line at level DEBUG. Default: false
   */
  readonly logCalls?: boolean;
}

/**
 * Writes the usage of calls to the function's log. Logs only numbers and ids, never the content of a request
 * or response.
 */
export class UsageLog {
  private readonly level: 'info' | 'debug';
  private readonly hasCalls: boolean;

  constructor(
    { logCalls = false }: UsageLogOptions = {},
    private readonly logger = new Logger('token-analytics'),
  ) {
    this.level = logCalls ? 'info' : 'debug';
    // If the log level hides the lines of calls, `call` does not format them.
    this.hasCalls = this.logger.isOn(logCalls ? 'INFO' : 'DEBUG');
  }

  /** Logs one line for a call, at level INFO or DEBUG. */
  call(invocation: Invocation): void {
    if (!this.hasCalls) return;
    const { usage, units, cost, items, tokensPerItem, latencyMs, error, cached } = invocation;
    const inputTokens = usage && totalInputTokens(usage);
    const counts = {
      inputTokens,
      outputTokens: usage?.outputTokens,
      totalTokens: usage && totalInputTokens(usage) + usage.outputTokens,
    };
    const message = toLine([
      // A call that is billed by units alone, such as ApplyGuardrail, has no tokens.
      ...(usage || !units ? tokens(counts) : []),
      ['Units', units && unitsText(units)],
      ['Items', items],
      ['Tokens per item', rounded(tokensPerItem)],
      ['Duration', latencyMs === undefined ? undefined : `${Math.round(latencyMs)} ms`],
      ['Cost', costText(cost?.picoUsd, cost?.lowerBound !== undefined)],
      ['Error', error],
      ['Cached', cached && error === undefined ? 'true' : undefined],
    ]);
    this.logger[this.level](message, {
      usage: {
        ...Object.fromEntries(MEMBERS.map(name => [name, invocation[name]])),
        ...counts,
        usd: cost?.usd,
        partial: usage?.partial || undefined,
      },
    });
  }

  /** Logs one line for all calls of a handler run, at level INFO. If there were no calls, logs nothing. */
  run({ agents: _agents, models: _models, picoUsd, ...usage }: UsageSummary): void {
    const { answered, failed, fromCache, unpriced, lowerBound, items, averageTokensPerItem, agentCoreCalls } =
      usage;
    if (answered + failed + fromCache + agentCoreCalls === 0) return;
    const message = toLine([
      ...tokens(usage),
      ['Items', items || undefined],
      ['Average tokens per item', rounded(averageTokensPerItem)],
      ['Calls', answered],
      ['Cost', costText(picoUsd, unpriced + lowerBound > 0)],
      ['AgentCore calls, not recorded', agentCoreCalls || undefined],
    ]);
    this.logger.info(message, { usage });
  }
}

function toLine(parts: Parts): string {
  const known = parts.filter(([, value]) => value !== undefined);
  return `${TITLE}: ${known.map(part => part.join(': ')).join(', ')}`;
}

function tokens({
  inputTokens = 'unknown',
  outputTokens = 'unknown',
  totalTokens = 'unknown',
}: {
  readonly [Name in 'inputTokens' | 'outputTokens' | 'totalTokens']?: number | 'unknown';
}): Parts {
  return [
    ['Input tokens', inputTokens],
    ['Output tokens', outputTokens],
    ['Total tokens', totalTokens],
  ];
}

/** Lists units: `2 guardrailContent, 1 guardrailTopics`. */
function unitsText(units: Units): string {
  return Object.entries(units)
    .map(([unit, count]) => `${count} ${unit}`)
    .join(', ');
}

/** Rounds a number to one decimal place. */
function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 10) / 10;
}

/** Formats a cost. The sign `≥` means that the true cost may be higher, e.g. because of unpriced calls. */
function costText(picoUsd: bigint | undefined, isAtLeast: boolean): string {
  return picoUsd === undefined ? 'unknown' : `${isAtLeast ? '≥ ' : ''}${usdText(picoUsd)}`;
}
