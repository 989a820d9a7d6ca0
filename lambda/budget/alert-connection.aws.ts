import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { alertClaims, type ClaimOptions } from './alert-claims.aws';
import type { AlertMessage } from './alert-message';
import { type DayReading, readDay } from './read-day';
import type { Claims } from './send-alert';
import { TraceReader } from '../traces/trace-reader.aws';

/** Access to the topic and the table that an alert needs. */
export interface AlertConnection {
  /** Partition of the topic's ARN. */
  readonly partition: string;
  /** Region of the topic's ARN. */
  readonly region: string;
  claims(run: Pick<ClaimOptions, 'namespace' | 'periods' | 'owner'>): Claims;
  readDay(from: Date, to: Date): Promise<DayReading>;
  publish(message: AlertMessage): Promise<void>;
}

/**
 * Time limit for reading the day's traces. Together with `PUBLISH_MS`, it leaves enough of the function's
 * timeout (five minutes) for the claims.
 */
const READ_MS = 200_000;
/** Time limit for publishing the message. */
const PUBLISH_MS = 30_000;
/** Time limit of one attempt of a request, in milliseconds. The SDK then tries again. */
const REQUEST_MS = 10_000;
/** Milliseconds until a claim expires. Longer than the function's timeout. */
const HOLD_MS = 360_000;

/** Connects to the topic in its region, and to the table. */
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
