import type { SPAN_MAKERS } from '../../../src/contract';
import type { RecordInput } from '../../invocation/record-input';

/** Kind of program that made a span of a model call, one of {@link SPAN_MAKERS}. */
export type SpanMaker = (typeof SPAN_MAKERS)[keyof typeof SPAN_MAKERS];

/** Model call, as one OpenTelemetry span describes it. A call can have several spans. */
export interface SpanCall {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  /**
   * `client` if the instrumentation of an AWS SDK made the span. This includes the SDK for Python. All other
   * spans have `framework`.
   */
  readonly maker: SpanMaker;
  /** Name of the service that sent the span. On AgentCore, without the name of the endpoint. */
  readonly service?: string;
  /** Id that Bedrock gave to the call. Only spans of clients have it. */
  readonly requestId?: string;
  /** True if the span has a count of cache reads or cache writes, which may be 0. */
  readonly hasCacheCounts: boolean;
  /** True if the span has an input count or an output count. */
  readonly hasUsage: boolean;
  /** Facts of the call. The request id is not among them, because many spans have none. */
  readonly call: Partial<RecordInput> & { readonly modelId: string };
}

/** Result of parsing a line of a log group with spans. */
export type SpanReading =
  | { readonly kind: 'span'; readonly span: SpanCall }
  /** Line that does not describe a call of a Bedrock model. */
  | { readonly kind: 'foreign' }
  /** Span of a service that the ingest skips by configuration, because a tracker records its calls. */
  | { readonly kind: 'leftToTracker' }
  /** Span that cannot be read. `reason` quotes no content of the span. */
  | { readonly kind: 'refused'; readonly reason: string };
