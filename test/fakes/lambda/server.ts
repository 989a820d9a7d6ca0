import { randomUUID } from 'node:crypto';
import {
  pageOf,
  Refusal,
  regionOf,
  type SeenRequest,
  type EmulatorOptions,
  statusOf,
} from '../../../local/emulators/emulators';
import {
  type HttpRequest,
  type HttpResponse,
  type LoopbackServer,
  listenOnLoopback,
  readBody,
  send,
} from '../../../local/emulators/http-server';

export interface LambdaFunction {
  readonly name: string;
  /**
   * Handler of the function. Its result is the response of Invoke. An error becomes a function error.
   *
   * @default - the response is null
   */
  readonly handler?: (event: unknown) => unknown;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
  readonly memoryMb?: number;
  readonly layers?: readonly string[];
  readonly logGroup?: string;
  /** Lowest level of the JSON log lines that Lambda keeps, e.g. `WARN`. */
  readonly applicationLogLevel?: string;
}

export interface LambdaOptions extends EmulatorOptions {
  readonly functions: readonly LambdaFunction[];
  /**
   * Maximum number of functions on a page of ListFunctions.
   *
   * @default - the limit of the service, 50
   */
  readonly pageSize?: number;
}

export interface FakeLambda extends LoopbackServer {
  readonly requests: readonly SeenRequest[];
}

const MAX_PAGE = 50;
const FUNCTIONS = '/2015-03-31/functions';

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Starts a local server that fakes Lambda: ListFunctions, GetFunctionConfiguration and Invoke. */
export async function startLambda({
  functions,
  pageSize = MAX_PAGE,
  refuses = () => undefined,
}: LambdaOptions): Promise<FakeLambda> {
  const requests: SeenRequest[] = [];
  const server = await listenOnLoopback(async (request, response) => {
    const { operation, input, payload } = await parseRequest(request);
    requests.push({ operation, input, region: regionOf(request) });
    try {
      const refused = refuses(operation);
      if (refused !== undefined) throw new Refusal(refused, `${operation} was refused`, statusOf(refused));
      sendAnswer(response, await answer(operation, input, payload, { functions, pageSize }));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      sendAnswer(response, {
        status: error.status,
        headers: { 'x-amzn-errortype': error.code },
        body: JSON.stringify({ Type: 'User', Message: error.message }),
      });
    }
  });
  return { ...server, requests };
}

interface ParsedRequest {
  readonly operation: string;
  readonly input: Readonly<Record<string, string | null>>;
  readonly payload: string;
}

async function parseRequest(request: HttpRequest): Promise<ParsedRequest> {
  const url = new URL(request.url ?? '', 'http://localhost');
  const payload = (await readBody(request)).toString('utf8');
  const [, name = '', resource = ''] = new RegExp(`^${FUNCTIONS}/([^/]*)/?(.*)$`).exec(url.pathname) ?? [];
  const functionInput = { FunctionName: decodeURIComponent(name) };
  if (request.method === 'GET' && name === '') {
    return {
      operation: 'ListFunctions',
      input: { Marker: url.searchParams.get('Marker'), MaxItems: url.searchParams.get('MaxItems') },
      payload,
    };
  }
  if (request.method === 'GET' && resource === 'configuration') {
    return { operation: 'GetFunctionConfiguration', input: functionInput, payload };
  }
  if (request.method === 'POST' && resource === 'invocations') {
    return {
      operation: 'Invoke',
      input: {
        ...functionInput,
        InvocationType: String(request.headers['x-amz-invocation-type'] ?? 'RequestResponse'),
      },
      payload,
    };
  }
  return { operation: `${request.method} ${url.pathname}`, input: {}, payload };
}

async function answer(
  operation: string,
  input: ParsedRequest['input'],
  payload: string,
  { functions, pageSize }: { readonly functions: readonly LambdaFunction[]; readonly pageSize: number },
): Promise<Answer> {
  switch (operation) {
    case 'ListFunctions': {
      const size = Math.min(pageSize, Number(input.MaxItems ?? pageSize), MAX_PAGE);
      const { page, next } = pageOf(functions, input.Marker, size, 'InvalidParameterValueException');
      return { body: JSON.stringify({ Functions: page.map(configurationOf), NextMarker: next }) };
    }
    case 'GetFunctionConfiguration':
      return { body: JSON.stringify(configurationOf(findFunction(functions, input.FunctionName))) };
    case 'Invoke':
      return invoke(findFunction(functions, input.FunctionName), payload, input.InvocationType);
    default:
      throw new Refusal('UnknownOperationException', `unknown operation: ${operation}`, 404);
  }
}

async function invoke(
  { handler = () => null }: LambdaFunction,
  payload: string,
  type: string | null,
): Promise<Answer> {
  if (type === 'DryRun') return { status: 204, body: '' };
  const event: unknown = payload === '' ? {} : JSON.parse(payload);
  const headers = { 'x-amz-executed-version': '$LATEST' };
  try {
    const result = await handler(event);
    return type === 'Event' ? { status: 202, body: '' } : { headers, body: JSON.stringify(result ?? null) };
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    if (type === 'Event') return { status: 202, body: '' };
    return {
      headers: { ...headers, 'x-amz-function-error': 'Unhandled' },
      body: JSON.stringify({ errorType: failure.name, errorMessage: failure.message }),
    };
  }
}

function findFunction(functions: readonly LambdaFunction[], name: string | null): LambdaFunction {
  const found = functions.find(each => each.name === name || arnOf(each.name) === name);
  if (!found) throw new Refusal('ResourceNotFoundException', `Function not found: ${String(name)}`, 404);
  return found;
}

function configurationOf({
  name,
  environment,
  timeoutSeconds = 3,
  memoryMb = 128,
  layers = [],
  logGroup,
  applicationLogLevel,
}: LambdaFunction): Readonly<Record<string, unknown>> {
  return {
    FunctionName: name,
    FunctionArn: arnOf(name),
    Runtime: 'nodejs24.x',
    Timeout: timeoutSeconds,
    MemorySize: memoryMb,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    ...(environment ? { Environment: { Variables: environment } } : {}),
    Layers: layers.map(Arn => ({ Arn, CodeSize: 0 })),
    LoggingConfig: {
      LogFormat: 'JSON',
      LogGroup: logGroup ?? `/aws/lambda/${name}`,
      ApplicationLogLevel: applicationLogLevel,
    },
  };
}

function arnOf(name: string): string {
  return `arn:aws:lambda:us-east-1:123456789012:function:${name}`;
}

function sendAnswer(response: HttpResponse, { status = 200, headers = {}, body }: Answer): void {
  send(
    response,
    status,
    { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers },
    body,
  );
}
