import type { ServerResponse } from 'node:http';
import * as path from 'node:path';
import { LoggingSetting } from '../../../local/emulators/bedrock/logging-setting';
import { startBedrock } from '../../../local/emulators/bedrock/server';
import type { SeenRequest } from '../../../local/emulators/emulators';
import {
  type HttpRequest,
  type LoopbackServer,
  listenOnLoopback,
  readBody,
  send,
} from '../../../local/emulators/http-server';
import {
  INVOCATION_LOGGING_DATA,
  LOGGING_DATA_PROPERTY,
  LOGGING_ENV,
  LOGGING_PROPERTY,
} from '../../../src/contract';
import { startCloudFormation } from '../../fakes/cloudformation/server';
import { runHandler } from '../../support/handler-process';

type Members = Readonly<Record<string, unknown>>;

export const OUR_ROLE = 'arn:aws:iam::123456789012:role/Stack-Role-OURS';
export const RESPONSE_ORIGIN =
  'https://cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com';
const stackArn = (name: string) =>
  `arn:aws:cloudformation:us-east-1:123456789012:stack/${name}/11111111-2222-3333-4444-555555555555`;
const STACK = stackArn('shop');
/** Environment variable of a function in a nested stack. */
export const NESTED = { [LOGGING_ENV.stack]: `${STACK},${stackArn('parent')}` };
/** Module that the handler's process loads before the handler. */
const RESPONSE_HOST = path.join(__dirname, 'response-host.mjs');

export const ENVIRONMENT = {
  [LOGGING_ENV.logGroup]: '/ours',
  [LOGGING_ENV.role]: OUR_ROLE,
  [LOGGING_ENV.data]: 'text,embedding',
  [LOGGING_ENV.onDelete]: 'restore',
  [LOGGING_ENV.stack]: STACK,
  [LOGGING_ENV.urlSuffix]: 'amazonaws.com',
};

/** Returns the resource properties that match an environment. */
export function propertiesOf(environment: Readonly<Record<string, string>>): Members {
  const data = environment[LOGGING_ENV.data].split(',');
  return {
    ServiceToken: 'x',
    [LOGGING_PROPERTY.logGroup]: environment[LOGGING_ENV.logGroup],
    [LOGGING_PROPERTY.role]: environment[LOGGING_ENV.role],
    [LOGGING_PROPERTY.largeDataBucket]: environment[LOGGING_ENV.largeDataBucket],
    [LOGGING_PROPERTY.largeDataPrefix]: environment[LOGGING_ENV.largeDataPrefix],
    ...Object.fromEntries(
      INVOCATION_LOGGING_DATA.map(kind => [LOGGING_DATA_PROPERTY[kind], String(data.includes(kind))]),
    ),
  };
}

/** Logging setting that {@link ENVIRONMENT} describes. */
export const OURS = {
  cloudWatchConfig: { logGroupName: '/ours', roleArn: OUR_ROLE },
  textDataDeliveryEnabled: true,
  imageDataDeliveryEnabled: false,
  embeddingDataDeliveryEnabled: true,
  videoDataDeliveryEnabled: false,
  audioDataDeliveryEnabled: false,
};

/** Fakes of Bedrock and CloudFormation, and the built handler. */
export interface Account {
  readonly logging: LoggingSetting;
  /** Number of Put requests that Bedrock will still refuse, because it does not know the role yet. */
  unknownRole: number;
  /** Number of handler responses that CloudFormation's bucket will still refuse. */
  lostAnswers: number;
  /** Status of the stack. Undefined if the stack cannot be described. */
  stackStatus: string | undefined;
  /** Status that the stack gets after a number of reads. */
  lateStatus?: { after: number; readonly status: string };
  /** Status of the parent stack. Only used with {@link NESTED}. */
  parentStatus: string | undefined;
  readonly stackRequests: readonly SeenRequest[];
  /** Handler responses that the bucket received. Refused responses are included. */
  readonly answers: {
    readonly headers: HttpRequest['headers'];
    readonly url?: string;
    readonly body: Members;
  }[];
  /** Runs the handler with one event, in its own process. */
  send(request: unknown, event?: Members, environment?: Readonly<Record<string, string>>): Promise<Sent>;
  close(): Promise<unknown>;
}

interface Sent {
  readonly answer?: Members;
  /** Message of the error that the handler threw. */
  readonly thrown?: string;
  readonly stdout: string;
}

export async function startAccount(): Promise<Account> {
  const logging = new LoggingSetting(() => {
    account.unknownRole -= 1;
    return account.unknownRole < 0;
  });
  const bedrock = await startBedrock({
    answer: () => {
      throw new Error('no model is called here');
    },
    logging,
  });
  const stack = {
    name: 'shop',
    get status() {
      const { lateStatus } = account;
      if (lateStatus && lateStatus.after <= 0) return lateStatus.status;
      if (lateStatus) lateStatus.after -= 1;
      return account.stackStatus;
    },
  };
  const parent = {
    name: 'parent',
    get status() {
      return account.parentStatus;
    },
  };
  const cloudFormation = await startCloudFormation({
    stacks: [stack, parent],
    refuses: () => (account.stackStatus === undefined ? 'AccessDenied' : undefined),
  });
  const responses = await listenOnLoopback(async (request, response) => {
    const body = JSON.parse((await readBody(request)).toString()) as Members;
    account.answers.push({ headers: request.headers, url: request.url, body });
    account.lostAnswers -= 1;
    send(response, account.lostAnswers >= 0 ? 503 : 200, {}, '');
  });
  const account: Account = {
    logging,
    unknownRole: 0,
    lostAnswers: 0,
    stackStatus: undefined,
    parentStatus: undefined,
    stackRequests: cloudFormation.requests,
    answers: [],
    send: async (RequestType, event, environment) => {
      const before = account.answers.length;
      const { outcomes, stdout, stderr } = await runHandler(
        'invocation-logging',
        [
          {
            RequestType,
            ResponseURL: `${RESPONSE_ORIGIN}/answer?signature=secret`,
            StackId: STACK,
            RequestId: 'request',
            LogicalResourceId: 'Logging',
            ResourceProperties: propertiesOf({ ...ENVIRONMENT, ...environment }),
            ...event,
          },
        ],
        {
          env: {
            AWS_ENDPOINT_URL_BEDROCK: bedrock.endpoint,
            AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.endpoint,
            NODE_OPTIONS: `--import ${RESPONSE_HOST}`,
            RESPONSE_ORIGIN,
            RESPONSE_SERVER: responses.endpoint,
            ...ENVIRONMENT,
            ...environment,
          },
        },
      );
      if (outcomes.length !== 1) throw new Error(`the handler did not run: ${stderr}`);
      return {
        ...(account.answers.length > before && { answer: account.answers.at(-1)?.body }),
        ...(outcomes[0].message !== undefined && { thrown: outcomes[0].message }),
        stdout: stdout + stderr,
      };
    },
    close: () => Promise.all([bedrock.close(), cloudFormation.close(), responses.close()]),
  };
  return account;
}

/**
 * Starts a fake of Bedrock without a logging setting. Its first `stalls` responses never send their bodies.
 */
export async function startStalling(stalls: number): Promise<LoopbackServer> {
  let left = stalls;
  return listenOnLoopback(async (request, response) => {
    await readBody(request);
    left -= 1;
    if (left < 0) {
      send(response, 200, { 'content-type': 'application/json' }, '{}');
      return;
    }
    // After this, the virtual clock of the client does not wait for the response.
    if ('writeProcessing' in response) response.writeProcessing();
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    (response as ServerResponse).write('{');
  });
}
