import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { answerText, nameOf, reasonOf } from './answer';
import { carryOut, type Stage } from './carry-out';
import { membersOf, readEvent } from './event';
import { connectServices } from './logging-setting.aws';
import { responseUrl } from './response-url';
import type { StackStatuses } from './stack-status';
import { wantedLogging } from './wanted-logging';
import { LOGGING_ENV } from '../../src/contract';

/** Time for the work. The function's time (3 minutes) leaves enough for the answer. */
const WORK_MS = 150_000;
const MAX_ANSWERS = 3;
const ANSWER_MS = 5000;
const PAUSE_MS = 1000;

const region = required('AWS_REGION');
const urlSuffix = required(LOGGING_ENV.urlSuffix);
const stacks = required(LOGGING_ENV.stack).split(',');
const wanted = wantedLogging(process.env);
const onDelete = required(LOGGING_ENV.onDelete);
const logger = new Logger({ serviceName: 'token-analytics-invocation-logging' });
const connected = connectServices();

/**
 * Carries out CloudFormation's request on the account's logging of model invocations, and answers it. The
 * setting comes from the environment: of the event, only the kind of the request, the resource id and the
 * former place for large bodies are used.
 *
 * @throws if the answer would go elsewhere than to CloudFormation, or cannot be given, in which case nothing
 * is read or set
 */
export async function handler(event: unknown): Promise<void> {
  const url = responseUrl(membersOf(event).ResponseURL, region, urlSuffix);
  const { echo, request } = readEvent(event);
  const { id, outcome, error } = await carryOut(request, newStage());
  const reason = error === undefined ? undefined : reasonOf(error);
  logger[reason === undefined ? 'info' : 'error']('Invocation logging', {
    request: request.type,
    outcome,
    reason,
  });
  await answer(url, answerText(echo, id, reason));
}

function newStage(): Stage {
  const endsAt = Date.now() + WORK_MS;
  const { setting, stackStatus } = connected(endsAt);
  const statusOf = (id: string) =>
    stackStatus(id).catch((error: unknown) => {
      logger.warn('Stack status is not known', { reason: reasonOf(error) });
      return undefined;
    });
  return {
    wanted,
    onDelete,
    setting,
    endsAt,
    stackStatuses: (): Promise<StackStatuses> => Promise.all(stacks.map(statusOf)),
    warn: (text, error) => logger.warn(text, { reason: reasonOf(error) }),
  };
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
    return nameOf(error);
  }
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must be given.`);
  return value;
}
