import { CheckSkipped, type Inspection } from './context';
import { AWS_ERRORS } from '../../lambda/process/aws-errors';

/**
 * `ok`, `warn`: something to look at, `fail`: something does not work, `skipped`: it could not be looked at.
 */
export const STATUSES = ['ok', 'warn', 'fail', 'skipped'] as const;
export type Status = (typeof STATUSES)[number];

/** What was found. */
export interface Finding {
  readonly status: Status;
  /** What there is, in a sentence. */
  readonly detail: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** Something that is looked at. */
export interface Check {
  /** Stable, for programs. */
  readonly id: string;
  readonly title: string;
  /**
   * Checks without which this one means nothing: where one of them
   * fails, this one is skipped, and those that wait for this one are.
   */
  readonly after?: readonly string[];
  /** What it calls, where no error says which action is denied. */
  readonly needs: readonly string[];
  readonly inspect: (visit: Inspection) => Promise<Finding>;
}

/** A check, and what was found by it. */
export interface CheckResult extends Finding {
  readonly id: string;
  readonly title: string;
}

const DENIED = new Set<string>(AWS_ERRORS.accessDenied);
const UNKNOWN = new Set(['UnknownOperationException', 'UnknownError']);
const ACTION = /not authorized to perform:? ([\w-]+:\w+)/;

/**
 * Runs checks, as many at once as do not wait for another. One that throws does not keep the others from it.
 */
export async function runChecks(
  checks: readonly Check[],
  visit: Inspection,
  onDone: (done: number) => void = () => undefined,
): Promise<CheckResult[]> {
  const runs = new Map<string, Promise<{ readonly result: CheckResult; readonly blocks: boolean }>>();
  let done = 0;
  for (const check of checks) {
    const { id, title, after = [] } = check;
    const waitsFor = after.map(async each => runs.get(each));
    runs.set(
      id,
      (async () => {
        const before = (await Promise.all(waitsFor)).find(run => run?.blocks);
        const finding =
          before === undefined
            ? await findingOf(check, visit)
            : { status: 'skipped' as const, detail: `means nothing without: ${before.result.title}` };
        done += 1;
        onDone(done);
        return {
          result: { id, title, ...finding },
          blocks: before !== undefined || finding.status === 'fail',
        };
      })(),
    );
  }
  return Promise.all([...runs.values()].map(async run => (await run).result));
}

async function findingOf({ inspect, needs }: Check, visit: Inspection): Promise<Finding> {
  try {
    return await inspect(visit);
  } catch (error) {
    const denied = deniedAction(error, needs);
    if (denied !== undefined) {
      return {
        status: 'skipped',
        detail: `${denied} is not allowed`,
        fix: `Allow ${denied} to who runs this, to have it looked at.`,
      };
    }
    // An engine of one's own has some of DynamoDB's operations.
    if (error instanceof Error && UNKNOWN.has(error.name)) {
      return { status: 'skipped', detail: `the endpoint has no ${needs.join(', ')}` };
    }
    if (error instanceof CheckSkipped) return { status: 'skipped', detail: error.message };
    return { status: 'warn', detail: `could not be looked at: ${visit.explain(error)}` };
  }
}

/** The action that an error says is denied; undefined for other errors. */
export function deniedAction(error: unknown, needs: readonly string[]): string | undefined {
  if (!(error instanceof Error) || !DENIED.has(error.name)) return undefined;
  return ACTION.exec(error.message)?.[1] ?? needs.join(', ');
}
