import { createHash, randomUUID } from 'node:crypto';
import {
  type HttpResponse,
  type LoopbackServer,
  listenOnLoopback,
  readBody,
  send,
} from '../../../local/emulators/http-server';

interface PublishedMessage {
  readonly topicArn: string;
  /** Region for which the request is signed. */
  readonly region?: string;
  readonly subject?: string;
  readonly message: string;
}

/** Error response to a request. */
interface SnsFault {
  readonly status: number;
  readonly code: string;
}

/** Fake of SNS for the unmodified SDK client. Supports Publish. */
export interface FakeSns extends LoopbackServer {
  readonly published: readonly PublishedMessage[];
  /** Number of received requests. Failed requests count too. */
  readonly requests: number;
  /**
   * Returns the error for a request, or undefined for success. `request` starts at 1. By default, all
   * requests succeed.
   */
  fault: (request: number) => SnsFault | undefined;
}

/** Limits of Publish (SNS API reference). */
const MAX_SUBJECT_LENGTH = 100;
const MAX_MESSAGE_BYTES = 262_144;
const SUBJECT = /^[A-Za-z0-9\p{P}][^\p{Cc}]*$/u;
const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';

/** Starts a fake of SNS. Its requests are forms and its responses are XML, as in the AWS query protocol. */
export async function startSns(): Promise<FakeSns> {
  const published: PublishedMessage[] = [];
  const server = await listenOnLoopback(async (request, response) => {
    const form = new URLSearchParams((await readBody(request)).toString('utf8'));
    self.requests += 1;
    const fault = self.fault(self.requests) ?? validateRequest(form);
    if (fault) {
      sendXml(
        response,
        fault.status,
        '<ErrorResponse ' +
          `xmlns="${NAMESPACE}"><Error><Type>${fault.status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${fault.code}</Code><Message>refused</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
      );
      return;
    }
    const message = form.get('Message') ?? '';
    const region = /Credential=[^/]+\/\d{8}\/([a-z0-9-]+)\/sns\//.exec(
      String(request.headers.authorization),
    )?.[1];
    published.push({
      topicArn: form.get('TopicArn') ?? '',
      region,
      subject: form.get('Subject') ?? undefined,
      message,
    });
    const id = createHash('sha256').update(message).digest('hex').slice(0, 32);
    sendXml(
      response,
      200,
      '<PublishResponse ' +
        `xmlns="${NAMESPACE}"><PublishResult><MessageId>${id}</MessageId></PublishResult><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></PublishResponse>`,
    );
  });
  const self = { ...server, published, requests: 0, fault: (): SnsFault | undefined => undefined } as {
    -readonly [Key in keyof FakeSns]: FakeSns[Key];
  };
  return self;
}

function validateRequest(form: URLSearchParams): SnsFault | undefined {
  const subject = form.get('Subject');
  const message = form.get('Message') ?? '';
  if (form.get('Action') !== 'Publish') return { status: 400, code: 'InvalidAction' };
  const isValid =
    /^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]+$/.test(form.get('TopicArn') ?? '') &&
    message !== '' &&
    Buffer.byteLength(message) <= MAX_MESSAGE_BYTES &&
    (subject === null || (subject.length < MAX_SUBJECT_LENGTH && SUBJECT.test(subject)));
  return isValid ? undefined : { status: 400, code: 'InvalidParameter' };
}

function sendXml(response: HttpResponse, status: number, body: string): void {
  send(response, status, { 'content-type': 'text/xml' }, body);
}
