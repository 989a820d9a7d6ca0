import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { alertClaims, type ClaimOptions } from './alert-claims.aws';
import type { AlertMessage } from './alert-message';
import { type DayReading, readDay } from './read-day';
import type { Claims } from './send-alert';
import { TraceReader } from '../traces/trace-reader.aws';

/** What an alert needs of AWS. */
export interface AlertConnection {
  /** Of the topic, from its ARN. */
  readonly partition: string;
  readonly region: string;
  claims(run: Pick<ClaimOptions, 'namespace' | 'periods' | 'owner'>): Claims;
  readDay(from: Date, to: Date): Promise<DayReading>;
  publish(message: AlertMessage): Promise<void>;
}

/** Together these are within the function's timeout of five minutes, with time left for claims. */
const READ_MS = 200_000;
const PUBLISH_MS = 30_000;
/** A page that does not come is asked for again by the SDK. */
const REQUEST_MS = 10_000;
/** Longer than the function can run. */
const HOLD_MS = 360_000;

/** Connects to the topic, in its region, and to the table. */
export function connectAlert(topicArn: string, tableName: string): AlertConnection {
  const [, partition, , region] = topicArn.split(':');
  const topic = new SNSClient({ region });
  const table = new DynamoDBClient({
    requestHandler: {
      connectionTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      throwOnRequestTimeout: true,
    },
  });
  const reader = new TraceReader(table, tableName);
  return {
    partition,
    region,
    claims: run => alertClaims({ client: table, tableName, topicArn, holdMs: HOLD_MS, ...run }),
    readDay: (from, to) => readDay(reader, from, to, READ_MS),
    publish: async ({ subject, body }) => {
      await topic.send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: body }), {
        abortSignal: AbortSignal.timeout(PUBLISH_MS),
      });
    },
  };
}
