import { FilterPattern } from 'aws-cdk-lib/aws-logs';

/**
 * Attributes of spans that describe one model call, with the values that they have in such spans. Spans of
 * agents have other values. Their usage is a sum of calls, so it must not be counted.
 */
const CALL_ATTRIBUTES: readonly (readonly [attribute: string, values: readonly string[]])[] = [
  // OpenTelemetry semantic conventions for generative AI.
  ['gen_ai.operation.name', ['chat', 'text_completion', 'generate_content', 'embeddings']],
  // OpenInference.
  ['openinference.span.kind', ['LLM', 'EMBEDDING']],
  // Vercel AI SDK 5 and 6, such as `ai.streamText.doStream`.
  ['ai.operationId', ['*.doGenerate', '*.doStream', '*.doEmbed']],
  // Older versions of OpenLLMetry.
  ['llm.request.type', ['chat', 'completion', 'embedding']],
];

/**
 * Filter pattern that selects the spans of model calls, also of failed calls. The name of an attribute
 * contains dots, so it is in brackets (CloudWatch Logs User Guide, "Filter patterns for JSON log events").
 */
export const SPAN_FILTER = FilterPattern.any(
  ...CALL_ATTRIBUTES.flatMap(([attribute, values]) =>
    values.map(value => FilterPattern.stringValue(`$.attributes.['${attribute}']`, '=', value)),
  ),
);
