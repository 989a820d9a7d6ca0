import { MAX_ID_LENGTH, parseModelId } from './model-id';
import type { LookUpProfile } from './profile-lookup.aws';
import { errorName, warnOnce } from '../process/warn-once';

/**
 * Which model an opaque id stands for: by ARN or by the last
 * part of it, an id or ARN that a price is known of.
 */
export type InferenceProfiles = Readonly<Record<string, string>>;

const APPLICATION_PROFILE =
  /^arn:aws[^:]*:bedrock:([a-z0-9-]+):\d*:application-inference-profile\/[a-z0-9]+$/;
/** How many answers, and open questions, are kept. */
const MAX_REMEMBERED = 500;
/** A call is let go out before its profile is asked for: loading the SDK takes some time of the process. */
const DELAY_MS = 50;
/** After a failure, the same is not asked again for so long. */
export const RETRY_MS = 15 * 60_000;
/**
 * Pause after a look-up without an answer, in its region. Otherwise, each run would wait for the next one.
 */
const SILENT_MS = 5 * 60_000;
/** A look-up that took longer was interrupted by a freeze: by itself, it ends much earlier. */
const FROZEN_MS = 5000;
/** Error names of look-ups that had no answer in time. */
const NO_ANSWER: ReadonlySet<string> = new Set(['TimeoutError', 'AbortError']);

/**
 * Says which model an id stands for, where it does not say so itself. What a caller gave goes first; an
 * application inference profile that is not in it is asked for, once, beside the call that named it and never
 * in its way.
 */
export class ProfileResolver {
  private readonly given: ReadonlyMap<string, string>;
  private readonly resolvable: ReadonlySet<string> | undefined;
  private readonly answers = new Map<string, string>();
  /** Look-ups in flight. */
  private readonly asking = new Map<string, Promise<void>>();
  /** Earliest time of the next look-up, for each profile that failed. */
  private readonly failed = new Map<string, number>();

  /** Earliest time of any look-up, for each region whose control plane did not answer. */
  private readonly silentUntil = new Map<string, number>();
  private lookUp: Promise<LookUpProfile> | undefined;

  /**
   * @param given what is known beforehand
   * @param load gets what asks Bedrock, at the first question. Default: it is not asked
   * @param resolvable ARNs that may be looked up. Default: each that is one of a profile
   */
  constructor(
    given: InferenceProfiles = {},
    private readonly load?: () => Promise<LookUpProfile>,
    resolvable?: readonly string[],
  ) {
    this.given = new Map(Object.entries(given));
    this.resolvable = resolvable && new Set(resolvable);
  }

  /** The id that a call of this id is priced and counted by: another one where that is known, else itself. */
  resolve(modelId: string): string {
    if (this.given.size === 0 && this.answers.size === 0) return modelId;
    return (
      this.given.get(modelId) ?? this.given.get(lastPart(modelId)) ?? this.answers.get(modelId) ?? modelId
    );
  }

  /**
   * Starts to look up the model of an unknown profile. It returns at once and never throws.
   *
   * @returns a promise of the look-up's end; undefined if there is nothing to look up
   */
  prefetch(modelId: unknown): Promise<void> | undefined {
    if (!this.load || typeof modelId !== 'string') return undefined;
    const region = this.regionToAsk(modelId);
    if (region === undefined || this.resolve(modelId) !== modelId) return undefined;
    const asking = this.asking.get(modelId);
    if (!asking && (this.silentUntil.get(region) ?? 0) > Date.now()) return undefined;
    if (asking || (this.failed.get(modelId) ?? 0) > Date.now()) return asking;
    const asked = new Promise<void>(resolve => {
      setTimeout(() => void this.ask(modelId, region).then(resolve), DELAY_MS).unref();
    });
    remember(this.asking, modelId, asked);
    return asked;
  }

  /** The region of a profile that may be looked up; undefined for any other id. */
  private regionToAsk(modelId: string): string | undefined {
    if (this.resolvable?.has(modelId) === false || modelId.length > MAX_ID_LENGTH) return undefined;
    return APPLICATION_PROFILE.exec(modelId)?.[1];
  }

  private async ask(modelId: string, region: string): Promise<void> {
    const startedAt = Date.now();
    try {
      this.lookUp ??= this.load?.();
      const lookUp = await this.lookUp;
      const answer = await lookUp?.(modelId);
      if (answer !== undefined) remember(this.answers, modelId, answer);
    } catch (error) {
      const name = errorName(error);
      // Lambda froze the process meanwhile. The next call looks the profile up again.
      if (NO_ANSWER.has(name) && Date.now() - startedAt > FROZEN_MS) return;
      remember(this.failed, modelId, Date.now() + RETRY_MS);
      if (NO_ANSWER.has(name)) remember(this.silentUntil, region, Date.now() + SILENT_MS);
      const { model } = parseModelId(modelId);
      const fix = NO_ANSWER.has(name)
        ? 'Let the function reach the bedrock endpoint'
        : 'Allow bedrock:GetInferenceProfile on it';
      warnOnce(
        `profile:${model}`,
        `The model of ${model} could not be had (${name}): its calls have no price. ${fix}, or say which ` +
          'model it is.',
      );
    } finally {
      this.asking.delete(modelId);
    }
  }
}

/** Keeps what is known; where it would be too much, it begins anew. */
function remember<Value>(known: Map<string, Value>, key: string, value: Value): void {
  if (known.size >= MAX_REMEMBERED) known.clear();
  known.set(key, value);
}

/** Returns the last part of an ARN, which is the id of a profile. */
export function lastPart(modelId: string): string {
  return modelId.slice(modelId.lastIndexOf('/') + 1);
}
