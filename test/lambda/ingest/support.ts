import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { createTraceTable, startDynamoDb } from '../../../local/emulators/dynamodb/dynamodb';
import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../../local/emulators/http-server';
import { ENV, METRICS } from '../../../src/contract';
import { type HandlerEnd, type Outcome, runHandler } from '../../support/handler-process';
import { emfOf, type EmfLine } from '../../support/stdout';
import { refusal, startTableFront } from '../../support/table-front';
import { TRACE_TABLE_SCHEMA } from '../../support/trace-engine';

export const SECRET = 'the patient is called Ada Lovelace';
export const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
export const NOVA = 'amazon.nova-micro-v1:0';
const TABLE_NAME = 'Traces';
const WAITING_QUEUE = '/123456789012/waiting';

/** Counts that an ingest handler returns if its event contains no log records. */
export const NO_RECORDS = {
  records: 0,
  written: 0,
  duplicates: 0,
  recorded: 0,
  leftToTracker: 0,
  joined: 0,
  waiting: 0,
  leftToLog: 0,
  foreign: 0,
  refused: 0,
  failed: 0,
};

type Members = Readonly<Record<string, unknown>>;
export type StoredItem = Readonly<
  Record<
    string,
    {
      readonly S?: string;
      readonly N?: string;
      readonly BOOL?: boolean;
      readonly M?: Readonly<Record<string, { readonly N?: string }>>;
    }
  >
>;

export interface Fault {
  readonly status: number;
  readonly type: string;
  /** True if DynamoDB writes the item and then responds with the error. */
  readonly written?: boolean;
}

/**
 * Local servers that the ingest handlers call: a DynamoDB emulator and an SQS fake. Both can refuse requests.
 */
export class Backends {
  static async start(): Promise<Backends> {
    const engine = await startDynamoDb();
    await createTraceTable(engine.endpoint, TRACE_TABLE_SCHEMA, TABLE_NAME);
    const backends = new Backends(engine);
    backends.front = await startTableFront(engine.endpoint, async ({ operation, body }, handOn) => {
      const { Item } = JSON.parse(body) as { Item?: StoredItem };
      backends.operations.add(`DynamoDB.${operation}`);
      const fault = Item && backends.fault(Item);
      if (!fault) return handOn();
      if (fault.written) await handOn();
      return refusal(fault.type, 'refused by the test', fault.status);
    });
    backends.sqs = await listenOnLoopback(async (request, response) => {
      backends.operations.add(String(request.headers['x-amz-target']));
      const { Entries, QueueUrl } = JSON.parse((await readBody(request)).toString()) as {
        Entries: { Id: string; MessageBody: string; DelaySeconds?: number }[];
        QueueUrl: string;
      };
      const headers = { 'content-type': 'application/x-amz-json-1.0' };
      if (backends.queueIsDown) {
        send(
          response,
          400,
          headers,
          JSON.stringify({ __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'refused by the test' }),
        );
        return;
      }
      backends.delays.push(...Entries.map(({ DelaySeconds }) => DelaySeconds));
      const received = QueueUrl.endsWith(WAITING_QUEUE) ? backends.waiting : backends.messages;
      received.push(...Entries.map(({ MessageBody }) => MessageBody));
      send(
        response,
        200,
        headers,
        JSON.stringify({
          Successful: Entries.map(({ Id, MessageBody }) => ({
            Id,
            MessageId: Id,
            MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
          })),
          Failed: [],
        }),
      );
    });
    return backends;
  }

  /** Returns the error response for the write of an item. Undefined lets the write succeed. */
  fault: (item: StoredItem) => Fault | undefined;
  queueIsDown = false;
  /** Bodies of the messages that the dead-letter queue received. */
  readonly messages: string[] = [];
  /** Delays of the messages that the queues received, in seconds. */
  readonly delays: (number | undefined)[] = [];
  /** Bodies of the messages that the queue of waiting spans received. */
  readonly waiting: string[] = [];
  readonly operations = new Set<string>();
  private readonly client: DynamoDBClient;
  private front!: LoopbackServer;
  private sqs!: LoopbackServer;

