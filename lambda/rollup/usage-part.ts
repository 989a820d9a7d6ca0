import { promptTokens, type Sums } from './usage-sums';
import { type InvocationKind, invocationKind } from '../invocation/invocation-counts';
import type { Trace } from '../traces/trace';

/**
 * Input tokens above which some price lists have other rates, in order. A part holds calls of one step alone,
 * so that a long prompt's price can be found from its sums. Those of the price tables are all here; sums that
 * are rolled up keep the steps that they were rolled up with.
 */
export const PROMPT_STEPS: readonly number[] = [100_000, 128_000, 200_000, 272_000];

/** The operation of a call that a batch job made. */
const BATCH_OPERATION = 'BatchOutput';

/**
 * What calls have in common whose sums are kept together:
 * what came of them, and all that decides their price.
 */
export interface PartKey {
  readonly kind: InvocationKind;
  /**
   * Parts beyond the most that an item has, in one, or calls that told
   * no tokens: what is below is then not known, and no price can be.
   */
  readonly mixed: boolean;
  /** The id or ARN that was called, with its inference profile. */
  readonly modelId?: string;
  /** `global`, `geo` or `in-region`, where the trace says it. */
  readonly scope?: string;
  /** As the response said it. Undefined for the standard tier. */
  readonly serviceTier?: string;
  /** Whether a batch job made the calls. */
  readonly batch: boolean;
  /**
   * The last of {@link PROMPT_STEPS} that each call's input tokens are above; 0 where they are above none.
   */
  readonly promptAbove: number;
}

/** The days on which the prices that were applied had been read: the first and the last, as text. */
export interface PriceDates {
  readonly first: string;
  readonly last: string;
}

/**
 * A part of a day: the sums of its calls by quarter-hours of
 * the UTC day, 0 to 95; those without a call are left out.
 */
export interface RollupPart extends PartKey {
  readonly priceAsOf?: PriceDates;
  readonly quarters: ReadonlyMap<number, Sums>;
}

/** The part that a trace belongs to. */
export function partKeyOf(trace: Trace): PartKey {
  const kind = invocationKind(trace);
  // Beside calls whose tokens are known, those that told none would be priced at nothing.
  if (kind === 'unpriced' && trace.source === undefined) {
    return { kind, mixed: true, batch: false, promptAbove: 0 };
  }
  return {
    kind,
    mixed: false,
    modelId: trace.modelId || undefined,
    scope: trace.scope,
    serviceTier: trace.serviceTier,
    batch: trace.operation === BATCH_OPERATION,
    promptAbove: stepOf(promptTokens(trace)),
  };
}

/** One string for a part, which no other part of the same agent, model and day has. */
export function idOfPart({
  kind,
  mixed,
  modelId = '',
  scope = '',
  serviceTier = '',
  batch,
  promptAbove,
}: PartKey): string {
  return `${kind}\n${mixed ? 1 : 0}\n${modelId}\n${scope}\n${serviceTier}\n${batch ? 1 : 0}\n${promptAbove}`;
}

/**
 * Whether the calls of a part are long prompts at a price that has other rates above so many input tokens.
 * Undefined where some may be and some not: in a mixed part, or where the price's step is none of
 * {@link PROMPT_STEPS}.
 */
export function isLongPrompt(
  { mixed, promptAbove }: Pick<PartKey, 'mixed' | 'promptAbove'>,
  above: number,
): boolean | undefined {
  if (mixed) return undefined;
  if (promptAbove >= above) return true;
  const next = PROMPT_STEPS.find(step => step > promptAbove) ?? Infinity;
  return above >= next ? false : undefined;
}

function stepOf(tokens: number): number {
  let above = 0;
  for (const step of PROMPT_STEPS) if (tokens > step) above = step;
  return above;
}
