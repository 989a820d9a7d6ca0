import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { streamEvents } from './event-stream';
import {
  agentEvents,
  type Answered,
  chunkEvent,
  converseBody,
  converseEvents,
  invokeBody,
  invokeChunks,
  invokeHeaders,
  type ModelAnswer,
  type ModelRequest,
  type Refused,
  type Replayed,
  replayedEvents,
  type WireEvent,
} from './wire-shapes';
import { type HttpResponse, type LoopbackServer, listenOnLoopback, readBody, send } from '../http-server';

/** Bedrock's runtime API, and that of its agents, on loopback, for the unmodified SDK clients. */
export interface BedrockStandIn extends LoopbackServer {
  /** How many model calls it has had. */
  requests(): number;
}

type Operation = ModelRequest['operation'];

/** The paths of the operations, with the model's, agent's or session's id in them. */
const ROUTES: readonly (readonly [path: RegExp, operation: Operation])[] = [
  [/^\/model\/([^/]+)\/converse$/, 'Converse'],
  [/^\/model\/([^/]+)\/converse-stream$/, 'ConverseStream'],
  [/^\/model\/([^/]+)\/invoke$/, 'InvokeModel'],
  [/^\/model\/([^/]+)\/invoke-with-response-stream$/, 'InvokeModelWithResponseStream'],
  [/^\/agents\/([^/]+)\/agentAliases\/[^/]+\/sessions\/[^/]+\/text$/, 'InvokeAgent'],
  [/^\/agents\/([^/]+)$/, 'InvokeInlineAgent'],
];

/** The model behind agents that are made up. */
const AGENT_MODEL = 'anthropic.claude-3-haiku-20240307-v1:0';
const JSON_CONTENT = { 'content-type': 'application/json' };

/** Starts the stand-in; each call is answered as `answer` says, in the shape that the service has for it. */
export async function startBedrock(options: {
  readonly answer: (request: ModelRequest) => ModelAnswer;
}): Promise<BedrockStandIn> {
  let requests = 0;
  const server = await listenOnLoopback(async (request, response) => {
    const route = routeOf(request.url ?? '');
    const body = await readBody(request);
    response.setHeader('x-amzn-requestid', randomUUID());
    if (!route) {
      refuse(response, {
        error: { status: 404, type: 'UnknownOperationException', message: 'no such route' },
      });
      return;
    }
    requests += 1;
    const answer = options.answer({
      ...route,
      ...contentOf(body, request.headers['x-amzn-bedrock-request-metadata']),
    });
    if (answer.pace?.delayMs !== undefined) await pause(answer.pace.delayMs);
    if ('error' in answer) refuse(response, answer);
    else await respond(response, route, answer);
  });
  return { ...server, requests: () => requests };
}

function routeOf(url: string): { readonly operation: Operation; readonly modelId: string } | undefined {
  for (const [path, operation] of ROUTES) {
    const id = path.exec(url)?.[1];
    if (id !== undefined) return { operation, modelId: decodeURIComponent(id) };
  }
  return undefined;
}

function contentOf(
  body: Buffer,
  metadataHeader: string | string[] | undefined,
): Pick<ModelRequest, 'body' | 'requestMetadata'> {
  const content = JSON.parse(body.toString('utf8')) as { readonly requestMetadata?: unknown };
  return {
    body: content,
    requestMetadata:
      metadataHeader === undefined ? content.requestMetadata : JSON.parse(String(metadataHeader)),
  };
}

async function respond(
  response: HttpResponse,
  { operation, modelId }: { operation: Operation; modelId: string },
  answer: (Answered | Replayed) & Pick<ModelAnswer, 'pace'>,
): Promise<void> {
  switch (operation) {
    case 'Converse':
      send(
        response,
        200,
        JSON_CONTENT,
        JSON.stringify('response' in answer ? answer.response : converseBody(answer)),
      );
      return;
    case 'InvokeModel':
      send(
        response,
        200,
        { ...JSON_CONTENT, ...headersOf(answer) },
        JSON.stringify('response' in answer ? answer.response : invokeBody(modelId, answer)),
      );
      return;
    case 'ConverseStream':
    case 'InvokeModelWithResponseStream':
    case 'InvokeAgent':
    case 'InvokeInlineAgent': {
      const headers = {
        'x-amzn-bedrock-content-type': 'application/json',
        'x-amzn-bedrock-agent-content-type': 'application/json',
        'x-amz-bedrock-agent-session-id': 'session',
        ...('response' in answer ? answer.headers : {}),
      };
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      await streamEvents(response, eventsOf(operation, modelId, answer), answer.pace ?? {});
    }
  }
}

function eventsOf(operation: Operation, modelId: string, answer: Answered | Replayed): WireEvent[] {
  if ('response' in answer) return replayedEvents(operation, answer.response as unknown[]);
  switch (operation) {
    case 'ConverseStream':
      return converseEvents(answer);
    case 'InvokeModelWithResponseStream':
      return invokeChunks(modelId, answer).map(chunkEvent);
    default:
      return agentEvents(AGENT_MODEL, answer);
  }
}

/** Only what is made up of an InvokeModel call has the token headers; what was recorded has its own. */
function headersOf(answer: Answered | Replayed): Record<string, string> {
  return 'response' in answer ? { ...answer.headers } : invokeHeaders(answer);
}

function refuse(response: HttpResponse, { error }: Refused): void {
  send(
    response,
    error.status,
    { ...JSON_CONTENT, 'x-amzn-errortype': error.type },
    JSON.stringify({ message: error.message }),
  );
}
