import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { type SpanIngestOptions, SpanMaker } from './span-ingest-options';
import type { TokenUsageIngestOptions } from './token-usage-ingest-options';
import { MAX_AGENT_ID_LENGTH } from '../contract';
import { LOG_GROUP } from '../private/kinds';
import { listOf, OBJECT, oneOf, requireKind, type Shape, TEXT, TEXTS } from '../private/shape';
import { propError, requireDimensionValue } from '../private/validate';
import { requireListed } from '../private/validate-agents';

export const SPANS_SHAPE: Shape<SpanIngestOptions> = {
  logGroups: listOf(LOG_GROUP),
  agentsByService: OBJECT,
  ignoredServices: TEXTS,
  unloggedServices: TEXTS,
  incidentAttribute: TEXT,
  prefer: oneOf('SpanMaker', SpanMaker),
};

/** Maximum length of the name of a service, in characters. */
const MAX_SERVICE_LENGTH = 255;
/** Maximum length of the name of an attribute, in characters. */
const MAX_ATTRIBUTE_LENGTH = 128;
/** Pattern of a text without control characters and without other invisible characters. */
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

/**
 * First parts of the names of span attributes that contain prompts, answers or other data of users, in lower
 * case. The names are those of the OpenTelemetry conventions, OpenInference, OpenLLMetry, LangSmith, CrewAI,
 * `mlflow` and the Vercel AI SDK.
 */
const CONTENT_ATTRIBUTES = [
  'ai.prompt',
  'ai.response.object',
  'ai.response.providermetadata',
  'ai.response.reasoning',
  'ai.response.text',
  'ai.response.toolcalls',
  'ai.toolcall',
  'ai.value',
  'aws.auth.',
  'crewai.crew',
  'db.query.text',
  'db.statement',
  'document.content',
  'document.metadata',
  'embedding.embeddings',
  'embedding.text',
  'enduser.',
  'exception.',
  'gen_ai.agent.actual_output',
  'gen_ai.agent.description',
  'gen_ai.agent.human_input',
  'gen_ai.agent.input',
  'gen_ai.agent.tools',
  'gen_ai.choice',
  'gen_ai.completion',
  'gen_ai.content',
  'gen_ai.input',
  'gen_ai.output.messages',
  'gen_ai.prompt',
  'gen_ai.request.stop_sequences',
  'gen_ai.system_instructions',
  'gen_ai.task.input',
  'gen_ai.task.output',
  'gen_ai.tool.call.arguments',
  'gen_ai.tool.call.result',
  'gen_ai.tool.definitions',
  'gen_ai.tool.description',
  'input.value',
  'llm.input_messages',
  'llm.invocation_parameters',
  'llm.output_messages',
  'llm.prompt_template',
  'llm.prompts',
  'message.content',
  'message.tool_calls',
  'mlflow.spaninputs',
  'mlflow.spanoutputs',
  'output.value',
  'reranker.input_documents',
  'reranker.output_documents',
  'reranker.query',
  'retrieval.documents',
  'system_prompt',
  'tool.description',
  'tool.json_schema',
  'tool.parameters',
  'tool.result',
  'traceloop.entity.input',
  'traceloop.entity.output',
  'url.full',
  'url.query',
  'user.email',
  'user.full_name',
  'user.id',
  'user.name',
];
/** Events with the message of one role, such as `gen_ai.user.message`. */
const MESSAGE_OF_ROLE = /^gen_ai\.\w+\.message/;
/**
 * Attribute with all metadata of a LangSmith run as one text. Attributes such as
 * `langsmith.metadata.incident` contain one value each.
 */
const ALL_METADATA = 'langsmith.metadata';

/**
 * Throws an error if an option of the ingest of spans is invalid. The log groups are checked when they are
 * added.
 */
export function requireSpanOptions(
  where: IConstruct,
  { agentsByService = {}, ignoredServices = [], unloggedServices = [], incidentAttribute }: SpanIngestOptions,
  agents: readonly string[] | undefined,
): void {
  for (const [service, agent] of Object.entries(agentsByService)) {
    requireServiceName(where, 'spans.agentsByService', service);
    requireAgent(where, `spans.agentsByService['${service}']`, agent, agents);
  }
  for (const [prop, services] of Object.entries({ ignoredServices, unloggedServices })) {
    if (Token.isUnresolved(services)) continue;
    services.forEach((service, index) => requireServiceName(where, `spans.${prop}[${index}]`, service));
  }
  requireCountedServices(where, ignoredServices, {
    agentsByService: Object.keys(agentsByService),
    unloggedServices,
  });
  if (incidentAttribute !== undefined) requireIncidentAttribute(where, incidentAttribute);
}

