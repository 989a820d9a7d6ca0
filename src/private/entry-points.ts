/**
 * Entry points of what is built: one manifest for the build, the tests, the
 * layer and the constructs. It imports nothing, so that the build can read it.
 */

/**
 * Entry points for programs, `cdk-token-analytics/<name>`,
 * with their sources. They are built into `lib/<name>`.
 */
export const ENTRY_POINTS = {
  runtime: 'lambda/index.ts',
  reports: 'reports/index.ts',
} as const;

/**
 * Folder of the handlers and of the modules that are loaded
 * late, from the package's root. They share the AWS SDK.
 */
export const ASSETS_FOLDER = 'assets/aws';

/** Folder of the late modules in CommonJS, from the package's root. */
export const REQUIRED_FOLDER = 'assets/aws-cjs';

/** Lambda handlers, built into `assets/aws/<name>.mjs`, with their sources. */
export const HANDLERS = {
  'budget-alert': 'lambda/budget/handler.ts',
  'roll-up-day': 'lambda/rollup/handler.ts',
  'ingest-events': 'lambda/ingest/events-handler.ts',
  'ingest-failures': 'lambda/ingest/failures-handler.ts',
  'ingest-logs': 'lambda/ingest/logs-handler.ts',
  'invocation-logging': 'lambda/invocation-logging/handler.ts',
} as const;

/** Name of a handler that ships with the package. */
export type HandlerName = keyof typeof HANDLERS;

/**
 * Modules with the AWS SDK in them, built into `assets/aws/<name>.mjs` and `assets/aws-cjs/<name>.cjs`, with
 * their sources. The entry points load each at its first use, so that an import costs no SDK.
 */
export const LATE_MODULES = {
  'billed-costs': 'reports/bill/billed-costs.aws.ts',
  'metric-data': 'lambda/metrics/metric-data.aws.ts',
  'profile-lookup': 'lambda/pricing/profile-lookup.aws.ts',
  'replay': 'lambda/traces/replay.aws.ts',
  'usage-source': 'reports/source/usage-source.aws.ts',
  'trace-table': 'lambda/traces/trace-table.aws.ts',
} as const;
