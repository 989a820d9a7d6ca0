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
/** Environment variable of the handler in a nested stack: the ARNs of its stack and of the parent stack. */
export const NESTED = { [LOGGING_ENV.stack]: `${STACK},${stackArn('parent')}` };
/** Path of a module that redirects the handler's responses to a local server. Loaded before the handler. */
const RESPONSE_HOST = path.join(__dirname, 'response-host.mjs');

export const ENVIRONMENT = {
  [LOGGING_ENV.logGroup]: '/ours',
  [LOGGING_ENV.role]: OUR_ROLE,
  [LOGGING_ENV.data]: 'text,embedding',
  [LOGGING_ENV.onDelete]: 'restore',
  [LOGGING_ENV.stack]: STACK,
  [LOGGING_ENV.urlSuffix]: 'amazonaws.com',
};

/** Returns properties of the custom resource with the same values as the handler's environment variables. */
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

/** Bedrock logging setting that the handler must write when its environment is {@link ENVIRONMENT}. */
export const OURS = {
  cloudWatchConfig: { logGroupName: '/ours', roleArn: OUR_ROLE },
  textDataDeliveryEnabled: true,
  imageDataDeliveryEnabled: false,
  embeddingDataDeliveryEnabled: true,
  videoDataDeliveryEnabled: false,
  audioDataDeliveryEnabled: false,
};

/**
 * Fake AWS account, in which tests run the built handler. Consists of fakes of Bedrock and CloudFormation.
 */
export interface Account {
  readonly logging: LoggingSetting;
  /** Remaining number of Put requests that Bedrock refuses, as if the new IAM role did not exist yet. */
  unknownRole: number;
  /** Remaining number of handler responses that CloudFormation's server refuses with HTTP status 503. */
  lostAnswers: number;
  /** Status of the stack, e.g. `UPDATE_COMPLETE`. Undefined makes CloudFormation deny the request for it. */
  stackStatus: string | undefined;
  /** Status of the stack after the first `after` reads. The first reads return `stackStatus`. */
  lateStatus?: { after: number; readonly status: string };
  /** Status of the parent stack. Only tests with {@link NESTED} use this status. */
  parentStatus: string | undefined;
  readonly stackRequests: readonly SeenRequest[];
  /** Responses that the handler sent to CloudFormation, including refused ones. */
  readonly answers: {
    readonly headers: HttpRequest['headers'];
    readonly url?: string;
    readonly body: Members;
  }[];
  /** Runs the handler in its own process, with one event of type `request`, e.g. `Create`. */
  send(request: unknown, event?: Members, environment?: Readonly<Record<string, string>>): Promise<Sent>;
  close(): Promise<unknown>;
}

interface Sent {
  readonly answer?: Members;
  /** Message of the error that the handler threw, if it threw one. */
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
 * Starts a fake of Bedrock with logging off. The first `stalls` responses stop after one byte, and their
 * connections stay open.
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
    // If the response has `writeProcessing`, sends status 102. The virtual clock then advances without this
    // response.
    if ('writeProcessing' in response) response.writeProcessing();
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    (response as ServerResponse).write('{');
  });
}
