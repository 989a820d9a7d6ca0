/**
 * Lists of the source files that the build bundles. The build script, the tests and the constructs read these
 * lists. This file imports nothing, so that the build script can read it.
 */

/**
 * Source files of the entry points that programs import as `cdk-token-analytics/<name>`. The build writes
 * each entry point to `lib/<name>`.
 */
export const ENTRY_POINTS = {
  runtime: 'lambda/index.ts',
  reports: 'reports/index.ts',
} as const;

/**
 * Folder of the built Lambda handlers and the built {@link LATE_MODULES}, relative to the package root. All
 * files in the folder share one copy of the AWS SDK.
 */
export const ASSETS_FOLDER = 'assets/aws';

/** File that lists the built files of each Lambda handler, relative to the package root. */
export const ASSET_MANIFEST = 'assets/manifest.json';

/** Folder of the CommonJS versions of {@link LATE_MODULES}, relative to the package root. */
export const REQUIRED_FOLDER = 'assets/aws-cjs';

/** Source files of the Lambda handlers. The build writes each handler to `assets/aws/<name>.mjs`. */
export const HANDLERS = {
  'budget-alert': 'lambda/budget/handler.ts',
  'roll-up-day': 'lambda/rollup/handler.ts',
  'ingest-events': 'lambda/ingest/events-handler.ts',
  'ingest-failures': 'lambda/ingest/failures-handler.ts',
  'ingest-logs': 'lambda/ingest/logs-handler.ts',
  'ingest-spans': 'lambda/ingest/spans-handler.ts',
  'invocation-logging': 'lambda/invocation-logging/handler.ts',
} as const;

export type HandlerName = keyof typeof HANDLERS;

/**
 * Source files of the modules that use the AWS SDK (`*.aws.ts`) or another large library (`*.late.ts`). Entry
 * points load such a module only when they need it, so that an import of the runtime does not load the SDK.
 * The build writes each module to `assets/aws/<name>.mjs` and `assets/aws-cjs/<name>.cjs`.
 */
export const LATE_MODULES = {
  'answer-events': 'lambda/instrument/answer-events.late.ts',
  'billed-costs': 'reports/bill/billed-costs.aws.ts',
  'covered-share': 'reports/covered-share/read-share.aws.ts',
  'export-parquet': 'reports/export/export-parquet.late.ts',
  'metric-data': 'lambda/metrics/metric-data.aws.ts',
  'profile-lookup': 'lambda/pricing/profile-lookup.aws.ts',
  'replay': 'lambda/traces/replay.aws.ts',
  'usage-source': 'reports/source/usage-source.aws.ts',
  'trace-table': 'lambda/traces/trace-table.aws.ts',
} as const;
