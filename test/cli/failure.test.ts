import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:http';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { debugText, Failure, failureText, isBrokenPipe, isUsageError, UsageError } from '../../cli/failure';
import { listenOnLoopback } from '../../local/emulators/http-server';
import { type ArgumentProblem, BillError, ReportArgumentError } from '../../reports/errors';
import { startCloudFormation } from '../fakes/cloudformation/server';
import { startSts } from '../fakes/sts/server';
import { refusal, startTableFront } from '../support/table-front';

const environment = { ...process.env };
afterEach(() => {
  process.env = { ...environment };
});

async function errorOf(rejected: Promise<unknown>): Promise<unknown> {
  return rejected.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: unknown) => error,
  );
}

/** Returns the error that the AWS SDK throws if STS refuses a request with the error `code`. */
async function refusedBySts(code: string): Promise<unknown> {
  const sts = await startSts({ refuses: () => code });
  const client = new STSClient({ endpoint: sts.endpoint, maxAttempts: 1 });
  try {
    return await errorOf(client.send(new GetCallerIdentityCommand({})));
  } finally {
    client.destroy();
    await sts.close();
  }
}

/** Returns the error that the AWS SDK throws if DynamoDB refuses a request with the error `code`. */
async function refusedByDynamoDb(code: string, message: string): Promise<unknown> {
  const table = await startTableFront('http://127.0.0.1:9', async () => refusal(code, message));
  const client = new DynamoDBClient({ endpoint: table.endpoint, maxAttempts: 1 });
  try {
    return await errorOf(client.send(new DescribeTableCommand({ TableName: 'Traces' })));
  } finally {
    client.destroy();
    await table.close();
  }
}

async function closedPort(): Promise<number> {
  const server = await listenOnLoopback(async () => undefined);
  await server.close();
  return Number(new URL(server.endpoint).port);
}

/**
 * Converts an error of Node.js to the `Error` class of Jest. Without this, `instanceof Error` would be false,
 * because Node.js has another `Error` class.
 */
function ofThisRealm(error: Error): Error {
  const { code, address, port, path } = error as Error &
    Record<'code' | 'address' | 'port' | 'path', unknown>;
  const copy =
    'errors' in error
      ? new AggregateError((error.errors as Error[]).map(ofThisRealm), error.message)
      : new Error(error.message);
  return Object.assign(copy, { code, address, port, path });
}

async function errorOfRequest(options: RequestOptions): Promise<Error> {
  const [error] = (await once(request(options).end(), 'response').catch((thrown: unknown) => [thrown])) as [
    Error,
  ];
  return ofThisRealm(error);
}

function errorOfReading(file: string): Error {
  try {
    readFileSync(file);
  } catch (error) {
    return ofThisRealm(error as Error);
  }
  throw new Error(`${file} must not be there`);
}

const systemError = (code: string, message: string, details: object = {}) =>
  Object.assign(new Error(message), { code, ...details });

