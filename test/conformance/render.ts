import type { Fixture, Payload } from './payloads';
import { jsonOf } from './texts';

/**
 * Names of JSON members with protocol texts, such as times and stop reasons. `rendered` keeps these texts,
 * because SDK clients and the usage reader need them.
 */
export const PROTOCOL: ReadonlySet<string> = new Set([
  // Members that name a model.
  'model',
  'modelId',
  'foundationModel',
  // Members that name the kind of a content block, event or agent step.
  '__type',
  'event_type',
  'executionType',
  'invocationType',
  'object',
  'response_type',
  'role',
  'type',
  // Members that contain the result of a call, step or guardrail.
  'action',
  'amazon-bedrock-guardrailAction',
  'completionReason',
  'confidence',
  'finish_reason',
  'status',
  'stopReason',
  'stop_reason',
  // Members that contain a version, a service tier or a cache lifetime.
  'agentVersion',
  'service_tier',
  'ttl',
  'version',
  // Members that contain the time of an event.
  'endTime',
  'eventTime',
  'startTime',
  // Member that pads a stream event with the first letters of the alphabet.
  'p',
  // Response headers that contain a token count.
  'x-amzn-bedrock-cache-read-input-token-count',
  'x-amzn-bedrock-cache-write-input-token-count',
  'x-amzn-bedrock-input-token-count',
  'x-amzn-bedrock-output-token-count',
]);

/** Names of JSON members whose text is base64. */
export const ENCODED: ReadonlySet<string> = new Set(['bytes', 'redactedContent']);

const ERROR_TYPE = 'x-amzn-errortype';
const ID = /(?:^|[_-])(?:id|requestid)$|Id$/;

const WORDS = [
  'alder',
  'ash',
  'aspen',
  'beech',
  'birch',
  'cedar',
  'elm',
  'hazel',
  'juniper',
  'larch',
  'linden',
  'maple',
  'oak',
  'pine',
  'poplar',
  'rowan',
  'spruce',
  'willow',
] as const;

/** Pattern of the placeholders that replace texts, such as `id-1`, `alder` or `alder-2`. */
export const PLACEHOLDER = new RegExp(
  `^(?:id-\\d+|(?:${WORDS.join('|')})(?:-\\d+)?|arn:aws:bedrock:us-east-1:123456789012:agent-alias/id-\\d+)$`,
);

/**
 * Sentences for the note of a payload. If the pattern matches the note of the recorded response, the sentence
 * is added to the note of the payload.
 */
const NOTES: readonly (readonly [pattern: RegExp, sentence: string])[] = [
  [/NOT a recording/, 'An example in the documentation, not a recording. Its model id is added.'],
  [/PROVENANCE WEAK/, 'Built by a test of the source, not recorded.'],
  [/DERIVED/, 'Cut off after a few events, as a broken stream is.'],
  [/(\d+) middle chunks of (\d+) dropped/, '$1 of $2 chunks are omitted.'],
];

/**
 * Replaces the texts in a recorded response with placeholders such as `alder`. Equal texts get equal
 * placeholders. JSON inside a text or inside base64 is converted in the same way. Texts of the protocol,
 * numbers, booleans, nulls and the structure stay the same.
 */
export function rendered(fixture: Fixture): Payload {
  const { id, source, license, operation, modelId, statusCode } = fixture;
  const render = renderer();
  const responseHeaders = render(fixture.responseHeaders) as Payload['responseHeaders'];
  const response = render(fixture.response);
  const breakdown = fixture.expected.breakdown?.map(step => ({
    ...step,
    ...(render({ traceId: step.traceId }) as { readonly traceId: string }),
  }));
  const note = noteOf(fixture);
  return {
    id,
    source,
    licence: license,
    ...(note !== '' && { note }),
    operation,
    modelId,
    ...(statusCode !== undefined && { statusCode }),
    responseHeaders,
    response,
    expected: { ...fixture.expected, ...(breakdown && { breakdown }) },
  };
}

function noteOf({ note = '' }: Fixture): string {
  return NOTES.flatMap(([pattern, sentence]) => {
    const found = pattern.exec(note);
    return found ? [sentence.replace(/\$(\d)/g, (_match, group: string) => found[Number(group)])] : [];
  }).join(' ');
}

/**
 * Returns a function that replaces the texts in a value with placeholders. Equal texts get equal placeholders
 * in all calls of the function.
 */
function renderer(): (value: unknown) => unknown {
  const placeholders = new Map<string, string>();
  let words = 0;
  let ids = 0;

  const remembered = (key: string, placeholder: () => string): string => {
    const known = placeholders.get(key) ?? placeholder();
    placeholders.set(key, known);
    return known;
  };
  const idOf = (text: string) => remembered(`id ${text}`, () => `id-${(ids += 1)}`);
  const wordOf = (text: string) =>
    remembered(`word ${text}`, () => {
      const round = Math.floor(words / WORDS.length) + 1;
      const word = WORDS[words % WORDS.length];
      words += 1;
      return round === 1 ? word : `${word}-${round}`;
    });

  const renderText = (member: string, text: string): string => {
    if (text === '' || PROTOCOL.has(member)) return text;
    // If the text is the error type in a header, keeps only the error name before the first colon.
    if (member === ERROR_TYPE) return text.split(':')[0];
    if (ENCODED.has(member)) {
      return Buffer.from(renderText('', Buffer.from(text, 'base64').toString('utf8'))).toString('base64');
    }
    const json = jsonOf(text);
    if (json) return JSON.stringify(render(json, ''));
    if (text.startsWith('arn:')) return `arn:aws:bedrock:us-east-1:123456789012:agent-alias/${idOf(text)}`;
    return ID.test(member) ? idOf(text) : wordOf(text);
  };
  const render = (value: unknown, member: string): unknown => {
    if (typeof value === 'string') return renderText(member, value);
    if (Array.isArray(value)) return value.map(item => render(item, member));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, render(inner, name)]));
  };
  return value => render(value, '');
}
