import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { createTraceTable, startDynamoDb } from '../../../local/emulators/dynamodb/dynamodb';
import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../../local/emulators/http-server';
import { ENV, METRICS, TRACE_TABLE } from '../../../src/contract';
import { REPOSITORY, run } from '../../support/run';
import { emfOf, type EmfLine } from '../../support/stdout';

export const SECRET = 'the patient is called Ada Lovelace';
export const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
export const NOVA = 'amazon.nova-micro-v1:0';
export const TABLE_NAME = 'Traces';

const { partitionKey, sortKey, incidentIndex } = TRACE_TABLE;
const TABLE = {
  AttributeDefinitions: [partitionKey, sortKey, incidentIndex.partitionKey].map(AttributeName => ({
    AttributeName,
    AttributeType: 'S',
  })),
  KeySchema: [
    { AttributeName: partitionKey, KeyType: 'HASH' },
    { AttributeName: sortKey, KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: incidentIndex.name,
      KeySchema: [
        { AttributeName: incidentIndex.partitionKey, KeyType: 'HASH' },
        { AttributeName: incidentIndex.sortKey, KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
};

type Members = Readonly<Record<string, unknown>>;
export type StoredItem = Readonly<
  Record<string, { readonly S?: string; readonly N?: string; readonly BOOL?: boolean }>
>;

/** What stands in the way of a put. */
export interface Fault {
  readonly status: number;
  readonly type: string;
  /** It is written all the same: the answer alone is lost. */
  readonly written?: boolean;
}

/**
 * A DynamoDB engine behind a door that can be made to refuse, and an SQS queue: what the handlers speak to.
 */
export class Backends {
  static async start(): Promise<Backends> {
    const engine = await startDynamoDb();
    await createTraceTable(engine.endpoint, TABLE, TABLE_NAME);
    const backends = new Backends(engine);
    backends.door = await listenOnLoopback(async (request, response) => {
      const body = await readBody(request);
      const { Item } = JSON.parse(body.toString()) as { Item?: StoredItem };
      backends.operations.add(String(request.headers['x-amz-target']));
      const fault = Item && backends.fault(Item);
      const headers = Object.fromEntries(
        Object.entries(request.headers)
          .filter(([name]) => /^(x-amz|authorization|content-type|host)/.test(name))
          .map(([name, value]) => [name, String(value)]),
      );
      const answer =
        fault && !fault.written
          ? undefined
          : await fetch(engine.endpoint, { method: 'POST', headers, body: new Uint8Array(body) });
      const text = (await answer?.text()) ?? '';
      if (fault) {
        send(
          response,
          fault.status,
          { 'content-type': 'application/x-amz-json-1.0' },
          JSON.stringify({ __type: `com.amazonaws.dynamodb#${fault.type}`, message: 'as told' }),
        );
      } else {
        send(response, answer?.status ?? 500, { 'content-type': 'application/x-amz-json-1.0' }, text);
      }
    });
    backends.sqs = await listenOnLoopback(async (request, response) => {
      backends.operations.add(String(request.headers['x-amz-target']));
      const { Entries } = JSON.parse((await readBody(request)).toString()) as {
        Entries: { Id: string; MessageBody: string }[];
      };
      const headers = { 'content-type': 'application/x-amz-json-1.0' };
      if (backends.queueIsDown) {
        send(
          response,
          400,
          headers,
          JSON.stringify({ __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'as told' }),
        );
        return;
      }
      backends.messages.push(...Entries.map(({ MessageBody }) => MessageBody));
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

  /** Which items are refused, and how. */
  fault: (item: StoredItem) => Fault | undefined;
  queueIsDown = false;
  /** The bodies of the messages on the queue. */
  readonly messages: string[] = [];
  /** Every operation that was called. */
  readonly operations = new Set<string>();
  private readonly client: DynamoDBClient;
  private door!: LoopbackServer;
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
      NODE_NO_WARNINGS: '1',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_LAMBDA_FUNCTION_NAME: 'ingest',
      AWS_ENDPOINT_URL_DYNAMODB: this.door.endpoint,
      [ENV.tableName]: TABLE_NAME,
      [ENV.ingestQueue]: `${this.sqs.endpoint}/123456789012/queue`,
    };
  }

  get letters(): { source: string; reason: string; position?: number; id?: string; event: Members }[] {
    return this.messages.map(
      message => JSON.parse(message) as { source: string; reason: string; event: Members },
    );
  }

  async items(prefix: 'AGENT' | 'DAY'): Promise<StoredItem[]> {
    const { Items = [] } = await this.client.send(new ScanCommand({ TableName: TABLE_NAME }));
    return (Items as StoredItem[])
      .filter(({ pk }) => pk.S?.startsWith(prefix))
      .sort((a, b) => String(a.sk.S).localeCompare(String(b.sk.S)));
  }

  /** Runs a built handler for some events, one after the other in one process. */
  async invoke(
    handler: 'ingest-logs' | 'ingest-events' | 'ingest-failures',
    events: readonly unknown[],
    environment: Record<string, string> = {},
    remainingMs = 30_000,
  ): Promise<HandlerRun> {
    const folder = mkdtempSync(path.join(tmpdir(), 'ingest-'));
    const file = path.join(folder, 'events.json');
    writeFileSync(file, JSON.stringify(events));
    const program = `
      (async () => {
        const { handler } = await import(${JSON.stringify(path.join(REPOSITORY, 'assets', 'aws', `${handler}.mjs`))});
        for (const event of require(${JSON.stringify(file)})) {
          const outcome = await handler(event, { getRemainingTimeInMillis: () => ${remainingMs} }).then(tally => ({ tally }), error => ({ error: error.name, message: error.message }));
          process.stdout.write('OUTCOME ' + JSON.stringify(outcome) + '\\n');
        }
        process.stdout.write('OUTCOME ' + JSON.stringify({ rssMb: process.resourceUsage().maxRSS / 1024 }) + '\\n');
      })();`;
    try {
      const { code, stdout, stderr } = await run(process.execPath, ['-e', program], {
        env: { ...this.environment, ...environment },
      });
      if (code !== 0) throw new Error(`the handler's process ended with ${code}\n${stdout}\n${stderr}`);
      return new HandlerRun(
        stdout.split('\n').filter(line => line !== ''),
        stderr,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  async close(): Promise<void> {
    this.client.destroy();
    await Promise.all([this.door.close(), this.sqs.close()]);
    await this.engine.close();
  }
}

interface Outcome {
  readonly tally?: Readonly<Record<string, number>>;
  readonly error?: string;
  readonly message?: string;
  readonly rssMb?: number;
}

/** What a handler has printed, and what came of it. */
export class HandlerRun {
  readonly outcomes: Outcome[];
  readonly rssMb: number;
  readonly emf: EmfLine[];
  readonly output: string;

  constructor(
    lines: readonly string[],
    readonly stderr: string,
  ) {
    const outcomes = lines
      .filter(line => line.startsWith('OUTCOME '))
      .map(line => JSON.parse(line.slice('OUTCOME '.length)) as Outcome);
    this.rssMb = outcomes.pop()?.rssMb ?? 0;
    this.outcomes = outcomes;
    this.emf = emfOf(lines.filter(line => line.startsWith('{')));
    this.output = [...lines, stderr].join('\n');
  }

  get tallies() {
    return this.outcomes.map(({ tally }) => tally);
  }

  /** The sum of a metric over all lines: each value is under both dimension sets of its line. */
  sum(metric: keyof typeof METRICS): number {
    const { name } = METRICS[metric];
    return this.emf
      .flatMap(line => [line[name] ?? []].flat() as number[])
      .reduce((total, value) => total + value, 0);
  }
}

/** A record of the model invocation log, as the service writes them. */
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

/** What a subscription hands over; a message that is no text is taken for a record. */
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

/** An event as EventBridge hands it over. */
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