  private constructor(private readonly engine: LoopbackServer) {
    this.fault = () => undefined;
    this.client = new DynamoDBClient({
      endpoint: engine.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
  }

  get environment(): Record<string, string> {
    return {
      AWS_LAMBDA_FUNCTION_NAME: 'ingest',
      AWS_ENDPOINT_URL_DYNAMODB: this.front.endpoint,
      [ENV.tableName]: TABLE_NAME,
      [ENV.ingestQueue]: `${this.sqs.endpoint}/123456789012/queue`,
      [ENV.ingestWaitingQueue]: `${this.sqs.endpoint}${WAITING_QUEUE}`,
    };
  }

  get letters(): { source: string; reason: string; position?: number; id?: string; event: Members }[] {
    return this.messages.map(
      message => JSON.parse(message) as { source: string; reason: string; event: Members },
    );
  }

  /** Returns the items whose partition key has a prefix. The prefix '' returns all items of the table. */
  async items(prefix: 'AGENT' | 'DAY' | ''): Promise<StoredItem[]> {
    const items: StoredItem[] = [];
    for await (const { Items = [] } of paginateScan({ client: this.client }, { TableName: TABLE_NAME })) {
      items.push(...(Items as StoredItem[]));
    }
    return items
      .filter(({ pk }) => pk.S?.startsWith(prefix))
      .sort((a, b) => String(a.sk.S).localeCompare(String(b.sk.S)));
  }

  /** Starts a built handler in its own process and sends it the events, one after another. */
  async invoke(
    handler: 'ingest-logs' | 'ingest-events' | 'ingest-failures' | 'ingest-spans',
    events: readonly unknown[],
    environment: Record<string, string> = {},
    remainingMs = 30_000,
  ): Promise<HandlerRun> {
    const run = await runHandler<Tally>(handler, events, {
      env: { ...this.environment, ...environment },
      remainingMs,
    });
    if (run.code !== 0) {
      throw new Error(`the handler's process ended with ${run.code}\n${run.stdout}\n${run.stderr}`);
    }
    return new HandlerRun(run);
  }

  async close(): Promise<void> {
    this.client.destroy();
    await Promise.all([this.front.close(), this.sqs.close()]);
    await this.engine.close();
  }
}

type Tally = Readonly<Record<string, number>>;

class HandlerRun {
  readonly outcomes: readonly Outcome<Tally>[];
  readonly rssMb: number;
  readonly emf: EmfLine[];
  readonly stderr: string;
  /** Text that the handler's process wrote to standard output and standard error. */
  readonly printed: string;
  /** All text that left the handler: `printed`, and the results of its invocations as JSON. */
  readonly output: string;

  constructor({ outcomes, rssMb, stdout, stderr }: HandlerEnd<Tally>) {
    this.outcomes = outcomes;
    this.rssMb = rssMb;
    this.emf = emfOf(stdout.split('\n').filter(line => line.startsWith('{')));
    this.stderr = stderr;
    this.printed = stdout + stderr;
    this.output = this.printed + JSON.stringify(outcomes);
  }

  get tallies() {
    return this.outcomes.map(({ result }) => result);
  }

  /** Adds up the values of a metric in all log lines of the handler. */
  sum(metric: keyof typeof METRICS): number {
    const { name } = METRICS[metric];
    return this.emf
      .flatMap(line => [line[name] ?? []].flat() as number[])
      .reduce((total, value) => total + value, 0);
  }
}

export function logRecord(changes: Members = {}): Members {
  return {
    timestamp: new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z$/, 'Z'),
    accountId: '123456789012',
    region: 'us-east-1',
    requestId: 'req-1',
    operation: 'Converse',
    modelId: NOVA,
    requestMetadata: { agentId: 'triage', incidentId: 'INC-7' },
    input: {
      inputContentType: 'application/json',
      inputBodyJson: { messages: [{ role: 'user', content: [{ text: SECRET }] }] },
      inputTokenCount: 1000,
    },
    output: {
      outputContentType: 'application/json',
      outputBodyJson: {
        output: { message: { role: 'assistant', content: [{ text: SECRET }] } },
        stopReason: 'end_turn',
        metrics: { latencyMs: 321 },
        usage: { inputTokens: 1000, outputTokens: 200, totalTokens: 1200 },
      },
      outputTokenCount: 200,
    },
    identity: { arn: 'arn:aws:sts::123456789012:assumed-role/Orders/session-1' },
    schemaType: 'ModelInvocationLog',
    schemaVersion: '1.0',
    ...changes,
  };
}

/** Returns `count` records of the invocation log. Each contains a text of 90,001 characters. */
export function largeRecords(count: number): Members[] {
  // Because of the € sign, JavaScript needs two bytes instead of one for each character of the text.
  const text = `€${'x'.repeat(90_000)}`;
  return Array.from({ length: count }, (_, index) =>
    logRecord({ requestId: `req-${index}`, input: { inputBodyJson: { text }, inputTokenCount: 1000 } }),
  );
}

/** Returns the event that CloudWatch Logs sends to a subscribed function. Object messages become JSON. */
export function subscriptionEvent(
  messages: readonly unknown[],
  changes: Members = {},
): { awslogs: { data: string } } {
  const payload = {
    messageType: 'DATA_MESSAGE',
    owner: '123456789012',
    logGroup: '/bedrock/invocations',
    logStream: 'aws/bedrock/modelinvocations',
    subscriptionFilters: ['filter'],
    logEvents: messages.map((message, index) => ({
      id: `event-${index}`,
      timestamp: Date.now(),
      message: typeof message === 'string' ? message : JSON.stringify(message),
    })),
    ...changes,
  };
  return { awslogs: { data: gzipSync(JSON.stringify(payload)).toString('base64') } };
}

/** Returns the event that SQS sends to a subscribed function, with the messages of a queue. */
export function queueEvent(bodies: readonly string[]): { readonly Records: readonly Members[] } {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `message-${index}`,
      receiptHandle: `receipt-${index}`,
      body,
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(Date.now()) },
      messageAttributes: {},
      md5OfBody: createHash('md5').update(body).digest('hex'),
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:waiting',
      awsRegion: 'us-east-1',
    })),
  };
}

export function usageEvent(detail: unknown, changes: Members = {}): Members {
  return {
    'version': '0',
    'id': 'e0000000-0000-4000-8000-000000000001',
    'detail-type': 'TokenUsage',
    'source': 'shop.orders',
    'account': '123456789012',
    'time': new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z$/, 'Z'),
    'region': 'us-east-1',
    'resources': [],
    detail,
    ...changes,
  };
}