describe('errors of AWS', () => {
  const EXPIRED = 'the AWS credentials have expired: sign in again, for example with `aws sso login`';
  const NOT_TAKEN =
    'AWS rejects the credentials (GetCallerIdentity was refused): check --profile and the ' +
    'clock of this machine';
  const DENIED =
    'AWS denies access (GetCallerIdentity was refused): allow the action for this identity, or ' +
    'name another --profile';
  const SLOWER =
    'AWS throttles the requests (GetCallerIdentity was refused): try again in a minute, or read fewer days';

  test.each([
    ['ExpiredToken', EXPIRED],
    ['ExpiredTokenException', EXPIRED],
    ['RequestExpired', EXPIRED],
    ['UnrecognizedClientException', NOT_TAKEN],
    ['InvalidClientTokenId', NOT_TAKEN],
    ['SignatureDoesNotMatch', NOT_TAKEN],
    ['InvalidSignatureException', NOT_TAKEN],
    ['InvalidAccessKeyId', NOT_TAKEN],
    ['AuthFailure', NOT_TAKEN],
    ['AccessDenied', DENIED],
    ['AccessDeniedException', DENIED],
    ['UnauthorizedOperation', DENIED],
    ['NotAuthorized', DENIED],
    ['TableNotFoundException', 'not found (GetCallerIdentity was refused)'],
    ['Throttling', SLOWER],
    ['ThrottlingException', SLOWER],
    ['RequestLimitExceeded', SLOWER],
    ['TooManyRequestsException', SLOWER],
    ['SomethingNew', 'GetCallerIdentity was refused'],
  ])('explains %s of AWS, and what to do', async (code, text) => {
    expect(failureText(await refusedBySts(code))).toBe(text);
  });

  test('names a missing table and its region, as far as they are known', async () => {
    const error = await refusedByDynamoDb('ResourceNotFoundException', 'Requested resource not found');

    expect(failureText(error, { tableName: 'Traces', region: 'eu-west-1' })).toBe(
      'the table Traces in eu-west-1, or an index of it, does not exist (Requested resource not found): ' +
        'check --table, --region and --profile',
    );
    expect(failureText(error, { tableName: 'Traces' })).toBe(
      'the table Traces, or an index of it, does not exist (Requested resource not found): ' +
        'check --table, --region and --profile',
    );
    expect(failureText(error, { region: 'eu-west-1' })).toBe(
      'not found in eu-west-1 (Requested resource not found)',
    );
    expect(failureText(error)).toBe('not found (Requested resource not found)');
  });

  test('asks for fewer days if the table throttles', async () => {
    const error = await refusedByDynamoDb('ProvisionedThroughputExceededException', 'Rate exceeded');

    expect(failureText(error)).toBe(
      'AWS throttles the requests (Rate exceeded): try again in a minute, or read fewer days',
    );
  });

  test('distinguishes a missing stack from another invalid request', async () => {
    const cloudFormation = await startCloudFormation({ stacks: [] });
    const client = new CloudFormationClient({ endpoint: cloudFormation.endpoint });
    const missing = await errorOf(client.send(new DescribeStacksCommand({ StackName: 'Agnets' })));
    const invalid = await errorOf(client.send(new DescribeStacksCommand({ NextToken: 'x' })));
    client.destroy();
    await cloudFormation.close();

    expect(failureText(missing, { region: 'eu-west-1' })).toBe(
      'Stack with id Agnets does not exist in eu-west-1: check --stack, --region and --profile',
    );
    expect(failureText(missing)).toBe(
      'Stack with id Agnets does not exist: check --stack, --region and --profile',
    );
    expect(failureText(invalid)).toBe('The specified token is not valid: x');
  });
});

