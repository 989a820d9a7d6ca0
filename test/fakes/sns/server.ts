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
  /** Region in the signature of the Publish request, e.g. `us-east-1`. */
  readonly region?: string;
  readonly subject?: string;
  readonly message: string;
}

/** HTTP status and error code of a failed request. */
interface SnsFault {
  readonly status: number;
  readonly code: string;
}

/** Local server that fakes Publish of SNS. Used with the real SDK client. */
export interface FakeSns extends LoopbackServer {
  readonly published: readonly PublishedMessage[];
  /** Number of received requests, including failed ones. */
  readonly requests: number;
  /**
   * Returns the error for the request with the number `request`, which starts at 1. If the result is
   * undefined, the request succeeds. Tests can replace this function. The default returns undefined.
   */
  fault: (request: number) => SnsFault | undefined;
}

/**
 * Limit for the length of a subject, in characters. A subject must be shorter (SNS API reference, Publish).
 */
const MAX_SUBJECT_LENGTH = 100;
const MAX_MESSAGE_BYTES = 262_144;
const SUBJECT = /^[A-Za-z0-9\p{P}][^\p{Cc}]*$/u;
const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';

/** Starts a local server that fakes SNS. As in SNS, requests are forms, and responses are XML. */
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
