import { Logger } from '@aws-lambda-powertools/logger';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { setLogging } from './logging-setting';
import { loggingSetting } from './logging-setting.aws';
import type { InvocationLoggingRequest } from '../../src/contract';

/** There is one setting for each account and region, so it is the same resource whatever it says. */
const PHYSICAL_ID = 'bedrock-model-invocation-logging';
/** CloudFormation takes an answer of 4 KB (User Guide, "Custom resource response objects"). */
const MAX_REASON = 1000;

const setting = loggingSetting();
const logger = new Logger({ serviceName: 'token-analytics-invocation-logging' });

/**
 * Answers CloudFormation's request to set the account's logging
 * of model invocations. To delete it, nothing is done: it stays.
 */
export async function handler(event: CloudFormationCustomResourceEvent): Promise<void> {
  const reason = await failureOf(event);
  if (reason === undefined) logger.info('Invocation logging', { request: event.RequestType });
  else logger.error('Invocation logging', { request: event.RequestType, reason });
  const { StackId, RequestId, LogicalResourceId } = event;
  const body = JSON.stringify({
    Status: reason === undefined ? 'SUCCESS' : 'FAILED',
    Reason: reason,
    PhysicalResourceId: PHYSICAL_ID,
    StackId,
    RequestId,
    LogicalResourceId,
  });
  // The URL is signed for a request without a content type.
  const { ok, status } = await fetch(event.ResponseURL, {
    method: 'PUT',
    headers: { 'content-type': '' },
    body,
  });
  if (!ok) throw new Error(`CloudFormation took no answer: ${status}`);
}

async function failureOf(event: CloudFormationCustomResourceEvent): Promise<string | undefined> {
  if (event.RequestType === 'Delete') return undefined;
  try {
    const previous =
      event.RequestType === 'Update'
        ? (event.OldResourceProperties as Partial<InvocationLoggingRequest>)
        : undefined;
    await setLogging(setting, event.ResourceProperties as unknown as InvocationLoggingRequest, previous);
    return undefined;
  } catch (error) {
    return String(error instanceof Error ? error.message : error).slice(0, MAX_REASON);
  }
}
