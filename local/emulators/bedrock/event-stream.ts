import { setTimeout as pause } from 'node:timers/promises';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import type { Pace, WireEvent } from './wire-shapes';
import { end, type HttpResponse, write } from '../http-server';

const codec = new EventStreamCodec(
  bytes => Buffer.from(bytes).toString('utf8'),
  text => Buffer.from(text, 'utf8'),
);

/** Sends events in Amazon's event-stream framing, at the pace that is asked for. */
export async function streamEvents(
  response: HttpResponse,
  events: readonly WireEvent[],
  { betweenMs, stopAfter }: Pace,
): Promise<void> {
  response.setHeader('content-type', 'application/vnd.amazon.eventstream');
  for (const event of events.slice(0, stopAfter?.events)) {
    write(response, frame('event', ':event-type', event));
    if (betweenMs !== undefined) await pause(betweenMs);
  }
  switch (stopAfter?.how) {
    case 'silence':
      return;
    case 'cut':
      // What was written is on its way before the connection is cut.
      await pause(20);
      response.socket?.destroy();
      return;
    case 'error':
      write(
        response,
        frame('exception', ':exception-type', {
          type: 'modelStreamErrorException',
          body: { message: 'The model stopped.' },
        }),
      );
      end(response);
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
