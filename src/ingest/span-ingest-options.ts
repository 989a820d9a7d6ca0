import type * as logs from 'aws-cdk-lib/aws-logs';

/**
 * Software that makes the span of a model call. A call can have two spans. The span of the client is then a
 * child of the framework's span.
 */
export enum SpanMaker {
  /**
   * Agent framework, such as Strands, LangGraph or CrewAI. Its spans have the tokens of the prompt cache, and
   * most have the session. They have no AWS request id.
   */
  FRAMEWORK = 'framework',

  /**
   * Instrumentation of an AWS SDK client, such as that of boto3. Its spans have the AWS request id of the
   * call. Older versions report no tokens of the prompt cache.
   */
  CLIENT = 'client',
}

/**
 * Options for the ingest of OpenTelemetry spans, which agents in any language can send. The ingest records
 * the spans of calls to Bedrock models, and ignores all other spans.
 */
export interface SpanIngestOptions {
  /**
   * Log groups that contain spans. Each must exist when the stack is deployed, have the class STANDARD, and
   * be in the account and region of the stack. A log group can have two subscription filters, and the ingest
   * uses one of them.
   *
   * AgentCore runtimes that were created after July 20, 2026 write spans to log groups of their own, named
   * `/aws/bedrock-agentcore/runtimes/<runtime id>-<endpoint>`.
   *
   * @default - the log group `aws/spans`, which X-Ray creates if Transaction Search is enabled
   */
  readonly logGroups?: logs.ILogGroup[];

  /**
   * Agent id for the calls of each service. A key is the `service.name` of the spans, with or without the
   * endpoint of an AgentCore runtime, from 1 to 255 printable characters. Takes precedence over an agent in
   * the span.
   *
   * @default - the agent in the span, or else the name of the service
   */
  readonly agentsByService?: { [service: string]: string };

  /**
   * Names of services whose spans the ingest skips, because they record their calls themselves. An example is
   * a service with an instrumented client. Each name has from 1 to 255 printable characters.
   *
   * @default - no service is skipped
   */
  readonly ignoredServices?: string[];

  /**
   * Name of the span attribute that contains the incident id, from 1 to 128 printable characters. The value
   * is stored in the trace, so an attribute that contains prompts or answers is refused.
   *
   * @default - calls have no incident
   */
  readonly incidentAttribute?: string;

  /**
   * Span whose tokens count if a call has two. If only the other span arrives, the ingest waits two minutes
   * for the preferred one, and then counts the other.
   *
   * `SpanMaker.FRAMEWORK` cannot be combined with an invocation log, unless `ignoredRoles` contains the roles
   * of the services. The log contains the same calls, and they could not be matched without a request id.
   *
   * @default - the span with the most information: the one with tokens of the prompt cache, or else the span
   * of the framework
   */
  readonly prefer?: SpanMaker;
}