describe('errors before a request is sent', () => {
  test('asks to sign in if there are no credentials', async () => {
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
    process.env.AWS_CONFIG_FILE = '/nowhere/config';
    process.env.AWS_SHARED_CREDENTIALS_FILE = '/nowhere/credentials';
    const client = new STSClient({ region: 'us-east-1' });
    const error = await errorOf(client.send(new GetCallerIdentityCommand({})));
    client.destroy();

    expect(failureText(error)).toMatch(
      /^no AWS credentials \(.+\): sign in, for example with `aws sso login`, or name a profile with --profile$/,
    );
  });

  test.each([
    ['TokenProviderError', 'Token is expired. To refresh this SSO session run aws sso login'],
    ['Error', 'Could not load credentials from any providers'],
    ['Error', 'Could not resolve credentials using profile: [work]'],
  ])('asks to sign in for a %s: %s', (name, message) => {
    expect(failureText(Object.assign(new Error(message), { name }))).toBe(
      `no AWS credentials (${message}): sign in, for example with \`aws sso login\`, or name a profile with ` +
        '--profile',
    );
  });

  test('explains how to name a region if none is known', async () => {
    delete process.env.AWS_REGION;
    process.env.AWS_CONFIG_FILE = '/nowhere/config';
    process.env.AWS_SHARED_CREDENTIALS_FILE = '/nowhere/credentials';
    const client = new STSClient({});
    const error = await errorOf(client.send(new GetCallerIdentityCommand({})));
    client.destroy();

    expect(failureText(error)).toBe('no AWS region: name one with --region, or set AWS_REGION');
  });

  test('names an endpoint at which nothing listens', async () => {
    const port = await closedPort();
    const error = await errorOfRequest({ host: '127.0.0.1', port });

    expect(failureText(error, { endpoint: 'http://elsewhere:1' })).toBe(
      `nothing answers at 127.0.0.1:${port}: check --endpoint, --region and the network`,
    );
  });

  test('names the first of several addresses if nothing listens at any of them', async () => {
    const port = await closedPort();
    const error = await errorOfRequest({
      host: 'table.example',
      port,
      autoSelectFamily: true,
      lookup: (_host, _options, answer) =>
        answer(null, [
          { address: '127.0.0.1', family: 4 },
          { address: '127.0.0.2', family: 4 },
        ]),
    } as RequestOptions);

    expect([error.name, error.message]).toEqual(['AggregateError', '']);
    expect(failureText(error)).toBe(
      `nothing answers at 127.0.0.1:${port}: check --endpoint, --region and the network`,
    );
  });

  test.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH'])(
    'reports for %s that nothing answers',
    code => {
      const error = systemError(code, `connect ${code}`, { address: '192.0.2.1', port: 443 });

      expect(failureText(error)).toBe(
        'nothing answers at 192.0.2.1:443: check --endpoint, --region and the network',
      );
    },
  );

  test.each([
    [{}, 'nothing answers (read ECONNRESET): check --endpoint, --region and the network'],
    [
      { endpoint: 'http://localhost:8000' },
      'nothing answers at http://localhost:8000: check --endpoint, --region and the network',
    ],
  ])('names the endpoint of %j if a cut connection has no address', (place, text) => {
    expect(failureText(systemError('ECONNRESET', 'read ECONNRESET'), place)).toBe(text);
  });

  test.each([
    [
      'the host name tables.example is unknown: check --endpoint, --region and the network',
      systemError('ENOTFOUND', 'getaddrinfo ENOTFOUND tables.example', { hostname: 'tables.example' }),
    ],
    [
      'the host name tables.example is unknown: check --endpoint, --region and the network',
      systemError('EAI_AGAIN', 'getaddrinfo EAI_AGAIN tables.example', { hostname: 'tables.example' }),
    ],
    [
      'no answer in time (Connection timed out after 5000 ms): check --endpoint and the network',
      Object.assign(new Error('Connection timed out after 5000 ms'), { name: 'TimeoutError' }),
    ],
    [
      'no answer in time (connect ETIMEDOUT 192.0.2.1:443): check --endpoint and the network',
      systemError('ETIMEDOUT', 'connect ETIMEDOUT 192.0.2.1:443'),
    ],
    [
      'no answer in time (connect ETIMEDOUT 192.0.2.1:443): check --endpoint and the network',
      Object.assign(new AggregateError([systemError('ETIMEDOUT', 'connect ETIMEDOUT 192.0.2.1:443')]), {
        code: 'ETIMEDOUT',
      }),
    ],
  ])('reports that %s', (text, error) => {
    expect(failureText(error)).toBe(text);
  });
});

describe('errors of files', () => {
  test('names a missing file', () => {
    const error = errorOfReading('/nowhere/prices.json');

    expect(failureText(error)).toBe('the file or folder does not exist: /nowhere/prices.json');
  });

  test.each([
    ['EACCES', "EACCES: permission denied, open 'out.csv'"],
    ['EPERM', "EPERM: operation not permitted, open 'out.csv'"],
    ['EROFS', "EROFS: read-only file system, open 'out.csv'"],
  ])('names a file without write permission: %s', (code, message) => {
    expect(failureText(systemError(code, message))).toBe(`no permission to open or write (${message})`);
  });

  test('reports that the disk is full', () => {
    expect(failureText(systemError('ENOSPC', 'ENOSPC: no space left on device, write'))).toBe(
      'the disk is full',
    );
  });
});

describe('errors of the library', () => {
  const MODEL = 'anthropic.claude-haiku-4-5-20251001-v1:0';

  test.each<[ArgumentProblem, string]>([
    [
      { code: 'reversed-range', from: '2026-11-21', to: '2026-11-20' },
      '--since must not be after --until, got: 2026-11-21 and 2026-11-20',
    ],
    [
      { code: 'two-scopes', modelId: `us.${MODEL}`, scope: 'geo' },
      '--scope must not be given with an inference profile or an ARN, which has a scope of its own, got: ' +
        `geo and us.${MODEL}. Omit --scope, or pass the id of the foundation model as --to`,
    ],
    [
      { code: 'tier-in-batch', serviceTier: 'flex' },
      '--tier must not be given with --batch, because a batch job has no service tier, got: flex. Omit one ' +
        'of them',
    ],
    [
      { code: 'unpriced-model', model: 'zzz', suggestions: [] },
      '--to must be a model that has a price, got: zzz. Add its price to the file of --prices',
    ],
    [
      { code: 'invalid-region', argument: 'to.region', value: 'Frankfurt' },
      '--to-region must be an AWS region such as eu-central-1, got: Frankfurt',
    ],
  ])('names the options of the command for %j', (problem, text) => {
    expect(failureText(new ReportArgumentError(problem))).toBe(text);
  });

  test('names the option that allows more requests for a bill', () => {
    const error = new BillError({
      code: 'request-limit',
      from: '2026-11-01',
      to: '2026-11-20',
      maxRequests: 2,
      costUsd: '0.02',
    });

    expect(failureText(error)).toBe(
      'the bill from 2026-11-01 to 2026-11-20 takes more than 2 requests to Cost Explorer ($0.02). Read fewer ' +
        'days, or raise --max-requests',
    );
  });
});

