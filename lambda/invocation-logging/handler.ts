import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { type CarriedOut, carryOut, type Stage } from './carry-out';
import { connectStage } from './logging-setting.aws';
import { FAILED_ID } from './resource-id';
import { responseUrl } from './response-url';
import { wantedLogging } from './wanted-logging';
import { LOGGING_ENV } from '../../src/contract';

/** CloudFormation takes an answer of 4 KB (User Guide, "Custom resource response objects"). */
const MAX_REASON = 2000;
const MAX_ANSWERS = 3;
const ANSWER_MS = 5000;
const PAUSE_MS = 1000;

const region = required('AWS_REGION');
const urlSuffix = required(LOGGING_ENV.urlSuffix);
const logger = new Logger({ serviceName: 'token-analytics-invocation-logging' });
const { setting, stackStatus } = connectStage(required(LOGGING_ENV.stack));
const stage: Stage = {
  wanted: wantedLogging(process.env),
  onDelete: required(LOGGING_ENV.onDelete),
  setting,
  stackStatus: () =>
    stackStatus().catch((error: unknown) => {
      logger.warn('Stack status is not known', { reason: reasonOf(error) });
      return undefined;
    }),
};

/**
 * Carries out CloudFormation's request on the account's logging of model invocations, and answers it. The
 * setting comes from the environment: of the event, only the kind of the request and the resource id are
 * read.
 *
 * @throws if the answer would go elsewhere than to CloudFormation, in which case nothing is read or set
 */
export async function handler(event: CloudFormationCustomResourceEvent): Promise<void> {
  const url = responseUrl(event.ResponseURL, region, urlSuffix);
  const { StackId, RequestId, LogicalResourceId, RequestType } = event;
  const { reason, id, outcome } = await resultOf(event);
  logger[reason === undefined ? 'info' : 'error']('Invocation logging', {
    request: RequestType,
    outcome,
    reason,
  });
  await answer(
    url,
    JSON.stringify({
      Status: reason === undefined ? 'SUCCESS' : 'FAILED',
      Reason: reason,
      PhysicalResourceId: id,
      StackId,
      RequestId,
      LogicalResourceId,
    }),
  );
}

async function resultOf(
  event: CloudFormationCustomResourceEvent,
): Promise<{ readonly id: string; readonly reason?: string; readonly outcome?: CarriedOut['outcome'] }> {
  try {
    return await carryOut(event, stage);
  } catch (error) {
    const id = event.RequestType === 'Create' ? FAILED_ID : event.PhysicalResourceId;
    return { id, reason: reasonOf(error) };
  }
}

/** Sends an answer. CloudFormation would wait long for one that is lost. */
async function answer(url: URL, body: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const problem = await put(url, body);
    if (problem === undefined) return;
    if (tries >= MAX_ANSWERS) throw new Error(`CloudFormation took no answer: ${problem}`);
    await pause(PAUSE_MS);
  }
}

async function put(url: URL, body: string): Promise<string | undefined> {
  try {
    const { ok, status } = await globalThis.fetch(url, {
      method: 'PUT',
      // The URL is signed for a request without a content type.
      headers: { 'content-type': '' },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return ok ? undefined : String(status);
  } catch (error) {
    return reasonOf(error);
  }
}

/** Returns the message of an error, in characters of one byte. */
function reasonOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, MAX_REASON);
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must be given.`);
  return value;
}
