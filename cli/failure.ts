import { AWS_ERRORS } from '../lambda/process/aws-errors';
import { plain } from '../lambda/process/safe-text';

/** What a run ends with. */
export const EXIT = { fine: 0, failure: 1, usage: 2, exceeded: 3, interrupted: 130 } as const;

/**
 * Something that the person who runs the command can mend on
 * its line: names the option, the value and the mend.
 */
export class UsageError extends Error {}

/** Something that went wrong, in a sentence that needs no other. */
export class Failure extends Error {}

/** Where the command looked: it is named in what is said of a failure. */
export interface Place {
  readonly tableName?: string;
  readonly region?: string;
  readonly endpoint?: string;
}

interface Known {
  readonly is: (error: Fault) => boolean;
  readonly says: (error: Fault, place: Place) => string;
}

/** An error as the SDK, Node and the libraries make them. */
interface Fault {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/** Maximum depth of nested causes: an error may be its own cause. */
const DEEPEST_CAUSE = 5;

const named =
  (...names: readonly string[]) =>
  ({ name, code = '' }: Fault) =>
    names.includes(name) || names.includes(code);
const inRegion = ({ region }: Place) => (region === undefined ? '' : ` in ${region}`);

const KNOWN: readonly Known[] = [
  {
    is: ({ name, message }) =>
      AWS_ERRORS.credentialsMissing.some(each => each === name) ||
      /could not load credentials|could not resolve credentials/i.test(message),
    says: ({ message }) =>
      `no AWS credentials (${message}): sign in, such as with \`aws sso login\`, or name a profile ` +
      'with --profile',
  },
  {
    is: named(...AWS_ERRORS.credentialsExpired),
    says: () => 'the AWS credentials have expired: sign in again, such as with `aws sso login`',
  },
  {
    is: named(...AWS_ERRORS.credentialsInvalid),
    says: ({ message }) =>
      `AWS does not take the credentials (${message}): look at --profile, and at the clock of this machine`,
  },
  {
    is: named(...AWS_ERRORS.accessDenied),
    says: ({ message }) =>
      `AWS denies access (${message}): allow the action to who runs this, or take another --profile`,
  },
  {
    is: named(...AWS_ERRORS.resourceMissing),
    says: ({ message }, place) =>
      place.tableName === undefined
        ? `not found${inRegion(place)} (${message})`
        : `there is no table ${place.tableName}${inRegion(place)}, or not what is read of it ` +
          `(${message}): look at --table, --region and --profile`,
  },
  {
    is: ({ name, message }) => name === 'ValidationError' && /stack .*does not exist/i.test(message),
    says: ({ message }, place) => `${message}${inRegion(place)}: look at --stack, --region and --profile`,
  },
  {
    is: ({ message }) => /region is missing/i.test(message),
    says: () => 'no AWS region: name one with --region, or set AWS_REGION',
  },
  {
    is: named(...AWS_ERRORS.throttled),
    says: ({ message }) => `AWS asks to slow down (${message}): try again in a minute, or with fewer days`,
  },
  {
    is: named('ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH'),
    says: ({ address, port, message }, { endpoint }) => {
      const at = address === undefined ? endpoint : `${address}:${port}`;
      return (
        `nothing answers ${at === undefined ? `(${message})` : `at ${at}`}: look at --endpoint, --region ` +
        'and the network'
      );
    },
  },
  {
    is: named('ENOTFOUND', 'EAI_AGAIN'),
    says: ({ hostname, message }) =>
      `the name ${hostname ?? message} is not known: look at --endpoint, --region and the network`,
  },
  {
    is: named('TimeoutError', 'ETIMEDOUT'),
    says: ({ message }) => `no answer in time (${message}): look at --endpoint and the network`,
  },
  {
    is: named('ENOENT'),
    says: ({ message }) => `no such file or folder (${message.replace(/^ENOENT: [^,]*, /, '')})`,
  },
  {
    is: named('EACCES', 'EPERM', 'EROFS'),
    says: ({ message }) => `may not be opened or written (${message})`,
  },
  { is: named('ENOSPC'), says: () => 'the disk is full' },
];

/** Whether it is a matter of the command line: the library's own checks of what it is given, too. */
export function isUsageError(error: unknown): boolean {
  return (
    error instanceof UsageError || (error instanceof RangeError && !/^(Invalid|Maximum) /.test(error.message))
  );
}

/** Whether it came of a pipe that nobody reads any more. */
export function isBrokenPipe(error: unknown): boolean {
  return faultsOf(error).some(({ code }) => code === 'EPIPE');
}

/** One line that says what went wrong and how it is mended. */
export function failureText(error: unknown, place: Place = {}): string {
  const said =
    error instanceof UsageError || error instanceof Failure ? error.message : explained(error, place);
  return plain(said.replace(/\s*\n\s*/g, ' '));
}

/** The same with all that is known of it, where `TOKEN_ANALYTICS_DEBUG` asks for that. */
export function debugText(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error);
  const causes = depth < DEEPEST_CAUSE ? causesOf(error).filter(cause => cause !== undefined) : [];
  return [
    error.stack ?? String(error),
    ...causes.map(cause => `\nCaused by: ${debugText(cause, depth + 1)}`),
  ].join('');
}

function explained(error: unknown, place: Place): string {
  const faults = faultsOf(error);
  for (const fault of faults) {
    const known = KNOWN.find(({ is }) => is(fault));
    // Node.js gives an AggregateError the code of its first error, but no message and no address.
    if (known) return known.says(faults.find(each => known.is(each) && each.message !== '') ?? fault, place);
  }
  return (
    faults.map(({ message }) => message).find(message => message !== '') ??
    faults[0]?.name ??
    'an error that says nothing of itself'
  );
}

/** An error and those that it came of, the outermost first. */
function faultsOf(error: unknown, depth = 0): Fault[] {
  if (depth > DEEPEST_CAUSE || error === undefined || error === null) return [];
  if (!(error instanceof Error)) return [{ name: 'Error', message: String(error) }];
  const { code, address, port, hostname } = error as Error & Partial<Fault>;
  return [
    { name: error.name, message: error.message, code, address, port, hostname },
    ...causesOf(error).flatMap(each => faultsOf(each, depth + 1)),
  ];
}

/** Returns the combined errors of an AggregateError, and the cause, which may be undefined. */
function causesOf(error: Error): unknown[] {
  return [...(error instanceof AggregateError ? (error.errors as unknown[]) : []), error.cause];
}
