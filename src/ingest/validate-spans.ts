import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { type SpanIngestOptions, SpanMaker } from './span-ingest-options';
import type { TokenUsageIngestOptions } from './token-usage-ingest-options';
import { MAX_AGENT_ID_LENGTH } from '../contract';
import { LOG_GROUP } from '../private/kinds';
import { listOf, OBJECT, oneOf, requireKind, type Shape, TEXT, TEXTS } from '../private/shape';
import { propError, requireDimensionValue, requireListed } from '../private/validate';

export const SPANS_SHAPE: Shape<SpanIngestOptions> = {
  logGroups: listOf(LOG_GROUP),
  agentsByService: OBJECT,
  ignoredServices: TEXTS,
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
 * First parts of the names of span attributes that contain prompts, answers or other texts of users, in lower
 * case. The names are those of the OpenTelemetry conventions, OpenInference, OpenLLMetry, LangSmith, CrewAI
 * and the Vercel AI SDK.
 */
const CONTENT_ATTRIBUTES = [
  'ai.prompt',
  'ai.response.object',
  'ai.response.providermetadata',
  'ai.response.reasoning',
  'ai.response.text',
  'ai.response.toolcalls',
  'ai.toolcall',
  'crewai.crew',
  'db.query.text',
  'db.statement',
  'exception.',
  'gen_ai.agent.actual_output',
  'gen_ai.agent.description',
  'gen_ai.agent.human_input',
  'gen_ai.agent.input',
  'gen_ai.agent.tools',
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
  'llm.prompts',
  'output.value',
  'retrieval.documents',
  'system_prompt',
  'tool.description',
  'tool.result',
  'traceloop.entity.input',
  'traceloop.entity.output',
  'url.full',
  'url.query',
];
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
  { agentsByService = {}, ignoredServices = [], incidentAttribute }: SpanIngestOptions,
  agents: readonly string[] | undefined,
): void {
  for (const [service, agent] of Object.entries(agentsByService)) {
    requireServiceName(where, 'spans.agentsByService', service);
    requireAgent(where, `spans.agentsByService['${service}']`, agent, agents);
  }
  if (!Token.isUnresolved(ignoredServices)) {
    ignoredServices.forEach((service, index) =>
      requireServiceName(where, `spans.ignoredServices[${index}]`, service),
    );
  }
  if (incidentAttribute !== undefined) requireIncidentAttribute(where, incidentAttribute);
}

/**
 * Returns an error if the ingest would count calls from spans of agent frameworks and again from the
 * invocation log. Applies to an ingest that reads both.
 */
export function frameworkSpansError(
  where: IConstruct,
  { spans, ignoredRoles = [], agentsByRole = {} }: TokenUsageIngestOptions,
): Error | undefined {
  if (spans?.prefer !== SpanMaker.FRAMEWORK) return undefined;
  if (ignoredRoles.length === 0) {
    return propError(
      where,
      'spans.prefer',
      'SpanMaker.CLIENT or omitted if an invocation log is read and `ignoredRoles` is empty',
      'SpanMaker.FRAMEWORK',
      'Spans of frameworks have no request id, so calls could not be matched with the log and would be counted ' +
        'twice. Prefer SpanMaker.CLIENT, or list the roles of the services in `ignoredRoles`, or remove ' +
        '`logGroup`.',
    );
  }
  const agents = Object.values(agentsByRole);
  const both = Object.entries(spans.agentsByService ?? {}).find(
    ([, agent]) => !Token.isUnresolved(agent) && agents.includes(agent),
  );
  if (!both) return undefined;
  const [service, agent] = both;
  return propError(
    where,
    `spans.agentsByService['${service}']`,
    'an agent that is not in `agentsByRole` if an invocation log is read and `prefer` is SpanMaker.FRAMEWORK',
    agent,
    'Calls of the agent would be counted from spans and again from the log: list its role in `ignoredRoles` ' +
      'instead of `agentsByRole`, or prefer SpanMaker.CLIENT.',
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
      'an attribute without prompts, answers and other texts of users',
      name,
      'The value of the attribute is stored in each trace: set the incident id in an attribute of your own, such ' +
        'as app.incident.id.',
    );
  }
}

function containsContent(attribute: string): boolean {
  return attribute === ALL_METADATA || CONTENT_ATTRIBUTES.some(content => attribute.startsWith(content));
}

/** Returns true for a text of printable characters that has no spaces at its start or end. */
function isName(text: string, maxLength: number): boolean {
  return text.length <= maxLength && text.trim() === text && PRINTABLE.test(text);
}
