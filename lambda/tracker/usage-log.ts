import { Logger } from '@aws-lambda-powertools/logger';
import type { UsageTotals } from './summary';
import type { Invocation } from '../invocation/invocation';
import { totalInputTokens } from '../usage/token-usage';

const TITLE = 'Bedrock API token usage';
const COST_DIGITS = 6;
/** Powertools' levels at which a line for each call is printed. */
const DETAILED: ReadonlySet<string> = new Set(['TRACE', 'DEBUG']);

/**
 * Writes what calls used to the function's log, through
 * Powertools: numbers and ids, and nothing of their content.
 */
export class UsageLog {
  private readonly logger = new Logger({ serviceName: 'token-analytics' });
  private readonly isDetailed = DETAILED.has(this.logger.getLevelName());

  /** One line for a call, at DEBUG. */
  call({
    agentId,
    model,
    incidentId,
    requestId,
    operation,
    usage,
    cost,
    latencyMs,
    timeToFirstTokenMs,
    error,
    cached,
  }: Invocation): void {
    if (!this.isDetailed) return;
    const [inputTokens, outputTokens] = usage
      ? [totalInputTokens(usage), usage.outputTokens]
      : [undefined, undefined];
    const outcome = error !== undefined ? `, Error: ${error}` : cached ? ', Cached: true' : '';
    const ids = { agentId, model, incidentId, requestId, operation };
    this.logger.debug(`${TITLE}: ${tokens(inputTokens, outputTokens)}, ${costOf(cost?.usd)}${outcome}`, {
      usage: {
        ...ids,
        inputTokens,
        outputTokens,
        usd: cost?.usd,
        latencyMs,
        timeToFirstTokenMs,
        partial: usage?.partial || undefined,
        error,
      },
    });
  }

  /** One line for all calls of a handler run, at INFO; none where there were none. */
  run({
    calls,
    errors,
    cached,
    unpriced,
    items,
    inputTokens,
    outputTokens,
    totalTokens,
    averageTokensPerItem,
    usd,
  }: UsageTotals): void {
    if (calls + errors + cached === 0) return;
    this.logger.info(
      `${TITLE}: ${tokens(inputTokens, outputTokens)}, Calls: ${calls}, ${costOf(usd, unpriced)}`,
      {
        usage: {
          calls,
          errors,
          cached,
          unpriced,
          items,
          inputTokens,
          outputTokens,
          totalTokens,
          averageTokensPerItem,
          usd,
        },
      },
    );
  }
}

function tokens(input: number | undefined, output: number | undefined): string {
  return `Input tokens: ${input ?? 'unknown'}, Output tokens: ${output ?? 'unknown'}`;
}

/** What has no price is not free: the cost is at least what is known. */
function costOf(usd: number | undefined, unpriced = 0): string {
  return usd === undefined
    ? 'Cost: unknown'
    : `Cost: ${unpriced > 0 ? '≥ ' : ''}$${usd.toFixed(COST_DIGITS)}`;
}
