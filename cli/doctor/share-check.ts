import type { Check, Finding } from './check';
import type { Inspection } from './context';
import type { CoveredShare } from '../../reports/covered-share/covered-share';
import { fixTexts } from '../../reports/covered-share/share-text';

/**
 * Highest share of missing calls without a warning. A smaller difference can come from calls around midnight,
 * which Bedrock and the runtime may count on different days.
 */
const MAX_MISSING = 0.01;
/** Highest excess without a warning, as a share of the account's calls. */
const MAX_EXCESS = 0.01;

/** Check of the share of the account's calls that are recorded. */
export const SHARE_CHECKS: readonly Check[] = [
  {
    id: 'covered-share',
    title: 'Recorded share',
    after: ['table', 'permissions'],
    needs: ['cloudwatch:GetMetricData'],
    inspect: checkCoveredShare,
  },
];

async function checkCoveredShare(inspection: Inspection): Promise<Finding> {
  const share = await inspection.coveredShare();
  const { status, summary, notes, missingPermission, day, region } = share;
  if (status === 'access-denied') {
    return {
      status: 'skipped',
      detail: `${missingPermission} is not allowed`,
      fix: `Allow ${missingPermission} for this identity to run the check.`,
    };
  }
  if (status === 'no-metrics') {
    return {
      status: 'skipped',
      detail: `Amazon Bedrock has no metrics of ${day} in ${region}`,
      fix: 'If the models are called in another region, name it with --region, and the table there with --table.',
    };
  }
  const detail = [summary, ...notes].join(' ');
  if (!isDifferent(share)) return { status: 'ok', detail };
  return { status: 'warn', detail, fix: fixTexts(share).join(' ') };
}

function isDifferent({ total, models }: CoveredShare): boolean {
  if (total === undefined) return false;
  const { account, missing, excess } = total;
  // Failed calls are recorded, so they are not missing.
  const failed = models.reduce(
    (sum, model) => sum + (model.reason === 'failed-calls' ? model.missing.invocations : 0),
    0,
  );
  return (
    missing.invocations - failed > MAX_MISSING * account.invocations ||
    missing.inputTokens > MAX_MISSING * account.inputTokens ||
    excess.invocations > MAX_EXCESS * account.invocations ||
    excess.inputTokens > MAX_EXCESS * account.inputTokens
  );
}
