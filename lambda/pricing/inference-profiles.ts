import { parseModelId } from './model-id';
import type { LookUpProfile } from './profile-lookup.aws';
import { nameOf, warnOnce } from '../process/warn-once';

/**
 * Which model an opaque id stands for: by ARN or by the last
 * part of it, an id or ARN that a price is known of.
 */
export type InferenceProfiles = Readonly<Record<string, string>>;

const APPLICATION_PROFILE = /^arn:aws[^:]*:bedrock:[a-z0-9-]+:\d*:application-inference-profile\/[a-z0-9]+$/;
/** How many answers, and open questions, are kept. */
const MAX_REMEMBERED = 500;
/** A call is let go out before its profile is asked for: loading the SDK takes some time of the process. */
const DELAY_MS = 50;
/** After a failure, the same is not asked again for so long. */
const RETRY_MS = 15 * 60_000;

/**
 * Says which model an id stands for, where it does not say so itself. What a caller gave goes first; an
 * application inference profile that is not in it is asked for, once, beside the call that named it and never
 * in its way.
 */
export class ProfileResolver {
  private readonly given: ReadonlyMap<string, string>;
  private readonly answers = new Map<string, string>();
  /** Until when a profile is not asked for: it is being asked for, or could not be had. */
  private readonly waiting = new Map<string, number>();

  private lookUp: Promise<LookUpProfile> | undefined;

  /**
   * @param given what is known beforehand
   * @param load gets what asks Bedrock, at the first question. Default: it is not asked
   */
  constructor(
    given: InferenceProfiles = {},
    private readonly load?: () => Promise<LookUpProfile>,
  ) {
    this.given = new Map(Object.entries(given));
  }

  /** The id that a call of this id is priced and counted by: another one where that is known, else itself. */
  resolve(modelId: string): string {
    if (this.given.size === 0 && this.answers.size === 0) return modelId;
    return (
      this.given.get(modelId) ?? this.given.get(lastPart(modelId)) ?? this.answers.get(modelId) ?? modelId
    );
  }

  /** Begins to ask for what is not known. It returns at once and never throws. */
  prefetch(modelId: unknown): void {
    if (
      !this.load ||
      typeof modelId !== 'string' ||
      !APPLICATION_PROFILE.test(modelId) ||
      this.resolve(modelId) !== modelId
    ) {
      return;
    }
    if ((this.waiting.get(modelId) ?? 0) > Date.now()) return;
    remember(this.waiting, modelId, Infinity);
    setTimeout(() => void this.ask(modelId), DELAY_MS).unref();
  }

  private async ask(modelId: string): Promise<void> {
    try {
      this.lookUp ??= this.load?.();
      const lookUp = await this.lookUp;
      const answer = await lookUp?.(modelId);
      if (answer !== undefined) remember(this.answers, modelId, answer);
      this.waiting.delete(modelId);
    } catch (error) {
      remember(this.waiting, modelId, Date.now() + RETRY_MS);
      const { model } = parseModelId(modelId);
      warnOnce(
        `profile:${model}`,
        `The model of ${model} could not be had (${nameOf(error)}): its calls have no price. Allow ` +
          'bedrock:GetInferenceProfile on it, or say which model it is.',
      );
    }
  }
}

/** Keeps what is known; where it would be too much, it begins anew. */
function remember<Value>(known: Map<string, Value>, modelId: string, value: Value): void {
  if (known.size >= MAX_REMEMBERED) known.clear();
  known.set(modelId, value);
}

function lastPart(modelId: string): string {
  return modelId.slice(modelId.lastIndexOf('/') + 1);
}
