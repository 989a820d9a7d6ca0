import type { IConstruct } from 'constructs';
import { CountedBy, type TokenUsageIngestOptions } from './token-usage-ingest-options';
import { stampVariables, type Variables } from './variables';
import { ENV } from '../contract';
import { warn } from '../private/synth-messages';

/** Operations for which older SDKs remove `requestMetadata` from the request, without an error. */
const UNSTAMPED_BY_OLD_SDKS = ['InvokeModel', 'InvokeModelWithResponseStream'];

/**
 * Returns the environment variables for an instrumented function if an ingest reads an invocation log. Adds a
 * warning to `scope` if `countedBy` has no value for an operation for which older SDKs send no stamp.
 */
export function stampedEnvironment(
  scope: IConstruct,
  countedBy: TokenUsageIngestOptions['countedBy'] = {},
): Variables {
  const unset = UNSTAMPED_BY_OLD_SDKS.filter(operation => countedBy[operation] === undefined);
  if (unset.length > 0) {
    warn(
      scope,
      'unstampedInvokeModel',
      `${unset.join(' and ')}: if the SDK of an instrumented function has no requestMetadata for ` +
        'these operations, the function and the ingest both count its invocations. ' +
        `Set \`countedBy\` for them: ${CountedBy.STAMP} if your SDK has requestMetadata, else ` +
        `${CountedBy.INGEST} or ${CountedBy.TRACKER}.`,
    );
  }
  return stampVariables(countedBy);
}

/** Returns the environment variables for a function that writes a claim for each call to the trace table. */
export function claimVariables(): Variables {
  return { [ENV.claimCalls]: 'true' };
}
