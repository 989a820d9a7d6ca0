/**
 * List price of a service. The amount is a whole number of pico-dollars (10⁻¹² USD), because floating-point
 * numbers are not exact.
 */
export interface ServicePrice {
  /** Price of `per` units, in pico-dollars. */
  readonly pico: bigint;
  /**
   * Quantity to which the price applies, in the smallest unit. For example, a price per GB applies to 2³⁰
   * bytes.
   */
  readonly per: bigint;
  /** Name of the quantity, as in the price list, such as "GB". */
  readonly unit: string;
}

/** Date on which the prices were read. */
export const SERVICE_PRICES_AS_OF = '2026-11-22';
/** Region of the prices. */
export const SERVICE_PRICES_REGION = 'us-east-1';

const GB = 2n ** 30n;
const MILLION = 1_000_000n;

/** Converts a price in US dollars to pico-dollars. */
function usd(amount: string, per: bigint, unit: string): ServicePrice {
  const [whole, decimals = ''] = amount.split('.');
  return { pico: BigInt(whole + decimals.padEnd(12, '0')), per, unit };
}

/**
 * Price steps of custom metrics (https://aws.amazon.com/cloudwatch/pricing). The first 10,000 metrics of an
 * account cost $0.30 each, the next 240,000 cost $0.10 each, and so on.
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
 * Prices of Lambda on arm64 (https://aws.amazon.com/lambda/pricing). The quantity for `duration` is in
 * megabytes × milliseconds.
 */
export const LAMBDA_PRICES = {
  requests: usd('0.20', MILLION, 'million runs'),
  duration: usd('0.0000133334', 1024n * 1000n, 'GB-second'),
} as const;
