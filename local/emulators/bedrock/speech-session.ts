import { getChunkedStream } from '@smithy/core/event-streams';
import { codec, eventSender } from './event-stream';
import { speechTurns } from './speech-shapes';
import {
  type Answered,
  chunkEvent,
  type Conversed,
  type Json,
  type Pace,
  type Replayed,
  type WireEvent,
} from './wire-shapes';
import type { HttpRequest, HttpResponse } from '../http-server';

/** Input event that the emulator received in a speech session. */
export interface SpeechInput {
  /** Decoded event. Its only key is the event type, such as `audioInput`. */
  readonly event: Json;
  /** Bytes of `event` as the client sent them. */
  readonly bytes: Uint8Array;
  /** Time in the header `:date` of the signed message that contained the event. */
  readonly signedAt: Date;
  /** Signature of the message that contained the event. The emulator does not verify it. */
  readonly signature: Uint8Array;
}

/**
 * Output events that are sent together in a speech session. If `after` is set, they are sent after this input
 * event.
 */
interface Turn {
  readonly after?: string;
  readonly events: readonly WireEvent[];
}

/**
 * Sends the output events of a speech session while input events arrive. If an input event is malformed, the
 * session ends with an error, as in Bedrock.
 */
export async function converse(
  { request, response }: { readonly request: HttpRequest; readonly response: HttpResponse },
  answer: Answered | Replayed | Conversed,
  { arrived, pace = {} }: { readonly arrived: SpeechInput[]; readonly pace?: Pace },
): Promise<void> {
  const sender = eventSender(response, pace);
  // The headers are sent before the first output event, because that event may wait for input. The client
  // sends no input before it receives the headers.
  response.writeHead(200);
  const inputs = readInputs(request, arrived);
  try {
    for (const { after, events } of toTurns(answer)) {
      if (after !== undefined && !(await waitForEvent(after, inputs))) break;
      if (!(await sender.send(events))) return;
    }
    while (!(await inputs.next()).done);
    await sender.end();
  } catch (error) {
    sender.fail('validationException', String(error));
  }
}

/**
 * Reads input events until an event of the type `event` arrives, e.g. `contentEnd`.
 *
 * @returns false if the input ends before this event
 */
async function waitForEvent(event: string, inputs: AsyncGenerator<SpeechInput>): Promise<boolean> {
  for (let step = await inputs.next(); !step.done; step = await inputs.next()) {
    if (event in step.value.event) return true;
  }
  return false;
}

function toTurns(answer: Answered | Replayed | Conversed): readonly Turn[] {
  if ('response' in answer) return [{ events: (answer.response as unknown[]).map(chunkEvent) }];
  const { turns } = 'turns' in answer ? answer : speechTurns(answer);
  return turns.map(({ after, events }) => ({ after, events: events.map(event => chunkEvent({ event })) }));
}

/**
 * Reads the input events of a session, and adds each one to `arrived`. Each message of the SDK contains one
 * event, and has a time and a signature in its headers. A message with an empty body ends the input.
 *
 * @throws if a message has no time or no signature, or if its event is not JSON
 */
async function* readInputs(request: HttpRequest, arrived: SpeechInput[]): AsyncGenerator<SpeechInput> {
  for await (const message of getChunkedStream(request)) {
    const { headers, body } = codec.decode(message);
    const [date, signature] = [headers[':date'], headers[':chunk-signature']];
    if (date?.type !== 'timestamp' || signature?.type !== 'binary') {
      throw new Error('an input event must have the headers :date and :chunk-signature');
    }
    if (body.length === 0) return;
    const chunk = JSON.parse(textOf(codec.decode(body).body)) as { readonly bytes: string };
    const bytes = Buffer.from(chunk.bytes, 'base64');
    const { event } = JSON.parse(textOf(bytes)) as { readonly event: Json };
    const input = { event, bytes, signedAt: date.value, signature: signature.value };
    arrived.push(input);
    yield input;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
