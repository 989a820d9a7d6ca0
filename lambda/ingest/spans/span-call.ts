import type { RecordInput } from '../../invocation/record-input';
import type { SpanIds } from '../records/ingest-record';

/** Span of one model call. */
export interface SpanCall extends SpanIds {
  readonly parentSpanId?: string;
  /** `client` for the instrumentation of boto3 or of an AWS SDK client. `framework` for all others. */
  readonly maker: 'framework' | 'client';
  /** True if the program that made the span runs in Node.js. Such a program can have a tracker. */
  readonly isNode: boolean;
  /** True if a Lambda function made the span. A tracker in it writes its claims when the handler ends. */
  readonly isLambda: boolean;
  /**
   * True if an ingest of the invocation log would read the call. False for calls of Bedrock Mantle, for
   * operations that are not logged, and for the services in `unloggedServices`.
   */
  readonly isInLog: boolean;
  /** Id that AWS gave to the call. Only spans of clients have it. */
  readonly requestId?: string;
  /** True if the span reports cached tokens, also if their number is 0. */
  readonly hasCacheCounts: boolean;
  /** True if the span reports its input tokens, and not only zeros. */
  readonly hasUsage: boolean;
  readonly call: Partial<RecordInput> & { readonly modelId: string };
}

/** Result of parsing a line of a log group with spans. */
export type SpanReading =
  | { readonly kind: 'span'; readonly span: SpanCall }
  /** Line that is not a span, or a span that is not a call of a Bedrock model. */
  | { readonly kind: 'foreign'; readonly ids?: SpanIds }
  /** Span of a service that records its calls itself. */
  | { readonly kind: 'leftToTracker' }
  | { readonly kind: 'refused'; readonly reason: string };
