import type * as logs from 'aws-cdk-lib/aws-logs';

/**
 * Software that makes the span of a model call. A call can have two spans. The span of the client is then a
 * child of the framework's span.
 */
export enum SpanMaker {
  /**
   * Agent framework, such as Strands, LangGraph or CrewAI. Its spans have the tokens of the prompt cache, and
   * no AWS request id. They have the session if the program sets one.
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
   * `/aws/bedrock-agentcore/runtimes/<runtime id>-<endpoint>`. The log group of Bedrock's invocation log is
   * refused.
   *
   * @default - the log group `aws/spans`, which X-Ray creates if Transaction Search is enabled
   */
  readonly logGroups?: logs.ILogGroup[];

  /**
   * Agent id for the calls of each service. A key is the `service.name` or the `aws.local.service` of the
   * spans, with or without the endpoint of an AgentCore runtime, from 1 to 255 printable characters. Takes
   * precedence over an agent in the span.
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
   * Names of services whose calls the ingest does not read from the invocation log, because `ignoredRoles`
   * has their roles. All their spans count. Without an invocation log, all spans count in any case.
   *
   * @default - if an invocation log is read, each span that cannot be matched with a record of the log is
   * left to the log
   */
  readonly unloggedServices?: string[];

  /**
   * Name of the span attribute that contains the incident id, from 1 to 128 printable characters. The value
   * is stored in the trace, so an attribute that contains prompts or answers is refused.
   *
   * @default - calls have no incident
   */
  readonly incidentAttribute?: string;

  /**
   * Span whose tokens count if a call has two. It does not wait for the other span. A span of the other maker
   * waits two minutes for the preferred one, and is then counted.
   *
   * `SpanMaker.FRAMEWORK` can be combined with an invocation log only for `unloggedServices`. The log also
   * contains the calls of other services, and they could not be matched without a request id.
   *
   * @default - the span with the most information: the one with tokens of the prompt cache, or else the span
   * of the framework. A span waits two minutes for the other one
   */
  readonly prefer?: SpanMaker;
}
