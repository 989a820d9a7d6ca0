import { type InferenceProfiles, lastPart, ProfileResolver, RETRY_MS } from '../pricing/model-id';
import type { LookUpProfile } from '../pricing/profile-lookup.aws';
import { forEachConcurrent } from '../process/promises';
import { errorName, warnOnce } from '../process/warn-once';

/** Maximum number of concurrent GetInferenceProfile requests. */
const MAX_AT_ONCE = 16;

/** Application inference profiles that the ingest may look up in Bedrock. */
export interface ResolvableProfiles {
  /** ARNs of these application inference profiles. */
  readonly arns: readonly string[];
  readonly lookUp: LookUpProfile;
}

/**
 * Finds the models of inference profiles. Requests only profiles in `lookups.arns`, because a record can
 * contain any id.
 */
export class KnownProfiles extends ProfileResolver {
  private readonly found = new Map<string, string>();
  /** Earliest time of the next request after a failed request, in epoch milliseconds, by profile ARN. */
  private readonly retryAt = new Map<string, number>();

  /** @param lookups profiles that may be requested from Bedrock. Default: none */
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

  /**
   * Requests the models of all inference profiles in `modelIds`. If a request fails, invocations of that
   * profile are unpriced. Never rejects.
   */
  learn(modelIds: Iterable<string>): Promise<void> {
    const named = new Set(modelIds);
    return this.lookUpIf(arn => named.has(arn));
  }

  /**
   * Requests the model of each inference profile with an id in `texts`. The texts are not parsed, to save
   * memory. Never rejects.
   */
  learnFrom(texts: readonly string[]): Promise<void> {
    return this.lookUpIf(arn => texts.some(text => text.includes(lastPart(arn))));
  }

  private async lookUpIf(isNamed: (arn: string) => boolean): Promise<void> {
    const { arns = [], lookUp } = this.lookups ?? {};
    if (!lookUp) return;
    const now = Date.now();
    const wanted = arns.filter(
      arn => this.resolve(arn) === arn && (this.retryAt.get(arn) ?? 0) <= now && isNamed(arn),
    );
    await forEachConcurrent(wanted, MAX_AT_ONCE, async arn => {
      try {
        this.found.set(arn, await lookUp(arn));
      } catch (error) {
        this.retryAt.set(arn, Date.now() + RETRY_MS);
        warnOnce(
          'profile',
          `The model of an application inference profile could not be looked up (${errorName(error)}): its ` +
            'invocations have no price. Allow bedrock:GetInferenceProfile on it, or set inferenceProfiles.',
        );
      }
    });
  }
}
