import { errorName } from './warn-once';

/** Names of AWS errors in groups. All errors of a group have the same fix, e.g. new credentials. */
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
 * Name of the error if no region is set. The library sets this name, because the error of the SDK has no
 * name.
 */
export const REGION_MISSING = 'RegionMissing';
/** Name of the error after the deadline has passed, or after the caller has aborted an operation. */
export const ABORTED = 'AbortError';

const CREDENTIAL_ERRORS: ReadonlySet<string> = new Set([
  ...AWS_ERRORS.credentialsMissing,
  ...AWS_ERRORS.credentialsExpired,
  ...AWS_ERRORS.credentialsInvalid,
]);

/**
 * Names of errors that a retry cannot fix, e.g. missing credentials.
 *
 * `retryTransient` in `invocation-logging/apply-request.ts` is an exception. It retries denied requests,
 * because IAM can take a minute to apply a new role.
 */
const PERMANENT_ERRORS: ReadonlySet<string> = new Set([
  ...CREDENTIAL_ERRORS,
  ...AWS_ERRORS.accessDenied,
  ...AWS_ERRORS.resourceMissing,
  REGION_MISSING,
]);

const THROTTLING_ERRORS: ReadonlySet<string> = new Set(AWS_ERRORS.throttled);

/**
 * Returns true if credentials are missing, expired or invalid. Returns false for valid credentials that lack
 * a permission.
 */
export function isCredentialError(error: unknown): boolean {
  return CREDENTIAL_ERRORS.has(nameOf(error));
}

/**
 * Returns true if a retry cannot fix the error, e.g. because credentials are missing.
 *
 * @param error error object, or the name of an error
 */
export function isPermanentError(error: unknown): boolean {
  return PERMANENT_ERRORS.has(nameOf(error));
}

/** Returns true if the service refused the request because there were too many requests. */
export function isThrottlingError(error: unknown): boolean {
  return THROTTLING_ERRORS.has(nameOf(error));
}

function nameOf(error: unknown): string {
  return typeof error === 'string' ? error : errorName(error);
}
