import { setTimeout as pause } from 'node:timers/promises';
import { EventStreamCodec } from '@smithy/core/event-streams';
import type { Pace, StreamStop, WireEvent } from './wire-shapes';
import { end, type HttpResponse, write } from '../http-server';

export const codec = new EventStreamCodec(
  bytes => Buffer.from(bytes).toString('utf8'),
  text => Buffer.from(text, 'utf8'),
);

/** Sends the events of one response stream to the client. */
export interface EventSender {
  /**
   * Sends events to the client.
   *
   * @returns false if the stream ended early because of `stopAfter`
   */
  send(events: readonly WireEvent[]): Promise<boolean>;
  end(): Promise<void>;
  /** Ends the stream with a service error, such as `validationException`. */
  fail(type: string, message: string): void;
}

/** Encoding of the events in a response stream. */
export interface StreamEncoding {
  readonly contentType: string;
  event(event: WireEvent): Uint8Array;
  /** Encodes a service error, such as `validationException`. */
  error(type: string, message: string): Uint8Array;
}

/** Event-stream encoding of AWS. */
const FRAMES: StreamEncoding = {
  contentType: 'application/vnd.amazon.eventstream',
  event: event => frame('event', ':event-type', event),
  error: (type, message) => frame('exception', ':exception-type', { type, body: { message } }),
};

/**
 * Starts a response stream, by default in the event-stream encoding of AWS. `betweenMs` is the pause after
 * each event, in milliseconds. `stopAfter` ends the stream after a number of events.
 */
export function eventSender(
  response: HttpResponse,
  { betweenMs, stopAfter }: Pace,
  encoding = FRAMES,
): EventSender {
  let remaining = stopAfter?.events ?? Infinity;
  response.setHeader('content-type', encoding.contentType);
  const fail = (type: string, message: string) => {
    write(response, encoding.error(type, message));
    end(response);
  };
  return {
    send: async events => {
      for (const event of events) {
        if (remaining === 0) break;
        remaining -= 1;
        write(response, encoding.event(event));
        if (betweenMs !== undefined) await pause(betweenMs);
      }
      if (remaining > 0) return true;
      await stop(response, stopAfter?.how, fail);
      return false;
    },
    end: () => stop(response, stopAfter?.how, fail),
    fail,
  };
}

/** Sends all events of a stream, and ends the stream. */
export async function streamEvents(
  response: HttpResponse,
  events: readonly WireEvent[],
  pace: Pace,
  encoding?: StreamEncoding,
): Promise<void> {
  const sender = eventSender(response, pace, encoding);
  if (await sender.send(events)) await sender.end();
}

async function stop(
  response: HttpResponse,
  how: StreamStop | undefined,
  fail: EventSender['fail'],
): Promise<void> {
  switch (how) {
    case 'silence':
      return;
    case 'cut':
      // The pause lets the client receive the sent events before the connection is closed.
      await pause(20);
      response.socket?.destroy();
      return;
    case 'error':
      fail('modelStreamErrorException', 'The model stopped.');
      return;
    case undefined:
      end(response);
  }
}

function frame(
  messageType: 'event' | 'exception',
  typeHeader: string,
  { type, body }: WireEvent,
): Uint8Array {
  return codec.encode({
    headers: {
      [typeHeader]: { type: 'string', value: type },
      ':content-type': { type: 'string', value: 'application/json' },
      ':message-type': { type: 'string', value: messageType },
    },
    body: Buffer.from(JSON.stringify(body)),
  });
}
