import { AWS_ERRORS } from '../lambda/process/aws-errors';
import { plain } from '../lambda/process/safe-text';
import {
  argumentErrorText,
  BillError,
  billErrorText,
  type NameArgument,
  ReportArgumentError,
} from '../reports/errors';

/** Error that the user can fix on the command line. Its message names the option, the value and the fix. */
export class UsageError extends Error {}

/** Error whose message already explains the problem. The command prints this message unchanged. */
export class Failure extends Error {}

/** Table, region and endpoint that the command uses. Error texts name them. */
export interface Place {
  readonly tableName?: string;
  readonly region?: string;
  readonly endpoint?: string;
}

interface KnownFault {
  readonly names?: readonly string[];
  readonly matches?: (fault: Fault) => boolean;
  readonly text: (fault: Fault, place: Place) => string;
}

/** Fields that an error of the AWS SDK, of Node.js or of a library may have. */
interface Fault {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  readonly path?: string;
}

/**
 * Command option for each argument of the library, e.g. `--since` for `range.from`. Error texts name the
 * option.
 */
const ARGUMENT_OPTIONS: Readonly<Record<string, string>> = {
  'range.from': '--since',
  'range.to': '--until',
  'timeZone': '--timezone',
  'count': '--limit',
  'historyDays': '--history',
  'forecastDays': '--days',
  'incidentId': '<id>',
  'limits.daily': '--daily',
  'limits.hourly': '--hourly',
  'to': '--to',
  'to.model': '--to',
  'to.modelId': '--to',
  'to.region': '--to-region',
  'to.scope': '--scope',
  'to.serviceTier': '--tier',
  'to.batch': '--batch',
  'prices.customPrices': 'the file of --prices',
  'maxRequests': '--max-requests',
  'AWS_PROFILE': '--profile',
};
const optionName: NameArgument = argument => ARGUMENT_OPTIONS[argument] ?? `--${argument}`;

/** Maximum depth of nested causes. An error may be its own cause, so the search needs a limit. */
const MAX_CAUSE_DEPTH = 5;

const inRegion = ({ region }: Place) => (region === undefined ? '' : ` in ${region}`);

const KNOWN_FAULTS: readonly KnownFault[] = [
  {
    names: AWS_ERRORS.credentialsMissing,
    matches: ({ message }) => /could not load credentials|could not resolve credentials/i.test(message),
    text: ({ message }) =>
      `no AWS credentials (${message}): sign in, for example with \`aws sso login\`, or name a profile ` +
      'with --profile',
  },
  {
    names: AWS_ERRORS.credentialsExpired,
    text: () => 'the AWS credentials have expired: sign in again, for example with `aws sso login`',
  },
  {
    names: AWS_ERRORS.credentialsInvalid,
    text: ({ message }) =>
      `AWS rejects the credentials (${message}): check --profile and the clock of this machine`,
  },
  {
    names: AWS_ERRORS.accessDenied,
    text: ({ message }) =>
      `AWS denies access (${message}): allow the action for this identity, or name another --profile`,
  },
  {
    names: AWS_ERRORS.resourceMissing,
    text: ({ message }, place) =>
      place.tableName === undefined
        ? `not found${inRegion(place)} (${message})`
        : `the table ${place.tableName}${inRegion(place)}, or an index of it, does not exist (${message}): ` +
          'check --table, --region and --profile',
  },
  {
    matches: ({ name, message }) => name === 'ValidationError' && /stack .*does not exist/i.test(message),
    text: ({ message }, place) => `${message}${inRegion(place)}: check --stack, --region and --profile`,
  },
  {
    matches: ({ message }) => /region is missing/i.test(message),
    text: () => 'no AWS region: name one with --region, or set AWS_REGION',
  },
  {
    names: AWS_ERRORS.throttled,
    text: ({ message }) =>
      `AWS throttles the requests (${message}): try again in a minute, or read fewer days`,
  },
  {
    names: ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH'],
    text: ({ address, port, message }, { endpoint }) => {
      const at = address === undefined ? endpoint : `${address}:${port}`;
      return (
        `nothing answers ${at === undefined ? `(${message})` : `at ${at}`}: check --endpoint, --region and ` +
        'the network'
      );
    },
  },
  {
    names: ['ENOTFOUND', 'EAI_AGAIN'],
    text: ({ hostname, message }) =>
      `the host name ${hostname ?? message} is unknown: check --endpoint, --region and the network`,
  },
  {
    names: ['TimeoutError', 'ETIMEDOUT'],
    text: ({ message }) => `no answer in time (${message}): check --endpoint and the network`,
  },
  {
    names: ['ENOENT'],
    text: ({ path, message }) => `the file or folder does not exist: ${path ?? message}`,
  },
  {
    names: ['EACCES', 'EPERM', 'EROFS'],
    text: ({ path, code, message }) =>
      `no permission to open or write ${path === undefined ? `(${message})` : `${path} (${code})`}`,
  },
  { names: ['ENOSPC'], text: () => 'the disk is full' },
];

