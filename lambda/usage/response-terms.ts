import { asEvents, asObject, type Json, validText } from './counts';
import type { UsageOperation } from './token-usage';

/** Values in a response that decide the price of its tokens. */
export interface ResponseTerms {
  /** Service tier that served the call. It can differ from the tier in the request. */
  readonly serviceTier?: string;
  readonly latencyOptimized?: boolean;
  /**
   * Id of the model that a prompt router has chosen. This model is billed. Undefined without a prompt router.
   */
  readonly billedModelId?: string;
}

/** Response headers. Their names are in lower case. */
export type Headers = Readonly<Record<string, string>>;

/**
 * Names in `service_tier` that stand for the standard tier. Only bodies in OpenAI's format have this member.
 */
const STANDARD_TIERS: ReadonlySet<string> = new Set(['default', 'auto', 'standard']);
/**
 * Pattern for the name of a service tier. A new tier of AWS also matches. It has no price until it is in the
 * price tables.
 */
const TIER = /^[a-z][a-z0-9_-]{0,23}$/;
/**
 * Operations that return the model chosen by a prompt router. An InvokeModel body does not name this model.
 */
const ROUTED: ReadonlySet<unknown> = new Set<UsageOperation>(['Converse', 'ConverseStream']);

/**
 * Reads the billing terms in a response, in the last event of a stream, or in a body of the invocation log.
 * Missing terms are read from `headers`. An old SDK drops new members of a response, but keeps all headers.
 */
export function readTerms(response: Json, operation: string | undefined, headers?: Headers): ResponseTerms {
  const latency =
    response.performanceConfigLatency ??
    asObject(response.performanceConfig)?.latency ??
    headers?.['x-amzn-bedrock-performanceconfig-latency'];
  return {
    serviceTier:
      validText(response.serviceTier) ??
      validText(asObject(response.serviceTier)?.type) ??
      validText(headers?.['x-amzn-bedrock-service-tier']),
    latencyOptimized: latency === 'optimized',
    billedModelId: ROUTED.has(operation)
      ? validText(asObject(asObject(response.trace)?.promptRouter)?.invokedModelId)
      : undefined,
  };
}

/**
 * Reads the billing terms and the region in a record of the invocation log. All terms are read for Converse
 * and ConverseStream, and only the service tier for other operations.
 */
export function readLogTerms(record: Json): ResponseTerms & { readonly region?: string } {
  const body = asObject(record.output)?.outputBodyJson;
  const parts = (asEvents(body) ?? [body]).map(part => asObject(part) ?? {});
  const terms = parts.map(part =>
    ROUTED.has(record.operation)
      ? readTerms(asObject(part.metadata) ?? part, String(record.operation))
      : { serviceTier: readSpecialTier(part) },
  );
  return { ...terms.reduce(withEventTerms, {}), region: validText(record.region) };
}

/**
 * Merges the billing terms in a response (`terms`) with the billing terms in the events of its stream
 * (`ofEvents`). Terms in the events take precedence.
 */
export function withEventTerms(terms: ResponseTerms, ofEvents: ResponseTerms): ResponseTerms {
  return {
    serviceTier: ofEvents.serviceTier ?? terms.serviceTier,
    latencyOptimized: ofEvents.latencyOptimized === true || terms.latencyOptimized,
    billedModelId: ofEvents.billedModelId ?? terms.billedModelId,
  };
}

/**
 * Reads the service tier from the member `service_tier`. Only bodies and chunks in OpenAI's format have this
 * member.
 *
 * @returns undefined for the standard tier
 */
export function readSpecialTier(body: Json): string | undefined {
  const tier = body.service_tier ?? asObject(body.response)?.service_tier;
  return typeof tier === 'string' && TIER.test(tier) && !STANDARD_TIERS.has(tier) ? tier : undefined;
}
