import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { type AlertScope, MARKER, markerItem, markerKey, type MarkerState } from './alert-marker';
import type { Claims } from './send-alert';
import type { Threshold } from './thresholds';

/** Time limit of one DynamoDB request, in milliseconds. */
const TIMEOUT_MS = 5000;

/**
 * Options of {@link alertClaims}. A claim reserves a budget threshold for one run of the handler. Only this
 * run reports the threshold.
 */
export interface ClaimOptions extends AlertScope {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Unique id of the handler run that makes the claims. */
  readonly owner: string;
  /** Time in milliseconds until a claim expires. It must be longer than the timeout of the function. */
  readonly holdMs: number;
}

/**
 * Returns functions that claim budget thresholds for one handler run, with conditional writes to the trace
 * table.
 */
export function alertClaims({ client, tableName, owner, holdMs, ...scope }: ClaimOptions): Claims {
  const itemOf = (threshold: Threshold, state: Omit<MarkerState, 'owner'>) =>
    markerItem(markerKey(scope, threshold), new Date(), { owner, ...state }) as Record<string, { S: string }>;
  const putIf = async (input: Omit<PutItemCommandInput, 'TableName'>): Promise<boolean> => {
    try {
      await client.send(new PutItemCommand({ TableName: tableName, ...input }), {
        abortSignal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };
  return {
    claim: threshold =>
      putIf({
        Item: itemOf(threshold, { claimedUntil: new Date(Date.now() + holdMs) }),
        // Accepts an existing claim of the same `owner`, because the SDK may send the request twice.
        ConditionExpression:
          'attribute_not_exists(#sent) AND (attribute_not_exists(#until) OR #until < :now OR #owner ' +
          '= :owner)',
        ExpressionAttributeNames: {
          '#sent': MARKER.sentAt,
          '#until': MARKER.claimedUntil,
          '#owner': MARKER.owner,
        },
        ExpressionAttributeValues: { ':now': { N: String(Date.now()) }, ':owner': { S: owner } },
      }),
    release: async threshold => {
      await putIf({
        Item: itemOf(threshold, {}),
        ConditionExpression: 'attribute_not_exists(#sent) AND #owner = :owner',
        ExpressionAttributeNames: { '#sent': MARKER.sentAt, '#owner': MARKER.owner },
        ExpressionAttributeValues: { ':owner': { S: owner } },
      });
    },
    markSent: async thresholds => {
      const sentAt = new Date();
      const { UnprocessedItems } = await client.send(
        new BatchWriteItemCommand({
          RequestItems: {
            [tableName]: thresholds.map(threshold => ({
              PutRequest: { Item: itemOf(threshold, { sentAt }) },
            })),
          },
        }),
        { abortSignal: AbortSignal.timeout(TIMEOUT_MS) },
      );
      if (Object.keys(UnprocessedItems ?? {}).length > 0) {
        throw new Error('DynamoDB did not write all markers, because it throttled them');
      }
    },
  };
}
