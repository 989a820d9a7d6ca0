import type { Attributes } from './span-attributes';

/** Names of the service that sent a span. */
export interface ServiceNames {
  /** Name for reports. On AgentCore, without the name of the endpoint. Undefined if no name is known. */
  readonly service?: string;
  /** All names of the service, the name for reports first. The configuration can use each of them. */
  readonly all: readonly string[];
}

/** Value of `cloud.platform` in spans of AgentCore runtimes. */
const AGENT_CORE_PLATFORM = 'aws_bedrock_agentcore';
/** Value of `PlatformType` that X-Ray adds to spans of AgentCore runtimes. */
const AGENT_CORE_TYPE = 'AWS::BedrockAgentCore';

/** Value of `cloud.platform` in spans of Lambda functions. */
const LAMBDA_PLATFORM = 'aws_lambda';
/** Value of `PlatformType` that X-Ray adds to spans of Lambda functions. */
const LAMBDA_TYPE = 'AWS::Lambda';

/** Name that SDKs of OpenTelemetry use if a program has no name, such as `unknown_service:python`. */
const UNKNOWN_SERVICE = /^unknown_?service/i;
/** Endpoint at the end of a service name on AgentCore, such as `.DEFAULT`. */
const ENDPOINT = /\.[^.]*$/;
/**
 * ARN of an AgentCore runtime. The group is the name of the runtime, which has no hyphen. An id of 10
 * characters follows the name (AgentCore API reference).
 */
const RUNTIME_ARN = /^arn:[^:]*:bedrock-agentcore:[^:]*:\d*:runtime\/([A-Za-z]\w*)-[A-Za-z0-9]{10}(?:\/|$)/;
/** Log group of an AgentCore runtime: its name, its id and the name of the endpoint. */
const RUNTIME_LOG_GROUP = /^\/aws\/bedrock-agentcore\/runtimes\/([A-Za-z]\w*)-[A-Za-z0-9]{10}(?:-|$)/;

/** Finds the names of the service that sent a span, in its resource and in its attributes. */
export function findServiceNames(resource: Attributes, attributes: Attributes): ServiceNames {
  const named = [
    resource.text('service'),
    resource.text('localService'),
    attributes.text('localService'),
  ].flatMap(name => (name === undefined || UNKNOWN_SERVICE.test(name) ? [] : [name]));
  const isOnAgentCore =
    resource.text('platform') === AGENT_CORE_PLATFORM || attributes.text('platformType') === AGENT_CORE_TYPE;
  const names = isOnAgentCore ? named.map(name => name.replace(ENDPOINT, '') || name) : named;
  const others = [
    RUNTIME_ARN.exec(resource.text('resourceId') ?? '')?.[1],
    logGroupName(resource.logGroup()),
  ];
  const all = named.length > 0 ? [...names, ...named] : others.filter(name => name !== undefined);
  return { service: all.at(0), all };
}

/** Returns true if the program that made a span is a Lambda function. */
export function isOnLambda(resource: Attributes, attributes: Attributes): boolean {
  return (
    resource.text('platform') === LAMBDA_PLATFORM ||
    resource.text('functionName') !== undefined ||
    [attributes, resource].some(each => each.text('platformType') === LAMBDA_TYPE)
  );
}

/** Returns the name of the runtime or of the function in the name of its log group. */
function logGroupName(logGroup = ''): string | undefined {
  return (
    RUNTIME_LOG_GROUP.exec(logGroup)?.[1] ?? (logGroup.slice(logGroup.lastIndexOf('/') + 1) || undefined)
  );
}
