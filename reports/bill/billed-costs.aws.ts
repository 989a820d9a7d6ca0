import {
  CostExplorerClient,
  type Dimension,
  type Expression,
  GetCostAndUsageCommand,
  GetDimensionValuesCommand,
} from '@aws-sdk/client-cost-explorer';
import {
  type BilledCosts,
  billedCosts,
  type BilledGroup,
  MAX_BILL_REQUESTS,
  requestCostUsd,
} from './billed-costs';
import { isBedrockService } from './billed-model';
import { countDays, addUtcDays } from '../../lambda/rollup/utc-day';
import { BillError, type BillProblem } from '../errors';
import { daysOf } from '../source/day-range';

/** Options for reading the AWS bill from Cost Explorer. */
export interface BillOptions {
  /**
   * Endpoint of Cost Explorer.
   *
   * @default - `AWS_ENDPOINT_URL_COST_EXPLORER`. If it is not set, the endpoint in us-east-1
   */
  readonly endpoint?: string;
  /**
   * Maximum number of requests to Cost Explorer. Each page of the bill is one request and costs $0.01.
   *
   * @default 20
   */
  readonly maxRequests?: number;
  /**
   * Ids of the AWS accounts whose charges are included. Use `accounts` if the bill belongs to a management
   * account, because this bill covers all member accounts.
   *
   * @default - all accounts of the bill
   */
  readonly accounts?: readonly string[];
  /**
   * AWS regions whose charges are included. AWS bills a call in the region of the caller, even if an
   * inference profile runs the call in another region.
   *
   * @default - all regions
   */
  readonly regions?: readonly string[];
  /**
   * Ids of additional models to find on the bill. Models with a list price or a custom price are always
   * included. `UsageReports.reconcile` adds all recorded models.
   *
   * @default - no additional models
   */
  readonly models?: Iterable<string>;
  /**
   * Signal that aborts the requests to Cost Explorer.
   *
   * @default - the requests cannot be aborted
   */
  readonly signal?: AbortSignal;
}

/** Region of the only Cost Explorer endpoint. This endpoint returns the charges of all regions. */
const REGION = 'us-east-1';
/** Maximum number of attempts of the AWS SDK for one request. AWS charges for each attempt. */
const MAX_ATTEMPTS = 2;
/** Record types that Cost Explorer uses for anything that is not usage. They are excluded. */
const NO_USAGE = ['Credit', 'Refund', 'Tax', 'Support'];
/** Search text for Cost Explorer. The name of each Bedrock service contains this word. */
const SEARCHED = 'Bedrock';

/**
 * Reads the AWS bill for Bedrock from Cost Explorer, and adds up the charges by model and UTC day. The bill
 * includes models that are sold through AWS Marketplace.
 *
 * @param range first and last UTC day, both inclusive
 * @throws ReportArgumentError if the range is invalid
 * @throws BillError if the bill cannot be read
 */
export async function readBilledCosts(
  range: { readonly from: string; readonly to: string },
  options: BillOptions = {},
): Promise<BilledCosts> {
  const { from, to } = daysOf(range, 'UTC');
  const client = new CostExplorerClient({
    region: REGION,
    endpoint: options.endpoint,
    maxAttempts: MAX_ATTEMPTS,
  });
  try {
    return await read(client, { Start: from, End: addUtcDays(to, 1) }, options);
  } finally {
    client.destroy();
  }
}

interface Period {
  readonly Start: string;
  /** Day after the last day of the period. */
  readonly End: string;
}

/**
 * Function that sends a request to Cost Explorer. It counts the attempts, and converts known AWS errors to a
 * {@link BillError}.
 */
type Send = <Output extends { readonly $metadata: { readonly attempts?: number } }>(
  request: () => Promise<Output>,
  operation: string,
) => Promise<Output>;

async function read(
  client: CostExplorerClient,
  period: Period,
  { maxRequests = MAX_BILL_REQUESTS, models, accounts, regions, signal }: BillOptions,
): Promise<BilledCosts> {
  let requests = 0;
  const send: Send = async (request, operation) => {
    if (requests >= maxRequests) {
      throw new BillError({
        code: 'request-limit',
        from: period.Start,
        to: addUtcDays(period.End, -1),
        maxRequests,
        costUsd: requestCostUsd(maxRequests),
      });
    }
    requests += 1;
    try {
      const output = await request();
      requests += (output.$metadata.attempts ?? 1) - 1;
      return output;
    } catch (error) {
      throw explained(error, operation, signal);
    }
  };
  const services = await readServices(client, period, send, signal);
  const groups: BilledGroup[] = [];
  const days = new Map<string, boolean>(
    Array.from({ length: countDays(period.Start, period.End) - 1 }, (_, index) => [
      addUtcDays(period.Start, index),
      true,
    ]),
  );
  if (services.length > 0) {
    await readGroups(
      client,
      period,
      usageFilter({ SERVICE: services, LINKED_ACCOUNT: accounts, REGION: regions }),
      send,
      { groups, days },
      signal,
    );
  }
  return billedCosts(
    {
      from: period.Start,
      to: addUtcDays(period.End, -1),
      days: [...days].map(([day, estimated]) => ({ day, estimated })),
      groups,
      requests,
    },
    models,
  );
}

