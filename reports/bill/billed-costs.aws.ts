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
import { countDays, addUtcDays, isDay } from '../../lambda/rollup/utc-day';

/** How the bill is read. */
export interface BillOptions {
  /**
   * Where Cost Explorer is.
   *
   * @default - the SDK's own: us-east-1, or `AWS_ENDPOINT_URL_COST_EXPLORER`
   */
  readonly endpoint?: string;
  /**
   * The most requests, as each page costs $0.01.
   *
   * @default 20
   */
  readonly maxRequests?: number;
  /**
   * The accounts whose charges are read: a management account's bill has those of all.
   *
   * @default - all that the bill has
   */
  readonly accounts?: readonly string[];
  /**
   * The AWS regions whose charges are read. A cross-region inference
   * profile is billed to the region that it was called in.
   *
   * @default - all
   */
  readonly regions?: readonly string[];
  /** Models that are known beside those with a listed price, such as those with a price of your own. */
  readonly models?: Iterable<string>;
  readonly signal?: AbortSignal;
}

/** A bill that could not be read, with what to do about it. */
export class BillError extends Error {
  override readonly name = 'BillError';
}

/** Cost Explorer is in this region alone; the bill is that of all regions. */
const REGION = 'us-east-1';
/** A request that is repeated is counted again. */
const MAX_ATTEMPTS = 2;
/** What is on a bill and is no use of anything. */
const NO_USAGE = ['Credit', 'Refund', 'Tax', 'Support'];
/** What the names of Bedrock's services have in common. */
const SEARCHED = 'Bedrock';

/**
 * What AWS billed for Bedrock on UTC days, by model and day: Amazon's own models and those that are sold
 * through AWS Marketplace. Only the names of services and usage types, amounts and quantities are read.
 *
 * @param range UTC days, both included
 * @throws RangeError for what is no range of days
 * @throws BillError where Cost Explorer refuses, with what to do about it
 */
export async function readBilledCosts(
  { from, to }: { readonly from: string; readonly to: string },
  options: BillOptions = {},
): Promise<BilledCosts> {
  requireDays(from, to);
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
  /** Not included. */
  readonly End: string;
}

/** Sends requests, counts them, and says what went wrong. */
type Ask = <Output extends { readonly $metadata: { readonly attempts?: number } }>(
  request: () => Promise<Output>,
  operation: string,
) => Promise<Output>;

async function read(
  client: CostExplorerClient,
  period: Period,
  { maxRequests = MAX_BILL_REQUESTS, models, accounts, regions, signal }: BillOptions,
): Promise<BilledCosts> {
  let requests = 0;
  const ask: Ask = async (request, operation) => {
    if (requests >= maxRequests) {
      throw new BillError(
        `the bill from ${period.Start} to ${addUtcDays(period.End, -1)} takes more than ${maxRequests} ` +
          `requests to Cost Explorer ($${requestCostUsd(maxRequests)}): ask for fewer days`,
      );
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
  const services = await readServices(client, period, ask, signal);
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
      filterOf({ SERVICE: services, LINKED_ACCOUNT: accounts, REGION: regions }),
      ask,
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
 * Names of the bill's services that are Bedrock's. A new
 * model is a new name, so that none can be known before.
 */
async function readServices(
  client: CostExplorerClient,
  period: Period,
  ask: Ask,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const services: string[] = [];
  let pageToken: string | undefined;
  do {
    const page = await ask(
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

/** Usage alone, of what is named; a dimension without a value is not narrowed. */
function filterOf(wanted: Readonly<Partial<Record<Dimension, readonly string[]>>>): Expression {
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

interface Growing {
  readonly groups: BilledGroup[];
  /** Whether a day's amounts are an estimate. */
  readonly days: Map<string, boolean>;
}

async function readGroups(
  client: CostExplorerClient,
  period: Period,
  filter: Expression,
  ask: Ask,
  into: Growing,
  signal: AbortSignal | undefined,
): Promise<void> {
  let pageToken: string | undefined;
  do {
    const page = await ask(
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
        if (currency !== 'USD') {
          throw new BillError(`the bill is in ${currency}: it can be compared in USD alone`);
        }
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

/** What an account can do about an error of Cost Explorer's, by its name. */
function explained(error: unknown, operation: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted || !(error instanceof Error)) return error;
  const mend = mendOf(error.name, operation);
  return mend === undefined
    ? error
    : new BillError(`${mend} (${error.name}: ${error.message})`, { cause: error });
}

function mendOf(name: string, operation: string): string | undefined {
  switch (name) {
    case 'AccessDeniedException':
      return (
        `Cost Explorer refused ${operation}: the caller needs ce:GetCostAndUsage and ` +
        'ce:GetDimensionValues on *, Cost Explorer must be enabled in the account, ' +
        "and a member account also needs the management account's leave (Cost Management " +
        'preferences, "Linked account access")'
      );
    case 'DataUnavailableException':
      return (
        'Cost Explorer has no data yet: it takes up to 24 hours after it is enabled for the first ' +
        'time, and keeps 13 months and the current one'
      );
    case 'BillExpirationException':
    case 'ValidationException':
      return (
        'Cost Explorer did not take the range: it keeps 13 months and the current one, and no days ' +
        'that are still to come'
      );
    case 'LimitExceededException':
      return 'Cost Explorer has had too many requests: try again in some minutes';
    case 'CredentialsProviderError':
      return 'there are no AWS credentials for Cost Explorer: sign in, or name a profile';
    default:
      return undefined;
  }
}

function requireDays(from: string, to: string): void {
  for (const [name, day] of Object.entries({ from, to })) {
    if (!isDay(day)) {
      throw new RangeError(`the range's \`${name}\` must be a day such as 2026-11-20, got: ${String(day)}`);
    }
  }
  if (from > to) throw new RangeError(`the range must not end before it begins, got: ${from} to ${to}`);
}
