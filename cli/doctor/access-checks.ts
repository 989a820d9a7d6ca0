import { type Check, deniedAction } from './check';
import { isCredentialError } from '../../lambda/process/aws-errors';

/** AWS refuses a signature that is five minutes off; a day's first calls are in the wrong day long before. */
const MAX_CLOCK_MS = 60_000;

/** Who calls, from where, and what they may read. */
export const ACCESS_CHECKS: readonly Check[] = [
  {
    id: 'region',
    title: 'Region',
    needs: [],
    inspect: async visit =>
      visit.region().then(
        region => ({ status: 'ok', detail: region }),
        (error: unknown) => ({
          status: 'fail',
          detail: error instanceof Error ? error.message : String(error),
          mend: 'Name one with --region, or set AWS_REGION.',
        }),
      ),
  },
  {
    id: 'credentials',
    title: 'Credentials',
    after: ['region'],
    needs: ['sts:GetCallerIdentity'],
    inspect: async visit => {
      const caller = await visit.identity().catch((error: unknown) => {
        if (error instanceof Error && isCredentialError(error)) return error;
        throw error;
      });
      if (caller instanceof Error) {
        return {
          status: 'fail',
          detail: visit.explain(caller),
          fix: 'Sign in, such as with `aws sso login`, or name a profile with --profile.',
        };
      }
      const { account, arn } = caller;
      return { status: 'ok', detail: `${arn} in account ${account}` };
    },
  },
  {
    id: 'clock',
    title: 'Clock of this machine',
    after: ['credentials'],
    needs: [],
    inspect: async visit => {
      const { clockAheadMs } = await visit.identity();
      if (clockAheadMs === undefined) return { status: 'skipped', detail: 'AWS did not say its time' };
      const seconds = Math.round(Math.abs(clockAheadMs) / 1000);
      if (Math.abs(clockAheadMs) <= MAX_CLOCK_MS) {
        return { status: 'ok', detail: `within ${Math.max(1, seconds)} s of AWS's` };
      }
      return {
        status: 'warn',
        detail: `${seconds} s ${clockAheadMs > 0 ? 'ahead of' : 'behind'} AWS's`,
        fix:
          'Have the clock set by NTP: today and the last minutes are told by it, and AWS refuses ' +
          'requests that are five minutes off.',
      };
    },
  },
  {
    id: 'permissions',
    title: 'Permissions to read',
    after: ['table'],
    needs: ['dynamodb:Query', 'dynamodb:GetItem', 'dynamodb:BatchGetItem'],
    inspect: async visit => {
      const tried = await (await visit.checkup()).tryReading();
      const denied = tried.filter(({ action, error }) => deniedAction(error, [action]) !== undefined);
      if (denied.length > 0) {
        const actions = [...new Set(denied.map(({ action }) => action))].join(', ');
        return {
          status: 'fail',
          detail: `denied: ${denied.map(({ action, on }) => `${action} on ${on}`).join(', ')}`,
          fix:
            `Allow ${actions} to who runs this, on the table and on its indexes (<table ARN>/index/*); ` +
            '`TokenTraceTable.grantReadTraces` does that.',
        };
      }
      // An index that is not there has a check of its own.
      const failed = tried.filter(({ error, on }) => error !== undefined && on === 'the table');
      if (failed.length > 0) throw failed[0].error;
      return { status: 'ok', detail: 'table and index can be read' };
    },
  },
];
