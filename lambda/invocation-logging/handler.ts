import { setTimeout as pause } from 'node:timers/promises';
import { applyRequest, type RequestContext, type StackStatuses } from './apply-request';
import {
  asMembers,
  errorNameAndCode,
  parseEvent,
  parseResponseUrl,
  responseText,
  toReason,
} from './custom-resource';
import { connectServices } from './logging-setting.aws';
import { wantedLogging } from './wanted-logging';
import { LOGGING_ENV } from '../../src/contract';
import { Logger } from '../process/logger';

/**
 * Time limit for applying a request, in milliseconds. The Lambda timeout is 3 minutes, so 30 seconds are left
 * for the response.
 */
const WORK_MS = 150_000;
/** Maximum number of attempts to send the response. */
const MAX_ATTEMPTS = 3;
/** Time limit of one attempt, in milliseconds. */
const ATTEMPT_MS = 5000;
/** Pause between two attempts, in milliseconds. */
const PAUSE_MS = 1000;

const region = required('AWS_REGION');
const urlSuffix = required(LOGGING_ENV.urlSuffix);
const stacks = required(LOGGING_ENV.stack).split(',');
const wanted = wantedLogging(process.env);
const onDelete = required(LOGGING_ENV.onDelete);
const logger = new Logger('token-analytics-invocation-logging');
const connected = connectServices();

/**
 * Applies a CloudFormation request to the account's invocation logging, and sends the response. Reads the
 * wanted setting from environment variables.
 *
 * @throws if the response URL does not belong to CloudFormation. The account's setting stays unchanged
 * @throws if the event lacks a member that the response must repeat. The account's setting stays unchanged
 * @throws if the response cannot be sent
 */
export async function handler(event: unknown): Promise<void> {
  const url = parseResponseUrl(asMembers(event).ResponseURL, region, urlSuffix);
  const { echo, request } = parseEvent(event);
  const { id, outcome, error } = await applyRequest(request, newContext());
  const reason = error === undefined ? undefined : toReason(error);
  logger[reason === undefined ? 'info' : 'error']('Invocation logging', {
    request: request.type,
    outcome,
    reason,
  });
  await sendResponse(url, responseText(echo, id, reason));
}

function newContext(): RequestContext {
  const endsAt = Date.now() + WORK_MS;
  const { setting, stackStatus } = connected(endsAt);
  const readStatus = (id: string) =>
    stackStatus(id).catch((error: unknown) => {
      logger.warn('Stack status is not known', { reason: toReason(error) });
      return undefined;
    });
  return {
    wanted,
    onDelete,
    setting,
    endsAt,
    stackStatuses: (): Promise<StackStatuses> => Promise.all(stacks.map(readStatus)),
    warn: (text, error) => logger.warn(text, { reason: toReason(error) }),
  };
}

/** Sends a response, and retries after a failure. Without a response, CloudFormation waits for an hour. */
async function sendResponse(url: URL, body: string): Promise<void> {
  for (let attempts = 1; ; attempts += 1) {
    const problem = await put(url, body);
    if (problem === undefined) return;
    if (attempts >= MAX_ATTEMPTS) throw new Error(`CloudFormation did not accept the response: ${problem}`);
    await pause(PAUSE_MS);
  }
}

/**
 * Sends the response once. Returns undefined if the response was accepted, otherwise a text that describes
 * the problem.
 */
async function put(url: URL, body: string): Promise<string | undefined> {
  try {
    const { ok, status } = await globalThis.fetch(url, {
      method: 'PUT',
      // The empty value keeps `fetch` from adding a content type. The URL is signed for a request without a
      // content type.
      headers: { 'content-type': '' },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(ATTEMPT_MS),
    });
    return ok ? undefined : String(status);
  } catch (error) {
    return errorNameAndCode(error);
  }
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must be set.`);
  return value;
}
