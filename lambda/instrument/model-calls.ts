import { type Json, objectOf } from '../usage/counts';
import type { UsageOperation } from '../usage/token-usage';

/** One operation of the SDK that calls a model. */
export interface ModelCall {
  readonly operation: string;
  /** As what its response is read. */
  readonly reads: UsageOperation;
  /** The member of the response that is a stream of events. */
  readonly stream?: string;
  /** How `requestMetadata` is written, where the operation takes it. */
  readonly metadata?: 'map' | 'json';
  /** The member of the request that says which model is called. */
  readonly model?: string;
  /** The members of the request that the model reads. */
  readonly content: readonly string[];
}

const CONVERSATION = ['messages', 'system', 'toolConfig'];

const CALLS: readonly ModelCall[] = [
  { operation: 'Converse', reads: 'Converse', metadata: 'map', model: 'modelId', content: CONVERSATION },
  {
    operation: 'ConverseStream',
    reads: 'ConverseStream',
    stream: 'stream',
    metadata: 'map',
    model: 'modelId',
    content: CONVERSATION,
  },
  { operation: 'InvokeModel', reads: 'InvokeModel', metadata: 'json', model: 'modelId', content: ['body'] },
  {
    operation: 'InvokeModelWithResponseStream',
    reads: 'InvokeModelWithResponseStream',
    stream: 'body',
    metadata: 'json',
    model: 'modelId',
    content: ['body'],
  },
  // Which models a Bedrock agent calls is told by its trace alone.
  { operation: 'InvokeAgent', reads: 'InvokeAgent', stream: 'completion', content: ['inputText'] },
  {
    operation: 'InvokeInlineAgent',
    reads: 'InvokeAgent',
    stream: 'completion',
    model: 'foundationModel',
    content: ['inputText', 'instruction'],
  },
];

const BY_OPERATION = new Map(CALLS.map(call => [call.operation, call]));

/** The call that a command of the SDK makes, by the command's name; undefined where it calls no model. */
export function callOfCommand(name: string): ModelCall | undefined {
  return BY_OPERATION.get(name.replace(/Command$/, ''));
}

/** The call that was answered: of the operation that is named, else of one that answers in this shape. */
export function callOfResponse(operation: string | undefined, response: Json): ModelCall | undefined {
  const named = BY_OPERATION.get(operation ?? '');
  if (named) return named;
  if (isIterable(response.stream)) return BY_OPERATION.get('ConverseStream');
  if (isIterable(response.completion)) return BY_OPERATION.get('InvokeAgent');
  if (response.body instanceof Uint8Array) return BY_OPERATION.get('InvokeModel');
  return BY_OPERATION.get(isIterable(response.body) ? 'InvokeModelWithResponseStream' : 'Converse');
}

/** What the model reads of a request; a body in JSON is parsed. */
export function contentOf({ content }: ModelCall, input: Json): unknown {
  return content.map(member => (member === 'body' ? parsed(input.body) : input[member]));
}

/** The events of a response, where it has some. */
export function streamOf({ stream }: ModelCall, response: Json): AsyncIterable<unknown> | undefined {
  const events = stream === undefined ? undefined : response[stream];
  return isIterable(events) ? events : undefined;
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    !(value instanceof Uint8Array) &&
    typeof (objectOf(value) as Partial<AsyncIterable<unknown>> | undefined)?.[Symbol.asyncIterator] ===
      'function'
  );
}

function parsed(body: unknown): unknown {
  const text =
    body instanceof Uint8Array
      ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
      : body;
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
