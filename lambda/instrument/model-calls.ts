import { type Json, asObject } from '../usage/counts';
import { operationOfResponse } from '../usage/response-shape';
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
  // The request's `body` is a stream of speech: it must not be read, and tells nothing about tokens.
  {
    operation: 'InvokeModelWithBidirectionalStream',
    reads: 'InvokeModelWithBidirectionalStream',
    stream: 'body',
    model: 'modelId',
    content: [],
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

/** Formats of records about calls that other programs made, as the usage reader names them. */
const RECORDS: readonly ModelCall[] = [
  { operation: 'ModelInvocationLog', reads: 'ModelInvocationLog', content: [] },
  { operation: 'BatchOutput', reads: 'BatchOutput', content: [] },
];
const BY_ANSWER = new Map([...CALLS, ...RECORDS].map(call => [call.operation, call]));

/** The call that a command of the SDK makes, by the command's name; undefined where it calls no model. */
export function callOfCommand(name: string): ModelCall | undefined {
  return BY_OPERATION.get(name.replace(/Command$/, ''));
}

/**
 * Returns the model call of an answer: by the named operation, or else by the shape of the answer.
 *
 * @returns undefined if only the events of its stream can tell
 */
export function callOfResponse(operation: string | undefined, response: unknown): ModelCall | undefined {
  const named = BY_ANSWER.get(operation ?? '');
  if (named || isEvents(response)) return named;
  if (response instanceof Uint8Array) return BY_ANSWER.get('InvokeModel');
  const members = asObject(response);
  return (
    members &&
    (CALLS.find(({ stream }) => stream !== undefined && isEvents(members[stream])) ??
      BY_ANSWER.get(operationOfResponse(members)))
  );
}

/** What the model reads of a request; a body in JSON is parsed. */
export function contentOf({ content }: ModelCall, input: Json): unknown {
  return content.map(member => (member === 'body' ? parsed(input.body) : input[member]));
}

/** Events of an answer: a stream, or a list of events that were read. */
type Events = AsyncIterable<unknown> | readonly unknown[];

/** Returns the events of an answer. */
export function eventsOfAnswer(call: ModelCall | undefined, response: unknown): Events | undefined {
  if (!call?.stream) return call || !isEvents(response) ? undefined : response;
  return [asObject(response)?.[call.stream], response].find(isEvents);
}

function isEvents(value: unknown): value is Events {
  return (
    Array.isArray(value) ||
    (!(value instanceof Uint8Array) &&
      typeof (asObject(value) as Partial<AsyncIterable<unknown>> | undefined)?.[Symbol.asyncIterator] ===
        'function')
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
