import { BedrockClient, GetInferenceProfileCommand } from '@aws-sdk/client-bedrock';

/**
 * Function that asks Bedrock for the model of an application inference profile, and returns the id or ARN of
 * the model. Rejects if the profile does not have a single foundation model.
 */
export type LookUpProfile = (arn: string) => Promise<string>;

const ARN_REGION = /^arn:[^:]*:bedrock:([a-z0-9-]+):/;
const FOUNDATION_MODEL = /^arn:[^:]*:bedrock:([a-z0-9-]*)::foundation-model\/(.+)$/;
/**
 * Maximum number of clients that are kept, one for each region. Programs use fewer regions, but an ARN can
 * contain any region name.
 */
const MAX_CLIENTS = 50;
/**
 * Time limit of a look-up, in milliseconds. A model call usually takes longer, so the look-up does not delay
 * the program.
 */
const TIMEOUT_MS = 2000;

/**
 * Returns a function that looks up the models of application inference profiles in Bedrock.
 *
 * @param endpoint URL of Bedrock's control plane. Default: the URL that the SDK uses
 */
export function profileLookup(endpoint?: string): LookUpProfile {
  const clients = new Map<string, BedrockClient>();
  const clientIn = (region: string) => {
    const client = clients.get(region) ?? new BedrockClient({ region, endpoint, maxAttempts: 2 });
    if (clients.size >= MAX_CLIENTS) clients.clear();
    clients.set(region, client);
    return client;
  };
  return async arn => {
    const region = ARN_REGION.exec(arn)?.[1];
    if (region === undefined) throw new TypeError('no region');
    const { models } = await clientIn(region).send(
      new GetInferenceProfileCommand({ inferenceProfileIdentifier: arn }),
      { abortSignal: AbortSignal.timeout(TIMEOUT_MS) },
    );
    const modelId = modelOfProfile((models ?? []).map(({ modelArn }) => modelArn));
    if (modelId === undefined) throw new TypeError('no single foundation model');
    return modelId;
  };
}

/**
 * Returns the id or ARN that decides the price of invocations with an inference profile:
 * - If an ARN has no region, returns the id of the global inference profile, such as `global.amazon.…`.
 * - If the ARNs have several regions, returns the id of the geographic inference profile, such as
 *   `us.amazon.…`.
 * - If all ARNs have the same region, returns the first ARN.
 *
 * @param arns ARNs of the profile's model, one for each region of the profile
 * @returns undefined if the profile does not have a single foundation model
 */
export function modelOfProfile(arns: readonly (string | undefined)[]): string | undefined {
  const found = arns.map(arn => FOUNDATION_MODEL.exec(arn ?? ''));
  const [first] = found;
  if (!first || found.some(match => match?.[2] !== first[2])) return undefined;
  const regions = new Set(found.map(match => match?.[1] ?? ''));
  if (regions.has('')) return `global.${first[2]}`;
  return regions.size === 1 ? first[0] : `${geographyOf([...regions][0])}.${first[2]}`;
}

/** Returns the model id prefix for a region, such as `us`, `us-gov`, `eu` or `apac`. */
function geographyOf(region: string): string {
  if (region.startsWith('us-gov-')) return 'us-gov';
  const [area] = region.split('-');
  return area === 'ap' ? 'apac' : area;
}