/**
 * Returns true for a `UsageError`, and for an argument that the library refuses. Users can fix both on the
 * command line.
 */
export function isUsageError(error: unknown): boolean {
  return error instanceof UsageError || error instanceof ReportArgumentError;
}

/** Returns true if a write failed because the reader of the pipe has ended. */
export function isBrokenPipe(error: unknown): boolean {
  return faultsOf(error).some(({ code }) => code === 'EPIPE');
}

/** Returns one line that says what went wrong and how to fix it. */
export function failureText(error: unknown, place: Place = {}): string {
  return plain(explanation(error, place).replace(/\s*\n\s*/g, ' '));
}

/** Returns the stack traces of an error and of its causes. Used if `TOKEN_ANALYTICS_DEBUG` is set. */
export function debugText(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error);
  const causes = depth < MAX_CAUSE_DEPTH ? causesOf(error).filter(cause => cause !== undefined) : [];
  return [
    error.stack ?? String(error),
    ...causes.map(cause => `\nCaused by: ${debugText(cause, depth + 1)}`),
  ].join('');
}

function explanation(error: unknown, place: Place): string {
  if (error instanceof UsageError || error instanceof Failure) return error.message;
  if (error instanceof ReportArgumentError) return argumentErrorText(error.problem, optionName);
  if (error instanceof BillError) return billErrorText(error.problem, optionName);
  const faults = faultsOf(error);
  for (const fault of faults) {
    const known = KNOWN_FAULTS.find(each => isKnown(each, fault));
    // Explains the first matching error that has a message, because an AggregateError of Node.js has none.
    if (known) {
      return known.text(faults.find(each => isKnown(known, each) && each.message !== '') ?? fault, place);
    }
  }
  return (
    faults.map(({ message }) => message).find(message => message !== '') ??
    faults[0]?.name ??
    'an error without a message'
  );
}

function isKnown({ names = [], matches = () => false }: KnownFault, fault: Fault): boolean {
  return names.includes(fault.name) || names.includes(fault.code ?? '') || matches(fault);
}

/** Returns an error and its causes, outermost error first. */
function faultsOf(error: unknown, depth = 0): Fault[] {
  if (depth > MAX_CAUSE_DEPTH || error === undefined || error === null) return [];
  if (!(error instanceof Error)) return [{ name: 'Error', message: String(error) }];
  const { code, address, port, hostname, path } = error as Error & Partial<Fault>;
  return [
    { name: error.name, message: error.message, code, address, port, hostname, path },
    ...causesOf(error).flatMap(each => faultsOf(each, depth + 1)),
  ];
}

/**
 * Returns the errors inside an AggregateError, and then `error.cause`. The last element is undefined if there
 * is no cause.
 */
function causesOf(error: Error): unknown[] {
  return [...(error instanceof AggregateError ? (error.errors as unknown[]) : []), error.cause];
}
