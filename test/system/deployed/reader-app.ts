import { type App, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { bundle } from './bundle';
import { TokenTraceTable } from '../../../src';

/** Function that reads the daily report of a table. */
const READER = `
  import { UsageReports } from 'cdk-token-analytics/reports';
  export const handler = async ({ from, to }: Record<'from' | 'to', string>) => {
    const reports = new UsageReports({ tableName: process.env.TABLE ?? '' });
    const { total } = await reports.daily({ from, to });
    reports.close();
    return { answered: total.answered, usd: total.cost.usd };
  };
`;

/** Builds an app with a function that reads the reports of an existing trace table. */
export function readerApp(app: App, tableName: string): void {
  const stack = new Stack(app, 'Reader');
  const traces = TokenTraceTable.fromTableName(stack, 'Traces', tableName);
  const reader = new lambda.Function(stack, 'Reader', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(bundle(stack, 'reader', READER)),
    environment: { TABLE: traces.tableName },
  });
  traces.grantReadTraces(reader);
}
