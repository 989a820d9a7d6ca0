/**
 * List price of a quantity, such as $0.50 per GB. The price is in pico-dollars (10⁻¹² USD), because sums
 * of whole numbers are exact.
 */
export interface ServicePrice {
  /** Price of the quantity `per`, in pico-dollars. */
  readonly pico: bigint;
  /** Quantity that costs `pico`, in the smallest unit. For a price per GB, it is 2³⁰ bytes. */
  readonly per: bigint;
  /** Name of the quantity `per` in the text of an estimate, such as "GB". */
  readonly unit: string;
}

/** Date on which the prices in this file were read from the AWS price pages. */
export const SERVICE_PRICES_AS_OF = '2026-11-22';
/** Region whose prices are in this file. */
export const SERVICE_PRICES_REGION = 'us-east-1';

const GB = 2n ** 30n;
const MILLION = 1_000_000n;

/**
 * Creates a price from an amount in US dollars, such as "0.30".
 *
 * @param per quantity that costs `amount`, in the smallest unit
 */
function usd(amount: string, per: bigint, unit: string): ServicePrice {
  const [whole, decimals = ''] = amount.split('.');
  return { pico: BigInt(whole + decimals.padEnd(12, '0')), per, unit };
}

/**
 * Prices of custom metrics by the number of metrics in the account
 * (https://aws.amazon.com/cloudwatch/pricing). The first 10,000 metrics cost $0.30 each, the next 240,000
 * metrics cost $0.10 each, and so on.
 */
export const METRIC_STEPS: readonly { readonly metrics: bigint; readonly price: ServicePrice }[] = [
  { metrics: 10_000n, price: usd('0.30', 1n, 'metric') },
  { metrics: 240_000n, price: usd('0.10', 1n, 'metric') },
  { metrics: 750_000n, price: usd('0.05', 1n, 'metric') },
  { metrics: 2n ** 63n, price: usd('0.02', 1n, 'metric') },
];

/** Prices of CloudWatch (https://aws.amazon.com/cloudwatch/pricing). */
export const CLOUDWATCH_PRICES = {
  alarm: usd('0.10', 1n, 'alarm metric'),
  highResolutionAlarm: usd('0.30', 1n, 'alarm metric'),
  compositeAlarm: usd('0.50', 1n, 'alarm'),
  dashboard: usd('3', 1n, 'dashboard'),
  metricsRead: usd('0.01', 1000n, '1,000 metrics'),
  putMetricData: usd('0.01', 1000n, '1,000 requests'),
  logIngestion: usd('0.50', GB, 'GB'),
} as const;

/** Prices of DynamoDB on demand, table class Standard (https://aws.amazon.com/dynamodb/pricing/on-demand). */
export const DYNAMODB_PRICES = {
  write: usd('0.625', MILLION, 'million write units'),
  read: usd('0.125', MILLION, 'million read units'),
  storage: usd('0.25', GB, 'GB'),
  pointInTimeRecovery: usd('0.20', GB, 'GB'),
} as const;

/**
 * Prices of Lambda on arm64 (https://aws.amazon.com/lambda/pricing). A GB-second is 1024 megabytes × 1000
 * milliseconds.
 */
export const LAMBDA_PRICES = {
  requests: usd('0.20', MILLION, 'million runs'),
  duration: usd('0.0000133334', 1024n * 1000n, 'GB-second'),
} as const;
