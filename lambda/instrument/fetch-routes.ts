import { findCallOfCommand, type ModelCall } from '../usage/model-calls';

/** Model call that the URL of an HTTP request describes. */
export interface FetchRoute {
  readonly call: ModelCall;
  /** Id or ARN of the model in the path. Undefined if the model is in the body. */
  readonly modelId?: string;
  /** Region in the host name. Undefined for other base URLs. */
  readonly region?: string;
}

/** Domains of AWS endpoints in all partitions (partitions of the AWS SDK), without `vpce.` and the region. */
const DOMAINS = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.eu',
  'api.aws',
  'api.amazonwebservices.com.cn',
  'api.amazonwebservices.eu',
  'c2s.ic.gov',
  'sc2s.sgov.gov',
  'csp.hci.ic.gov',
];

/**
 * Pattern for the host names of the Bedrock runtime and of Bedrock Mantle, with FIPS endpoints and VPC
 * endpoints. The group captures the region.
 */
const BEDROCK_HOST = new RegExp(
  '^(?:vpce-[a-z0-9-]+\\.)?bedrock-(?:runtime|mantle)(?:-fips)?\\.([a-z]{2,4}(?:-[a-z]+)+-\\d+)\\.(?:vpce\\.)?' +
    `(?:${DOMAINS.join('|').replaceAll('.', '\\.')})$`,
);
/** Text in each host name of `BEDROCK_HOST`. URLs without it are not parsed. */
const BEDROCK = 'bedrock-';

/** Returns the description of an operation that the AWS SDK also has. */
const sdkCall = (operation: string) => findCallOfCommand(operation) as ModelCall;
/** Returns the description of an operation with the request format of another API, such as OpenAI's. */
const bodyCall = (operation: string, content: readonly string[]): ModelCall => ({
  operation,
  reads: 'InvokeModel',
  model: ['model'],
  content,
});

/**
 * Pattern for the path of each operation, after the base URL. The group captures the model. ARNs of models
 * can contain slashes that are not encoded.
 */
const ROUTES: readonly (readonly [path: RegExp, call: ModelCall])[] = [
  [/^\/model\/(.+)\/converse$/, sdkCall('Converse')],
  [/^\/model\/(.+)\/converse-stream$/, sdkCall('ConverseStream')],
  [/^\/model\/(.+)\/invoke$/, sdkCall('InvokeModel')],
  [/^\/model\/(.+)\/invoke-with-response-stream$/, sdkCall('InvokeModelWithResponseStream')],
  [
    /^(?:\/openai)?(?:\/v1)?\/chat\/completions$/,
    bodyCall('ChatCompletions', ['messages', 'tools', 'response_format']),
  ],
  [/^(?:\/openai)?(?:\/v1)?\/responses$/, bodyCall('Responses', ['input', 'instructions', 'tools'])],
  [/^(?:\/anthropic)?(?:\/v1)?\/messages$/, bodyCall('Messages', ['messages', 'system', 'tools'])],
];

/**
 * Returns a function that finds the model call of a URL. The function returns undefined if the URL does not
 * call a model of Bedrock.
 *
 * @param endpoints base URLs besides those of Bedrock, such as the URL of a proxy
 * @throws if an endpoint is not a URL
 */
export function routeFinder(endpoints: readonly string[] = []): (url: string) => FetchRoute | undefined {
  const bases = endpoints.map(endpoint => {
    const { origin, pathname } = new URL(endpoint);
    return { origin, path: pathname.replace(/\/+$/, '') };
  });
  return url => {
    if (bases.length === 0 && !url.includes(BEDROCK)) return undefined;
    const { origin, hostname, pathname } = new URL(url);
    const region = BEDROCK_HOST.exec(hostname)?.[1];
    const base = bases.find(
      ({ origin: baseOrigin, path }) => baseOrigin === origin && pathname.startsWith(`${path}/`),
    );
    if (region === undefined && !base) return undefined;
    const found = findRoute(pathname.slice(base?.path.length ?? 0));
    return found && { ...found, region };
  };
}

function findRoute(path: string): FetchRoute | undefined {
  for (const [pattern, call] of ROUTES) {
    const match = pattern.exec(path);
    if (match) return { call, modelId: match[1] === undefined ? undefined : decodeURIComponent(match[1]) };
  }
  return undefined;
}
