import { errorName } from './warn-once';

/** Names of AWS errors, grouped by what must change before a repeated request can succeed. */
export const AWS_ERRORS = {
  /** The AWS SDK found no credentials, or no token of a single sign-on session. */
  credentialsMissing: ['CredentialsProviderError', 'TokenProviderError'],
  credentialsExpired: ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired'],
  /** The access key or the signature is wrong. A clock that is five minutes off makes a wrong signature. */
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
  /** The request was not carried out because there were too many. A later one can succeed. */
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

/** Error of a batch whose content the service refuses. Another batch can succeed. */
export const CONTENT_REFUSED = 'ValidationException';
/** Neither the environment nor a profile names a region. The SDK's own error has no name. */
export const REGION_MISSING = 'RegionMissing';
/** The deadline passed, or the caller ended the work. */
export const ABORTED = 'AbortError';

const CREDENTIAL_ERRORS: ReadonlySet<string> = new Set([
  ...AWS_ERRORS.credentialsMissing,
  ...AWS_ERRORS.credentialsExpired,
  ...AWS_ERRORS.credentialsInvalid,
]);

/**
 * Errors after which no request of the same kind can succeed, until somebody changes the table, the
 * permissions or the credentials.
 *
 * Denied access is permanent here, because permissions of a running function or of a terminal rarely change
 * within minutes. The custom resource for invocation logging repeats such requests (`retryTransient` in
 * `invocation-logging/apply-request.ts`), because IAM can take a minute to apply a role that the same
 * deployment has created.
 */
const PERMANENT_ERRORS: ReadonlySet<string> = new Set([
  ...CREDENTIAL_ERRORS,
  ...AWS_ERRORS.accessDenied,
  ...AWS_ERRORS.resourceMissing,
  REGION_MISSING,
]);

const THROTTLING_ERRORS: ReadonlySet<string> = new Set(AWS_ERRORS.throttled);

/** Returns true if the credentials are missing, expired or invalid. Denied access is not such an error. */
export function isCredentialError(error: unknown): boolean {
  return CREDENTIAL_ERRORS.has(nameOf(error));
}

/**
 * Returns true if no later request of the same kind can succeed either.
 *
 * @param error error, or its name
 */
export function isPermanentError(error: unknown): boolean {
  return PERMANENT_ERRORS.has(nameOf(error));
}

/** Returns true if the service did not carry out the request, because there were too many. */
export function isThrottlingError(error: unknown): boolean {
  return THROTTLING_ERRORS.has(nameOf(error));
}

function nameOf(error: unknown): string {
  return typeof error === 'string' ? error : errorName(error);
}