describe('errors of any kind', () => {
  test.each([UsageError, Failure])('shows the message of a %p unchanged', kind => {
    const text = 'name it with --table (AccessDenied)';

    expect(failureText(new kind(text, { cause: systemError('ENOSPC', 'x') }))).toBe(text);
  });

  test('explains a known cause of an unknown error', () => {
    const cause = new Error('middle', { cause: systemError('ENOSPC', 'ENOSPC: no space left, write') });

    expect(failureText(new Error('could not export', { cause }))).toBe('the disk is full');
  });

  test.each([
    [new Error('it broke'), 'it broke'],
    [new Error('', { cause: new Error('the reason') }), 'the reason'],
    [new AggregateError([new Error(''), new Error('the second')]), 'the second'],
    [new Error('', { cause: 'a text' }), 'a text'],
    [new TypeError(''), 'TypeError'],
    ['a text', 'a text'],
    [undefined, 'an error without a message'],
    [null, 'an error without a message'],
  ])('shows the first message of %p: %s', (error, text) => {
    expect(failureText(error)).toBe(text);
  });

  test('explains an error that is its own cause', () => {
    const error = new Error('');
    error.cause = error;

    expect(failureText(error)).toBe('Error');
  });

  test('makes one line without control characters', () => {
    expect(failureText(new UsageError('no \u001b[31mred\u202e,\n  one line\r\nalone'))).toBe(
      'no ?[31mred?, one line alone',
    );
    expect(failureText(new Error('a\u0007b'))).toBe('a?b');
  });
});

test.each([
  [new UsageError('x'), true],
  [new ReportArgumentError({ code: 'empty', argument: 'incidentId' }), true],
  [new RangeError('dailyBudget must be positive, got: -1'), false],
  [new RangeError('Invalid time value'), false],
  [new RangeError('Maximum call stack size exceeded'), false],
  [new Failure('x'), false],
  [new Error('x'), false],
  ['x', false],
])('%p is a usage error: %p', (error, usage) => {
  expect(isUsageError(error)).toBe(usage);
});

test.each([
  [systemError('EPIPE', 'write EPIPE'), true],
  [new Error('could not print', { cause: systemError('EPIPE', 'write EPIPE') }), true],
  [new AggregateError([new Error('x'), systemError('EPIPE', 'write EPIPE')]), true],
  [systemError('ECONNRESET', 'read ECONNRESET'), false],
  [undefined, false],
])('%p comes from a broken pipe: %p', (error, broken) => {
  expect(isBrokenPipe(error)).toBe(broken);
});

describe('debugText', () => {
  test('shows the stack of an error and of each cause', () => {
    const text = debugText(new Error('outer', { cause: new TypeError('inner', { cause: 'the first' }) }));

    expect(text).toMatch(
      /^Error: outer\n +at .+\nCaused by: TypeError: inner\n(?: +at .+\n)+Caused by: the first$/s,
    );
    expect(text).toContain('failure.test.ts');
  });

  test('shows the errors that an AggregateError combines', () => {
    const bare = (message: string) => Object.assign(new Error(message), { stack: `Error: ${message}` });
    const both = new AggregateError([bare('one'), bare('two')], 'both', { cause: 'the first' });
    both.stack = 'AggregateError: both';

    expect(debugText(both)).toBe(
      'AggregateError: both\nCaused by: Error: one\nCaused by: Error: two\nCaused by: the first',
    );
  });

  test('shows anything that is thrown', () => {
    const bare = new Error('no stack');
    bare.stack = undefined;

    expect([debugText('text'), debugText(undefined), debugText(bare)]).toEqual([
      'text',
      'undefined',
      'Error: no stack',
    ]);
  });

  test('stops at an error that is its own cause', () => {
    const error = new Error('round');
    error.cause = error;

    expect(debugText(error)).toContain('Error: round');
  });
});
