import { type Check, deniedAction, type Finding } from './check';
import { isCredentialError } from '../../lambda/process/aws-errors';

/**
 * Maximum accepted difference between the local clock and the clock of AWS, in milliseconds. With a larger
 * difference, calls around midnight may be recorded on the wrong day.
 */
const MAX_CLOCK_MS = 60_000;

/** Checks of region, credentials, clock and read permissions. */
export const ACCESS_CHECKS: readonly Check[] = [
  {
    id: 'region',
    title: 'Region',
    needs: [],
    inspect: async inspection =>
      inspection.region().then<Finding, Finding>(
        region => ({ status: 'ok', detail: region }),
        (error: unknown) => ({
          status: 'fail',
          detail: error instanceof Error ? error.message : String(error),
          fix: 'Name a region with --region, or set AWS_REGION.',
        }),
      ),
  },
  {
    id: 'credentials',
    title: 'Credentials',
    after: ['region'],
    needs: ['sts:GetCallerIdentity'],
    inspect: async inspection => {
      const caller = await inspection.identity().catch((error: unknown) => {
        if (error instanceof Error && isCredentialError(error)) return error;
        throw error;
      });
      if (caller instanceof Error) {
        return {
          status: 'fail',
          detail: inspection.explain(caller),
          fix: 'Sign in, for example with `aws sso login`, or name a profile with --profile.',
        };
      }
      const { account, arn } = caller;
      return { status: 'ok', detail: `${arn} in account ${account}` };
    },
  },
  {
    id: 'clock',
    title: 'Local clock',
    after: ['credentials'],
    needs: [],
    inspect: async inspection => {
      const { clockAheadMs } = await inspection.identity();
      if (clockAheadMs === undefined) {
        return { status: 'skipped', detail: 'the response of AWS has no date' };
      }
      const seconds = Math.round(Math.abs(clockAheadMs) / 1000);
      if (Math.abs(clockAheadMs) <= MAX_CLOCK_MS) {
        return { status: 'ok', detail: `within ${Math.max(1, seconds)} s of the clock of AWS` };
      }
      return {
        status: 'warn',
        detail: `${seconds} s ${clockAheadMs > 0 ? 'ahead of' : 'behind'} the clock of AWS`,
        fix:
          'Synchronize the clock with NTP. It decides which day is today, and AWS rejects requests that are ' +
          'five minutes off.',
      };
    },
  },
  {
    id: 'permissions',
    title: 'Read permissions',
    after: ['table'],
    needs: ['dynamodb:Query', 'dynamodb:GetItem', 'dynamodb:BatchGetItem'],
    inspect: async inspection => {
      const tried = await (await inspection.inspector()).tryReading();
      const denied = tried.filter(({ action, error }) => deniedAction(error, [action]) !== undefined);
      if (denied.length > 0) {
        const actions = [...new Set(denied.map(({ action }) => action))].join(', ');
        return {
          status: 'fail',
          detail: `denied: ${denied.map(({ action, on }) => `${action} on ${on}`).join(', ')}`,
          fix:
            `Allow ${actions} for this identity on the table and its indexes (<table ARN>/index/*), for ` +
            'example with `TokenTraceTable.grantReadTraces`.',
        };
      }
      // Ignores failed reads of the index. The check `index` reports a missing index.
      const failed = tried.filter(({ error, on }) => error !== undefined && on === 'the table');
      if (failed.length > 0) throw failed[0].error;
      return { status: 'ok', detail: 'table and index are readable' };
    },
  },
];