/** Throws an error if an option refers to a service whose spans are skipped. */
function requireCountedServices(
  where: IConstruct,
  ignoredServices: readonly string[],
  options: { readonly [option: string]: readonly string[] },
): void {
  if (Token.isUnresolved(ignoredServices)) return;
  for (const [option, services] of Object.entries(options)) {
    const service = services.find(name => !Token.isUnresolved(name) && ignoredServices.includes(name));
    if (service === undefined) continue;
    throw propError(
      where,
      'spans.ignoredServices',
      `services that are not in \`spans.${option}\``,
      service,
      `The spans of ignored services do not count, so \`spans.${option}\` would have no effect: remove the ` +
        'service from one of the two.',
    );
  }
}

/**
 * Returns an error if the ingest would count calls from spans and again from the invocation log. Applies to
 * an ingest that reads both.
 */
export function leftToLogError(
  where: IConstruct,
  { spans = {}, ignoredRoles = [], agentsByRole = {} }: TokenUsageIngestOptions,
): Error | undefined {
  const { agentsByService = {}, unloggedServices = [], prefer } = spans;
  if (prefer === SpanMaker.FRAMEWORK && unloggedServices.length === 0) {
    return propError(
      where,
      'spans.prefer',
      'SpanMaker.CLIENT or omitted if an invocation log is read and `spans.unloggedServices` is empty',
      'SpanMaker.FRAMEWORK',
      'Spans of frameworks have no request id, so calls could not be matched with the log and would be counted ' +
        'twice. Prefer SpanMaker.CLIENT, or list the services in `spans.unloggedServices` and their roles in ' +
        '`ignoredRoles`, or remove `logGroup`.',
    );
  }
  if (unloggedServices.length > 0 && ignoredRoles.length === 0) {
    return propError(
      where,
      'spans.unloggedServices',
      'empty if an invocation log is read and `ignoredRoles` is empty',
      unloggedServices,
      'The calls of these services would be counted from spans and again from the log: list their roles in ' +
        '`ignoredRoles`, or remove `spans.unloggedServices`.',
    );
  }
  const agents = Object.values(agentsByRole);
  const both = unloggedServices.find(service => {
    const agent: string | undefined = agentsByService[service];
    return agent !== undefined && !Token.isUnresolved(agent) && agents.includes(agent);
  });
  if (both === undefined) return undefined;
  return propError(
    where,
    `spans.agentsByService['${both}']`,
    'an agent that is not in `agentsByRole` if an invocation log is read and the service is in ' +
      '`spans.unloggedServices`',
    agentsByService[both],
    'Calls of the agent would be counted from spans and again from the log: list its role in `ignoredRoles` ' +
      'instead of `agentsByRole`, or remove the service from `spans.unloggedServices`.',
  );
}

/** Throws an error if an agent id is invalid, or if `agents` is given and does not contain it. */
export function requireAgent(
  where: IConstruct,
  prop: string,
  agent: string,
  agents: readonly string[] | undefined,
): void {
  requireKind(where, prop, agent, TEXT);
  requireDimensionValue(where, prop, agent, MAX_AGENT_ID_LENGTH);
  requireListed(where, prop, agent, agents);
}

function requireServiceName(where: IConstruct, prop: string, name: string): void {
  if (Token.isUnresolved(name) || isName(name, MAX_SERVICE_LENGTH)) return;
  throw propError(
    where,
    prop,
    `names of services with 1 to ${MAX_SERVICE_LENGTH} printable characters`,
    name,
    'Pass the value of `service.name` in the spans.',
  );
}

function requireIncidentAttribute(where: IConstruct, name: string): void {
  if (Token.isUnresolved(name)) return;
  const prop = 'spans.incidentAttribute';
  if (!isName(name, MAX_ATTRIBUTE_LENGTH)) {
    throw propError(
      where,
      prop,
      `the name of an attribute, with 1 to ${MAX_ATTRIBUTE_LENGTH} printable characters`,
      name,
      'Pass, for example, app.incident.id.',
    );
  }
  if (containsContent(name.toLowerCase())) {
    throw propError(
      where,
      prop,
      'an attribute without prompts, answers and other data of users',
      name,
      'The value of the attribute is stored in each trace: set the incident id in an attribute of your own, such ' +
        'as app.incident.id.',
    );
  }
}

function containsContent(attribute: string): boolean {
  if (attribute === ALL_METADATA || MESSAGE_OF_ROLE.test(attribute)) return true;
  return CONTENT_ATTRIBUTES.some(content => attribute.startsWith(content));
}

/** Returns true for a text of printable characters that has no spaces at its start or end. */
function isName(text: string, maxLength: number): boolean {
  return text.length <= maxLength && text.trim() === text && PRINTABLE.test(text);
}
