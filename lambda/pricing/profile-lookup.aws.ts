import { BedrockClient, GetInferenceProfileCommand } from '@aws-sdk/client-bedrock';

/**
 * Asks Bedrock which foundation model an application inference profile uses. Rejects where it does not say.
 */
export type LookUpProfile = (arn: string) => Promise<string>;

const ARN_REGION = /^arn:[^:]*:bedrock:([a-z0-9-]+):/;
const FOUNDATION_MODEL = /^arn:[^:]*:bedrock:([a-z0-9-]*)::foundation-model\/(.+)$/;
/** Regions whose clients are kept: a program's are fewer, and a caller can make names up. */
const MAX_CLIENTS = 50;
/** It is asked beside the model call, which takes longer. */
const TIMEOUT_MS = 2000;

/**
 * Makes the function that asks.
 *
 * @param endpoint where Bedrock's control plane is. Default: the SDK's own
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
 * The id that a profile's calls are billed as. A profile that was made from a cross-region one lists its
 * model in each region of it, and a global one in the region that is none; their prices are those of the
 * profile it was made from.
 */
export function modelOfProfile(arns: readonly (string | undefined)[]): string | undefined {
  const found = arns.map(arn => FOUNDATION_MODEL.exec(arn ?? ''));
  const [first] = found;
  if (!first || found.some(match => match?.[2] !== first[2])) return undefined;
  const regions = new Set(found.map(match => match?.[1] ?? ''));
  if (regions.has('')) return `global.${first[2]}`;
  return regions.size === 1 ? first[0] : `${geographyOf([...regions][0])}.${first[2]}`;
}

/** The prefix of a region's geography; which one it is makes a difference in GovCloud alone. */
function geographyOf(region: string): string {
  if (region.startsWith('us-gov-')) return 'us-gov';
  const [area] = region.split('-');
  return area === 'ap' ? 'apac' : area;
}