/**
 * Reads the names of all Bedrock services on the bill. The names are not constants, because AWS adds a
 * service for some new models.
 */
async function readServices(
  client: CostExplorerClient,
  period: Period,
  send: Send,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const services: string[] = [];
  let pageToken: string | undefined;
  do {
    const page = await send(
      () =>
        client.send(
          new GetDimensionValuesCommand({
            TimePeriod: period,
            Dimension: 'SERVICE',
            Context: 'COST_AND_USAGE',
            SearchString: SEARCHED,
            NextPageToken: pageToken,
          }),
          { abortSignal: signal },
        ),
      'ce:GetDimensionValues',
    );
    services.push(...(page.DimensionValues ?? []).map(({ Value = '' }) => Value).filter(isBedrockService));
    pageToken = page.NextPageToken;
  } while (pageToken);
  return services;
}

/**
 * Returns a Cost Explorer filter that excludes credits, refunds, tax and support (`NO_USAGE`). `wanted`
 * limits a dimension, such as `REGION`, to the given values. An empty array does not limit the dimension.
 */
function usageFilter(wanted: Readonly<Partial<Record<Dimension, readonly string[]>>>): Expression {
  const named = Object.entries(wanted).filter(([, values = []]) => values.length > 0);
  return {
    And: [
      ...named.map(([key, values = []]): Expression => ({
        Dimensions: { Key: key as Dimension, Values: [...values], MatchOptions: ['EQUALS'] },
      })),
      { Not: { Dimensions: { Key: 'RECORD_TYPE', Values: NO_USAGE, MatchOptions: ['EQUALS'] } } },
    ],
  };
}

interface BillParts {
  readonly groups: BilledGroup[];
  /** Map with the days of the bill as keys. A value is true if the day's amounts can still change. */
  readonly days: Map<string, boolean>;
}

async function readGroups(
  client: CostExplorerClient,
  period: Period,
  filter: Expression,
  send: Send,
  into: BillParts,
  signal: AbortSignal | undefined,
): Promise<void> {
  let pageToken: string | undefined;
  do {
    const page = await send(
      () =>
        client.send(
          new GetCostAndUsageCommand({
            TimePeriod: period,
            Granularity: 'DAILY',
            Metrics: ['UnblendedCost', 'UsageQuantity'],
            Filter: filter,
            GroupBy: [
              { Type: 'DIMENSION', Key: 'SERVICE' },
              { Type: 'DIMENSION', Key: 'USAGE_TYPE' },
            ],
            NextPageToken: pageToken,
          }),
          { abortSignal: signal },
        ),
      'ce:GetCostAndUsage',
    );
    for (const { TimePeriod, Groups, Estimated } of page.ResultsByTime ?? []) {
      const day = TimePeriod?.Start ?? '';
      into.days.set(day, Estimated ?? true);
      for (const { Keys: [service = '', usageType = ''] = [], Metrics } of Groups ?? []) {
        const currency = Metrics?.UnblendedCost?.Unit ?? 'USD';
        if (currency !== 'USD') throw new BillError({ code: 'foreign-currency', currency });
        into.groups.push({
          day,
          service,
          usageType,
          amount: Metrics?.UnblendedCost?.Amount ?? '0',
          quantity: Metrics?.UsageQuantity?.Amount ?? '0',
          unit: Metrics?.UsageQuantity?.Unit,
        });
      }
    }
    pageToken = page.NextPageToken;
  } while (pageToken);
}

/** Code of the {@link BillError} for an AWS error, by name of the AWS error. */
const AWS_CODES: Readonly<Record<string, Extract<BillProblem, { readonly awsError: string }>['code']>> = {
  AccessDeniedException: 'access-denied',
  DataUnavailableException: 'no-data',
  BillExpirationException: 'outside-history',
  ValidationException: 'outside-history',
  LimitExceededException: 'throttled',
  CredentialsProviderError: 'no-credentials',
};

/** Converts an AWS error that is in `AWS_CODES` to a {@link BillError}. Returns any other error unchanged. */
function explained(error: unknown, operation: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted || !(error instanceof Error) || !Object.hasOwn(AWS_CODES, error.name)) return error;
  const code = AWS_CODES[error.name];
  const awsError = `${error.name}: ${error.message}`;
  return new BillError(code === 'access-denied' ? { code, operation, awsError } : { code, awsError }, {
    cause: error,
  });
}
