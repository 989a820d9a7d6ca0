import { randomUUID } from 'node:crypto';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { type HttpResponse, type LoopbackServer, listenOnLoopback, readBody, send, write } from '../http';
import { converseBody, converseEvents, invokeBody, invokeChunks, invokeHeaders, type ModelAnswer, type ModelRequest } from './wire-shapes';

/** Bedrock's runtime API on loopback, for the unmodified SDK client. */
export interface BedrockStandIn extends LoopbackServer {
  /** How many model calls it has had. */
  requests(): number;
}

const OPERATIONS: Readonly<Record<string, ModelRequest['operation']>> = {
  'converse': 'Converse',
  'converse-stream': 'ConverseStream',
  'invoke': 'InvokeModel',
  'invoke-with-response-stream': 'InvokeModelWithResponseStream',
};

const JSON_CONTENT = { 'content-type': 'application/json' };

const codec = new EventStreamCodec(bytes => Buffer.from(bytes).toString('utf8'), text => Buffer.from(text, 'utf8'));

/** Starts the stand-in; each call is answered as `answer` says, in the shape that the service has for it. */
export async function startBedrock(options: { readonly answer: (request: ModelRequest) => ModelAnswer }): Promise<BedrockStandIn> {
  let requests = 0;
  const server = await listenOnLoopback(async (request, response) => {
    const route = /^\/model\/([^/]+)\/([a-z-]+)$/.exec(request.url ?? '');
    const operation = route && OPERATIONS[route[2]];
    const body = await readBody(request);
    response.setHeader('x-amzn-requestid', randomUUID());
    if (!route || !operation) {
      refuse(response, { status: 404, type: 'UnknownOperationException', message: 'no such route' });
      return;
    }
    requests += 1;
    const modelId = decodeURIComponent(route[1]);
    const answer = options.answer({ operation, modelId, body: JSON.parse(body.toString('utf8')) });
    if ('error' in answer) refuse(response, answer.error);
    else respond(response, operation, modelId, answer);
  });
  return { ...server, requests: () => requests };
}

function respond(response: HttpResponse, operation: ModelRequest['operation'], modelId: string, answer: Exclude<ModelAnswer, { error: unknown }>): void {
  switch (operation) {
    case 'Converse':
      send(response, 200, JSON_CONTENT, JSON.stringify(converseBody(answer)));
      return;
    case 'InvokeModel':
      send(response, 200, { ...JSON_CONTENT, ...invokeHeaders(answer) }, JSON.stringify(invokeBody(modelId, answer)));
      return;
    case 'ConverseStream':
      streamEvents(response, converseEvents(answer));
      return;
    case 'InvokeModelWithResponseStream':
      response.setHeader('x-amzn-bedrock-content-type', 'application/json');
      streamEvents(response, invokeChunks(modelId, answer).map(chunk => ({
        type: 'chunk',
        body: { bytes: Buffer.from(JSON.stringify(chunk)).toString('base64') },
      })));
  }
}

function streamEvents(response: HttpResponse, events: readonly { readonly type: string; readonly body: unknown }[]): void {
  response.setHeader('content-type', 'application/vnd.amazon.eventstream');
  for (const event of events) {
    write(response, codec.encode({
      headers: {
        ':event-type': { type: 'string', value: event.type },
        ':content-type': { type: 'string', value: 'application/json' },
        ':message-type': { type: 'string', value: 'event' },
      },
      body: Buffer.from(JSON.stringify(event.body)),
    }));
  }
  response.end();
}

function refuse(response: HttpResponse, error: { readonly status: number; readonly type: string; readonly message: string }): void {
  send(response, error.status, { ...JSON_CONTENT, 'x-amzn-errortype': error.type }, JSON.stringify({ message: error.message }));
}
