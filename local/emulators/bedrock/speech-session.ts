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

/** Input event that a speech session received. */
export interface SpeechInput {
  /** Decoded event. The key is the event type, such as `audioInput`. */
  readonly event: Json;
  /** Encoded event, in bytes. */
  readonly bytes: Uint8Array;
  /** Time in the signed envelope around the event. */
  readonly signedAt: Date;
  /** Signature of the envelope, which is not verified. */
  readonly signature: Uint8Array;
}

/** One turn of a session. The output events are ready for an AWS event stream. */
interface Turn {
  readonly after?: string;
  readonly events: readonly WireEvent[];
}

/**
 * Answers a speech session, one turn after the other, while its input still arrives. If an input event is
 * malformed, the session ends with an error, as in the service.
 */
export async function converse(
  { request, response }: { readonly request: HttpRequest; readonly response: HttpResponse },
  answer: Answered | Replayed | Conversed,
  { arrived, pace = {} }: { readonly arrived: SpeechInput[]; readonly pace?: Pace },
): Promise<void> {
  const sender = eventSender(response, pace);
  // The client sends no input before it receives the response headers. The first output event may wait for
  // input.
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
 * Reads input events until the given event has been read.
 *
 * @returns false if the input ends before the event
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
 * Reads the input events of a session and adds each event to `arrived`. The SDK puts each event into an
 * envelope. The headers of an envelope contain a time and a signature. An envelope with an empty body ends
 * the input.
 *
 * @throws if an envelope has no time or no signature, or if its event is not JSON
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
