/**
 * Manifest of all built entry points, for the build, the tests, the layer and the constructs. It has no
 * imports, so that the build can read it.
 */

/**
 * Sources of the entry points for programs, `cdk-token-analytics/<name>`. They are built into `lib/<name>`.
 */
export const ENTRY_POINTS = {
  runtime: 'lambda/index.ts',
  reports: 'reports/index.ts',
} as const;

/**
 * Folder of the handlers and of {@link LATE_MODULES}, relative to the package root. These files share one
 * copy of the AWS SDK.
 */
export const ASSETS_FOLDER = 'assets/aws';

/** Folder of {@link LATE_MODULES} as CommonJS, relative to the package root. */
export const REQUIRED_FOLDER = 'assets/aws-cjs';

/** Sources of the Lambda handlers. They are built into `assets/aws/<name>.mjs`. */
export const HANDLERS = {
  'budget-alert': 'lambda/budget/handler.ts',
  'roll-up-day': 'lambda/rollup/handler.ts',
  'ingest-events': 'lambda/ingest/events-handler.ts',
  'ingest-failures': 'lambda/ingest/failures-handler.ts',
  'ingest-logs': 'lambda/ingest/logs-handler.ts',
  'invocation-logging': 'lambda/invocation-logging/handler.ts',
} as const;

/** Name of a handler in the package. */
export type HandlerName = keyof typeof HANDLERS;

/**
 * Sources of the modules that contain the AWS SDK. They are built into `assets/aws/<name>.mjs` and
 * `assets/aws-cjs/<name>.cjs`. The entry points load each module at its first use, so that importing the
 * runtime does not load the SDK.
 */
export const LATE_MODULES = {
  'billed-costs': 'reports/bill/billed-costs.aws.ts',
  'metric-data': 'lambda/metrics/metric-data.aws.ts',
  'profile-lookup': 'lambda/pricing/profile-lookup.aws.ts',
  'replay': 'lambda/traces/replay.aws.ts',
  'usage-source': 'reports/source/usage-source.aws.ts',
  'trace-table': 'lambda/traces/trace-table.aws.ts',
} as const;
