import * as path from 'node:path';
import { type App, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';
import { TokenTraceTable } from '../../../src';
import { REPOSITORY } from '../../support/run';

/** Function that reads the daily report of a table. */
const READER = `
  import { UsageReports } from 'cdk-token-analytics/reports';
  export const handler = async ({ from, to }) => {
    const reports = new UsageReports({ tableName: process.env.TABLE });
    const { total } = await reports.daily({ from, to });
    reports.close();
    return { answered: total.answered, usd: total.cost.usd };
  };
`;

/**
 * Builds an app with a function that reads the reports of an existing trace table.
 *
 * @param folder folder for the bundled function
 */
export function readerApp(app: App, tableName: string, folder: string): void {
  buildSync({
    stdin: { contents: READER, resolveDir: REPOSITORY },
    outfile: path.join(folder, 'index.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
  const stack = new Stack(app, 'Reader');
  const traces = TokenTraceTable.fromTableName(stack, 'Traces', tableName);
  const reader = new lambda.Function(stack, 'Reader', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(folder),
    environment: { TABLE: traces.tableName },
  });
  traces.grantReadTraces(reader);
}
