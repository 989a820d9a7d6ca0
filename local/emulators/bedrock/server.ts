import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type AccountMetrics, publishCall } from './account-metrics';
import { streamEvents } from './event-stream';
import { LOGGING_PATH, LoggingSetting } from './logging-setting';
import { converse, type SpeechInput } from './speech-session';
import {
  AGENT_MODEL,
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
import { Refusal } from '../emulators';
import { type HttpResponse, type LoopbackServer, listenOnLoopback, readBody, send } from '../http-server';

/**
 * Bedrock emulator on the loopback address for unmodified SDK clients. It serves the runtime API, the agent
 * runtime API and the model invocation logging setting.
 */
export interface BedrockEmulator extends LoopbackServer {
  /** Model invocation logging setting of the emulated account. */
  readonly logging: LoggingSetting;
  /** Returns the number of model and agent calls that the emulator has received. */
  requests(): number;
}

type Operation = ModelRequest['operation'];

/** Pattern for the URL path of each operation. The group captures the id of the model, agent or session. */
const ROUTES: readonly (readonly [path: RegExp, operation: Operation])[] = [
  [/^\/model\/([^/]+)\/converse$/, 'Converse'],
  [/^\/model\/([^/]+)\/converse-stream$/, 'ConverseStream'],
  [/^\/model\/([^/]+)\/invoke$/, 'InvokeModel'],
  [/^\/model\/([^/]+)\/invoke-with-response-stream$/, 'InvokeModelWithResponseStream'],
  [/^\/model\/([^/]+)\/invoke-with-bidirectional-stream$/, 'InvokeModelWithBidirectionalStream'],
  [/^\/agents\/([^/]+)\/agentAliases\/[^/]+\/sessions\/[^/]+\/text$/, 'InvokeAgent'],
  [/^\/agents\/([^/]+)$/, 'InvokeInlineAgent'],
];

const JSON_CONTENT = { 'content-type': 'application/json' };

/**
 * Starts the Bedrock emulator. `answer` decides the response to each call, and the emulator encodes it as
 * Bedrock does.
 */
export async function startBedrock(options: {
  readonly answer: (request: ModelRequest) => ModelAnswer;
  /**
   * Model invocation logging setting of the account.
   *
   * @default - logging is off, and Bedrock can assume each role
   */
  readonly logging?: LoggingSetting;
  /**
   * Destination of the metrics that Bedrock publishes about each call.
   *
   * @default - no metrics are published
   */
  readonly metrics?: AccountMetrics;
}): Promise<BedrockEmulator> {
  const { logging = new LoggingSetting(), metrics } = options;
  let requests = 0;
  const answerTo = async (request: ModelRequest) => {
    requests += 1;
    const answer = options.answer(request);
    if (metrics) publishCall(metrics, request, answer);
    if (answer.pace?.delayMs !== undefined) await pause(answer.pace.delayMs);
    return answer;
  };
  const server = await listenOnLoopback(async (request, response) => {
    const route = findRoute(request.url ?? '');
    response.setHeader('x-amzn-requestid', randomUUID());
    if (route?.operation === 'InvokeModelWithBidirectionalStream' && 'stream' in request) {
      // Input events of the session. More events are added to this array while the response is sent.
      const arrived: SpeechInput[] = [];
      const answer = await answerTo({ ...route, body: arrived });
      if ('error' in answer) refuse(response, answer);
      else await converse({ request, response }, answer, { arrived, pace: answer.pace });
      return;
    }
    const body = await readBody(request);
    if (request.url === LOGGING_PATH) {
      answerLogging(response, logging, String(request.method), body);
      return;
    }
    if (!route || route.operation === 'InvokeModelWithBidirectionalStream') {
      const message = route ? 'the route requires HTTP/2' : 'unknown route';
      refuse(response, { error: { status: 404, type: 'UnknownOperationException', message } });
      return;
    }
    const answer = await answerTo({
      ...route,
      ...parseContent(body, request.headers['x-amzn-bedrock-request-metadata']),
    });
    if ('error' in answer) {
      refuse(response, answer);
    } else if ('turns' in answer) {
      throw new Error(`only a speech session can have turns, got: ${route.operation}`);
    } else {
      await respond(response, route, answer);
    }
  });
  return { ...server, requests: () => requests, logging };
}

function answerLogging(response: HttpResponse, logging: LoggingSetting, method: string, body: Buffer): void {
  try {
    send(response, 200, JSON_CONTENT, JSON.stringify(logging.answer(method, body)));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refuse(response, { error: { status: error.status, type: error.code, message: error.message } });
  }
}

function findRoute(url: string): { readonly operation: Operation; readonly modelId: string } | undefined {
  for (const [path, operation] of ROUTES) {
    const id = path.exec(url)?.[1];
    if (id !== undefined) return { operation, modelId: decodeURIComponent(id) };
  }
  return undefined;
}

function parseContent(
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

/**
 * Returns the response headers of an InvokeModel call: recorded headers, or generated headers with token
 * counts.
 */
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
