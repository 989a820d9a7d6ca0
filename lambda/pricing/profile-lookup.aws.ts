import { BedrockClient, GetInferenceProfileCommand } from '@aws-sdk/client-bedrock';

/**
 * Returns the foundation model of an application inference profile. Rejects if Bedrock does not return one.
 */
export type LookUpProfile = (arn: string) => Promise<string>;

const ARN_REGION = /^arn:[^:]*:bedrock:([a-z0-9-]+):/;
const FOUNDATION_MODEL = /^arn:[^:]*:bedrock:([a-z0-9-]*)::foundation-model\/(.+)$/;
/** Maximum regions whose clients are kept. Programs use fewer, but callers can pass any name. */
const MAX_CLIENTS = 50;
/** Time limit of a look-up. It runs beside the model call, which takes longer. */
const TIMEOUT_MS = 2000;

/**
 * Returns a function that looks up profiles.
 *
 * @param endpoint URL of Bedrock's control plane. Default: that of the SDK
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
 * Returns the model id that prices a profile's invocations. A profile that was created from a cross-region
 * profile has the price of that one. It lists its model once for each region; a profile created from a global
 * one also lists the model without a region.
 *
 * @param arns model ARNs of the profile
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

/** Returns the id prefix of a region's geography. Only that of GovCloud has other prices. */
function geographyOf(region: string): string {
  if (region.startsWith('us-gov-')) return 'us-gov';
  const [area] = region.split('-');
  return area === 'ap' ? 'apac' : area;
}
