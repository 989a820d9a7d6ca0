import { type InferenceProfiles, lastPart, ProfileResolver, RETRY_MS } from '../pricing/inference-profiles';
import type { LookUpProfile } from '../pricing/profile-lookup.aws';
import { forEachConcurrent } from '../process/promises';
import { errorName, warnOnce } from '../process/warn-once';

/** Look-ups in flight at once. */
const MAX_AT_ONCE = 16;

/** Profiles that may be looked up. */
export interface ResolvableProfiles {
  /** ARNs of application inference profiles. */
  readonly arns: readonly string[];
  readonly lookUp: LookUpProfile;
}

/**
 * Inference profiles that are looked up before their calls are read, because nobody waits for a batch. A
 * record can name a profile that does not exist, so only those of the configuration are looked up.
 */
export class KnownProfiles extends ProfileResolver {
  private readonly found = new Map<string, string>();
  /** Earliest time of the next look-up, for each profile that failed. */
  private readonly failedUntil = new Map<string, number>();

  /** @param lookups profiles that may be looked up. Default: none */
  constructor(
    given: InferenceProfiles | undefined,
    private readonly lookups?: ResolvableProfiles,
  ) {
    super(given);
  }

  override resolve(modelId: string): string {
    const resolved = super.resolve(modelId);
    return resolved === modelId ? (this.found.get(modelId) ?? modelId) : resolved;
  }

  /** Looks up the profiles among model ids. It never rejects: calls of an unknown one have no price. */
  learn(modelIds: Iterable<string>): Promise<void> {
    const named = new Set(modelIds);
    return this.lookUpIf(arn => named.has(arn));
  }

  /**
   * Looks up the profiles whose ids stand in some texts. It does not parse them, because the parsed records
   * of a large payload together would not fit in memory. It never rejects.
   */
  learnFrom(texts: readonly string[]): Promise<void> {
    return this.lookUpIf(arn => texts.some(text => text.includes(lastPart(arn))));
  }

  private async lookUpIf(isNamed: (arn: string) => boolean): Promise<void> {
    const { arns = [], lookUp } = this.lookups ?? {};
    if (!lookUp) return;
    const now = Date.now();
    const wanted = arns.filter(
      arn => this.resolve(arn) === arn && (this.failedUntil.get(arn) ?? 0) <= now && isNamed(arn),
    );
    await forEachConcurrent(wanted, MAX_AT_ONCE, async arn => {
      try {
        this.found.set(arn, await lookUp(arn));
      } catch (error) {
        this.failedUntil.set(arn, Date.now() + RETRY_MS);
        warnOnce(
          'profile',
          `The model of an application inference profile could not be had (${errorName(error)}): its ` +
            'calls have no price. Allow bedrock:GetInferenceProfile on it, or say which model it is.',
        );
      }
    });
  }
}
