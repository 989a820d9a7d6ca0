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

/** Time limit of a request to the table, so that enough time is left to send the message. */
const TIMEOUT_MS = 5000;

/** Table, run and scope of claims. */
export interface ClaimOptions extends AlertScope {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Unique id of this run. */
  readonly owner: string;
  /** Time after which a claim expires if its run ended without releasing it. Longer than the longest run. */
  readonly holdMs: number;
}

/** Claims thresholds by conditional writes to the trace table. */
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
        // A lost response makes the SDK send this request again. The owner's own claim is valid then.
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
