import { CheckSkipped, type Inspection } from './context';
import { AWS_ERRORS } from '../../lambda/process/aws-errors';

/**
 * Results of a check: `ok` (no problem), `warn` (possible problem), `fail` (problem) and `skipped` (the check
 * could not run).
 */
export const STATUSES = ['ok', 'warn', 'fail', 'skipped'] as const;
export type Status = (typeof STATUSES)[number];

/** Result of one check. */
export interface Finding {
  readonly status: Status;
  /** Description of the state that the check found. */
  readonly detail: string;
  /** Action that solves the problem. */
  readonly fix?: string;
}

/** Check of one part of a deployment, e.g. of the trace table. The command `doctor` runs all checks. */
export interface Check {
  /** Stable id for programs that read the JSON output. */
  readonly id: string;
  readonly title: string;
  /**
   * Ids of the checks that must run before this check. If a check fails, all checks that depend on it are
   * skipped.
   */
  readonly after?: readonly string[];
  /**
   * IAM actions that the check needs, e.g. `dynamodb:Query`. If an access error names no action, the result
   * lists all of `needs`.
   */
  readonly needs: readonly string[];
  readonly inspect: (inspection: Inspection) => Promise<Finding>;
}

/** Finding with the id and the title of its check. */
export interface CheckResult extends Finding {
  readonly id: string;
  readonly title: string;
}

const DENIED_ERRORS = new Set<string>(AWS_ERRORS.accessDenied);
const UNKNOWN_OPERATION_ERRORS = new Set(['UnknownOperationException', 'UnknownError']);
const ACTION = /not authorized to perform:? ([\w-]+:\w+)/;

/**
 * Runs all checks concurrently. A check waits only for the checks in its `after` list. An error in one check
 * does not stop the other checks.
 */
export async function runChecks(
  checks: readonly Check[],
  inspection: Inspection,
  onDone: (done: number) => void = () => undefined,
): Promise<CheckResult[]> {
  const runs = new Map<string, Promise<{ readonly result: CheckResult; readonly blocks: boolean }>>();
  let done = 0;
  for (const check of checks) {
    const { id, title, after = [] } = check;
    const dependencies = after.map(async each => runs.get(each));
    runs.set(
      id,
      (async () => {
        const blocking = (await Promise.all(dependencies)).find(run => run?.blocks);
        const finding =
          blocking === undefined
            ? await runCheck(check, inspection)
            : { status: 'skipped' as const, detail: `depends on: ${blocking.result.title}` };
        done += 1;
        onDone(done);
        return {
          result: { id, title, ...finding },
          blocks: blocking !== undefined || finding.status === 'fail',
        };
      })(),
    );
  }
  return Promise.all([...runs.values()].map(async run => (await run).result));
}

async function runCheck({ inspect, needs }: Check, inspection: Inspection): Promise<Finding> {
  try {
    return await inspect(inspection);
  } catch (error) {
    const denied = deniedAction(error, needs);
    if (denied !== undefined) {
      return {
        status: 'skipped',
        detail: `${denied} is not allowed`,
        fix: `Allow ${denied} for this identity to run the check.`,
      };
    }
    // If a local DynamoDB emulator does not support the operation, skips the check.
    if (error instanceof Error && UNKNOWN_OPERATION_ERRORS.has(error.name)) {
      return { status: 'skipped', detail: `the endpoint does not support ${needs.join(', ')}` };
    }
    if (error instanceof CheckSkipped) return { status: 'skipped', detail: error.message };
    return { status: 'warn', detail: `the check failed: ${inspection.explain(error)}` };
  }
}

/**
 * Returns the IAM action that was denied, as named in the message of `error`. If the message names no action,
 * returns all of `needs`, separated by commas. Returns undefined if `error` is not about a permission.
 */
export function deniedAction(error: unknown, needs: readonly string[]): string | undefined {
  if (!(error instanceof Error) || !DENIED_ERRORS.has(error.name)) return undefined;
  return ACTION.exec(error.message)?.[1] ?? needs.join(', ');
}
