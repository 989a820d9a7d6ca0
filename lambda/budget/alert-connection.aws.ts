import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { alertClaims, type ClaimOptions } from './alert-claims.aws';
import type { AlertMessage } from './alert-message';
import { type DayReading, readDay } from './read-day';
import type { Claims } from './send-alert';
import { tableRegion } from '../traces/table-region';
import { TraceReader } from '../traces/trace-reader.aws';

/** Functions that send an alert. They use the SNS topic and the trace table. */
export interface AlertConnection {
  /** AWS partition, from the ARN of the topic. */
  readonly partition: string;
  /** AWS region, from the ARN of the topic. */
  readonly region: string;
  claims(run: Pick<ClaimOptions, 'namespace' | 'periods' | 'owner'>): Claims;
  readDay(from: Date, to: Date): Promise<DayReading>;
  publish(message: AlertMessage): Promise<void>;
}

/**
 * Time limit for reading the day's traces, in milliseconds. `READ_MS` and `PUBLISH_MS` together are shorter
 * than the function's timeout of 300 seconds.
 */
const READ_MS = 200_000;
/** Time limit for publishing the message, in milliseconds. */
const PUBLISH_MS = 30_000;
/**
 * Time limit of one attempt of a request, in milliseconds. After this time, the SDK starts the next attempt.
 */
const REQUEST_MS = 10_000;
/**
 * Time in milliseconds until a claim of a budget threshold expires. It is longer than the function's timeout
 * of 300 seconds.
 */
const HOLD_MS = 360_000;

/** Connects to the SNS topic and to the trace table, each in its own region. */
export function connectAlert(topicArn: string, tableName: string): AlertConnection {
  const [, partition, , region] = topicArn.split(':');
  const topic = new SNSClient({ region });
  const table = new DynamoDBClient({
    region: tableRegion({ tableName }),
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
