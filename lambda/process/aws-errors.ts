import { errorName } from './warn-once';

/** Names of AWS errors, grouped by what must change before a repeated request can succeed. */
export const AWS_ERRORS = {
  /** Errors of the AWS SDK if it finds no credentials, or no token of a single sign-on session. */
  credentialsMissing: ['CredentialsProviderError', 'TokenProviderError'],
  credentialsExpired: ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired'],
  /**
   * Errors for a wrong access key or a wrong signature. A clock that is off by five minutes also makes the
   * signature wrong.
   */
  credentialsInvalid: [
    'UnrecognizedClientException',
    'InvalidClientTokenId',
    'InvalidSignatureException',
    'SignatureDoesNotMatch',
    'InvalidAccessKeyId',
    'AuthFailure',
  ],
  accessDenied: [
    'AccessDenied',
    'AccessDeniedException',
    'UnauthorizedOperation',
    'NotAuthorized',
    'AuthorizationError',
  ],
  resourceMissing: ['ResourceNotFoundException', 'TableNotFoundException'],
  /** Errors for too many requests. The service did not carry out the request. A later request can succeed. */
  throttled: [
    'Throttling',
    'ThrottlingException',
    'ThrottledException',
    'ProvisionedThroughputExceededException',
    'RequestThrottled',
    'RequestThrottledException',
    'RequestLimitExceeded',
    'TooManyRequestsException',
    'SlowDown',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Name of the error if the service refuses the content of a batch. Other batches can still succeed. */
export const CONTENT_REFUSED = 'ValidationException';
/**
 * Name of the error if neither the environment nor an AWS profile names a region. The SDK's own error has no
 * name.
 */
export const REGION_MISSING = 'RegionMissing';
/** Name of the error if the deadline passed or the caller stopped the work. */
export const ABORTED = 'AbortError';

const CREDENTIAL_ERRORS: ReadonlySet<string> = new Set([
  ...AWS_ERRORS.credentialsMissing,
  ...AWS_ERRORS.credentialsExpired,
  ...AWS_ERRORS.credentialsInvalid,
]);

/**
 * Names of errors that a repeated request cannot fix. Somebody must change the table, the region, the
 * permissions or the credentials.
 *
 * Only `retryTransient` in `invocation-logging/apply-request.ts` repeats denied requests, because IAM can
 * take a minute to apply a new role.
 */
const PERMANENT_ERRORS: ReadonlySet<string> = new Set([
  ...CREDENTIAL_ERRORS,
  ...AWS_ERRORS.accessDenied,
  ...AWS_ERRORS.resourceMissing,
  REGION_MISSING,
]);

const THROTTLING_ERRORS: ReadonlySet<string> = new Set(AWS_ERRORS.throttled);

/** Returns true if the credentials are missing, expired or invalid. Returns false if access is denied. */
export function isCredentialError(error: unknown): boolean {
  return CREDENTIAL_ERRORS.has(nameOf(error));
}

/**
 * Returns true if a repeated request would fail again until somebody changes the configuration.
 *
 * @param error error object, or the name of an error
 */
export function isPermanentError(error: unknown): boolean {
  return PERMANENT_ERRORS.has(nameOf(error));
}

/** Returns true if the service did not carry out the request because of too many requests. */
export function isThrottlingError(error: unknown): boolean {
  return THROTTLING_ERRORS.has(nameOf(error));
}

function nameOf(error: unknown): string {
  return typeof error === 'string' ? error : errorName(error);
}
