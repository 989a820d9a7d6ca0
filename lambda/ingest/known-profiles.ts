import { type InferenceProfiles, ProfileResolver } from '../pricing/inference-profiles';
import { MAX_ID_LENGTH } from '../pricing/model-id';
import type { LookUpProfile } from '../pricing/profile-lookup.aws';
import { nameOf, warnOnce } from '../process/warn-once';

const APPLICATION_PROFILE = /^arn:aws[^:]*:bedrock:[a-z0-9-]+:\d*:application-inference-profile\/[a-z0-9]+$/;
/** As many as a process asks for: each is asked for once. */
const MAX_ASKED = 500;
/** Questions of one batch. */
const MAX_AT_ONCE = 16;

/** Inference profiles that are asked for before their calls are priced: nobody waits for a batch. */
export class KnownProfiles extends ProfileResolver {
  private readonly asked = new Map<string, string | undefined>();

  /** @param lookUpProfile asks Bedrock. Default: it is not asked */
  constructor(
    given: InferenceProfiles | undefined,
    private readonly lookUpProfile?: LookUpProfile,
  ) {
    super(given);
  }

  override resolve(modelId: string): string {
    const resolved = super.resolve(modelId);
    return resolved === modelId ? (this.asked.get(modelId) ?? modelId) : resolved;
  }

  /**
   * Asks for those that are not known. It never rejects: the
   * calls of a profile that cannot be had have no price.
   */
  async learn(modelIds: Iterable<string>): Promise<void> {
    const { lookUpProfile } = this;
    if (!lookUpProfile) return;
    const unknown = [...new Set(modelIds)].filter(
      id =>
        id.length <= MAX_ID_LENGTH &&
        APPLICATION_PROFILE.test(id) &&
        this.resolve(id) === id &&
        !this.asked.has(id),
    );
    await Promise.all(
      unknown.slice(0, Math.min(MAX_AT_ONCE, MAX_ASKED - this.asked.size)).map(async id => {
        try {
          this.asked.set(id, await lookUpProfile(id));
        } catch (error) {
          this.asked.set(id, undefined);
          warnOnce(
            'profile',
            `The model of an application inference profile could not be had (${nameOf(error)}): its ` +
              'calls have no price. Allow bedrock:GetInferenceProfile on it, or say which model it is.',
          );
        }
      }),
    );
  }
}
